//! One figure, and how it is printed.

use anyhow::{Context, Result};
use serde::Serialize;

use super::options::Suite;

/// A measured figure; as JSON exactly the members that `architecture.md` names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figure {
    suite: &'static str,
    figure: &'static str,
    /// `None`: not measured.
    value: Option<f64>,
    unit: &'static str,
    /// What it is compared with.
    peer: Option<&'static str>,
    peer_value: Option<f64>,
    /// `value / peer_value`.
    ratio: Option<f64>,
    /// What it has to reach, if there is such a thing.
    reach: Option<f64>,
    /// Whether it does; `None` where there is nothing to reach.
    ok: Option<bool>,
    /// Why there is no value, or what to know about it.
    #[serde(skip)]
    note: String,
    #[serde(skip)]
    better: Better,
}

/// Which way a figure is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

impl Figure {
    /// A figure as it came out of the measurement.
    pub(crate) fn new(suite: Suite, figure: &'static str, unit: &'static str, value: Result<f64>) -> Self {
        let (value, note) = match value {
            Ok(value) => (Some(value), String::new()),
            Err(error) => (None, format!("not measured: {error:#}")),
        };
        Self {
            suite: suite.name(),
            figure,
            value,
            unit,
            peer: None,
            peer_value: None,
            ratio: None,
            reach: None,
            ok: None,
            note,
            better: Better::Less,
        }
    }

    /// What it has to reach.
    pub(crate) fn reach(mut self, better: Better, reach: f64) -> Self {
        self.better = better;
        self.reach = Some(reach);
        self.ok = Some(self.value.is_some_and(|value| match better {
            Better::More => value >= reach,
            Better::Less => value <= reach,
        }));
        self
    }

    /// What stands beside it, from the same run.
    pub(crate) fn beside(mut self, peer: &'static str, value: Result<f64>) -> Self {
        self.peer = Some(peer);
        match value {
            Ok(value) => {
                self.peer_value = Some(value);
                self.ratio = self.value.filter(|_| value != 0.0).map(|own| own / value);
            }
            Err(error) => self.note(&format!("{peer} not measured: {error:#}")),
        }
        self
    }

    /// What a reader should know.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.note(note);
        self
    }

    fn note(&mut self, note: &str) {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(note);
    }

    fn is_hole(&self) -> bool {
        self.value.is_none() || (self.peer.is_some() && self.peer_value.is_none())
    }

    fn row(&self) -> String {
        let value =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{} {}", plain(value), self.unit));
        let reach = match (self.reach, self.better) {
            (None, _) => String::new(),
            (Some(reach), Better::More) => format!("at least {}", plain(reach)),
            (Some(reach), Better::Less) => format!("at most {}", plain(reach)),
        };
        let verdict = match self.ok {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        let beside = self.peer.map_or(String::new(), |peer| format!("{peer}: {}", value(self.peer_value)));
        let ratio = self.ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let cells = [self.figure, &value(self.value), &reach, verdict, &beside, &ratio, &self.note];
        format!("| {} |", cells.join(" | "))
    }
}

/// A number as a person reads it.
fn plain(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// The figures of one suite.
#[derive(Debug)]
pub(crate) struct Table {
    /// What machine, what build, how long.
    pub(crate) conditions: String,
    pub(crate) figures: Vec<Figure>,
}

impl Table {
    /// How many figures are missing.
    pub(crate) fn holes(&self) -> usize {
        self.figures.iter().filter(|figure| figure.is_hole()).count()
    }

    /// Prints the table as Markdown, or one JSON object a line.
    pub(crate) fn print(&self, json: bool) -> Result<()> {
        if json {
            for figure in &self.figures {
                println!("{}", serde_json::to_string(figure).context("a figure is not JSON")?);
            }
            return Ok(());
        }
        println!("\n{}\n", self.conditions);
        println!("| figure | measured | reach | reached | beside | ratio | note |");
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for figure in &self.figures {
            println!("{}", figure.row());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_one_line_of_json_with_the_members_that_were_agreed() {
        let figure = Figure::new(Suite::Call, "frames", "1/s", Ok(28.0))
            .reach(Better::More, 25.0)
            .beside("Chromium", Ok(14.0))
            .with_note("a note is for people");
        let json = serde_json::to_string(&figure).expect("is JSON");
        let wanted = r#"{"suite":"call","figure":"frames","value":28.0,"unit":"1/s","peer":"Chromium","peer_value":14.0,"ratio":2.0,"reach":25.0,"ok":true}"#;
        assert_eq!(json, wanted);
    }

    #[test]
    fn what_was_not_measured_is_a_hole_and_reaches_nothing() {
        let figure = Figure::new(Suite::Call, "frames", "1/s", Err(anyhow::anyhow!("no app"))).reach(Better::Less, 1.0);
        assert_eq!(figure.ok, Some(false));
        let table = Table { conditions: String::new(), figures: vec![figure] };
        assert_eq!(table.holes(), 1);
        assert!(table.figures.iter().any(|figure| figure.row().contains("not measured: no app")));
    }
}
