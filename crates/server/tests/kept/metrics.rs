//! What whoever looks after the server can read of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::person::{Person, answer, http};
use crate::postgres::Postgres;
use crate::program::{Place, Program};
use crate::{Folder, free_address};

/// A figure of the page; nothing where it has none of that name.
fn figure(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

async fn read(address: &str) -> String {
    let answer = http().get(format!("http://{address}/metrics")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_rings_and_sockets_are_counted() {
    let (folder, address) = (Folder::new(), free_address());
    let hub = Program::start(&folder, &Place::File, &["--metrics-listen", &address]);
    let page = read(&address).await;
    assert_eq!(figure(&page, "zvonok_hub_sockets"), Some(0.0), "{page}");
    assert_eq!(figure(&page, "zvonok_media_sessions"), Some(0.0), "{page}");
    let mut man = Person::login(&hub.hub, "man", None).await;
    let mut woman = Person::login(&hub.hub, "woman", None).await;

    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    let page = read(&address).await;
    assert_eq!(figure(&page, "zvonok_hub_calls{state=\"ringing\"}"), Some(1.0), "{page}");
    woman.done("/decline", json!({ "call_id": "c1" })).await;
    man.hears("declined").await;

    assert_eq!(man.call("woman", "c2").await.1["status"], 0);
    woman.hears("calling").await;
    man.done("/cancel", json!({ "call_id": "c2" })).await;
    woman.hears("cancelled").await;

    assert_eq!(man.call("woman", "c3").await.1["status"], 0);
    woman.hears("calling").await;
    woman.done("/accept", json!({ "call_id": "c3" })).await;
    man.hears("accepted").await;
    let boss = Person::login(&hub.hub, "boss", None).await;
    assert_eq!(boss.call("woman", "c4").await.1["code"], "busy");
    woman.done("/token", json!({ "call_id": "c3" })).await;

    let page = read(&address).await;
    for (name, value) in [
        ("zvonok_hub_sockets", 3.0),
        ("zvonok_hub_calls{state=\"ringing\"}", 0.0),
        ("zvonok_hub_calls{state=\"answered\"}", 1.0),
        ("zvonok_hub_rings_total{outcome=\"answered\"}", 1.0),
        ("zvonok_hub_rings_total{outcome=\"declined\"}", 1.0),
        ("zvonok_hub_rings_total{outcome=\"cancelled\"}", 1.0),
        ("zvonok_hub_rings_total{outcome=\"busy\"}", 1.0),
        ("zvonok_hub_rings_total{outcome=\"missed\"}", 0.0),
        ("zvonok_media_sessions", 1.0),
    ] {
        assert_eq!(figure(&page, name), Some(value), "{name} in\n{page}");
    }
    assert!(figure(&page, "zvonok_process_cpu_seconds_total").is_some_and(|cpu| cpu > 0.0), "{page}");
    hub.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_this_machine_figures_need_a_token() {
    let folder = Folder::new();
    let said = Program::refused(&folder, &Place::File, &["--metrics-listen", "0.0.0.0:0"]);
    assert!(said.contains("--metrics-token-file"), "{said}");
    let token = folder.0.join("token");
    std::fs::write(&token, "short\n").unwrap();
    let token = token.to_str().unwrap();
    let said =
        Program::refused(&folder, &Place::File, &["--metrics-listen", "0.0.0.0:0", "--metrics-token-file", token]);
    assert!(said.contains("too short"), "{said}");
    std::fs::write(token, "planted-metrics-token\n").unwrap();
    let address = free_address().replace("127.0.0.1", "0.0.0.0");
    let hub = Program::start(&folder, &Place::File, &["--metrics-listen", &address, "--metrics-token-file", token]);
    let url = format!("http://{}/metrics", address.replace("0.0.0.0", "127.0.0.1"));
    for (given, status) in [(None, 401), (Some("wrong-metrics-token"), 401), (Some("planted-metrics-token"), 200)] {
        let request = http().get(&url);
        let request = given.map_or(request.try_clone().unwrap(), |token| request.bearer_auth(token));
        assert_eq!(request.send().await.unwrap().status(), status, "{given:?}");
    }
    assert!(!hub.log().contains("planted-metrics-token"));
    hub.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_machine_no_page_reads_figures_and_a_taken_address_is_said() {
    let (folder, other, address) = (Folder::new(), Folder::new(), free_address());
    let hub = Program::start(&folder, &Place::File, &["--metrics-listen", &address]);
    let page = http().get(format!("http://{address}/metrics")).header("host", "pages.example");
    assert_eq!(page.send().await.unwrap().status(), 403);
    let said = Program::refused(&other, &Place::File, &["--metrics-listen", &address]);
    assert!(said.contains("cannot serve metrics") && said.contains("with --metrics-listen"), "{said}");
    let off = Program::start(&other, &Place::File, &["--metrics-listen", "off"]);
    off.stop();
    hub.stop();
}

async fn health(url: &str) -> (u16, Value) {
    answer(http().get(format!("{url}/healthz"))).await
}

/// Asks until it is so; what was found lately is told again for a moment.
async fn health_becomes(address: &str, status: u16) -> Value {
    let until = tokio::time::Instant::now() + crate::PATIENCE;
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    loop {
        pause.tick().await;
        let (http, said) = health(&format!("http://{address}")).await;
        if http == status {
            return said;
        }
        assert!(tokio::time::Instant::now() < until, "not {status} in time: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_whether_the_database_is_there() {
    let (postgres, folder, address) = (Postgres::start(), Folder::new(), free_address());
    let hub = Program::start(&folder, &Place::Server(&postgres.url), &["--metrics-listen", &address]);
    let (http, said) = health(&hub.hub).await;
    assert_eq!((http, &said["status"], &said["database"]), (200, &json!(0), &json!("reachable")), "{said}");
    assert_eq!(health(&hub.media).await, (200, json!({ "status": 0, "media": "answers" })));
    postgres.freeze(true);
    let said = health_becomes(&address, 503).await;
    assert_eq!((&said["code"], &said["database"]), (&json!("unavailable"), &json!("unreachable")), "{said}");
    assert_eq!(health(&hub.hub).await.0, 503);
    postgres.freeze(false);
    health_becomes(&address, 200).await;
    hub.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_whether_a_deployment_is_there() {
    let (folder, other, address) = (Folder::new(), Folder::new(), free_address());
    let openvidu = Program::start(&other, &Place::File, &["--metrics-listen", "off"]);
    let secret = folder.0.join("secret");
    std::fs::write(&secret, "tests-secret").unwrap();
    let deployments = [&openvidu.media, "http://127.0.0.1:9"].map(|url| format!("{url},{}", secret.display()));
    let [up, down] = &deployments;
    let flags = ["--openvidu", up, "--openvidu", down, "--metrics-listen", &address];
    let hub = Program::start(&folder, &Place::File, &flags);
    let (http, said) = health(&hub.hub).await;
    assert_eq!((http, &said["deployments"]), (200, &json!({ "reachable": 1, "of": 2 })), "{said}");
    let (_, said) = health(&format!("http://{address}")).await;
    let down = json!({ "url": "http://127.0.0.1:9", "state": "unreachable" });
    assert_eq!(said["deployments"][1], down, "{said}");
    openvidu.stop();
    let said = health_becomes(&address, 503).await;
    assert_eq!(said["deployments"][0]["state"], "unreachable", "{said}");
    assert_eq!(health(&hub.hub).await.1["deployments"], json!({ "reachable": 0, "of": 2 }));
    hub.stop();
}
