//! Looking at a server's certificate before anything is sent.

use std::{io, sync::Arc};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use url::Url;
use zvonok_ipc::CertificateQuestion;

use super::{CONNECT_TIMEOUT, Trust};

/// What was seen.
#[derive(Debug)]
pub(crate) enum Look {
    /// Good, or plain HTTP, which shows no certificate.
    Good,
    /// A person has to decide.
    Question(CertificateQuestion),
    /// Nothing answers, or not with TLS.
    Unreachable(io::Error),
}

/// Makes the TLS connection and closes it again.
pub(crate) async fn look(trust: &Trust, url: &Url) -> Look {
    let tls = match trust.endpoint(url) {
        Ok(endpoint) => endpoint.tls,
        Err(error) => return Look::Unreachable(io::Error::other(error)),
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, dial(url, &tls)).await {
        Ok(Ok(_wire)) => Look::Good,
        Ok(Err(error)) => trust.question(url).map_or(Look::Unreachable(error), Look::Question),
        Err(_elapsed) => Look::Unreachable(io::ErrorKind::TimedOut.into()),
    }
}

/// A connection, encrypted or not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Connects to the host and port of `url`, with TLS where its scheme says so.
pub(crate) async fn dial(url: &Url, tls: &Arc<ClientConfig>) -> io::Result<Box<dyn Wire>> {
    let refuse = |text: &str| io::Error::new(io::ErrorKind::InvalidInput, text.to_owned());
    let host = url.host_str().ok_or_else(|| refuse("no host"))?.trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().ok_or_else(|| refuse("no port"))?;
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    stream.set_nodelay(true)?;
    if !matches!(url.scheme(), "https" | "wss") {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    Ok(Box::new(tokio_rustls::TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio::net::TcpListener;

    use super::*;
    use crate::trust::{Fingerprint, HostPort, Pins};

    /// A TLS server with a certificate of its own; answers its address and the certificate.
    async fn server() -> (Url, Vec<u8>) {
        let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let der = certified.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![der.clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move { drop(acceptor.accept(stream).await) });
            }
        });
        (url, der.to_vec())
    }

    #[tokio::test]
    async fn a_self_signed_certificate_is_a_question_and_a_decision_answers_it() {
        let (url, der) = server().await;
        let trust = Trust::new(Pins::default());
        let Look::Question(question) = look(&trust, &url).await else { panic!("nobody vouches for it") };
        assert_eq!(question.fingerprint, Fingerprint::of(&der).as_str());
        assert_eq!(question.previous, None);
        trust.pins().decide(&HostPort::named(&question.host), Fingerprint::named(&question.fingerprint));
        assert!(matches!(look(&trust, &url).await, Look::Good));
        assert!(trust.question(&url).is_none(), "nothing is left to decide");
    }

    #[tokio::test]
    async fn a_changed_certificate_is_refused_and_names_the_one_before() {
        let (url, _der) = server().await;
        let trust = Trust::new(Pins::default());
        trust.pins().decide(&HostPort::of(&url).unwrap(), Fingerprint::named("AA:BB"));
        let Look::Question(question) = look(&trust, &url).await else { panic!("it changed") };
        assert_eq!(question.previous.as_deref(), Some("AA:BB"));
    }

    #[tokio::test]
    async fn a_pin_holds_for_its_own_port_only() {
        let (url, der) = server().await;
        let trust = Trust::new(Pins::default());
        trust.pins().decide(&HostPort::named("127.0.0.1:1"), Fingerprint::of(&der));
        assert!(matches!(look(&trust, &url).await, Look::Question(_)));
    }

    #[tokio::test]
    async fn nothing_there_is_said_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        assert!(matches!(look(&Trust::new(Pins::default()), &url).await, Look::Unreachable(_)));
    }
}
