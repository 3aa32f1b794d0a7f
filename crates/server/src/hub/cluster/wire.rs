//! What hubs say to each other: JSON, published in Redis. Its order is kept, and what is lost is noticed by the numbers.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zvonok_signaling_proto::CallId;
use zvonok_signaling_proto::event::{LoginAck, LoginRequest, RingAck};
use zvonok_signaling_proto::rest::Head;

use super::super::change::RecordingsQuery;
use super::super::machine::{Answer, Bearer, CallCamera, Fresh, MediaGrant, Request, Shown, SocketId};
use crate::accounts::Signed;

/// From a hub to the leader. Without a body it only says that the hub is there.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ToLeader {
    /// Which hub.
    pub(super) node: String,
    /// Which of its links: a new one begins anew.
    pub(super) link: u64,
    /// Number of the last packet of this link that has come.
    pub(super) heard: u64,
    pub(super) body: Vec<FromNode>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromNode {
    /// The link begins.
    Attach,
    /// All sockets that the hub has were presented.
    Ready,
    /// To be done, and to be answered with the same number.
    Ask { id: u64, ask: Box<Ask> },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    Login {
        socket: SocketId,
        body: LoginRequest,
        signed: Option<Signed>,
        /// A leader before this one has let it in: nobody reads who is there.
        #[serde(default)]
        again: bool,
    },
    RingAck {
        socket: SocketId,
        body: RingAck,
    },
    Gone {
        socket: SocketId,
    },
    SessionOver {
        session: String,
    },
    /// To look at the accounts, of which some have changed.
    Accounts,
    Recorded {
        call_id: CallId,
        recording: String,
    },
    CameraIn {
        grant: Box<MediaGrant>,
        camera: CallCamera,
    },
    CameraOut {
        call_id: CallId,
        camera: String,
    },
    Request {
        sid: Option<SocketId>,
        bearer: Bearer,
        request: Request,
        fresh: Fresh,
    },
}

/// From the leader to a hub. Without a body it only says that the leader is there.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ToNode {
    pub(super) link: u64,
    /// 1, 2, 3 within the link; 0 outside of any.
    pub(super) n: u64,
    pub(super) body: Vec<FromLeader>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum FromLeader {
    /// The link is there.
    Attached,
    /// The leader knows no such link: attach.
    Unknown,
    /// That was asked, and is done.
    Done { id: u64, answer: Box<Answered> },
    /// So these are seen from now on.
    Shown(Vec<Shown>),
    /// So everybody is seen who is known, once all sockets of a link were presented: what came before that is in it.
    Roster { people: Vec<Shown>, last: bool },
    /// To be emitted.
    Emit { sockets: Vec<SocketId>, name: String, payload: Value, seq: Option<u64> },
    /// To be disconnected.
    Disconnect { socket: SocketId },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Answered {
    Nothing,
    Ack(LoginAck),
    Refused(Head),
    Answer(Answer),
    /// The hub that was asked asks the media server, which all of them share.
    Media(Box<MediaGrant>),
    Recordings(RecordingsQuery),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_is_heard() {
        let signed = Signed { login: "man".parse().unwrap(), session: "hash".into(), generation: 2, expires_at: 3 };
        let fresh = Fresh { call_id: "c1".parse().unwrap(), session: "s".into() };
        let asks = [
            Ask::Request { sid: None, bearer: Bearer::Session(signed), request: Request::Users, fresh: fresh.clone() },
            Ask::Request {
                sid: Some("x".into()),
                bearer: Bearer::Hash("h".into()),
                request: Request::Calls { before: Some(1), limit: None },
                fresh: fresh.clone(),
            },
            Ask::Request { sid: None, bearer: Bearer::None, request: Request::Hangup(fresh.call_id.clone()), fresh },
            Ask::Gone { socket: "x".into() },
            Ask::CameraIn { grant: Box::new(grant()), camera: camera() },
        ];
        for ask in asks {
            let said = serde_json::to_string(&FromNode::Ask { id: 7, ask: Box::new(ask.clone()) }).unwrap();
            let FromNode::Ask { id: 7, ask: heard } = serde_json::from_str(&said).unwrap() else { panic!("{said}") };
            assert_eq!(format!("{heard:?}"), format!("{ask:?}"));
        }
        let live = vec![grant().call_id];
        for answer in [
            Answered::Answer(Answer::refused(zvonok_signaling_proto::Code::NotSignedIn, "Sign in first.")),
            Answered::Media(Box::new(grant())),
            Answered::Recordings(RecordingsQuery { login: grant().login, all: false, live }),
        ] {
            let said = serde_json::to_string(&FromLeader::Done { id: 1, answer: Box::new(answer.clone()) }).unwrap();
            let heard = serde_json::from_str::<FromLeader>(&said).unwrap();
            assert_eq!(heard, FromLeader::Done { id: 1, answer: Box::new(answer) });
        }
    }

    fn camera() -> CallCamera {
        let [id, connection_id, name] = ["id", "ipc_1", "door"].map(str::to_owned);
        CallCamera { id, connection_id, name, by: "man".parse().unwrap() }
    }

    fn grant() -> MediaGrant {
        MediaGrant {
            call_id: "c1".parse().unwrap(),
            session: "s".to_owned(),
            login: "man".parse().unwrap(),
            recording: Some("r".to_owned()),
            cameras: vec![camera()],
        }
    }
}
