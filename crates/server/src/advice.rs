//! What to do when a server does not start, in the words of `zvonok-server`'s flags.

use std::io;

use crate::database::DatabaseError;
use crate::listen::StartError;
use crate::media::MediaStartError;
use crate::secret::SecretError;

impl StartError {
    /// What whoever started `zvonok-server` can do about it, as a sentence; nothing where the error says it all.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Media(error) => error.advice("--media-tls"),
            Self::HubTls(error) => error.advice("--hub-tls"),
            Self::Listen { source, .. } => listening(source, "--hub-listen"),
            Self::Metrics { source, .. } => listening(source, "--metrics-listen"),
            Self::Database(DatabaseError::Taken) => Some(TAKEN.to_owned()),
            Self::Database(_) => Some(DATABASE.to_owned()),
            Self::DataDir { .. } => Some(DATA_DIR.to_owned()),
            Self::Secret(error) => Some(secret(error).to_owned()),
            Self::BadPublicHost => Some(PUBLIC_HOST.to_owned()),
            Self::Deployment(_) => Some("Give each as --openvidu https://HOST:PORT,SECRET-FILE.".to_owned()),
            Self::Redis(_) => Some(REDIS.to_owned()),
            // They name the flags themselves.
            Self::NotOpen(_) | Self::MetricsOpen(_) | Self::NotJoined(_) => None,
        }
    }
}

impl MediaStartError {
    /// As [`StartError::advice`]; `tls` is the flag that the certificate came by.
    fn advice(&self, tls: &str) -> Option<String> {
        match self {
            Self::Listen { source, .. } => listening(source, "--media-listen"),
            Self::Udp { source, .. } if source.kind() == io::ErrorKind::NotFound => Some(PUBLIC_HOST.to_owned()),
            Self::Udp { source, .. } => listening(source, "--media-udp"),
            Self::Tcp { source, .. } => listening(source, "--media-tcp"),
            Self::File { .. } => Some(format!(
                "Name two PEM files that this user may read with {tls} CERT,KEY; for a certificate of the server's own, \
                 name a directory that this user may write to with --data-dir."
            )),
            Self::Certificate(_) => Some(format!(
                "Name a certificate and its key, both PEM, with {tls} CERT,KEY. One of the server's own is made anew when \
                 its two files are gone from the data directory; who trusted it is asked again then."
            )),
            Self::Directory { .. } => Some(DATA_DIR.to_owned()),
            Self::PublicHost(_) => Some(PUBLIC_HOST.to_owned()),
            Self::Sfu(_) | Self::Events(_) => None,
        }
    }
}

const DATA_DIR: &str = "Name a directory that this user may write to, or that can be made, with --data-dir.";
const TAKEN: &str = "End it, or name another place with --data-dir or --database-url.";
const DATABASE: &str = "Without --database-url it is a file of the data directory, which this user has to own. With \
    --database-url postgresql://USER:PASSWORD@HOST/NAME that server has to run and to let this user make tables.";
const REDIS: &str = "Give it as --redis-url redis://:PASSWORD@HOST:PORT, or rediss:// for TLS, and see that it runs.";
const PUBLIC_HOST: &str =
    "--public-host takes a host name or address by which others reach this machine, without scheme and port.";

fn listening(source: &io::Error, flag: &str) -> Option<String> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "std's enum, which grows; what is not here speaks for itself")]
    match source.kind() {
        io::ErrorKind::AddrInUse => Some(format!(
            "There another program listens, perhaps a zvonok-server that still runs: end it, or choose another with {flag}."
        )),
        io::ErrorKind::AddrNotAvailable => {
            Some(format!("This machine has no such address: choose one that it has with {flag}."))
        }
        io::ErrorKind::PermissionDenied => {
            Some(format!("Ports below 1024 need more rights: choose a higher one with {flag}."))
        }
        _ => None,
    }
}

fn secret(error: &SecretError) -> &'static str {
    match error {
        SecretError::Empty => {
            "Leave --secret and OPENVIDU_SECRET away to have one made, or give one with --secret-file."
        }
        SecretError::EmptyFile(_) => "Write the secret into it; without --secret-file one is made and kept.",
        SecretError::Read { .. } => "Name a file that this user may read with --secret-file.",
        SecretError::Keep { .. } => DATA_DIR,
    }
}
