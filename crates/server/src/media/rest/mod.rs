//! OpenVidu's REST API, and what else is reached over HTTP.

mod auth;
mod cdr;
mod check;
mod connections;
mod fault;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod other;
mod recordings;
mod sessions;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};
use http::StatusCode;
use ipnet::IpNet;
use serde::de::DeserializeOwned;
use tower_http::cors::{AllowHeaders, AllowMethods, Any, CorsLayer};
use zvonok_openvidu::wire::rest::ConnectionRequest;

use self::fault::Fault;
use super::session::NewCamera;
use super::{Shared, defaults};

/// Everything below `/`.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let guarded = axum::middleware::from_fn_with_state(Arc::clone(&shared), auth::guard);
    let archives = Router::new().route("/{recording}/{file}", get(recordings::download)).layer(guarded.clone());
    let records = Router::new().route("/", get(cdr::list)).route("/{file}", get(cdr::download)).layer(guarded.clone());
    let api = Router::new()
        .route("/sessions", get(sessions::list).post(sessions::create))
        .route("/sessions/{session}", get(sessions::fetch).delete(sessions::close))
        .route("/sessions/{session}/connection", get(connections::list).post(connections::create))
        .route(
            "/sessions/{session}/connection/{connection}",
            get(connections::fetch).patch(connections::change).delete(connections::end),
        )
        .route("/sessions/{session}/stream/{stream}", delete(connections::unpublish))
        .route("/signal", post(other::signal))
        .route("/tokens", post(other::token))
        .route("/health", get(other::health))
        .merge(config("/config"))
        .route("/recordings", get(recordings::list))
        .route("/recordings/start", post(recordings::start))
        .route("/recordings/stop/{recording}", post(recordings::stop))
        .route("/recordings/{recording}", get(recordings::fetch).delete(recordings::delete))
        .fallback(unmapped)
        .method_not_allowed_fallback(unmapped)
        .layer(guarded.clone())
        .layer(DefaultBodyLimit::max(defaults::BODY_BYTES));
    Router::new()
        .nest("/openvidu/api", api.clone())
        // Clients older than 2.16.
        .nest("/api", api)
        .merge(config("/config").layer(guarded))
        .nest("/openvidu/recordings", archives.clone())
        .nest("/recordings", archives)
        .nest("/openvidu/cdr", records.clone())
        .nest("/cdr", records)
        .route("/healthz", get(other::healthz))
        .route("/openvidu", get(other::websocket))
        .route("/openvidu/info", get(other::info))
        .route("/info", get(other::info))
        .route("/openvidu/accept-certificate", get(other::accept_certificate))
        .route("/accept-certificate", get(other::accept_certificate))
        .layer(cors())
        .with_state(shared)
}

/// What this server is set up with.
fn config(at: &str) -> Router<Arc<Shared>> {
    Router::new().route(at, get(other::config)).route(&format!("{at}/{{key}}"), get(other::config_value))
}

/// Every page may ask, as with OpenVidu: what lets it in is the secret, which no browser adds by itself. Headers are
/// named one by one, since `*` does not cover `Authorization` (the Fetch standard).
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(Any)
}

/// OpenVidu 2.32 answers what it does not know like this.
async fn unmapped() -> StatusCode {
    StatusCode::FORBIDDEN
}

/// A camera that may be let in, or a sentence that says why not.
pub(super) async fn camera(request: ConnectionRequest, allowed: &[IpNet]) -> Result<NewCamera, String> {
    check::camera(request, allowed).await.map_err(|fault| fault.to_string())
}

/// A flag of the query string.
fn flag(query: &HashMap<String, String>, name: &str, default: bool) -> bool {
    query.get(name).map_or(default, |value| value == "true")
}

/// A JSON body; an empty one is as good as `{}`.
fn body<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, Fault> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    // serde would take a list of the members in order for a struct.
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| Fault::bad(format!("the body is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(Fault::bad("the body is not a JSON object"));
    }
    typed(value)
}

/// A JSON value as what it is to be.
fn typed<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Fault> {
    serde_json::from_value(value).map_err(|error| Fault::bad(format!("a property cannot be used: {error}")))
}
