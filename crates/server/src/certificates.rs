//! New certificates of listeners that run: connections that are open keep theirs, new ones get the new one.
//!
//! Files are looked at every few seconds instead of being watched: whoever renews certificates replaces links and whole
//! folders, of which a watch on a file hears nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::config::Tls;
use crate::database::full;
use crate::media::tls;

/// How often the files are looked at. They are a few kilobytes, and are replaced every few weeks.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the two files have in them; nothing where one cannot be read.
type Contents = Option<[u8; 32]>;

/// The certificate of one listener, in files.
#[derive(Debug, Clone)]
pub(crate) struct Certificate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Of the listener, for the log.
    name: &'static str,
    cert: PathBuf,
    key: PathBuf,
    used: RustlsConfig,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// What was taken, or refused, last.
    tried: Contents,
    /// What was there at the last look.
    before: Contents,
}

impl Certificate {
    /// Of the listener `name`, which uses what `tls` names as `used`. `None` where that is no files.
    pub(crate) fn new(name: &'static str, tls: &Tls, used: &RustlsConfig) -> Option<Self> {
        let Tls::Files { cert, key } = tls else { return None };
        let (cert, key) = (cert.clone(), key.clone());
        let seen = Mutex::new(Seen { tried: None, before: None });
        let inner = Inner { name, cert, key, used: used.clone(), seen };
        let contents = inner.contents();
        *inner.seen() = Seen { tried: contents, before: contents };
        Some(Self(Arc::new(inner)))
    }

    /// Takes what is in the files now. What cannot be used is refused, with a line in the log.
    pub(crate) fn reload(&self) {
        let contents = self.0.contents();
        self.0.take(contents);
    }

    /// Takes what comes into the files until `stop`.
    pub(crate) async fn watch(self, stop: CancellationToken) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {}
            }
            let inner = Arc::clone(&self.0);
            // A disk may hang.
            if tokio::task::spawn_blocking(move || inner.look()).await.is_err() {
                tracing::error!(listener = self.0.name, "looking at the certificate failed");
            }
        }
    }
}

impl Inner {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        // It holds two values that are right whatever happened.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contents(&self) -> Contents {
        let mut hasher = Sha256::new();
        for path in [&self.cert, &self.key] {
            hasher.update(std::fs::read(path).ok()?);
            // Or a byte that moves from one to the other would be no change.
            hasher.update([0]);
        }
        Some(hasher.finalize().into())
    }

    fn look(&self) {
        let now = self.contents();
        let changed = {
            let mut seen = self.seen();
            // Two files are not replaced at once: what has just changed has time to become whole.
            let settled = seen.before == now && seen.tried != now;
            seen.before = now;
            settled
        };
        if changed {
            self.take(now);
        }
    }

    fn take(&self, contents: Contents) {
        self.seen().tried = contents;
        let files = Tls::Files { cert: self.cert.clone(), key: self.key.clone() };
        match tls::identity(&files, None, Vec::new()) {
            Ok(Some(identity)) => {
                self.used.reload_from_config(identity.config);
                tracing::info!(listener = self.name, sha256 = identity.fingerprint, "the certificate is read anew");
            }
            // Files always make one.
            Ok(None) => {}
            Err(error) => tracing::error!(
                listener = self.name,
                file = %self.cert.display(),
                error = full(&error),
                "the new certificate cannot be used, the one before stays in use"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_half_replaced_is_left_alone_until_it_is_whole_and_what_is_broken_is_tried_once() {
        let dir = std::env::temp_dir().join(format!("zvonok-certificates-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&dir).unwrap();
        let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        let made = || {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            (made.cert.pem(), made.signing_key.serialize_pem())
        };
        let (one, two) = (made(), made());
        std::fs::write(&cert, &one.0).unwrap();
        std::fs::write(&key, &one.1).unwrap();
        let tls = Tls::Files { cert: cert.clone(), key: key.clone() };
        let used = RustlsConfig::from_config(tls::identity(&tls, None, Vec::new()).unwrap().unwrap().config);
        let certificate = Certificate::new("test", &tls, &used).unwrap();
        let first = used.get_inner();
        let same = || Arc::ptr_eq(&first, &used.get_inner());
        certificate.0.look();
        assert!(same(), "nothing has changed");
        std::fs::write(&cert, &two.0).unwrap();
        certificate.0.look();
        assert!(same(), "the key is still to come");
        std::fs::write(&key, &two.1).unwrap();
        certificate.0.look();
        assert!(same(), "it may not be all yet");
        certificate.0.look();
        assert!(!same(), "now it is");
        let second = used.get_inner();
        std::fs::write(&key, &one.1).unwrap();
        for _ in 0..3 {
            certificate.0.look();
        }
        assert!(Arc::ptr_eq(&second, &used.get_inner()), "that is another certificate's key");
        assert!(certificate.0.seen().tried == certificate.0.contents(), "and is not tried again and again");
        std::fs::remove_dir_all(dir).unwrap();
        certificate.reload();
        assert!(Arc::ptr_eq(&second, &used.get_inner()), "there is none");
    }
}
