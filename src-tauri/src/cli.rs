//! The command line: flags, secrets, and verbs to the running instance.

use clap::{Args, Parser, Subcommand, ValueEnum};
use zvonok_ipc::TokenSource;

use crate::profile::ProfileName;

/// A desktop video-call client for OpenVidu that lives in the tray and rings.
#[derive(Debug, Parser)]
#[command(name = "zvonok", version)]
pub(crate) struct Cli {
    /// Settings, keyring entries and the running instance belong to this profile
    #[arg(long, global = true, default_value = "default", value_name = "NAME")]
    pub(crate) profile: ProfileName,
    #[command(flatten)]
    pub(crate) flags: Flags,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// How the app starts. The first five are remembered in the profile's settings.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Flags {
    /// The hub's address, or `embedded` for a server inside the app
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The hub's socket address where it differs from --server
    #[arg(long, value_name = "URL")]
    pub(crate) socket: Option<String>,
    /// OpenVidu's address
    #[arg(long, value_name = "URL")]
    pub(crate) openvidu: Option<String>,
    /// Own login: letters, digits, `_` and `-`
    #[arg(long, value_name = "NAME")]
    pub(crate) login: Option<String>,
    /// Who makes OpenVidu tokens
    #[arg(long, value_enum, value_name = "SOURCE")]
    pub(crate) tokens: Option<Tokens>,
    /// Start into the tray, without a window
    #[arg(long)]
    pub(crate) hidden: bool,
    /// A test-pattern camera and a spoken text in place of the devices
    #[arg(long)]
    pub(crate) fake_media: bool,
    /// Log level: error, warn, info, debug, trace, or a tracing filter
    #[arg(long, default_value = "info", value_name = "LEVEL")]
    pub(crate) log: String,
}

impl Flags {
    /// Whether a flag was given that the settings remember.
    pub(crate) fn changes_settings(&self) -> bool {
        self.server.is_some()
            || self.socket.is_some()
            || self.openvidu.is_some()
            || self.login.is_some()
            || self.tokens.is_some()
    }
}

/// `--tokens`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Tokens {
    /// This machine makes them, with the secret from the keyring
    Openvidu,
    /// The hub hands them out
    Hub,
}

impl From<Tokens> for TokenSource {
    fn from(tokens: Tokens) -> Self {
        match tokens {
            Tokens::Openvidu => Self::Openvidu,
            Tokens::Hub => Self::Hub,
        }
    }
}

/// Everything that is not starting the app.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Keep a secret in this profile's keyring entry, or forget it
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Call somebody
    Call {
        /// Whom to call
        login: String,
        /// Only see them: own camera and microphone stay closed
        #[arg(long)]
        watch: bool,
        /// Without camera
        #[arg(long)]
        audio: bool,
    },
    /// Answer the ringing call
    Accept {
        /// Without camera
        #[arg(long)]
        audio: bool,
    },
    /// Decline the ringing call
    Decline,
    /// End the call, or give it up
    Stop,
    /// Turn the microphone off or on again
    Mute,
    /// Print what the running instance is doing
    Status {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check tray, notifications, sound, keyring and connection of the running instance
    Doctor,
    /// End the running instance
    Quit,
}

/// `zvonok secret`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SecretCommand {
    /// Read a secret from standard input into the keyring
    Set(SecretArgs),
    /// Remove a secret from the keyring, or all of this profile
    Forget {
        /// Only this one
        #[arg(long, value_enum)]
        kind: Option<SecretKind>,
    },
}

/// Which secret.
#[derive(Debug, Clone, Args)]
pub(crate) struct SecretArgs {
    /// OpenVidu's secret, or the hub's session token
    #[arg(long, value_enum)]
    pub(crate) kind: SecretKind,
}

/// Kinds of secrets; each has its own keyring entry per profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum SecretKind {
    /// OpenVidu's secret
    Openvidu,
    /// The hub's session token
    Hub,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_profile_may_stand_before_or_after_the_verb() {
        for line in [["zvonok", "--profile", "man", "stop"], ["zvonok", "stop", "--profile", "man"]] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(cli.profile.as_str(), "man");
            assert!(matches!(cli.command, Some(Command::Stop)));
        }
    }

    #[test]
    fn a_profile_name_never_becomes_a_path() {
        assert!(Cli::try_parse_from(["zvonok", "--profile", "../x"]).is_err());
    }
}
