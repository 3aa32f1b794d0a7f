//! `/recordings`, and their archives below `/openvidu/recordings`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::Value;
use tower_http::services::ServeFile;
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::recorded::{Recording, RecordingStatus, Recordings as Listed};
use zvonok_openvidu::wire::recording::{OutputMode, RecordingFault, RecordingRequest};

use super::super::Shared;
use super::super::recording::{NotDeleted, Recordings};
use super::super::session::{Message, NotRecorded};
use super::fault::Fault;
use super::sessions::find;
use super::{body, typed};

/// The recordings; 501 where there are none, as OpenVidu answers with its recording module off.
fn store(shared: &Shared) -> Result<&Arc<Recordings>, Fault> {
    shared.recordings.as_ref().ok_or(Fault::Status(StatusCode::NOT_IMPLEMENTED))
}

impl From<NotRecorded> for Fault {
    fn from(fault: NotRecorded) -> Self {
        match fault {
            NotRecorded::Off => Self::Status(StatusCode::NOT_IMPLEMENTED),
            NotRecorded::Conflict => Self::Status(StatusCode::CONFLICT),
            NotRecorded::NobodyThere => Self::Status(StatusCode::NOT_ACCEPTABLE),
            NotRecorded::Refused(RecordingFault::Bad(message)) => Self::bad(message),
            NotRecorded::Refused(RecordingFault::Unprocessable(message)) => {
                Self::Said(StatusCode::UNPROCESSABLE_ENTITY, message.to_owned())
            }
            NotRecorded::NoGstreamer(missing) => Self::Said(
                StatusCode::NOT_IMPLEMENTED,
                format!(
                    "this server composes recordings with GStreamer, of which {missing} is not installed: ask for \
                     outputMode INDIVIDUAL"
                ),
            ),
            NotRecorded::Layout => {
                Self::Said(StatusCode::NOT_IMPLEMENTED, "this server composes in the layout BEST_FIT only".to_owned())
            }
            NotRecorded::Full => {
                Self::Plain(StatusCode::SERVICE_UNAVAILABLE, "recordings may take no more of the disk".to_owned())
            }
            NotRecorded::Failed(error) => {
                Self::Plain(StatusCode::INTERNAL_SERVER_ERROR, format!("the recording did not start: {error}"))
            }
        }
    }
}

pub(super) async fn start(State(shared): State<Arc<Shared>>, bytes: Bytes) -> Result<Json<Recording>, Fault> {
    store(&shared)?;
    let mut value: Value = body(&bytes)?;
    let given = value.as_object_mut().and_then(|members| members.remove("session"));
    let Some(Value::String(name)) = given else { return Err(Fault::bad("session is missing")) };
    let session = find(&shared, &name, StatusCode::NOT_FOUND)?;
    let gone = || Fault::Status(StatusCode::NOT_FOUND);
    session.ask(|reply| Message::MayRecord { reply }).await.ok_or_else(gone)??;
    let request: RecordingRequest = typed(value)?;
    if request.output_mode != Some(OutputMode::Individual) {
        // Looked for here, since the session does not stand still for us as long. What is missing it says itself.
        let _told_later = store(&shared)?.tools().await;
    }
    let started = session.ask(|reply| Message::StartRecording { request, reply }).await.ok_or_else(gone)?;
    Ok(Json(started?))
}

pub(super) async fn stop(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Json<Recording>, Fault> {
    let unknown = || Fault::Status(StatusCode::NOT_FOUND);
    let recording = store(&shared)?.get(&id).ok_or_else(unknown)?.object();
    match recording.status {
        RecordingStatus::Starting => return Err(Fault::Status(StatusCode::NOT_ACCEPTABLE)),
        RecordingStatus::Started => {}
        RecordingStatus::Stopped | RecordingStatus::Ready | RecordingStatus::Failed => return Err(unknown()),
    }
    let session = find(&shared, &recording.session_id, StatusCode::NOT_FOUND)?;
    let reason = Reason::RecordingStoppedByServer;
    let stopped = session.ask(|reply| Message::StopRecording { id, reason, reply: Some(reply) }).await;
    stopped.flatten().map(Json).ok_or_else(unknown)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Result<Json<Listed>, Fault> {
    let items = store(&shared)?.list();
    Ok(Json(Listed { count: items.len(), items }))
}

pub(super) async fn fetch(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Json<Recording>, Fault> {
    let found = store(&shared)?.get(&id).ok_or(Fault::Status(StatusCode::NOT_FOUND))?;
    Ok(Json(found.object()))
}

pub(super) async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<StatusCode, Fault> {
    let store = Arc::clone(store(&shared)?);
    let deleted = tokio::task::spawn_blocking(move || store.delete(&id)).await;
    match deleted {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(NotDeleted::Unknown)) => Err(Fault::Status(StatusCode::NOT_FOUND)),
        Ok(Err(NotDeleted::Running)) => Err(Fault::Status(StatusCode::CONFLICT)),
        Ok(Err(NotDeleted::Io(error))) => Err(Fault::Plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(error) => Err(Fault::Plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// What was recorded. Both names are looked up, and neither is a path.
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    Path((id, file)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let unknown = || Fault::Status(StatusCode::NOT_FOUND);
    let entry = store(&shared)?.get(&id).ok_or_else(unknown)?;
    let path = entry.file(&file).ok_or_else(unknown)?;
    match ServeFile::new(path).try_call(request).await {
        Ok(response) => Ok(response.into_response()),
        Err(error) => Err(Fault::Plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
