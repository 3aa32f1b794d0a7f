//! Whom this server trusts when it connects to others by TLS: whom the system trusts, and whom `SSL_CERT_FILE` names.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore};

/// Read once: it is some hundred certificates in files.
static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();

/// The settings of a TLS client. Blocks where nobody has asked before.
///
/// # Errors
/// The provider knows no version of TLS.
pub(crate) fn client() -> Result<Arc<ClientConfig>, rustls::Error> {
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let mut roots = RootCertStore::empty();
    let (_, ignored) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    tracing::debug!(ignored, "the system's trust store");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
}
