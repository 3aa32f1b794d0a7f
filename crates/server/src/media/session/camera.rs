//! IP cameras: participants without a socket, that publish one stream as long as they are there.

use std::sync::Arc;

use zvonok_openvidu::wire::Role;
use zvonok_openvidu::wire::join::Stream;
use zvonok_openvidu::wire::media::MediaOptions;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rest::{Connection, ConnectionType, PublishedMedia};
use zvonok_sfu::Codecs;

use super::super::camera::{Address, Camera};
use super::super::ids;
use super::Session;
use super::allowance::Allowance;
use super::participant::{Kind, Link, Participant, Pending, Published};
use super::quality::Quality;
use crate::secret::Secret;

/// A camera to be let in, checked already.
#[derive(Debug)]
pub(in super::super) struct NewCamera {
    pub(in super::super) address: Arc<Address>,
    /// As it was given.
    pub(in super::super) uri: Secret,
    pub(in super::super) codecs: Codecs,
    pub(in super::super) data: String,
    pub(in super::super) record: bool,
    pub(in super::super) adaptative_bitrate: bool,
    pub(in super::super) only_play_with_subscribers: bool,
    pub(in super::super) network_cache: i64,
}

/// What makes a participant a camera.
#[derive(Debug)]
pub(super) struct CameraOf {
    camera: Camera,
    uri: Secret,
    adaptative_bitrate: bool,
    only_play_with_subscribers: bool,
    network_cache: i64,
}

impl CameraOf {
    /// Forwards it no longer.
    pub(super) fn end(&self) {
        self.camera.end();
    }

    /// What REST tells of a camera besides what it tells of everybody.
    pub(super) fn describe(&self, connection: &mut Connection) {
        connection.kind = ConnectionType::Ipcam;
        connection.role = None;
        connection.kurento_options = None;
        connection.token = None;
        connection.client_data = None;
        connection.rtsp_uri = Some(self.uri.reveal().to_owned());
        connection.adaptative_bitrate = Some(self.adaptative_bitrate);
        connection.only_play_with_subscribers = Some(self.only_play_with_subscribers);
        connection.network_cache = Some(self.network_cache);
        for publisher in connection.publishers.iter_mut().flatten() {
            publisher.rtsp_uri = Some(self.uri.reveal().to_owned());
            self.describe_media(&mut publisher.media_options);
        }
    }

    fn describe_media(&self, media: &mut PublishedMedia) {
        media.adaptative_bitrate = Some(self.adaptative_bitrate);
        media.only_play_with_subscribers = Some(self.only_play_with_subscribers);
        media.network_cache = Some(self.network_cache);
    }

    /// What events tell of a camera. Where it is stays out of them.
    pub(super) fn event(&self) -> serde_json::Value {
        serde_json::json!({
            "rtspUri": "rtsp://redacted",
            "adaptativeBitrate": self.adaptative_bitrate,
            "onlyPlayWithSubscribers": self.only_play_with_subscribers,
            "networkCache": self.network_cache,
        })
    }
}

impl Session {
    /// Lets a camera in. `None` where the session is full.
    pub(super) async fn add_camera(&mut self, new: NewCamera) -> Option<Connection> {
        if self.participants.len() >= self.shared.settings.limits.participants || self.has_all_streams() {
            return None;
        }
        let (connection, now) = (ids::camera(new.address.scheme()), ids::now_ms());
        let key = self.shared.media.new_stream();
        self.shared.media.feed(key, new.codecs).await;
        let wanted = !new.only_play_with_subscribers;
        let camera = Camera::start(new.address, key, self.shared.media.clone(), wanted, &self.shared.tasks);
        let media = MediaOptions {
            has_audio: true,
            has_video: true,
            audio_active: Some(true),
            video_active: Some(true),
            type_of_video: Some("IPCAM".to_owned()),
            ..MediaOptions::default()
        };
        let entry = Stream { id: ids::stream(Some("IPCAM"), &connection), created_at: now, media };
        let participant = Participant {
            id: connection.clone(),
            kind: Kind::Camera(CameraOf {
                camera,
                uri: new.uri,
                adaptative_bitrate: new.adaptative_bitrate,
                only_play_with_subscribers: new.only_play_with_subscribers,
                network_cache: new.network_cache,
            }),
            rpc: ids::rpc_session(),
            link: Link::None,
            ticket: Pending {
                connection: connection.clone(),
                token: Secret::new(""),
                url: Secret::new(""),
                created_at: now,
                role: Role::Publisher,
                server_data: new.data,
                record: new.record,
                kurento_options: None,
                ice_servers: Vec::new(),
            },
            admin: false,
            active_at: now,
            client_data: String::new(),
            platform: "IPCAM".to_owned(),
            ip: None,
            stream: Some(Published { key, entry: entry.clone(), loopback: false }),
            subscriptions: Vec::new(),
            signals: Allowance::default(),
            quality: Quality::default(),
        };
        self.notify_all(&participant.joined());
        self.tell_joined(&participant);
        self.notify_all(&Notice::ParticipantPublished { id: connection.clone(), streams: vec![entry] });
        if let Some(stream) = &participant.stream {
            self.tell_published(&participant, stream);
        }
        let object = participant.object(&self.handle.id);
        self.participants.push(participant);
        self.unused_until = None;
        self.record_published(&connection).await;
        tracing::info!(session = %self.handle.id, connection, "camera joined");
        Some(object)
    }

    /// Something may have changed: cameras that play only for somebody are pulled as long as somebody is there.
    pub(super) fn want_cameras(&self) {
        for participant in &self.participants {
            let (Kind::Camera(of), Some(stream)) = (&participant.kind, &participant.stream) else { continue };
            let watched = |it: &Participant| it.subscriptions.iter().any(|it| it.stream == stream.entry.id);
            let recorded = self.recording.is_some() && participant.ticket.record;
            of.camera.want(!of.only_play_with_subscribers || recorded || self.participants.iter().any(watched));
        }
    }
}
