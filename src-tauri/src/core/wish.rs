//! Everything that a person, a window, a verb or a notification can ask of the core.

use tokio::sync::oneshot;
use zvonok_ipc::{IpcError, Media, MediaEvent, MediaReport, MediaTicket, PeerTicket, PlaceCall, Setup, TestResult};

use super::Window;

/// Where an answer goes.
pub(crate) type Ask<T> = oneshot::Sender<Result<T, IpcError>>;

/// One wish. Those with an [`Ask`] are answered, at once or when what they started has ended.
#[derive(Debug)]
pub(crate) enum Wish {
    // From the person: the app itself.
    /// Show the main window.
    Open,
    /// End the app; a call ends with it.
    Quit,
    /// `zvonok status`.
    Status {
        json: bool,
        reply: Ask<String>,
    },
    /// `zvonok doctor`.
    Doctor(Ask<String>),

    // From the person: calls.
    Place(PlaceCall, Ask<()>),
    /// With the call's own media where none is given.
    Accept(Option<Media>, Ask<()>),
    Decline(Option<String>, Ask<()>),
    Stop(Ask<()>),
    ToggleMicrophone(Ask<()>),
    SetMicrophone(bool, Ask<()>),
    SetCamera(bool, Ask<()>),
    /// Silence the ring here; it goes on for the caller.
    DismissRing(Ask<()>),

    // From the person: people and settings.
    Setting(Setting),

    // From the call window.
    MediaTicket(Ask<MediaTicket>),
    PeerTicket(Ask<PeerTicket>),
    MediaEvent(MediaEvent, Ask<()>),
    MediaReport(MediaReport, Ask<()>),

    // From the window system.
    /// A window's page is there.
    Loaded(Window),
    /// A person closed a window.
    Closed(Window),
    /// A tray appeared or went away.
    Tray(bool),
}

/// A wish about people and settings.
#[derive(Debug)]
pub(crate) enum Setting {
    TestSetup(Setup, Ask<TestResult>),
    SaveSetup(Setup, Ask<()>),
    TryHere(Ask<()>),
    AskSecret {
        openvidu: String,
        reply: Ask<bool>,
    },
    ForgetSecret(Ask<()>),
    TrustCertificate {
        host: String,
        fingerprint: String,
        reply: Ask<()>,
    },
    UnlockKeyring(Ask<()>),
    /// Asks for a password and signs in; true when somebody is signed in afterwards.
    SignIn(Setup, Ask<bool>),
    /// Takes the session of that login at that hub back, which may not be the ones in use.
    SignOut(Setup, Ask<()>),
    /// `zvonok secret`: which of the two.
    SecretChanged {
        openvidu: bool,
        hub: bool,
    },
    DismissNotice {
        id: String,
        reply: Ask<()>,
    },
    AddContact {
        login: String,
        name: String,
        reply: Ask<()>,
    },
    RemoveContact {
        login: String,
        reply: Ask<()>,
    },
    MarkMissedSeen(Ask<()>),
}
