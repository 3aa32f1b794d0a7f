//! `/sessions/S/connection` and `/sessions/S/stream`. A missing session is 404 for the list and for making, but 400 for
//! a single connection or stream: OpenVidu's own asymmetry.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use zvonok_openvidu::wire::rest::{Connection, List};

use super::super::Shared;
use super::super::session::Message;
use super::fault::Fault;
use super::sessions::{describe, find};
use super::{body, check, flag};

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Json<Connection>, Fault> {
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let new = check::connection(body(&bytes)?)?;
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
    let described = describe(&session, flag(&query, "pendingConnections", true)).await;
    Ok(Json(described.ok_or(Fault::Status(StatusCode::NOT_FOUND))?.connections))
}

pub(super) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path((name, connection)): Path<(String, String)>,
) -> Result<Json<Connection>, Fault> {
    let session = find(&shared, &name, StatusCode::BAD_REQUEST)?;
    let described = describe(&session, true).await.ok_or(Fault::Status(StatusCode::BAD_REQUEST))?;
    let found = described.connections.content.into_iter().find(|it| it.connection_id == connection);
    found.map(Json).ok_or(Fault::Status(StatusCode::NOT_FOUND))
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
    done(session.ask(|reply| Message::Unpublish { stream, reply }).await)
}

fn done(answer: Option<bool>) -> Result<StatusCode, Fault> {
    if answer.ok_or(Fault::Status(StatusCode::BAD_REQUEST))? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Fault::Status(StatusCode::NOT_FOUND))
    }
}
