//! What is measured, and how long.

#[cfg(target_os = "linux")]
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A suite of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Two apps in a call.
    Call,
    /// The server under load.
    Server,
    /// The peer connection alone.
    Peer,
    /// People who come and go, for long.
    Soak,
}

impl Suite {
    /// As it is written on the command line and in the figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Server => "server",
            Self::Peer => "peer",
            Self::Soak => "soak",
        }
    }
}

/// A part of `bench server` that can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Sockets and rings.
    Hub,
    /// Forwarded streams.
    Media,
}

/// The command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Suites in the order given; those that exist when none is given.
    pub(crate) suites: Vec<Suite>,
    /// One JSON object a line instead of a table.
    pub(crate) json: bool,
    /// A shorter run.
    pub(crate) quick: bool,
    /// Debug builds: for trying the bench itself. Its figures say nothing about the product.
    pub(crate) debug: bool,
    /// How long the soak goes on, in minutes.
    pub(crate) minutes: u64,
    /// The only part of `bench server` that is measured; all when none is named.
    pub(crate) only: Option<Part>,
}

/// The soak's length unless something else is asked for, in minutes.
const SOAK: u64 = 30;

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options =
            Self { suites: Vec::new(), json: false, quick: false, debug: false, minutes: SOAK, only: None };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.trim_end_matches(',') {
                "call" => options.suites.push(Suite::Call),
                "server" => options.suites.push(Suite::Server),
                "peer" => options.suites.push(Suite::Peer),
                "soak" => options.suites.push(Suite::Soak),
                "--json" => options.json = true,
                "--quick" => options.quick = true,
                "--debug" => options.debug = true,
                "--minutes" => {
                    let minutes = arguments.next().and_then(|number| number.parse().ok());
                    options.minutes = minutes.filter(|minutes| *minutes > 0).context("--minutes needs a number")?;
                }
                "--only" => {
                    options.only = match arguments.next().map(String::as_str) {
                        Some("hub") => Some(Part::Hub),
                        Some("media") => Some(Part::Media),
                        _ => bail!("--only needs `hub` or `media`"),
                    }
                }
                other => bail!("`{other}` is neither a suite nor an option of `bench`"),
            }
        }
        if options.suites.is_empty() {
            options.suites.push(Suite::Call);
        }
        if options.only.is_some() && !options.suites.contains(&Suite::Server) {
            bail!("--only names a part of `bench server`");
        }
        Ok(options)
    }

    /// Whether that part of `bench server` is asked for.
    #[cfg(target_os = "linux")]
    pub(crate) fn measures(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// How long a call is measured: 30 s, as the figures say.
    #[cfg(target_os = "linux")]
    pub(crate) const fn call_time(&self) -> Duration {
        Duration::from_secs(if self.quick { 10 } else { 30 })
    }

    /// How long after its start, and after a call, memory is looked at: 60 s, as the figures say.
    #[cfg(target_os = "linux")]
    pub(crate) const fn rest_time(&self) -> Duration {
        Duration::from_secs(if self.quick { 10 } else { 60 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options> {
        Options::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn suites_and_flags_come_in_any_order_and_others_are_refused() {
        let options = parse(&["--json", "call,", "server", "--quick"]).expect("is a command line");
        assert_eq!(options.suites, [Suite::Call, Suite::Server]);
        assert!(options.json && options.quick && !options.debug);
        assert_eq!(parse(&[]).expect("is one too").suites, [Suite::Call]);
        assert_eq!(parse(&["soak", "--minutes", "2"]).expect("so is this").minutes, 2);
        let media = parse(&["server", "--only", "media"]).expect("as is this");
        assert!(media.measures(Part::Media) && !media.measures(Part::Hub));
        assert!(options.measures(Part::Media) && options.measures(Part::Hub));
        assert!(parse(&["server", "--only", "video"]).is_err() && parse(&["call", "--only", "hub"]).is_err());
        assert!(parse(&["cal"]).is_err() && parse(&["soak", "--minutes"]).is_err());
    }
}
