//! Certificates that nobody vouches for, or that are for another name.

use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zvonok_openvidu::{CertificateProblem, Client, Error, Secret, harden};

use crate::support::{Seen, client, openvidu, url};

/// An OpenVidu with a self-signed certificate for `name`; what it saw, its address, its certificate.
async fn with_certificate_for(name: &str) -> (Seen, url::Url, CertificateDer<'static>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let base = url("https", listener.local_addr().unwrap());
    let seen = Seen::default();
    let app = openvidu(seen.clone());
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config))).unwrap();
    tokio::spawn(server.serve(app.into_make_service()));
    (seen, base, certificate)
}

fn trusting(certificate: CertificateDer<'static>, base: &url::Url) -> reqwest::Client {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    harden(reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config), base).build().unwrap()
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_before_the_secret_is_sent() {
    let (seen, base, certificate) = with_certificate_for("127.0.0.1").await;
    let error = client(base.clone()).probe().await.unwrap_err();
    let unknown = CertificateProblem::Unknown;
    assert!(matches!(&error, Error::Certificate { problem, .. } if *problem == unknown), "{error:?}");
    let error = client(base.clone()).create_session("new").await.unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error:?}");
    assert_eq!(seen.secrets(), 0);

    let http = trusting(certificate, &base);
    let trusting = Client::new(base, Secret::new(crate::support::SECRET), http).unwrap();
    assert!(trusting.probe().await.is_ok(), "positive control: the same server with its certificate trusted");
    assert_eq!(seen.secrets(), 1);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_said_so() {
    let (seen, base, certificate) = with_certificate_for("office.example").await;
    let http = trusting(certificate, &base);
    let error = Client::new(base, Secret::new("s"), http).unwrap().probe().await.unwrap_err();
    let wrong = CertificateProblem::WrongName;
    assert!(matches!(&error, Error::Certificate { problem, .. } if *problem == wrong), "{error:?}");
    assert_eq!(seen.secrets(), 0);
}
