//! Flags of the embedded media server.

use std::time::Duration;

use clap::Args;
use zvonok_server::limits::MediaLimits;
use zvonok_server::media_settings::{MediaSettings, RecordingNotification, RecordingSettings, WebhookSettings};

use crate::limit_flags::HEADING;
use crate::turn_flags::TurnFlags;

/// See [`MediaSettings`].
#[derive(Debug, Args)]
pub(crate) struct MediaFlags {
    /// TCP port of the media, for those whom no UDP reaches; the UDP port's number unless given.
    #[arg(long, value_name = "PORT")]
    media_tcp: Option<u16>,
    /// What recordings may take of the disk, in megabytes. They are kept in the data directory.
    #[arg(long, value_name = "MEGABYTES", help_heading = HEADING, default_value_t = 10_240, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    recording_limit_mb: u64,
    /// How long a recording goes on with nobody publishing, in seconds; 0 ends it with the last participant.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    recording_autostop: u64,
    /// Who is told of recordings: `none`, `moderator`, `publisher_moderator` or `all`.
    #[arg(long, value_name = "WHO", default_value = "publisher_moderator", value_parser = notification)]
    recording_notification: RecordingNotification,
    /// Where events are posted, as OpenVidu's webhooks are. Any certificate is accepted there.
    #[arg(long, value_name = "URL", value_parser = webhook)]
    webhook: Option<url::Url>,
    /// A header of these requests as `Name: value`; several.
    #[arg(long, value_name = "HEADER", requires = "webhook")]
    webhook_header: Vec<String>,
    /// An event that is posted; several. All unless given.
    #[arg(long, value_name = "EVENT", requires = "webhook")]
    webhook_event: Vec<String>,
    /// Keep events in files of the data directory, as OpenVidu's CDR.
    #[arg(long)]
    cdr: bool,
    /// A network (`127.0.0.0/8`) whose IP cameras may be reached though it is this machine's own or its link's; several.
    #[arg(long, value_name = "CIDR")]
    ipcam_allow: Vec<ipnet::IpNet>,
    /// Offer clients what they subscribe to, as OpenVidu does with mediasoup, instead of answering their offers.
    #[arg(long)]
    server_offers: bool,
    /// Ask clients to send their picture in several sizes at once, of which each of the others gets the largest that its
    /// link takes: for rooms of many. The library of OpenVidu does so only where the server makes the offers.
    #[arg(long, requires = "server_offers")]
    simulcast: bool,
    #[command(flatten)]
    turn: TurnFlags,
}

impl MediaFlags {
    /// The settings they stand for.
    pub(crate) fn settings(self, limits: MediaLimits) -> anyhow::Result<MediaSettings> {
        let (headers, events) = (self.webhook_header, self.webhook_event);
        Ok(MediaSettings {
            tcp_port: self.media_tcp,
            server_offers: self.server_offers,
            simulcast: self.simulcast,
            turn: self.turn.settings()?,
            webhook: self.webhook.map(|endpoint| WebhookSettings { endpoint, headers, events }),
            cdr: self.cdr,
            ipcam_allow: self.ipcam_allow,
            limits,
            recording: RecordingSettings {
                limit: self.recording_limit_mb.saturating_mul(1024 * 1024),
                autostop: Duration::from_secs(self.recording_autostop),
                notification: self.recording_notification,
            },
        })
    }
}

fn webhook(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "an address that begins with http:// or https://".to_owned())
}

fn notification(text: &str) -> Result<RecordingNotification, String> {
    let unknown = || "`none`, `moderator`, `publisher_moderator` or `all`".to_owned();
    RecordingNotification::named(text).ok_or_else(unknown)
}
