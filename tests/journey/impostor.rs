//! Somebody who answers in the place of OpenVidu, with a certificate of its own, and remembers what it is told.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use sha2::{Digest as _, Sha256};

/// A TLS server that takes everything.
pub(crate) struct Impostor {
    address: String,
    fingerprint: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<String>,
    visits: AtomicUsize,
    stop: AtomicBool,
}

impl Impostor {
    /// Listens at `address` (`HOST:PORT`, port 0 for a free one).
    pub(crate) fn at(address: &str) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
        let certificate = made.cert.der().clone();
        let digest = Sha256::digest(&certificate);
        let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen at {address}"))?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::new(Shared::default());
        let (state, config, own) = (Arc::clone(&shared), Arc::new(config), format!("https://{address}"));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if state.stop.load(Ordering::Relaxed) {
                    return;
                }
                state.visits.fetch_add(1, Ordering::Relaxed);
                let (state, config, own) = (Arc::clone(&state), Arc::clone(&config), own.clone());
                // Most visitors leave at the sight of the certificate: that is the point.
                std::thread::spawn(move || drop(listen(stream, config, &state, &own)));
            }
        });
        Ok(Self { address, fingerprint, shared, thread: Some(thread) })
    }

    /// `https://HOST:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// SHA-256 of its certificate as people compare it.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// How many connections were made.
    pub(crate) fn visits(&self) -> usize {
        self.shared.visits.load(Ordering::Relaxed)
    }

    /// Everything that was said to it behind the encryption.
    pub(crate) fn heard(&self) -> String {
        self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it was told this secret of OpenVidu.
    pub(crate) fn knows(&self, secret: &str) -> bool {
        self.heard().contains(&STANDARD.encode(format!("OPENVIDUAPP:{secret}")))
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Wakes it, so that it sees that it is to end.
        drop(TcpStream::connect(&self.address));
        if let Some(thread) = self.thread.take() {
            // Nothing was lost with it that a test has not seen already.
            let _ = thread.join();
        }
    }
}

/// Answers as an OpenVidu does whose secret is another one.
fn listen(stream: TcpStream, config: Arc<ServerConfig>, shared: &Shared, own: &str) -> Result<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config)?, stream);
    let mut request = String::new();
    let mut bytes = [0; 4096];
    loop {
        let count = stream.read(&mut bytes)?;
        let Some(read) = bytes.get(..count).filter(|read| !read.is_empty()) else { return Ok(()) };
        let text = String::from_utf8_lossy(read).into_owned();
        shared.heard.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
        request.push_str(&text);
        if !request.contains("\r\n\r\n") {
            continue;
        }
        let open = request.starts_with("GET /openvidu/api/config/openvidu-publicurl ");
        let (status, body) = if open { ("200 OK", own) } else { ("401 Unauthorized", "") };
        let length = body.len();
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")?;
        stream.flush()?;
        return Ok(());
    }
}
