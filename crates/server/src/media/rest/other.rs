//! Signals, the older tokens, configuration, the websocket's door, and two pages for people.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};
use zvonok_openvidu::wire::VERSION;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rest::{ConnectionRequest, SignalRequest, Token, TokenRequest};

use super::super::session::{Message, SignalFault};
use super::super::watch::Watch;
use super::super::{Shared, defaults, websocket as socket};
use super::fault::Fault;
use super::sessions::find;
use super::{body, check};

pub(super) async fn websocket(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let most = shared.settings.limits.message_bytes;
    upgrade.max_message_size(most).max_frame_size(most).on_upgrade(move |ws| socket::serve(shared, ws, address.ip()))
}

pub(super) async fn signal(State(shared): State<Arc<Shared>>, bytes: Bytes) -> Result<StatusCode, Fault> {
    let request: SignalRequest = body(&bytes)?;
    let name = request.session.ok_or_else(|| Fault::bad("session is missing"))?;
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let notice = Notice::SendMessage { data: request.data, kind: request.kind, from: None };
    let to = request.to.unwrap_or_default();
    match session.ask(|reply| Message::Signal { notice, to, reply }).await {
        Some(Ok(())) => Ok(StatusCode::OK),
        Some(Err(SignalFault::NobodyThere)) => Err(Fault::Status(StatusCode::NOT_ACCEPTABLE)),
        Some(Err(SignalFault::UnknownConnection)) => {
            Err(Fault::Said(StatusCode::NOT_ACCEPTABLE, "to has a connection that is not in the session".to_owned()))
        }
        None => Err(Fault::Status(StatusCode::NOT_FOUND)),
    }
}

pub(super) async fn token(State(shared): State<Arc<Shared>>, bytes: Bytes) -> Result<Json<Token>, Fault> {
    let request: TokenRequest = body(&bytes)?;
    let name = request.session.ok_or_else(|| Fault::bad("session is missing"))?;
    let missing = || Fault::Said(StatusCode::NOT_FOUND, format!("there is no session {name}"));
    let session = shared.directory.session(&name).ok_or_else(missing)?;
    let new = check::connection(ConnectionRequest { kind: None, record: None, ..request.connection })?;
    let made = session.ask(|reply| Message::Connect { new, reply }).await.ok_or_else(missing)?;
    let made =
        made.ok_or_else(|| Fault::Said(StatusCode::SERVICE_UNAVAILABLE, "too many tokens wait to be used".to_owned()))?;
    let token = made.token.unwrap_or_default();
    Ok(Json(Token {
        id: token.clone(),
        token,
        connection_id: made.connection_id,
        created_at: made.created_at,
        session: name,
        data: made.server_data.unwrap_or_default(),
        role: made.role.unwrap_or_default(),
        kurento_options: made.kurento_options,
    }))
}

pub(super) async fn config(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let mut config = json!({
        "VERSION": VERSION,
        "DOMAIN_OR_PUBLIC_IP": shared.host,
        "HTTPS_PORT": shared.port,
        "OPENVIDU_PUBLICURL": shared.public_url,
        "OPENVIDU_CDR": shared.settings.cdr,
        "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH": 0,
        "OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH": 0,
        "OPENVIDU_STREAMS_VIDEO_MAX_SEND_BANDWIDTH": 0,
        "OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH": 0,
        "OPENVIDU_STREAMS_FORCED_VIDEO_CODEC": "MEDIA_SERVER_PREFERRED",
        "OPENVIDU_STREAMS_ALLOW_TRANSCODING": false,
        "OPENVIDU_WEBRTC_SIMULCAST": false,
        "OPENVIDU_SESSIONS_GARBAGE_INTERVAL": defaults::UNUSED_SESSION.as_secs(),
        "OPENVIDU_SESSIONS_GARBAGE_THRESHOLD": defaults::UNUSED_SESSION.as_secs(),
        "OPENVIDU_RECORDING": shared.recordings.is_some(),
        "OPENVIDU_WEBHOOK": shared.settings.webhook.is_some(),
    });
    if let (Some(webhook), Some(config)) = (&shared.settings.webhook, config.as_object_mut()) {
        config.insert("OPENVIDU_WEBHOOK_ENDPOINT".to_owned(), webhook.endpoint.as_str().into());
        config.insert("OPENVIDU_WEBHOOK_HEADERS".to_owned(), json!(webhook.headers));
        config.insert("OPENVIDU_WEBHOOK_EVENTS".to_owned(), json!(webhook.events));
    }
    if let (Some(dir), Some(config)) = (shared.events.cdr_dir(), config.as_object_mut()) {
        config.insert("OPENVIDU_CDR_PATH".to_owned(), dir.display().to_string().into());
    }
    if let (Some(recordings), Some(config)) = (&shared.recordings, config.as_object_mut()) {
        let settings = &shared.settings.recording;
        config.insert("OPENVIDU_RECORDING_VERSION".to_owned(), VERSION.into());
        config.insert("OPENVIDU_RECORDING_PATH".to_owned(), recordings.path().into());
        config.insert("OPENVIDU_RECORDING_PUBLIC_ACCESS".to_owned(), false.into());
        config.insert("OPENVIDU_RECORDING_NOTIFICATION".to_owned(), settings.notification.name().into());
        config.insert("OPENVIDU_RECORDING_CUSTOM_LAYOUT".to_owned(), "".into());
        config.insert("OPENVIDU_RECORDING_AUTOSTOP_TIMEOUT".to_owned(), settings.autostop.as_secs().into());
    }
    Json(config)
}

/// Only OpenVidu Pro has it: a server that answers is well.
pub(super) async fn health() -> Json<Value> {
    Json(json!({ "status": "UP", "disconnectedMediaNodes": [] }))
}

/// Whether media can flow. Not OpenVidu's: what load balancers ask.
pub(super) async fn healthz(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Value>) {
    if Watch(shared).figures().await.is_some() {
        (StatusCode::OK, Json(json!({ "status": 0, "media": "answers" })))
    } else {
        let message = "The media server does not answer.";
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": 1, "media": "stuck", "message": message })))
    }
}

pub(super) async fn config_value(
    State(shared): State<Arc<Shared>>,
    Path(key): Path<String>,
) -> Result<String, StatusCode> {
    match key.as_str() {
        "openvidu-version" => Ok(VERSION.to_owned()),
        "openvidu-publicurl" => Ok(shared.public_url.clone()),
        "openvidu-recording" => Ok(shared.recordings.is_some().to_string()),
        "openvidu-recording-path" => Ok(shared.recordings.as_ref().map(|it| it.path()).unwrap_or_default()),
        "openvidu-cdr" => Ok(shared.settings.cdr.to_string()),
        _ => Err(StatusCode::FORBIDDEN),
    }
}

pub(super) async fn info() -> impl IntoResponse {
    Html("<!doctype html><title>Zvonok</title><h1>Zvonok media server</h1><p>It speaks OpenVidu's protocol.")
}

pub(super) async fn accept_certificate() -> impl IntoResponse {
    Html("<!doctype html><title>Zvonok</title><h1>Certificate accepted</h1><p>You can go back now.")
}
