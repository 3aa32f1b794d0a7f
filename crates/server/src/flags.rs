//! The command line of `zvonok-server`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::limit_flags::LimitFlags;
use crate::media_flags::MediaFlags;
use crate::metrics_flags::MetricsFlags;
use crate::user::User;
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use zvonok_server::database::Place;
use zvonok_server::{Config, Deployment, Secret, Tls, secret};

/// The signaling hub and an OpenVidu-compatible media server.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Flags {
    /// Address of the hub: sockets and REST.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5001")]
    hub_listen: SocketAddr,
    /// `off`, `self-signed`, or `CERT,KEY` (PEM files).
    #[arg(long, value_name = "TLS", default_value = "off", value_parser = tls)]
    hub_tls: Tls,
    /// An origin whose pages may use the hub, as `https://pages.example`; several.
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    allow_origin: Vec<String>,
    /// Address of the embedded OpenVidu: REST and JSON-RPC.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4443")]
    media_listen: SocketAddr,
    /// `off`, `self-signed`, or `CERT,KEY` (PEM files).
    #[arg(long, value_name = "TLS", default_value = "self-signed", value_parser = tls)]
    media_tls: Tls,
    /// UDP port of the media; a free one unless given.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    media_udp: u16,
    /// Host name or address by which others reach this machine.
    #[arg(long, value_name = "HOST")]
    public_host: Option<String>,
    #[command(flatten)]
    secret: SecretFlags,
    /// A real OpenVidu deployment as `URL,SECRET-FILE`; several. Then no media is embedded.
    #[arg(long, value_name = "URL,SECRET-FILE")]
    openvidu: Vec<String>,
    /// Where secret, certificates and the hub's database are kept.
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// `postgresql://USER:PASSWORD@HOST/NAME`, or `memory` to keep nothing; a SQLite file in the data directory without it.
    #[arg(long, value_name = "URL", env = "ZVONOK_DATABASE_URL", global = true, hide_env_values = true, value_parser = database)]
    database_url: Option<Place>,
    /// `redis://HOST` or `rediss://HOST`: joins the hubs of one PostgreSQL into one. Needs --database-url and --openvidu.
    #[arg(long, value_name = "URL", env = "ZVONOK_REDIS_URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// Let others than this machine use the hub without sign-in.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    limits: LimitFlags,
    #[command(flatten)]
    media: MediaFlags,
    #[command(flatten)]
    metrics: MetricsFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct SecretFlags {
    /// File with the OpenVidu secret; a random one is made and kept in the data directory without it.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The OpenVidu secret itself: others on this machine can read it. Better: --secret-file, or the environment.
    #[arg(long, value_name = "SECRET", conflicts_with = "secret_file")]
    secret: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accounts: with one, nobody uses the hub without signing in.
    #[command(subcommand)]
    User(User),
}

impl Flags {
    /// What is asked for beside running the server.
    pub(crate) fn take_user(&mut self) -> Option<User> {
        self.command.take().map(|Command::User(user)| user)
    }

    /// How long a stop may take.
    pub(crate) fn stop_within(&self) -> Duration {
        self.limits.stop()
    }

    /// The configuration they stand for.
    pub(crate) fn config(self) -> anyhow::Result<Config> {
        let in_line = std::env::var_os("ZVONOK_DATABASE_URL").is_none();
        if matches!(&self.database_url, Some(Place::Server(url)) if in_line && url.password().is_some()) {
            tracing::warn!("--database-url can be read by everybody on this machine; better is ZVONOK_DATABASE_URL");
        }
        let in_line = std::env::var_os("ZVONOK_REDIS_URL").is_none();
        if self.redis_url.as_ref().is_some_and(|url| in_line && url.contains('@')) {
            tracing::warn!("--redis-url can be read by everybody on this machine; better is ZVONOK_REDIS_URL");
        }
        let openvidu = self.openvidu.iter().map(|text| deployment(text)).collect::<Result<_, _>>()?;
        Ok(Config {
            hub_listen: self.hub_listen,
            hub_tls: self.hub_tls,
            allow_origin: self.allow_origin,
            media_listen: self.media_listen,
            media_tls: self.media_tls,
            media_udp: self.media_udp,
            media: self.media.settings(self.limits.media())?,
            public_host: self.public_host,
            secret: self.secret.read()?,
            openvidu,
            data_dir: Some(match self.data_dir {
                Some(dir) => dir,
                None => default_data_dir().context("there is no home directory: say --data-dir")?,
            }),
            database: self.database_url,
            redis_url: self.redis_url.map(Secret::new),
            open: self.open,
            ring_ttl: self.limits.ring(),
            echo: true,
            metrics: self.metrics.read()?,
            limits: self.limits.hub(),
        })
    }
}

impl SecretFlags {
    fn read(&self) -> anyhow::Result<Option<Secret>> {
        if let Some(path) = &self.secret_file {
            return Ok(Some(secret::read(path)?));
        }
        if let Some(secret) = &self.secret {
            tracing::warn!("--secret can be read by everybody on this machine; better is --secret-file");
            return Ok(Some(Secret::new(secret.clone())));
        }
        Ok(std::env::var("OPENVIDU_SECRET").ok().map(Secret::new))
    }
}

fn tls(text: &str) -> Result<Tls, String> {
    match text {
        "off" => Ok(Tls::Off),
        "self-signed" => Ok(Tls::SelfSigned),
        files => match files.split_once(',') {
            Some((cert, key)) => Ok(Tls::Files { cert: cert.into(), key: key.into() }),
            None => Err("`off`, `self-signed`, or two PEM files as `CERT,KEY`".to_owned()),
        },
    }
}

fn database(text: &str) -> Result<Place, String> {
    if text == "memory" {
        return Ok(Place::Memory);
    }
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgresql" | "postgres") => Ok(Place::Server(url)),
        Ok(_) | Err(_) => Err("`memory`, or a PostgreSQL as postgresql://USER:PASSWORD@HOST/NAME".to_owned()),
    }
}

/// An origin as browsers send it: anything else would silently never match.
fn origin(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let origin = url.map(|url| url.origin().ascii_serialization());
    let given = text.trim_end_matches('/');
    match origin {
        Some(origin) if origin.eq_ignore_ascii_case(given) => Ok(origin),
        // A port that the scheme has anyway is not part of an origin.
        Some(origin) if given.strip_suffix(":443").or(given.strip_suffix(":80")) == Some(&origin) => Ok(origin),
        Some(origin) => Err(format!("an origin has no path: say {origin}")),
        None => Err("an origin is a scheme and a host, such as https://pages.example".to_owned()),
    }
}

fn deployment(text: &str) -> anyhow::Result<Deployment> {
    let (url, file) = text.split_once(',').context("--openvidu takes URL,SECRET-FILE")?;
    let url = url.parse().with_context(|| format!("{url} is not an address"))?;
    Ok(Deployment { url, secret: secret::read(file.as_ref())? })
}

/// The platform's place for data of a program without a window.
fn default_data_dir() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        from("LOCALAPPDATA")?
    } else if cfg!(target_os = "macos") {
        from("HOME")?.join("Library/Application Support")
    } else {
        from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")))?
    };
    Some(base.join("zvonok-server"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_tutorials_ports_on_loopback() {
        let config = Flags::try_parse_from(["zvonok-server", "--data-dir", "/nowhere"]).unwrap().config().unwrap();
        let plain = Config::default();
        assert_eq!((config.hub_listen, config.hub_tls), (plain.hub_listen, plain.hub_tls));
        assert_eq!((config.media_listen, config.media_tls), (plain.media_listen, plain.media_tls));
        assert_eq!(config.ring_ttl, plain.ring_ttl);
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        for good in ["https://pages.example", "http://127.0.0.1:8080", "https://pages.example/"] {
            assert_eq!(origin(good).as_deref(), Ok(good.trim_end_matches('/')));
        }
        assert_eq!(origin("https://pages.example:443").as_deref(), Ok("https://pages.example"));
        for bad in
            ["pages.example", "*", "", "null", "ftp://pages.example", "https://pages.example/path", "https://a@b"]
        {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tls_is_off_self_signed_or_files() {
        assert_eq!(tls("off"), Ok(Tls::Off));
        assert_eq!(tls("a.pem,b.pem"), Ok(Tls::Files { cert: "a.pem".into(), key: "b.pem".into() }));
        assert!(tls("on").is_err());
    }
}
