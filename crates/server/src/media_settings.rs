//! What the embedded media server can be told beyond its addresses.

use std::time::Duration;

use crate::limits::MediaLimits;
use crate::media::turn::TurnSettings;

/// How long a recording goes on with nobody publishing: OpenVidu's 120 s.
pub const RECORDING_AUTOSTOP: Duration = Duration::from_secs(120);

/// What recordings may take of the disk unless set otherwise, bytes: 10 GiB, about 20 hours of one stream of 1 Mbit/s.
pub const RECORDING_LIMIT: u64 = 10 * 1024 * 1024 * 1024;

/// Who is told of recordings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RecordingNotification {
    /// Nobody.
    None,
    /// Moderators.
    Moderator,
    /// Publishers and moderators.
    #[default]
    PublisherModerator,
    /// Everybody.
    All,
}

impl RecordingNotification {
    /// Its name in OpenVidu's configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Moderator => "moderator",
            Self::PublisherModerator => "publisher_moderator",
            Self::All => "all",
        }
    }

    /// That of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::None, Self::Moderator, Self::PublisherModerator, Self::All].into_iter().find(|it| it.name() == name)
    }
}

/// How recordings are made. They are kept in the data directory; without one there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingSettings {
    /// Bytes that all of them together may take of the disk.
    pub limit: u64,
    /// How long one goes on with nobody publishing; zero ends it with the last participant.
    pub autostop: Duration,
    /// Who is told of them.
    pub notification: RecordingNotification,
}

impl Default for RecordingSettings {
    fn default() -> Self {
        Self { limit: RECORDING_LIMIT, autostop: RECORDING_AUTOSTOP, notification: RecordingNotification::default() }
    }
}

/// Whom events are posted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSettings {
    /// The address. Whatever certificate it has is accepted.
    pub endpoint: url::Url,
    /// `Name: value`, for every request.
    pub headers: Vec<String>,
    /// Names of the events that are posted; all where it is empty.
    pub events: Vec<String>,
}

/// What the embedded media server can be told beyond its addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaSettings {
    /// Recordings.
    pub recording: RecordingSettings,
    /// Whom events are posted to.
    pub webhook: Option<WebhookSettings>,
    /// Events are kept in files of the data directory.
    pub cdr: bool,
    /// Networks whose IP cameras may be reached though they are this machine's own, or reach no further than its link.
    pub ipcam_allow: Vec<ipnet::IpNet>,
    /// What it takes at the most.
    pub limits: MediaLimits,
    /// TCP port of the media, for those whom no UDP reaches; `None` for the UDP port's number.
    pub tcp_port: Option<u16>,
    /// Clients are told to be offered what they subscribe to, instead of offering to take it. Both are answered either way.
    pub server_offers: bool,
    /// Clients are asked to send their picture in several sizes. Those of OpenVidu do only if they are offered what they
    /// subscribe to.
    pub simulcast: bool,
    /// STUN and TURN servers that clients are told of.
    pub turn: TurnSettings,
}
