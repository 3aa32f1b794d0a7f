//! Certificates are exchanged while the program runs.

use std::path::Path;

use reqwest::{Certificate, Client};

use crate::person::http;
use crate::program::{Place, Program};
use crate::{Folder, PATIENCE};

/// Certificate and key of 127.0.0.1.
fn made() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// One that trusts this certificate and no other. It keeps its connection.
fn client(certificate: &str) -> Client {
    drop(http());
    let trusted = Certificate::from_pem(certificate.as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap()
}

/// Whether it is let in by a certificate that it trusts.
async fn reaches(client: &Client, url: &str) -> bool {
    let Ok(answer) = client.get(format!("{url}/healthz")).send().await else { return false };
    let status = answer.status();
    // A connection is kept only once its answer was read.
    answer.bytes().await.is_ok() && status == 200
}

async fn comes_to_be_used(certificate: &str, url: &str) {
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut pause = tokio::time::interval(std::time::Duration::from_millis(50));
    while !reaches(&client(certificate), url).await {
        assert!(tokio::time::Instant::now() < until, "{url} does not use it in time");
        pause.tick().await;
    }
}

fn put(folder: &Path, (cert, key): &(String, String)) {
    std::fs::write(folder.join("cert.pem"), cert).unwrap();
    std::fs::write(folder.join("key.pem"), key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_exchanged_without_dropping_anybody() {
    let folder = Folder::new();
    let (one, two, three) = (made(), made(), made());
    put(&folder.0, &one);
    let hub = Program::start_secure(&folder, &Place::File, &["--hub-tls", "cert.pem,key.pem"], "cert.pem,key.pem");
    let urls = [hub.hub.clone(), hub.media.clone()];
    let old = client(&one.0);
    for url in &urls {
        assert!(url.starts_with("https://") && reaches(&old, url).await, "{url}");
        assert!(!reaches(&client(&two.0), url).await, "{url}");
    }

    put(&folder.0, &two);
    hub.signal("HUP");
    for url in &urls {
        comes_to_be_used(&two.0, url).await;
        assert!(!reaches(&client(&one.0), url).await, "a new connection to {url} has the old certificate");
        assert!(reaches(&old, url).await, "the open connection to {url} was dropped");
    }

    let new = client(&two.0);
    for url in &urls {
        assert!(reaches(&new, url).await, "{url}");
    }
    for broken in
        [("no certificate".to_owned(), two.1.clone()), (one.0.clone(), two.1.clone()), (two.0.clone(), String::new())]
    {
        put(&folder.0, &broken);
        let before = hub.log().matches("the one before stays in use").count();
        hub.signal("HUP");
        hub.says_times("the one before stays in use", before + 2).await;
        for url in &urls {
            assert!(reaches(&client(&two.0), url).await, "{url} has lost its certificate");
        }
    }

    // Nobody signals: the files are looked at.
    put(&folder.0, &three);
    for url in &urls {
        comes_to_be_used(&three.0, url).await;
        for (name, client) in [("first", &old), ("second", &new)] {
            assert!(reaches(client, url).await, "the {name} open connection to {url} was dropped");
        }
    }
    let log = hub.stop();
    assert!(!log.contains("PRIVATE KEY"), "{log}");
}
