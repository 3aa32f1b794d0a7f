//! A core with a real hub and media server behind it.

use std::time::Duration;

use serde_json::Value;
use zvonok_ipc::{CallState, SignalingState};
use zvonok_server::{Config, Running};

use super::*;
use crate::{
    cli::SecretKind,
    keyring::{self, Keyring},
    settings::Pin,
    trust::{HostPort, Pins, Trust},
};

pub(super) const SECRET: &str = "planted-secret-7Xq2mVn9Lw";

/// Harmless, and sent to every window.
pub(super) const LOGIN: &str = "harmless-login-Zk41";

pub(super) fn echo() -> PlaceCall {
    PlaceCall { login: "echo".to_owned(), mode: Mode::TwoWay, media: Media::Video }
}

/// A server, and a core that is set up for it.
pub(super) struct Office {
    pub(super) server: Running,
    pub(super) rig: Rig,
    pub(super) setup: Setup,
    /// The way of its administrator.
    http: reqwest::Client,
}

impl Office {
    pub(super) async fn open(tokens: TokenSource) -> Self {
        let config = Config { secret: Some(zvonok_server::Secret::new(SECRET)), ..Config::embedded() };
        let server = zvonok_server::start(config).await.unwrap();
        keyring::in_memory();
        let kept = Keyring::new("test".parse().unwrap());
        kept.set(SecretKind::Openvidu, Secret::new(SECRET)).await.unwrap();
        let setup = Setup {
            server: server.hub_url.to_string(),
            socket: String::new(),
            openvidu: server.media_url.to_string(),
            login: LOGIN.to_owned(),
            tokens,
        };
        let host = HostPort::of(&server.media_url).unwrap();
        let pins = vec![Pin { host: host.to_string(), fingerprint: server.fingerprint.clone().unwrap() }];
        let http = Trust::new(Pins::load(&pins)).endpoint(&server.media_url).unwrap().http;
        let mut settings = Settings { pins, device: "device-1".to_owned(), ..Settings::default() };
        settings.apply(setup.clone());
        let rig = rig_with(settings).await;
        let office = Self { server, rig, setup, http };
        office.until("signed in", |view| view.signaling.state == SignalingState::Online).await;
        office
    }

    pub(super) async fn until(&self, what: &str, good: impl Fn(&View) -> bool) -> View {
        let mut views = self.rig.core.view.clone();
        let met = tokio::time::timeout(Duration::from_secs(30), views.wait_for(good)).await;
        met.unwrap_or_else(|_late| panic!("{what}: {:?}", self.rig.core.view())).unwrap().clone()
    }

    /// Calls the echo; answers the call's id once there is one to join.
    pub(super) async fn call(&self) -> String {
        self.rig.core.ask(|reply| Wish::Place(echo(), reply)).await.unwrap();
        let connecting = |view: &View| view.call.as_ref().is_some_and(|call| call.state == CallState::Connecting);
        self.until("answered", connecting).await.call.unwrap().call_id
    }

    /// What lets somebody in, as OpenVidu itself lists it: the part of every token that nobody could guess.
    pub(super) async fn tokens(&self) -> Vec<String> {
        let url = self.server.media_url.join("/openvidu/api/sessions?pendingConnections=true").unwrap();
        let asked = self.http.get(url).basic_auth("OPENVIDUAPP", Some(SECRET)).send().await.unwrap();
        let sessions: Value = serde_json::from_slice(&asked.bytes().await.unwrap()).unwrap();
        let list = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
        let connections = list(&sessions, "/content").into_iter().flat_map(|it| list(&it, "/connections/content"));
        let tokens = connections.filter_map(|it| it["token"].as_str()?.split("token=").nth(1).map(str::to_owned));
        tokens.collect()
    }

    /// Waits until nobody could get in with a token any more.
    pub(super) async fn until_no_token_is_left(&self) {
        let revoked = async { while !self.tokens().await.is_empty() {} };
        tokio::time::timeout(Duration::from_secs(30), revoked).await.expect("the token is taken back");
    }
}
