//! One task for each session, which alone owns what the session is.

mod allowance;
mod camera;
mod echo;
mod endpoints;
mod events;
mod handle;
mod hidden;
mod join;
mod leave;
mod link;
mod missed;
mod offers;
mod older_relay;
mod participant;
mod quality;
mod recording;
mod recording_told;
mod request;
mod rest;
mod speaker;
mod streams;
mod subscriptions;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rest::{ForcedVideoCodec, MediaMode, MediaNode, RecordingMode};
use zvonok_sfu::{FloorId, VideoChoice, VideoCodec};

use self::handle::respond;
use self::participant::{Participant, Pending};
use super::outbox::notice_text;
use super::{Shared, defaults, ids};

pub(super) use self::camera::NewCamera;
pub(super) use self::events::tell_recovered;
pub(super) use self::handle::{Ended, Message, SessionHandle};
pub(super) use self::join::unknown_reconnection;
pub(super) use self::recording::NotRecorded;
pub(super) use self::rest::{NewConnection, SignalFault};

/// What a session was created with.
#[derive(Debug, Clone, Default)]
pub(super) struct Properties {
    pub(super) media_mode: MediaMode,
    pub(super) recording_mode: RecordingMode,
    pub(super) custom_session_id: String,
    pub(super) forced_video_codec: ForcedVideoCodec,
    pub(super) allow_transcoding: bool,
    pub(super) recording: zvonok_openvidu::wire::recording::RecordingProperties,
    pub(super) media_node: Option<MediaNode>,
}

impl Properties {
    /// The codec that the session insists on. OpenVidu with Kurento prefers VP8, which every browser has.
    fn video_choice(&self) -> VideoChoice {
        match self.forced_video_codec {
            ForcedVideoCodec::MediaServerPreferred | ForcedVideoCodec::Vp8 => VideoChoice::Only(VideoCodec::Vp8),
            ForcedVideoCodec::Vp9 => VideoChoice::Only(VideoCodec::Vp9),
            ForcedVideoCodec::H264 => VideoChoice::Only(VideoCodec::H264),
            ForcedVideoCodec::None => VideoChoice::Offered,
        }
    }
}

/// A handle, and the task that it leads to.
pub(super) fn new(
    id: String,
    properties: Properties,
    shared: Arc<Shared>,
) -> (SessionHandle, impl Future<Output = ()> + Send + 'static) {
    let (mailbox, inbox) = mpsc::channel(defaults::MAILBOX);
    let handle = SessionHandle { id: id.into(), mailbox };
    let session = Session {
        handle: handle.clone(),
        floor: shared.media.new_floor(),
        speaker: None,
        properties,
        shared,
        created_at: ids::now_ms(),
        pending: Vec::new(),
        participants: Vec::new(),
        endpoints: endpoints::Endpoints::default(),
        networks_at: Instant::now() + defaults::NETWORK_INTERVAL,
        unused_until: Some(Instant::now() + defaults::UNUSED_SESSION),
        recording: None,
        recorded: false,
        end_reason: None,
        ended: false,
    };
    (handle, session.run(inbox))
}

/// What a session is.
struct Session {
    handle: SessionHandle,
    properties: Properties,
    shared: Arc<Shared>,
    created_at: u64,
    /// Its streams are heard together.
    floor: FloorId,
    /// The connection that speaks, or spoke last and is still there.
    speaker: Option<String>,
    /// Tokens that nobody has used yet.
    pending: Vec<Pending>,
    participants: Vec<Participant>,
    endpoints: endpoints::Endpoints,
    /// When the participants' networks are looked at.
    networks_at: Instant,
    /// When it is dropped, as long as nobody has joined.
    unused_until: Option<Instant>,
    recording: Option<recording::Running>,
    /// It was recorded because it is to be recorded always.
    recorded: bool,
    /// Why the last participant left, or the session was closed.
    end_reason: Option<Reason>,
    ended: bool,
}

impl Session {
    async fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        tracing::info!(session = %self.handle.id, "session created");
        self.tell_created();
        let mut speaker = self.shared.media.open_floor(self.floor).await;
        while !self.ended {
            let deadline = self.deadline();
            let timer = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now).into());
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => self.handle_message(message).await,
                    None => break,
                },
                Ok(()) = speaker.changed() => self.speaks(*speaker.borrow_and_update()),
                () = timer, if deadline.is_some() => self.handle_time().await,
            }
            self.watch_recording();
            self.want_cameras();
        }
        self.end_recording(Reason::LastParticipantLeft).await;
        self.evict_hidden(Reason::LastParticipantLeft).await;
        self.shared.directory.leave(&self.handle);
        // OpenVidu tells nobody of sessions that nobody used.
        if self.unused_until.is_none() || self.end_reason.is_some() {
            self.tell_destroyed(self.end_reason.unwrap_or(Reason::LastParticipantLeft));
        }
        tracing::info!(session = %self.handle.id, "session ended");
    }

    fn deadline(&self) -> Option<Instant> {
        let away = self.participants.iter().filter_map(Participant::away_until);
        away.chain(self.unused_until).chain(self.recording_deadline()).chain(self.networks_deadline()).min()
    }

    async fn handle_time(&mut self) {
        let now = Instant::now();
        if self.unused_until.is_some_and(|at| at <= now) {
            self.ended = true;
        }
        let lost: Vec<String> = self
            .participants
            .iter()
            .filter(|participant| participant.away_until().is_some_and(|at| at <= now))
            .map(|participant| participant.id.clone())
            .collect();
        for connection in lost {
            self.drop_participant(&connection, Reason::NetworkDisconnect).await;
        }
        self.recording_is_due(now).await;
        self.networks_are_due(now).await;
    }

    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::Describe { pending, stats, reply } => {
                let mut described = self.describe(pending);
                if stats {
                    self.add_stats(&mut described).await;
                }
                respond(reply, described);
            }
            Message::Connect { new, reply } => respond(reply, self.new_connection(new)),
            Message::ConnectCamera { new, reply } => {
                let added = self.add_camera(*new).await;
                respond(reply, added);
            }
            Message::Disconnect { connection, reply } => {
                let done = self.disconnect(&connection, Reason::ForceDisconnectByServer).await;
                respond(reply, done);
            }
            Message::Change { connection, role, record, reply } => {
                let changed = self.change_connection(&connection, role, record).await;
                respond(reply, changed);
            }
            Message::Unpublish { stream, reply } => {
                let done = self.force_unpublish(&stream, Reason::ForceUnpublishByServer).await;
                respond(reply, done);
            }
            Message::Signal { notice, to, reply } => respond(reply, self.signal(&notice, &to)),
            Message::StartEcho { server_data, reply } => {
                self.start_echo(server_data).await;
                respond(reply, ());
            }
            Message::StopEcho { reply } => {
                self.stop_echo().await;
                respond(reply, ());
            }
            Message::MayRecord { reply } => respond(reply, self.may_record()),
            Message::StartRecording { request, reply } => {
                let started = self.start_recording(request).await;
                respond(reply, started);
            }
            Message::StopRecording { id, reason, reply } => self.stop_recording(&id, reason, reply).await,
            Message::Close { reason, reply } => {
                self.close(reason).await;
                respond(reply, ());
            }
            Message::Join { params, outbox, ip, id, reply } => {
                respond(reply, self.join(*params, outbox, ip, id));
            }
            Message::Resume { connection, outbox, id, reply } => {
                respond(reply, self.resume(&connection, outbox, id));
            }
            Message::Request { connection, socket, id, method, params } => {
                self.request(&connection, socket, id, &method, params).await;
            }
            Message::SocketLost { connection, socket, unsent } => self.socket_lost(&connection, socket, unsent),
        }
    }

    fn participant(&self, connection: &str) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.id == connection)
    }

    fn participant_mut(&mut self, connection: &str) -> Option<&mut Participant> {
        self.participants.iter_mut().find(|participant| participant.id == connection)
    }

    /// Tells everybody but `except`.
    fn notify_others(&mut self, except: &str, notice: &Notice) {
        let Some(text) = notice_text(notice) else { return };
        for participant in self.participants.iter_mut().filter(|participant| participant.id != except) {
            participant.send(&text);
        }
    }

    /// Tells some.
    fn notify_only(&mut self, connections: &[String], notice: &Notice) {
        let Some(text) = notice_text(notice) else { return };
        for participant in self.participants.iter_mut().filter(|participant| connections.contains(&participant.id)) {
            participant.send(&text);
        }
    }

    /// Tells everybody.
    fn notify_all(&mut self, notice: &Notice) {
        self.notify_others("", notice);
    }

    fn socket_lost(&mut self, connection: &str, socket: u64, unsent: Vec<String>) {
        let Some(participant) = self.participant_mut(connection) else { return };
        if participant.link.lost(socket, unsent) {
            tracing::info!(session = %self.handle.id, connection, "socket lost, waiting for it to come back");
        }
    }
}
