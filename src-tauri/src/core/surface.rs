//! What the core can show. The shell implements it with windows and a tray; tests with a list.

use tokio::sync::oneshot;
use zvonok_ipc::View;
use zvonok_openvidu::Secret;

/// A window; each exists only while it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Window {
    Main,
    Ring,
    Call,
}

impl Window {
    /// Its label, which its capability file and its page are named after.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Ring => "ring",
            Self::Call => "call",
        }
    }

    pub(crate) fn from_label(label: &str) -> Option<Self> {
        [Self::Main, Self::Ring, Self::Call].into_iter().find(|window| window.label() == label)
    }
}

/// What the tray icon tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TrayState {
    Idle,
    Ringing,
    InCall,
    Offline,
    #[expect(dead_code, reason = "do not disturb is set by issue 3's presence menu")]
    Dnd,
}

/// Windows and tray. None of its methods waits.
pub(crate) trait Surface: Send + Sync + 'static {
    /// Makes the window, or brings the one there is to the front.
    fn open(&self, window: Window);
    /// Destroys the window, webview and all.
    fn close(&self, window: Window);
    fn tray(&self, state: TrayState);
    /// Sends a snapshot to every window.
    fn view(&self, view: &View);
    /// Tells the call window to turn a device on or off.
    fn control(&self, device: Device, on: bool);
    /// Asks for something secret outside of any webview; `None` when the person does not give it.
    fn ask_secret(&self, question: Question, reply: oneshot::Sender<Option<Secret>>);
    /// Ends the app.
    fn quit(&self);
}

/// What a person is asked for that no webview may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// The secret of the OpenVidu at this address.
    Secret { openvidu: String },
    /// The password of this login at the hub of this host and port.
    Password { login: String, hub: String },
}

/// A device that the call window holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    Microphone,
    Camera,
}
