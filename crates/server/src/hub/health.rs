//! Whether the hub can do its work: for load balancers, and for whoever looks at it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;
use zvonok_signaling_proto::Code;

use super::handle::Hub;
use super::machine::Answer;
use crate::database::full;

/// One look answers everybody for so long: strangers may ask, and asking must not become work for others.
const FRESH: Duration = Duration::from_secs(2);

/// What takes longer is not well. A database is asked for one row, a deployment for its version.
pub(crate) const WITHIN: Duration = Duration::from_secs(4);

/// The last look.
pub(super) type Last = Arc<Mutex<Option<(Instant, Report)>>>;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// The task that carries rings answers.
    pub(crate) hub: bool,
    /// What it keeps can be kept.
    pub(crate) database: bool,
    /// Media servers that are not this process, by address, and whether they answer and take the secret.
    pub(crate) deployments: Vec<(String, bool)>,
}

impl Report {
    /// Calls can be made.
    pub(crate) fn is_well(&self) -> bool {
        let media = self.deployments.is_empty() || self.reachable() > 0;
        self.hub && self.database && media
    }

    fn reachable(&self) -> usize {
        self.deployments.iter().filter(|(_, reachable)| *reachable).count()
    }

    /// As a hub answers. `open` names the deployments as well, which strangers need not know.
    pub(crate) fn answer(&self, open: bool) -> Answer {
        let mut answer = if self.is_well() { Answer::ok() } else { Answer::refused(Code::Unavailable, self.problem()) };
        let word = |good: bool| if good { "reachable" } else { "unreachable" };
        answer.body.insert("hub".to_owned(), json!(if self.hub { "answers" } else { "stuck" }));
        answer.body.insert("database".to_owned(), json!(word(self.database)));
        let deployments = if open {
            self.deployments.iter().map(|(url, reachable)| json!({ "url": url, "state": word(*reachable) })).collect()
        } else {
            json!({ "reachable": self.reachable(), "of": self.deployments.len() })
        };
        if !self.deployments.is_empty() {
            answer.body.insert("deployments".to_owned(), deployments);
        } else {
            answer.body.insert("media".to_owned(), Value::from("embedded"));
        }
        answer
    }

    fn problem(&self) -> &'static str {
        match self {
            Self { hub: false, .. } => "The hub does not answer.",
            Self { database: false, .. } => "The database is not reachable.",
            Self { .. } => "No OpenVidu deployment is reachable.",
        }
    }
}

impl Hub {
    /// Looks, unless somebody has just done so.
    pub(super) async fn health(&self) -> Report {
        // Whoever asks meanwhile waits for this look.
        let mut last = self.last_look.lock().await;
        if let Some((at, report)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return report.clone();
        }
        let report = self.examine().await;
        *last = Some((Instant::now(), report.clone()));
        report
    }

    async fn examine(&self) -> Report {
        let (hub, database, deployments) = tokio::join!(
            tokio::time::timeout(WITHIN, self.standing()),
            tokio::time::timeout(WITHIN, self.database.ping()),
            self.media.reachable(),
        );
        let database = match database {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = full(&error), "the database does not answer");
                false
            }
            Err(_late) => {
                tracing::warn!("the database does not answer in time");
                false
            }
        };
        Report { hub: matches!(hub, Ok(Some(_))), database, deployments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(hub: bool, database: bool, deployments: &[bool]) -> Report {
        let deployments = deployments.iter().map(|up| ("https://office.example".to_owned(), *up)).collect();
        Report { hub, database, deployments }
    }

    #[test]
    fn a_hub_is_well_while_calls_can_be_made() {
        for (report, well) in [
            (report(true, true, &[]), true),
            (report(true, true, &[true, false]), true),
            (report(true, true, &[false, false]), false),
            (report(true, false, &[true]), false),
            (report(false, true, &[]), false),
        ] {
            let answer = report.answer(false);
            assert_eq!((answer.http, answer.head.status), if well { (200, 0) } else { (503, 1) }, "{report:?}");
        }
    }

    #[test]
    fn strangers_are_not_told_where_the_deployments_are() {
        let report = report(true, true, &[true, false]);
        let (told, open) = (report.answer(false).body, report.answer(true).body);
        assert_eq!(told["deployments"], json!({ "reachable": 1, "of": 2 }));
        assert_eq!(open["deployments"][1], json!({ "url": "https://office.example", "state": "unreachable" }));
    }
}
