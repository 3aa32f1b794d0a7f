//! Who is in a session, or may come.

use std::net::IpAddr;
use std::time::Instant;

use zvonok_openvidu::wire::join::{Participant as ParticipantEntry, Stream};
use zvonok_openvidu::wire::media::MediaOptions;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rest::{
    Connection, ConnectionStatus, ConnectionType, KurentoOptions, Publisher, Subscriber,
};
use zvonok_openvidu::wire::{IceServer, METADATA_SEPARATOR, Role};
use zvonok_sfu::{StreamId, SubscriptionId};

use super::allowance::Allowance;
use super::camera::CameraOf;
pub(super) use super::link::Link;
use super::quality::Quality;
use crate::secret::Secret;

/// A token that nobody has used yet, and what it allows.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) connection: String,
    /// The part after `token=`.
    pub(super) token: Secret,
    /// The whole URL.
    pub(super) url: Secret,
    pub(super) created_at: u64,
    pub(super) role: Role,
    pub(super) server_data: String,
    pub(super) record: bool,
    pub(super) kurento_options: Option<KurentoOptions>,
    pub(super) ice_servers: Vec<IceServer>,
}

impl Pending {
    pub(super) fn object(&self, session: &str) -> Connection {
        Connection {
            id: self.connection.clone(),
            connection_id: self.connection.clone(),
            object: "connection".to_owned(),
            status: ConnectionStatus::Pending,
            session_id: session.to_owned(),
            created_at: self.created_at,
            kind: ConnectionType::Webrtc,
            record: self.record,
            role: Some(self.role),
            kurento_options: self.kurento_options.clone(),
            custom_ice_servers: self.ice_servers.clone(),
            rtsp_uri: None,
            adaptative_bitrate: None,
            only_play_with_subscribers: None,
            network_cache: None,
            server_data: Some(self.server_data.clone()),
            token: Some(self.url.reveal().to_owned()),
            active_at: None,
            location: None,
            ip: None,
            platform: None,
            client_data: None,
            publishers: None,
            subscribers: None,
        }
    }
}

/// What a participant is.
#[derive(Debug)]
pub(super) enum Kind {
    /// A client with a socket.
    Client,
    /// One that nobody sees.
    Hidden,
    /// It publishes back what another one publishes.
    Echo,
    /// An IP camera.
    Camera(CameraOf),
}

/// A stream that a participant publishes.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) key: StreamId,
    /// What others are told; `entry.id` is the stream's id.
    pub(super) entry: Stream,
    /// Its publisher wants it back.
    pub(super) loopback: bool,
}

/// A stream that a participant receives.
#[derive(Debug, Clone)]
pub(super) struct Subscribed {
    pub(super) key: SubscriptionId,
    pub(super) stream: String,
    /// Who publishes it.
    pub(super) publisher: String,
    /// What the stream carried when it was subscribed to.
    pub(super) media: MediaOptions,
    pub(super) created_at: u64,
    /// Both sides have agreed; false as long as an offer of ours waits for its answer.
    pub(super) agreed: bool,
}

/// Somebody in the session.
#[derive(Debug)]
pub(super) struct Participant {
    pub(super) id: String,
    pub(super) kind: Kind,
    /// Its RPC session.
    pub(super) rpc: String,
    pub(super) link: Link,
    /// What its token said.
    pub(super) ticket: Pending,
    /// It joined with the server's secret.
    pub(super) admin: bool,
    pub(super) active_at: u64,
    pub(super) client_data: String,
    pub(super) platform: String,
    pub(super) ip: Option<IpAddr>,
    pub(super) stream: Option<Published>,
    pub(super) subscriptions: Vec<Subscribed>,
    /// Signals that it may send.
    pub(super) signals: Allowance,
    pub(super) quality: Quality,
}

impl Participant {
    /// Whether it may publish.
    pub(super) fn may_publish(&self) -> bool {
        !self.is_hidden() && (self.admin || self.ticket.role.may_publish())
    }

    /// Whether it may end others' streams and connections.
    pub(super) fn may_moderate(&self) -> bool {
        self.admin || self.ticket.role == Role::Moderator
    }

    /// Whether it is the echo.
    pub(super) fn is_echo(&self) -> bool {
        matches!(self.kind, Kind::Echo)
    }

    /// Whether it is a camera.
    pub(super) fn is_camera(&self) -> bool {
        matches!(self.kind, Kind::Camera(_))
    }

    /// Whether nobody sees it.
    pub(super) fn is_hidden(&self) -> bool {
        matches!(self.kind, Kind::Hidden)
    }

    pub(super) fn away_until(&self) -> Option<Instant> {
        match &self.link {
            Link::Away { until, .. } => Some(*until),
            Link::Online { .. } | Link::None => None,
        }
    }

    /// Sends it a frame, or keeps it until its socket is back.
    pub(super) fn send(&mut self, text: &str) {
        self.link.send(text);
    }

    /// Client and server data, as others see them.
    pub(super) fn metadata(&self) -> String {
        match (self.client_data.as_str(), self.ticket.server_data.as_str()) {
            (client, "") => client.to_owned(),
            ("", server) => server.to_owned(),
            (client, server) => format!("{client}{METADATA_SEPARATOR}{server}"),
        }
    }

    /// How it is told to those who come later.
    pub(super) fn entry(&self) -> ParticipantEntry {
        ParticipantEntry {
            id: self.id.clone(),
            created_at: self.active_at,
            metadata: self.metadata(),
            streams: self.stream.as_ref().map(|stream| vec![stream.entry.clone()]),
        }
    }

    /// How it is told to those who are there.
    pub(super) fn joined(&self) -> Notice {
        Notice::ParticipantJoined { id: self.id.clone(), created_at: self.active_at, metadata: self.metadata() }
    }

    pub(super) fn object(&self, session: &str) -> Connection {
        let mut connection = Connection {
            status: ConnectionStatus::Active,
            active_at: Some(self.active_at),
            location: Some("unknown".to_owned()),
            ip: self.ip.map(|ip| ip.to_string()),
            platform: Some(self.platform.clone()),
            client_data: Some(self.client_data.clone()),
            publishers: Some(self.stream.iter().map(publisher).collect()),
            subscribers: Some(
                self.subscriptions
                    .iter()
                    .filter(|it| it.agreed)
                    .map(|it| Subscriber { created_at: it.created_at, stream_id: it.stream.clone(), stats: None })
                    .collect(),
            ),
            ..self.ticket.object(session)
        };
        if let Kind::Camera(camera) = &self.kind {
            camera.describe(&mut connection);
        }
        connection
    }
}

fn publisher(stream: &Published) -> Publisher {
    let Stream { id, created_at, media } = stream.entry.clone();
    Publisher { created_at, stream_id: id, rtsp_uri: None, media_options: media.into(), stats: None }
}
