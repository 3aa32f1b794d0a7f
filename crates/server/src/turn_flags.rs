//! Flags of the STUN and TURN servers that clients are told of.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use zvonok_server::media::turn::{IceUrl, TurnSettings};
use zvonok_server::{Secret, secret};

/// Where the secret is taken from unless a flag says so.
const SECRET_VARIABLE: &str = "ZVONOK_TURN_SECRET";

/// See [`TurnSettings`].
#[derive(Debug, Args)]
pub(crate) struct TurnFlags {
    /// A TURN or STUN server that clients are told of, as `turn:relay.example:3478`; several. openvidu-browser 2.18
    /// knows of port 3478 only.
    #[arg(long, value_name = "URL")]
    turn: Vec<IceUrl>,
    /// File with the secret of the TURN servers (coturn's `static-auth-secret`). Without it: ZVONOK_TURN_SECRET.
    #[arg(long, value_name = "FILE", requires = "turn")]
    turn_secret_file: Option<PathBuf>,
    /// The secret of the TURN servers itself: others on this machine can read it. Better: --turn-secret-file.
    #[arg(long, value_name = "SECRET", requires = "turn", conflicts_with = "turn_secret_file")]
    turn_secret: Option<String>,
    /// How long a client's credentials for them are good, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 43_200, value_parser = clap::value_parser!(u64).range(60..=604_800))]
    turn_life: u64,
}

impl TurnFlags {
    /// The settings they stand for.
    pub(crate) fn settings(self) -> anyhow::Result<TurnSettings> {
        let relays = self.turn.iter().any(IceUrl::relays);
        let secret = if relays { Some(self.secret()?) } else { None };
        Ok(TurnSettings { urls: self.turn, secret, life: Duration::from_secs(self.turn_life) })
    }

    fn secret(&self) -> anyhow::Result<Secret> {
        if let Some(path) = &self.turn_secret_file {
            return Ok(secret::read(path)?);
        }
        let given = match &self.turn_secret {
            Some(secret) => {
                tracing::warn!("--turn-secret can be read by everybody on this machine; better is --turn-secret-file");
                secret.clone()
            }
            None => std::env::var(SECRET_VARIABLE).ok().with_context(|| {
                format!("a TURN server wants its secret: --turn-secret-file FILE, or {SECRET_VARIABLE}")
            })?,
        };
        if given.is_empty() {
            bail!("the secret of the TURN servers is empty");
        }
        Ok(Secret::new(given))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        turn: TurnFlags,
    }

    fn read(args: &[&str]) -> Result<TurnSettings, String> {
        let line = Line::try_parse_from([&["x"], args].concat()).map_err(|error| error.to_string())?;
        line.turn.settings().map_err(|error| error.to_string())
    }

    #[test]
    fn servers_are_taken_with_their_secret_and_not_without() {
        let both = ["--turn", "stun:a", "--turn", "turn:b:3478", "--turn-secret", "s", "--turn-life", "60"];
        let settings = read(&both).unwrap();
        assert_eq!(settings.urls.iter().map(IceUrl::as_str).collect::<Vec<_>>(), ["stun:a", "turn:b:3478"]);
        assert!(settings.secret.unwrap().matches("s"));
        assert_eq!(settings.life, Duration::from_secs(60));
        assert_eq!(read(&["--turn", "stun:a"]).unwrap().secret, None);
        assert_eq!(read(&[]).unwrap(), TurnSettings::default());
        for (bad, word) in [
            (&["--turn", "http://a"][..], "ICE server"),
            (&["--turn", "turn:a", "--turn-secret", ""], "empty"),
            (&["--turn-secret", "s"], "--turn"),
            (&["--turn", "turn:a", "--turn-secret", "s", "--turn-secret-file", "f"], "cannot be used"),
            (&["--turn", "turn:a", "--turn-secret-file", "/nowhere"], "/nowhere"),
            (&["--turn", "turn:a", "--turn-secret", "s", "--turn-life", "1"], "60"),
        ] {
            assert!(read(bad).unwrap_err().contains(word), "{bad:?}: {}", read(bad).unwrap_err());
        }
    }
}
