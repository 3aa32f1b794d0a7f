//! The driver without a display: a list in place of windows.

mod accounts;
mod leaks;
mod moved;
mod office;
mod plain;
mod sentences;
mod sessions;
mod tokens;

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use zvonok_ipc::{ErrorCode, Media, Mode, PlaceCall, Setup, TokenSource, View};
use zvonok_openvidu::Secret;

use super::{Core, Device, Parts, Question, Setting, Surface, TrayState, Window, Wish, spawn};
use crate::{
    loopback::Loopback,
    profile::Profile,
    settings::{Settings, SettingsFile},
    verbs::{Answer, Verb},
};

/// What was shown.
#[derive(Default)]
struct Seen {
    done: Mutex<Vec<String>>,
    /// Every snapshot that the windows were sent, as it crosses.
    views: Mutex<Vec<String>>,
    /// What the person types when asked; nothing closes the dialog.
    typed: Mutex<Option<Secret>>,
}

impl Seen {
    fn note(&self, what: String) {
        self.done.lock().unwrap().push(what);
    }
}

impl Surface for Seen {
    fn open(&self, window: Window) {
        self.note(format!("open {}", window.label()));
    }

    fn close(&self, window: Window) {
        self.note(format!("close {}", window.label()));
    }

    fn tray(&self, state: TrayState) {
        self.note(format!("tray {state:?}"));
    }

    fn view(&self, view: &View) {
        self.views.lock().unwrap().push(serde_json::to_string(view).unwrap());
    }

    fn control(&self, device: Device, on: bool) {
        self.note(format!("{device:?} {on}"));
    }

    fn ask_secret(&self, question: Question, reply: oneshot::Sender<Option<Secret>>) {
        self.note(format!("{question:?}"));
        let typed = self.typed.lock().unwrap().clone();
        reply.send(typed).expect("somebody waits for it");
    }

    fn quit(&self) {
        self.note("quit".to_owned());
    }
}

struct Rig {
    core: Core,
    seen: Arc<Seen>,
    file: SettingsFile,
    cancel: CancellationToken,
    directory: tempfile::TempDir,
}

async fn rig() -> Rig {
    rig_with(Settings::default()).await
}

async fn rig_with(settings: Settings) -> Rig {
    rig_of("test", settings).await
}

async fn rig_of(profile: &str, settings: Settings) -> Rig {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_path_buf();
    let profile =
        Profile { name: profile.parse().unwrap(), config: path.clone(), data: path.clone(), runtime: path.clone() };
    let file = SettingsFile::new(profile.settings_file());
    let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
    let doors = Loopback::bind().await.unwrap().start(&tasks, cancel.clone());
    let seen = Arc::new(Seen::default());
    let core = spawn(Parts {
        profile,
        settings,
        put_aside: None,
        file: file.clone(),
        surface: Arc::clone(&seen) as Arc<dyn Surface>,
        doors,
        fake_media: true,
        tasks,
        cancel: cancel.clone(),
    });
    Rig { core, seen, file, cancel, directory }
}

fn woman() -> PlaceCall {
    PlaceCall { login: "woman".to_owned(), mode: Mode::TwoWay, media: Media::Video }
}

async fn refused(core: &Core, verb: Verb) -> ErrorCode {
    match core.verb(verb).await {
        Answer::Refused(error) => error.code,
        Answer::Done { text } => panic!("it was done: {text:?}"),
    }
}

#[tokio::test]
async fn verbs_that_are_not_possible_say_why() {
    let rig = rig().await;
    assert_eq!(refused(&rig.core, Verb::Accept { audio: false }).await, ErrorCode::NotNow);
    assert_eq!(refused(&rig.core, Verb::Decline).await, ErrorCode::NotNow);
    assert_eq!(refused(&rig.core, Verb::Stop).await, ErrorCode::NotNow);
    assert_eq!(refused(&rig.core, Verb::Call(woman())).await, ErrorCode::SignalingDown, "nothing is set up");
    let odd = PlaceCall { login: "a b".to_owned(), ..woman() };
    assert_eq!(refused(&rig.core, Verb::Call(odd)).await, ErrorCode::BadLogin);
    let Answer::Done { text: Some(status) } = rig.core.verb(Verb::Status { json: true }).await else {
        panic!("no status")
    };
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["call"]["state"], "idle");
    assert_eq!(status["call"]["since_ms"], serde_json::Value::Null);
    assert!(status["media"].get("recognised").is_none());
    rig.cancel.cancel();
}

#[tokio::test]
async fn settings_are_checked_kept_and_never_made_up() {
    let rig = rig().await;
    let mut setup = Setup {
        server: "http://127.0.0.1:1".to_owned(),
        socket: String::new(),
        openvidu: "nonsense".to_owned(),
        login: "man".to_owned(),
        tokens: TokenSource::Openvidu,
    };
    let error = rig.core.ask(|reply| Wish::Setting(Setting::SaveSetup(setup.clone(), reply))).await.unwrap_err();
    assert_eq!((error.code, error.subject.as_str()), (ErrorCode::BadAddress, "nonsense"));
    setup.openvidu = "https://127.0.0.1:2".to_owned();
    rig.core.ask(|reply| Wish::Setting(Setting::SaveSetup(setup.clone(), reply))).await.unwrap();
    assert_eq!(rig.file.load().unwrap().setup(), setup);
    let trusted = rig.core.ask(|reply| {
        let (host, fingerprint) = ("127.0.0.1:2".to_owned(), "AA:BB".to_owned());
        Wish::Setting(Setting::TrustCertificate { host, fingerprint, reply })
    });
    assert_eq!(trusted.await.unwrap_err().code, ErrorCode::NotNow, "nobody presented that certificate");
    assert!(rig.file.load().unwrap().pins.is_empty());
    rig.cancel.cancel();
}

#[tokio::test]
async fn no_media_ticket_without_a_call() {
    let rig = rig().await;
    assert_eq!(rig.core.ask(Wish::MediaTicket).await.unwrap_err().code, ErrorCode::NotNow);
    assert_eq!(rig.core.ask(Wish::PeerTicket).await.unwrap_err().code, ErrorCode::NotNow);
    assert!(rig.seen.done.lock().unwrap().iter().all(|what| !what.starts_with("open")), "and no window");
    rig.cancel.cancel();
}
