//! `/sessions`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::rest::{List, RecordingMode, Session, SessionRequest};

use super::super::session::{Message, NotRecorded, Properties, SessionHandle};
use super::super::{NotMade, Shared, ids};
use super::fault::Fault;
use super::{body, flag};

pub(super) async fn create(State(shared): State<Arc<Shared>>, bytes: Bytes) -> Result<Json<Session>, Fault> {
    let request: SessionRequest = body(&bytes)?;
    let custom = request.custom_session_id.unwrap_or_default();
    if !custom.is_empty() && !ids::is_session_name(&custom) {
        return Err(Fault::bad("customSessionId may only have letters, digits, and the characters _ -"));
    }
    let recording = request.default_recording_properties.unwrap_or_default();
    if let Some(fault) = recording.fault() {
        return Err(Fault::bad(fault.message()));
    }
    let recording = recording.complete();
    let recording_mode = request.recording_mode.unwrap_or_default();
    // It would be recorded always, and never is: better now than when the call is over.
    let store = shared.recordings.as_ref().filter(|_| recording_mode == RecordingMode::Always);
    if let Some(store) = store {
        NotRecorded::if_never_made(store, &recording).await?;
    }
    let name = if custom.is_empty() { ids::session() } else { custom.clone() };
    let properties = Properties {
        media_mode: request.media_mode.unwrap_or_default(),
        recording_mode,
        custom_session_id: custom,
        forced_video_codec: request.forced_video_codec.unwrap_or_default(),
        allow_transcoding: request.allow_transcoding.unwrap_or_default(),
        recording,
        media_node: request.media_node,
    };
    let session = shared.create_session(&name, properties).map_err(|not_made| match not_made {
        NotMade::Exists => Fault::Status(StatusCode::CONFLICT),
        NotMade::Full => Fault::Said(StatusCode::SERVICE_UNAVAILABLE, "there are too many sessions".to_owned()),
    })?;
    Ok(Json(describe(&session, false, false).await.ok_or(Fault::Status(StatusCode::NOT_FOUND))?))
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<List<Session>> {
    let (pending, stats) = (flag(&query, "pendingConnections", false), flag(&query, "webRtcStats", false));
    let mut sessions = Vec::new();
    for session in shared.directory.sessions() {
        // One that ended meanwhile is not listed.
        sessions.extend(describe(&session, pending, stats).await);
    }
    Json(sessions.into())
}

pub(super) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Session>, Fault> {
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let (pending, stats) = (flag(&query, "pendingConnections", false), flag(&query, "webRtcStats", false));
    let described = describe(&session, pending, stats).await;
    Ok(Json(described.ok_or(Fault::Status(StatusCode::NOT_FOUND))?))
}

pub(super) async fn close(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Result<StatusCode, Fault> {
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let reason = Reason::SessionClosedByServer;
    session
        .ask(|reply| Message::Close { reason, reply })
        .await
        .map(|()| StatusCode::NO_CONTENT)
        .ok_or(Fault::Status(StatusCode::NOT_FOUND))
}

/// The session, or the status that this call has for a missing one.
pub(super) fn find(shared: &Shared, name: &str, missing: StatusCode) -> Result<SessionHandle, Fault> {
    shared.directory.session(name).ok_or(Fault::Status(missing))
}

pub(super) async fn describe(session: &SessionHandle, pending: bool, stats: bool) -> Option<Session> {
    session.ask(|reply| Message::Describe { pending, stats, reply }).await
}
