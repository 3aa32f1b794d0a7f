//! Which STUN and TURN servers participants are told of.

use std::time::Duration;

use serde_json::{Value, json};
use zvonok_server::media::turn::TurnSettings;
use zvonok_server::media_settings::MediaSettings;
use zvonok_server::{Config, Running, Secret, Tls};

use crate::rpc::Rpc;

async fn server(urls: &[&str]) -> Running {
    crate::count_panics();
    let turn = TurnSettings {
        urls: urls.iter().map(|url| url.parse().unwrap()).collect(),
        secret: Some(Secret::new("relay-secret")),
        life: Duration::from_secs(600),
    };
    let media = MediaSettings { turn, ..MediaSettings::default() };
    zvonok_server::start(Config { media_tls: Tls::Off, media, ..Config::embedded() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_participant_is_told_of_the_relays_with_credentials_of_its_own() {
    let server = server(&["turn:relay.example:5349?transport=tcp", "turn:relay.example", "stun:[::1]"]).await;
    let ((_man, his), (_woman, hers)) = (Rpc::join_and_hear(&server).await, Rpc::join_and_hear(&server).await);
    let urls: Vec<&Value> = his["customIceServers"].as_array().unwrap().iter().map(|it| &it["url"]).collect();
    assert_eq!(urls, ["turn:relay.example:5349?transport=tcp", "turn:relay.example", "stun:[::1]"]);
    // What 2.18.0 reads.
    let relay = &his["customIceServers"][1];
    assert_eq!((&his["coturnIp"], &his["coturnPort"]), (&json!("relay.example"), &json!(3478)));
    assert_eq!((&his["turnUsername"], &his["turnCredential"]), (&relay["username"], &relay["credential"]));
    assert!(his["customIceServers"][2].get("credential").is_none());
    assert_ne!(his["turnUsername"], hers["turnUsername"]);
    assert!(!his.to_string().contains("relay-secret"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_with_servers_of_its_own_is_told_of_those_alone() {
    let server = server(&["turn:relay.example"]).await;
    let mut rpc = Rpc::open(&server).await;
    let rest = |path: &str, body: Value| {
        let url = server.media_url.join(&format!("openvidu/api/{path}")).unwrap();
        let request = crate::http().post(url).basic_auth("OPENVIDUAPP", Some(server.secret.reveal())).json(&body);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    rest("sessions", json!({ "customSessionId": "own" })).await;
    let own = json!([{ "url": "stun:own.example" }]);
    let made = rest("sessions/own/connection", json!({ "customIceServers": own })).await;
    assert_eq!(made["customIceServers"], own);
    let params = json!({ "token": made["token"], "session": "own", "secret": "", "metadata": "" });
    let joined = rpc.ask("joinRoom", params).await.unwrap();
    assert_eq!(joined["customIceServers"], own);
    assert!(joined.get("coturnIp").is_none());
    server.shutdown().await;
}
