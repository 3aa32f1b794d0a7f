//! The contract's enumerations: lower snake case on the wire.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }
    };
}

words! {
    /// Who publishes.
    Mode {
        /// Both publish.
        TwoWay = "two_way",
        /// Only the called person publishes (the only mode of part A).
        Watch = "watch",
    }
}

words! {
    /// What is published.
    Media {
        /// Camera and microphone.
        Video = "video",
        /// Microphone only.
        Audio = "audio",
    }
}

words! {
    /// How a person is shown to others.
    Status {
        /// No device is connected.
        Offline = "offline",
        /// Can be called.
        Available = "available",
        /// In a call, or says so.
        Busy = "busy",
        /// Does not want to be disturbed: calls are answered `dnd`.
        Dnd = "dnd",
        /// Not at the machine; can be called.
        Away = "away",
    }
}

words! {
    /// What `POST /status` takes: [`Status`] without `offline`, and the spellings of part A.
    StatusWord {
        /// Can be called.
        Available = "available",
        /// Part A's `available`: from a device of part A it also ends its call.
        Free = "free",
        /// Does not take calls.
        Busy = "busy",
        /// Part A's `busy`, in the tutorial's spelling: from a device of part A it accepts the ring that is alive.
        Beasy = "beasy",
        /// Does not want to be disturbed.
        Dnd = "dnd",
        /// Not at the machine.
        Away = "away",
    }
}

words! {
    /// How far a ring got on one device.
    RingState {
        /// The device has the ring.
        Delivered = "delivered",
        /// The person can see it.
        Shown = "shown",
        /// And hear it.
        Sounding = "sounding",
        /// The device keeps quiet, for a [`RingReason`].
        Suppressed = "suppressed",
    }
}

words! {
    /// Why a device keeps quiet.
    RingReason {
        /// Do not disturb.
        Dnd = "dnd",
        /// A rule of the person's.
        Rule = "rule",
        /// In a call.
        InCall = "in_call",
        /// Nothing to show a ring on.
        NoSurface = "no_surface",
        /// The sound is off.
        Muted = "muted",
    }
}

words! {
    /// Why a call was declined.
    DeclineReason {
        /// By the person.
        Declined = "declined",
        /// In another call.
        Busy = "busy",
        /// Do not disturb.
        Dnd = "dnd",
    }
}

words! {
    /// How a call that was alive ended.
    EndReason {
        /// Somebody hung up.
        Hangup = "hangup",
        /// The other side's connection was lost and did not come back.
        Lost = "lost",
        /// Media failed.
        Failed = "failed",
        /// The hub ended it: nobody answered in time, or the hub stops.
        Closed = "closed",
    }
}

words! {
    /// What became of a call, for the history.
    Outcome {
        /// It was answered.
        Answered = "answered",
        /// Nobody answered, or the person was offline or did not want to be disturbed.
        Missed = "missed",
        /// The called person declined.
        Declined = "declined",
        /// The caller gave up.
        Cancelled = "cancelled",
        /// The called person was in another call.
        Busy = "busy",
        /// It could not be made.
        Failed = "failed",
    }
}

words! {
    /// Which way a call of the history went.
    Direction {
        /// Somebody called this person.
        In = "in",
        /// This person called.
        Out = "out",
    }
}

words! {
    /// Role of a token, in OpenVidu's words.
    TokenRole {
        /// Publishes and subscribes.
        Publisher = "PUBLISHER",
        /// Only subscribes.
        Subscriber = "SUBSCRIBER",
    }
}

words! {
    /// Why a request had no effect, for programs; the `message` beside it is for people.
    Code {
        /// The person is not connected.
        Offline = "offline",
        /// The person is in a call.
        Busy = "busy",
        /// The person does not want to be disturbed.
        Dnd = "dnd",
        /// Nobody has that login.
        UnknownUser = "unknown_user",
        /// The socket named by `sid` never sent `login`, or is gone.
        NotSignedIn = "not_signed_in",
        /// Not permitted.
        NotAllowed = "not_allowed",
        /// The ring died, nobody answered in time.
        Expired = "expired",
        /// The caller gave up.
        Cancelled = "cancelled",
        /// Another device of this person answered.
        AnsweredElsewhere = "answered_elsewhere",
        /// This person is not in that call, or there is none.
        NotInCall = "not_in_call",
        /// The request is malformed.
        Malformed = "malformed",
        /// Too many requests.
        TooMany = "too_many",
        /// Something the hub needs does not work, such as the media server.
        Unavailable = "unavailable",
    }
}

impl StatusWord {
    /// The status it asks for.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::Available | Self::Free => Status::Available,
            Self::Busy | Self::Beasy => Status::Busy,
            Self::Dnd => Status::Dnd,
            Self::Away => Status::Away,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tutorials_spelling_is_kept() {
        assert_eq!(serde_json::to_string(&StatusWord::Beasy).unwrap(), "\"beasy\"");
        assert_eq!(serde_json::from_str::<StatusWord>("\"free\"").unwrap().status(), Status::Available);
        assert!(serde_json::from_str::<StatusWord>("\"offline\"").is_err(), "nobody sets himself offline");
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }
}
