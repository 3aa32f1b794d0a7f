//! The certificate of the REST and websocket listener.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use super::MediaStartError;
use crate::config::Tls;
use crate::private;

/// File of the self-signed certificate in the data directory.
const CERTIFICATE_FILE: &str = "media-cert.pem";
/// File of its key.
const KEY_FILE: &str = "media-key.pem";

impl Identity {
    /// For a listener, in a form that can be exchanged while it listens.
    pub(crate) fn exchangeable(self) -> RustlsConfig {
        RustlsConfig::from_config(self.config)
    }
}

/// What a TLS listener needs.
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    /// SHA-256 of the certificate, `AA:BB:…`.
    pub(crate) fingerprint: String,
}

/// The identity that `tls` asks for; `None` for a plain listener.
pub(crate) fn identity(
    tls: &Tls,
    data_dir: Option<&Path>,
    names: Vec<String>,
) -> Result<Option<Identity>, MediaStartError> {
    let (chain, key) = match tls {
        Tls::Off => return Ok(None),
        Tls::SelfSigned => self_signed(data_dir, names)?,
        Tls::Files { cert, key } => (read(cert)?, read(key)?),
    };
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| MediaStartError::Certificate(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| MediaStartError::Certificate(error.to_string()))?;
    let first = chain.first().ok_or_else(|| MediaStartError::Certificate("the file has no certificate".to_owned()))?;
    let fingerprint = fingerprint(first);
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| MediaStartError::Certificate(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| MediaStartError::Certificate(error.to_string()))?;
    // Websockets over HTTP/2 would need another handshake; the API gains nothing from it.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Identity { config: Arc::new(config), fingerprint }))
}

/// SHA-256 of a certificate in the form people compare: `AA:BB:…`.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

fn read(path: &Path) -> Result<String, MediaStartError> {
    fs::read_to_string(path).map_err(|source| MediaStartError::File { path: path.to_owned(), source })
}

/// The kept certificate, or a new one that is kept from now on. A person who has accepted it once is to be asked again
/// only when it really changed.
fn self_signed(data_dir: Option<&Path>, names: Vec<String>) -> Result<(String, String), MediaStartError> {
    let files = data_dir.map(|dir| (dir.join(CERTIFICATE_FILE), dir.join(KEY_FILE)));
    if let Some((cert, key)) = &files
        && cert.exists()
        && key.exists()
    {
        return Ok((read(cert)?, read(key)?));
    }
    let made =
        rcgen::generate_simple_self_signed(names).map_err(|error| MediaStartError::Certificate(error.to_string()))?;
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    if let Some((cert_file, key_file)) = &files {
        keep(key_file, &key)?;
        keep(cert_file, &cert)?;
    }
    Ok((cert, key))
}

fn keep(path: &Path, text: &str) -> Result<(), MediaStartError> {
    let kept = path.parent().map_or(Ok(()), private::make_dir).and_then(|()| private::replace(path, text));
    kept.map_err(|source| MediaStartError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_self_signed_certificate_is_kept() {
        let dir = std::env::temp_dir().join(format!("zvonok-tls-{}", uuid::Uuid::new_v4()));
        let names = || vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let first = identity(&Tls::SelfSigned, Some(&dir), names()).unwrap().unwrap();
        let second = identity(&Tls::SelfSigned, Some(&dir), names()).unwrap().unwrap();
        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(first.fingerprint.len(), 32 * 3 - 1);
        let other = identity(&Tls::SelfSigned, None, names()).unwrap().unwrap();
        assert_ne!(first.fingerprint, other.fingerprint);
        fs::remove_dir_all(dir).unwrap();
    }
}
