//! A media server that takes its time, and a hub that asks it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zvonok_openvidu::wire::recorded::{Recording, RecordingStatus};

use super::clock::Clock;
use super::handle::{Hub, fresh};
use super::machine::{Bearer, Input, Machine, Request, Settings};
use crate::database::{Database, Place};
use crate::limits::HubLimits;
use crate::media_control::{MediaControl, MediaControlError, MediaFuture, MintedToken, Role};
use crate::secret::Secret;

/// It does one thing for each time that it may, and notes what was taken back.
#[derive(Debug)]
pub(super) struct Slow {
    /// What was asked for.
    pub(super) asked: Semaphore,
    pub(super) may: Semaphore,
    pub(super) revoked: Mutex<Vec<String>>,
    /// How often it has refused to record twice.
    pub(super) refused: AtomicUsize,
    /// The recording of its one session, from when it was asked for.
    pub(super) recording: Mutex<Option<Recording>>,
}

impl Slow {
    pub(super) fn new() -> Arc<Self> {
        let (asked, may) = (Semaphore::new(0), Semaphore::new(0));
        let (revoked, refused, recording) = (Mutex::default(), AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { asked, may, revoked, refused, recording })
    }

    async fn turn(&self) -> Result<(), MediaControlError> {
        self.asked.add_permits(1);
        let may = self.may.acquire().await.map_err(|error| MediaControlError::Failed(error.to_string()))?;
        may.forget();
        Ok(())
    }
}

/// A recording that runs.
pub(crate) fn recording() -> Recording {
    let body = json!({ "id": "s1", "object": "recording", "name": "c1", "outputMode": "INDIVIDUAL", "sessionId": "s1",
                       "createdAt": 1, "size": 0, "duration": 0.0, "url": null, "hasAudio": true, "hasVideo": true,
                       "status": "started" });
    serde_json::from_value(body).unwrap()
}

impl MediaControl for Slow {
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String> {
        async move { Ok(name.unwrap_or_default().to_owned()) }.boxed()
    }

    fn create_token<'a>(&'a self, _: &'a str, _: Role, _: &'a str) -> MediaFuture<'a, MintedToken> {
        async move {
            self.turn().await?;
            let (token, openvidu) = (Secret::new("token".to_owned()), String::new());
            Ok(MintedToken { token, connection_id: "con_1".to_owned(), openvidu })
        }
        .boxed()
    }

    fn revoke_token<'a>(&'a self, _: &'a str, connection_id: &'a str) -> MediaFuture<'a, ()> {
        async move {
            if connection_id.starts_with("ipc_") {
                self.turn().await?;
            }
            self.revoked.lock().unwrap().push(connection_id.to_owned());
            Ok(())
        }
        .boxed()
    }

    fn close_session<'a>(&'a self, _: &'a str) -> MediaFuture<'a, ()> {
        self.revoked.lock().unwrap().push("all".to_owned());
        async { Ok(()) }.boxed()
    }

    fn start_echo<'a>(&'a self, _: &'a str, _: &'a str) -> MediaFuture<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn stop_echo<'a>(&'a self, _: &'a str) -> MediaFuture<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn start_recording<'a>(&'a self, _: &'a str, _: &'a str) -> MediaFuture<'a, Recording> {
        async move {
            if self.recording.lock().unwrap().replace(recording()).is_some() {
                self.refused.fetch_add(1, Ordering::SeqCst);
                return Err(MediaControlError::BeingRecorded);
            }
            self.turn().await?;
            Ok(recording())
        }
        .boxed()
    }

    fn stop_recording<'a>(&'a self, session: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        async move {
            self.turn().await?;
            if let Some(running) = self.recording.lock().unwrap().as_mut() {
                running.status = RecordingStatus::Ready;
            }
            self.recording(session, id).await
        }
        .boxed()
    }

    fn recording<'a>(&'a self, _: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        let known = self.recording.lock().unwrap().clone();
        async move { known.ok_or_else(|| MediaControlError::NoRecording(id.to_owned())) }.boxed()
    }

    fn add_camera<'a>(&'a self, _: &'a str, _: &'a Secret, _: &'a str) -> MediaFuture<'a, String> {
        async move {
            self.turn().await?;
            Ok("ipc_1".to_owned())
        }
        .boxed()
    }

    fn public_url(&self) -> &str {
        ""
    }
}

/// A hub where man and woman, whose sockets are called as they are, talk in `c1`; until it is cancelled.
pub(super) async fn talking(media: &Arc<Slow>) -> (Hub, CancellationToken) {
    let clock = Clock::start();
    let mut machine = Machine::new(Settings { ring_ttl_ms: 45_000, tokens: true, durable: false, people: 10_000 });
    for login in ["man", "woman"] {
        let body = json!({ "login": login, "version": 2, "device": { "id": login, "name": "pc" } });
        let body = serde_json::from_value(body).unwrap();
        machine.handle(Input::Login { socket: login.to_owned(), body, signed: None }, clock.now());
    }
    let call = json!({ "sid": "man", "login": "woman", "call_id": "c1", "mode": "two_way", "media": "video" });
    let accept = json!({ "sid": "woman", "call_id": "c1", "media": "video" });
    for (sid, request) in [
        ("man", Request::Call(serde_json::from_value(call).unwrap())),
        ("woman", Request::Accept(serde_json::from_value(accept).unwrap())),
    ] {
        let input = Input::Request {
            sid: Some(sid.into()),
            bearer: Bearer::None,
            request,
            fresh: fresh("a session".to_owned()).unwrap(),
        };
        machine.handle(input, clock.now());
    }
    let database = Database::open(&Place::Memory).await.unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let media = Arc::<Slow>::clone(media);
    (Hub::start(machine, (database, clock), None, media, HubLimits::default(), (&tasks, &stop), None), stop)
}
