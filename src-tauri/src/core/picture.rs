//! The snapshot that windows show, made from what the driver knows.

use zvonok_call as call;
use zvonok_ipc as ipc;

use super::{driver::Driver, reasons};
use crate::{settings::Settings, trust::HostPort};

impl Driver {
    pub(super) fn picture(&mut self) -> ipc::View {
        let machine = self.machine.view();
        let target = self.target.as_ref();
        let me = self.settings.login.clone();
        let certificate = target.and_then(|target| {
            let openvidu = target.openvidu.as_ref().and_then(|url| self.trust.question(url));
            openvidu.or_else(|| self.trust.question(&target.server)).or_else(|| self.trust.question(&target.socket))
        });
        ipc::View {
            profile: self.parts.profile.name.to_string(),
            setup: ipc::SetupView {
                ready: self.settings.ready(),
                setup: self.settings.setup(),
                embedded: self.settings.embedded(),
                secret_stored: self.secret_stored,
                secret_for: self.settings.secret_for.clone(),
                sign_in: self.sign_in_needed(),
                account_for: self.settings.session_for.clone(),
                keyring: self.keyring_state,
                certificate,
            },
            signaling: ipc::SignalingView {
                state: self.signaling,
                server: target
                    .and_then(|target| HostPort::of(&target.server))
                    .map(|host| host.to_string())
                    .unwrap_or_default(),
                extended: machine.online == Some(call::Contract::Extended),
            },
            me: self.me.clone(),
            people: self.people.list(&self.settings.contacts, &me, self.settings.embedded()),
            recent: self.history.shown(),
            missed: self.history.missed(self.settings.missed_seen),
            call: machine.call.map(|call| self.call_picture(&call)),
            notices: self.notices.list(),
            tray: self.tray,
        }
    }

    fn call_picture(&mut self, call: &call::CallView) -> ipc::CallView {
        let key = (call.call_id.clone(), call.since);
        let since = match &self.since {
            // Two clocks: asked again, the wall's answer would differ by a millisecond and look like news.
            Some((known, wall)) if *known == key => *wall,
            _ => self.clock.wall(call.since),
        };
        self.since = Some((key, since));
        let (state, over) = match &call.state {
            call::CallState::Calling => (ipc::CallState::Calling, None),
            call::CallState::Ringing => (ipc::CallState::Ringing, None),
            call::CallState::Connecting => (ipc::CallState::Connecting, None),
            call::CallState::InCall => (ipc::CallState::InCall, None),
            call::CallState::Ended(reason) => (ipc::CallState::Ended, Some(reason)),
        };
        ipc::CallView {
            call_id: call.call_id.to_string(),
            login: call.peer.login.clone(),
            name: call.peer.name.clone(),
            verified: call.peer.verified,
            outgoing: call.outgoing,
            mode: mode(call.mode),
            media: media(call.media),
            state,
            since,
            ended: over.and_then(reasons::ended),
            about: over.map(|reason| self.subject(reason, &call.peer.login)).unwrap_or_default(),
            message: over.map(reasons::words).unwrap_or_default(),
            microphone: call.microphone,
            camera: call.camera,
            reconnecting: call.reconnecting,
        }
    }

    /// A line of history from the machine's record.
    pub(super) fn recent(&self, record: &call::Record) -> ipc::RecentCall {
        let duration = record.answered.map_or(0, |answered| record.ended.since(answered));
        ipc::RecentCall {
            call_id: record.call_id.to_string(),
            outgoing: record.outgoing,
            login: record.peer.login.clone(),
            name: record.peer.name.clone(),
            at: self.clock.wall(record.began),
            duration_ms: i64::try_from(duration).unwrap_or(i64::MAX),
            outcome: match record.outcome {
                call::Outcome::Answered => ipc::Outcome::Answered,
                call::Outcome::Missed => ipc::Outcome::Missed,
                call::Outcome::Declined => ipc::Outcome::Declined,
                call::Outcome::Cancelled => ipc::Outcome::Cancelled,
                call::Outcome::Busy => ipc::Outcome::Busy,
                call::Outcome::Failed => ipc::Outcome::Failed,
            },
        }
    }
}

fn mode(mode: call::Mode) -> ipc::Mode {
    match mode {
        call::Mode::TwoWay => ipc::Mode::TwoWay,
        call::Mode::Watch => ipc::Mode::Watch,
    }
}

pub(super) fn media(media: call::Media) -> ipc::Media {
    match media {
        call::Media::Video => ipc::Media::Video,
        call::Media::Audio => ipc::Media::Audio,
    }
}

/// What windows see before there is anything.
pub(super) fn empty_view() -> ipc::View {
    ipc::View {
        profile: String::new(),
        setup: ipc::SetupView {
            ready: false,
            setup: Settings::default().setup(),
            embedded: false,
            secret_stored: false,
            secret_for: String::new(),
            sign_in: false,
            account_for: String::new(),
            keyring: ipc::KeyringState::Ok,
            certificate: None,
        },
        signaling: ipc::SignalingView { state: ipc::SignalingState::Offline, server: String::new(), extended: false },
        me: None,
        people: Vec::new(),
        recent: Vec::new(),
        missed: 0,
        call: None,
        notices: Vec::new(),
        tray: false,
    }
}
