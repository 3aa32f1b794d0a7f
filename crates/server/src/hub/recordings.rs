//! `/calls/ID/recording`, `/calls/ID/cameras`, `/recordings`: the machine says who may, the media server does it with the
//! secret that the hub has.

mod deeds;

use std::time::Duration;

use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{delete, get, post};
use zvonok_signaling_proto::media::{Asked, CameraRequest, RecordingAction, RecordingAnswer, RecordingRequest};
use zvonok_signaling_proto::rest::Query as PageQuery;
use zvonok_signaling_proto::{CallId, Code, MAX_NAME_CHARS};

use super::change::KeptRecording;
use super::handle::Hub;
use super::machine::{Answer, MediaGrant, Reply, Request};
use super::media::answered;
use super::rest::{Asker, Body, malformed, read, reply};
use crate::secret::Secret;
use deeds::info;

/// When a call is looked at again that is recorded by nobody knows whom: another hub keeps what it has begun only when
/// the media server has answered it, which takes seconds where that begins with the recording itself.
const LOOK_AGAIN: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900), Duration::from_millis(2_700)];

type PathOf<T> = Result<Path<T>, PathRejection>;
type Paged = Result<Query<PageQuery>, QueryRejection>;

/// All paths of this part.
pub(super) fn routes() -> Router<Hub> {
    Router::new()
        .route("/calls/{call}/recording", post(record))
        .route("/calls/{call}/cameras", post(add_camera))
        .route("/calls/{call}/cameras/{camera}", delete(remove_camera))
        .route("/recordings", get(list))
        .route("/recordings/{recording}", get(fetch))
}

async fn record(asker: Asker, call: PathOf<CallId>, body: Body) -> Response {
    let body: RecordingRequest = match read(body) {
        Ok(body) => body,
        Err(refusal) => return reply(refusal),
    };
    let sid = body.sid;
    let grant = match granted(&asker, call, sid.clone()).await {
        Ok(grant) => grant,
        Err(refusal) => return reply(refusal),
    };
    let hub = asker.hub.clone();
    let deed = async move {
        let _turn = asker.hub.turns.with(&grant.call_id).await;
        // Another may have begun or ended one while this one waited: who repeats that is answered the same.
        let grant = granted(&asker, Ok(Path(grant.call_id)), sid.clone()).await?;
        let kept = match body.action {
            RecordingAction::Start => begun(&asker, grant, sid).await,
            RecordingAction::Stop => asker.hub.stop_recording(&grant).await,
        };
        kept.map(|kept| Answer::with(&RecordingAnswer { recording: info(kept) }))
    };
    reply(to_its_end(&hub, deed).await)
}

/// Begins a recording, or gives the one that runs. Turns are of one hub: another one, where there are many, may have
/// begun it a moment ago, and be about to say so.
async fn begun(asker: &Asker, mut grant: MediaGrant, sid: Option<String>) -> Result<KeptRecording, Answer> {
    let looks = if asker.hub.many { LOOK_AGAIN.len() } else { 0 };
    for pause in LOOK_AGAIN.into_iter().take(looks) {
        if let Some(kept) = asker.hub.start_recording(&grant).await? {
            return Ok(kept);
        }
        tokio::time::sleep(pause).await;
        grant = granted(asker, Ok(Path(grant.call_id)), sid.clone()).await?;
    }
    let kept = asker.hub.start_recording(&grant).await?;
    kept.ok_or_else(|| Answer::outcome(Code::Busy, "This call is being recorded already, but not by this hub."))
}

async fn add_camera(asker: Asker, call: PathOf<CallId>, body: Body) -> Response {
    let body: CameraRequest = match read(body) {
        Ok(body) => body,
        Err(refusal) => return reply(refusal),
    };
    let CameraRequest { sid, rtsp_uri, name } = body;
    let (uri, name) = (Secret::new(rtsp_uri), name.trim().to_owned());
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return reply(malformed(&format!(
            "`name` has at most {MAX_NAME_CHARS} characters, none of them a control character"
        )));
    }
    reply(match granted(&asker, call, sid).await {
        Ok(grant) => {
            let hub = asker.hub.clone();
            to_its_end(&asker.hub, async move { hub.add_camera(grant, &uri, name).await }).await
        }
        Err(refusal) => refusal,
    })
}

async fn remove_camera(asker: Asker, path: PathOf<(CallId, String)>, query: Paged, body: Body) -> Response {
    let (call, camera) = match path {
        Ok(Path((call, camera))) => (Ok(Path(call)), camera),
        Err(error) => return reply(malformed(&error.body_text())),
    };
    // Not every client sends a body with DELETE.
    let in_body = match body {
        Ok(bytes) if bytes.is_empty() => Ok(Asked::default()),
        body => read::<Asked>(body),
    };
    let sid = match (in_body, query) {
        (Ok(asked), Ok(Query(query))) => asked.sid.or(query.sid),
        (Err(refusal), _) => return reply(refusal),
        (_, Err(error)) => return reply(malformed(&error.body_text())),
    };
    reply(match granted(&asker, call, sid).await {
        Ok(grant) => {
            let hub = asker.hub.clone();
            to_its_end(&asker.hub, async move { hub.remove_camera(&grant, &camera).await }).await
        }
        Err(refusal) => refusal,
    })
}

async fn list(asker: Asker, query: Paged) -> Response {
    let page = match query {
        Ok(Query(page)) => page,
        Err(error) => return reply(malformed(&error.body_text())),
    };
    let said = asker.ask(page.sid, Request::Recordings).await;
    let Reply::Recordings(of) = said else { return reply(answered(said)) };
    reply(asker.hub.recordings(&of, page.before, page.limit).await.unwrap_or_else(|refusal| refusal))
}

async fn fetch(asker: Asker, id: PathOf<String>, query: Paged) -> Response {
    let (id, sid) = match (id, query) {
        (Ok(Path(id)), Ok(Query(query))) => (id, query.sid),
        (Err(error), _) => return reply(malformed(&error.body_text())),
        (_, Err(error)) => return reply(malformed(&error.body_text())),
    };
    let said = asker.ask(sid, Request::Recordings).await;
    let Reply::Recordings(of) = said else { return reply(answered(said)) };
    reply(asker.hub.one_recording(&id, &of).await.unwrap_or_else(|refusal| refusal))
}

/// Has the media server do something, whether or not the one who asked waits for it: what it has done and the machine is
/// not told of, nobody can undo.
async fn to_its_end(hub: &Hub, what: impl Future<Output = Result<Answer, Answer>> + Send + 'static) -> Answer {
    match hub.surely(what).await {
        Some(Ok(answer) | Err(answer)) => answer,
        None => Answer::refused(Code::Unavailable, "It may not have been done. Try again."),
    }
}

/// Leave of the machine to touch that call's media.
async fn granted(asker: &Asker, call: PathOf<CallId>, sid: Option<String>) -> Result<MediaGrant, Answer> {
    let Path(call) = call.map_err(|error| malformed(&error.body_text()))?;
    let said = asker.ask(sid, Request::Media(call)).await;
    if let Reply::Media(grant) = said { Ok(*grant) } else { Err(answered(said)) }
}

#[cfg(test)]
mod tests;
