//! OpenVidu's REST as pages of other sites and strangers meet it.

use reqwest::{Method, StatusCode};

use crate::{http, plain_server};

#[tokio::test]
async fn a_page_of_another_site_may_send_the_secret() {
    let server = plain_server().await;
    let url = server.media_url.join("openvidu/api/sessions").unwrap();
    let preflight = http()
        .request(Method::OPTIONS, url)
        .header("origin", "https://pages.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let answer = preflight.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap().to_ascii_lowercase();
    // The Fetch standard: `*` covers every header but this one.
    assert!(allowed.contains("authorization"), "{allowed}");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    server.shutdown().await;
}

#[tokio::test]
async fn strangers_learn_the_public_address_and_nothing_else() {
    let server = plain_server().await;
    for (path, status) in [
        ("openvidu/api/config/openvidu-publicurl", StatusCode::OK),
        ("api/config/openvidu-publicurl", StatusCode::OK),
        ("openvidu/api/recordings/api/config/openvidu-publicurl", StatusCode::UNAUTHORIZED),
        ("openvidu/api/config/openvidu-version", StatusCode::UNAUTHORIZED),
        ("openvidu/api/sessions", StatusCode::UNAUTHORIZED),
    ] {
        let answer = http().get(server.media_url.join(path).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    server.shutdown().await;
}
