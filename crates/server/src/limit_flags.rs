//! Flags of what the server takes at the most. `.docs/deployment.md` lists them, and a test holds it to them.

use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use zvonok_server::limits::{HubLimits, MediaLimits, PerAddress};

/// The heading under which all limits stand in `--help`.
pub(crate) const HEADING: &str = "Limits";

/// See [`HubLimits`] and [`MediaLimits`].
#[derive(Debug, Args)]
pub(crate) struct LimitFlags {
    /// How long a call rings, in seconds.
    #[arg(long, value_name = "SECONDS", help_heading = HEADING, default_value_t = 45, value_parser = clap::value_parser!(u64).range(1..=600))]
    ring_seconds: u64,
    /// Signaling sockets at once.
    #[arg(long, value_name = "COUNT", help_heading = HEADING, default_value_t = 10_000, value_parser = counted(1, 1_000_000))]
    hub_sockets: usize,
    /// People known at once; who is gone longest makes room.
    #[arg(long, value_name = "COUNT", help_heading = HEADING, default_value_t = 20_000, value_parser = counted(1, 1_000_000))]
    people: usize,
    /// The largest message on a signaling socket, in bytes.
    #[arg(long, value_name = "BYTES", help_heading = HEADING, default_value_t = 65_536, value_parser = counted(4_096, 16_777_216))]
    hub_message_bytes: usize,
    /// Sockets of one address at once, signaling and JSON-RPC each. With `,not-local` this machine itself is not counted: a
    /// proxy on it stands for everybody.
    #[arg(long, value_name = "COUNT", help_heading = HEADING, default_value = "1000,not-local", value_parser = per_address)]
    sockets_per_address: PerAddress,
    /// JSON-RPC sockets of the embedded OpenVidu at once.
    #[arg(long, value_name = "COUNT", help_heading = HEADING, default_value_t = 4_000, value_parser = counted(1, 1_000_000))]
    media_sockets: usize,
    /// The largest message on a JSON-RPC socket, in bytes.
    #[arg(long, value_name = "BYTES", help_heading = HEADING, default_value_t = 262_144, value_parser = counted(16_384, 16_777_216))]
    media_message_bytes: usize,
    /// Sessions of the embedded OpenVidu at once.
    #[arg(long, value_name = "COUNT", help_heading = HEADING, default_value_t = 2_000, value_parser = counted(1, 1_000_000))]
    sessions: usize,
    /// Participants of one session.
    #[arg(long, value_name = "COUNT", help_heading = HEADING, default_value_t = 200, value_parser = counted(1, 10_000))]
    participants_per_session: usize,
    /// Streams that are published in one session at once, cameras included.
    #[arg(long, value_name = "COUNT", help_heading = HEADING, default_value_t = 200, value_parser = counted(1, 10_000))]
    streams_per_session: usize,
    /// How long a stop may take, in seconds. What is not closed by then is cut off.
    #[arg(long, value_name = "SECONDS", help_heading = HEADING, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    stop_seconds: u64,
}

impl LimitFlags {
    pub(crate) fn ring(&self) -> Duration {
        Duration::from_secs(self.ring_seconds)
    }

    pub(crate) fn stop(&self) -> Duration {
        Duration::from_secs(self.stop_seconds)
    }

    pub(crate) fn hub(&self) -> HubLimits {
        HubLimits {
            sockets: self.hub_sockets,
            sockets_per_address: self.sockets_per_address,
            people: self.people,
            message_bytes: self.hub_message_bytes,
        }
    }

    pub(crate) fn media(&self) -> MediaLimits {
        MediaLimits {
            sockets: self.media_sockets,
            sockets_per_address: self.sockets_per_address,
            message_bytes: self.media_message_bytes,
            sessions: self.sessions,
            participants: self.participants_per_session,
            streams: self.streams_per_session,
        }
    }
}

fn counted(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=most)
}

/// `COUNT`, or `COUNT,not-local`.
fn per_address(text: &str) -> Result<PerAddress, String> {
    let (count, local) = match text.strip_suffix(",not-local") {
        Some(count) => (count, false),
        None => (text, true),
    };
    match count.parse() {
        Ok(most) if (1..=1_000_000).contains(&most) => Ok(PerAddress { most, local }),
        Ok(_) | Err(_) => Err("a count from 1 to 1000000, as 500 or 500,not-local".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;
    use crate::flags::Flags;

    const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.docs/deployment.md"));

    #[test]
    fn every_limit_has_a_default_and_stands_in_the_documentation() {
        let command = Flags::command();
        let limits: Vec<_> = command.get_arguments().filter(|arg| arg.get_help_heading() == Some(HEADING)).collect();
        assert!(limits.len() >= 11, "{}", limits.len());
        let rows = limits.iter().map(|arg| {
            let default = arg.get_default_values().iter().map(|value| value.to_str().unwrap()).collect::<String>();
            assert!(!default.is_empty(), "{} has no default", arg.get_id());
            let help = arg.get_help().unwrap().to_string().trim_end_matches('.').to_owned();
            format!("| `--{}` | {default} | {help} |\n", arg.get_long().unwrap())
        });
        let table = rows.collect::<String>();
        assert!(PAGE.contains(&table), ".docs/deployment.md has to have this table:\n{table}");
    }

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let config = Flags::try_parse_from(["zvonok-server", "--data-dir", "/nowhere"]).unwrap().config().unwrap();
        assert_eq!(config.limits, HubLimits::default());
        assert_eq!(config.media.limits, MediaLimits::default());
        assert_eq!(config.ring_ttl, zvonok_server::config::RING_TTL);
        assert_eq!(config.media.recording.limit, zvonok_server::media_settings::RECORDING_LIMIT);
    }

    #[test]
    fn bad_values_are_refused_with_the_flag_and_what_is_right() {
        for (flag, value, words) in [
            ("--ring-seconds", "0", "1..=600"),
            ("--hub-sockets", "0", "1..=1000000"),
            ("--people", "0", "1..=1000000"),
            ("--hub-message-bytes", "100", "4096..=16777216"),
            ("--sockets-per-address", "0", "500,not-local"),
            ("--sockets-per-address", "many", "500,not-local"),
            ("--sockets-per-address", "5,local", "500,not-local"),
            ("--media-sockets", "-1", "--media-sockets"),
            ("--media-message-bytes", "99999999", "16384..=16777216"),
            ("--sessions", "many", "--sessions"),
            ("--participants-per-session", "10001", "1..=10000"),
            ("--streams-per-session", "0", "1..=10000"),
            ("--stop-seconds", "601", "1..=600"),
            ("--recording-limit-mb", "-5", "--recording-limit-mb"),
            ("--recording-limit-mb", "9999999999", "0..=1000000000"),
        ] {
            let error = Flags::try_parse_from(["zvonok-server", &format!("{flag}={value}")]).unwrap_err().to_string();
            assert!(error.contains(flag) && error.contains(words), "{flag} {value}: {error}");
        }
    }

    #[test]
    fn an_addresss_share_may_leave_this_machine_out() {
        assert_eq!(per_address("7"), Ok(PerAddress { most: 7, local: true }));
        assert_eq!(per_address("7,not-local"), Ok(PerAddress { most: 7, local: false }));
    }
}
