//! `/sessions/S/connection` and `/sessions/S/stream`. A missing session is 404 for the list and for making, but 400 for
//! a single connection or stream: OpenVidu's own asymmetry.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use serde::Deserialize;
use zvonok_openvidu::wire::Role;
use zvonok_openvidu::wire::rest::{Connection, ConnectionRequest, ConnectionType, List};

use super::super::Shared;
use super::super::session::{Ended, Message};
use super::fault::Fault;
use super::sessions::{describe, find};
use super::{body, check, flag};

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Json<Connection>, Fault> {
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let request: ConnectionRequest = body(&bytes)?;
    if request.kind == Some(ConnectionType::Ipcam) {
        let new = Box::new(check::camera(request, &shared.settings.ipcam_allow).await?);
        let made = session.ask(|reply| Message::ConnectCamera { new, reply }).await;
        return made
            .ok_or(Fault::Status(StatusCode::NOT_FOUND))?
            .map(Json)
            .ok_or_else(|| Fault::Said(StatusCode::SERVICE_UNAVAILABLE, "the session is full".to_owned()));
    }
    let new = check::connection(request)?;
    let made = session.ask(|reply| Message::Connect { new, reply }).await;
    made.ok_or(Fault::Status(StatusCode::NOT_FOUND))?
        .map(Json)
        .ok_or_else(|| Fault::Said(StatusCode::SERVICE_UNAVAILABLE, "too many tokens wait to be used".to_owned()))
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<List<Connection>>, Fault> {
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let (pending, stats) = (flag(&query, "pendingConnections", true), flag(&query, "webRtcStats", false));
    let described = describe(&session, pending, stats).await;
    Ok(Json(described.ok_or(Fault::Status(StatusCode::NOT_FOUND))?.connections))
}

pub(super) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path((name, connection)): Path<(String, String)>,
) -> Result<Json<Connection>, Fault> {
    let session = find(&shared, &name, StatusCode::BAD_REQUEST)?;
    let described = describe(&session, true, false).await.ok_or(Fault::Status(StatusCode::BAD_REQUEST))?;
    let found = described.connections.content.into_iter().find(|it| it.connection_id == connection);
    found.map(Json).ok_or(Fault::Status(StatusCode::NOT_FOUND))
}

/// Only OpenVidu Pro has it. What is there besides role and recording is ignored.
pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    Path((name, connection)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Connection>, Fault> {
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let Change { role, record } = body(&bytes)?;
    let changed = session.ask(|reply| Message::Change { connection, role, record, reply }).await;
    changed.flatten().map(Json).ok_or(Fault::Status(StatusCode::NOT_FOUND))
}

/// Body of [`change`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Change {
    role: Option<Role>,
    record: Option<bool>,
}

pub(super) async fn end(
    State(shared): State<Arc<Shared>>,
    Path((name, connection)): Path<(String, String)>,
) -> Result<StatusCode, Fault> {
    let session = find(&shared, &name, StatusCode::BAD_REQUEST)?;
    done(session.ask(|reply| Message::Disconnect { connection, reply }).await)
}

pub(super) async fn unpublish(
    State(shared): State<Arc<Shared>>,
    Path((name, stream)): Path<(String, String)>,
) -> Result<StatusCode, Fault> {
    let session = find(&shared, &name, StatusCode::BAD_REQUEST)?;
    match session.ask(|reply| Message::Unpublish { stream, reply }).await {
        Some(Ended::Done) => Ok(StatusCode::NO_CONTENT),
        Some(Ended::Unknown) => Err(Fault::Status(StatusCode::NOT_FOUND)),
        Some(Ended::Camera) => Err(Fault::Status(StatusCode::METHOD_NOT_ALLOWED)),
        None => Err(Fault::Status(StatusCode::BAD_REQUEST)),
    }
}

fn done(answer: Option<bool>) -> Result<StatusCode, Fault> {
    if answer.ok_or(Fault::Status(StatusCode::BAD_REQUEST))? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Fault::Status(StatusCode::NOT_FOUND))
    }
}
