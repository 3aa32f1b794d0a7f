//! A core at a real hub that has accounts.

use std::time::Duration;

use zvonok_ipc::SignalingState;
use zvonok_server::{
    Config, Running,
    accounts::{Account, AccountBody, hash},
    database::{DATABASE_FILE, Database, Place},
};

use super::*;
use crate::{
    cli::SecretKind,
    keyring::{self, Keyring, KeyringError},
};

pub(super) const PASSWORD: &str = "planted-password-Rd5t9Qx";

/// A hub where man and woman have accounts, and a core for a profile of this test's own.
pub(super) struct Closed {
    pub(super) hub: Running,
    accounts: Database,
    pub(super) rig: Rig,
    pub(super) keyring: Keyring,
    pub(super) setup: Setup,
    _folder: tempfile::TempDir,
}

impl Closed {
    pub(super) async fn open(profile: &str) -> Self {
        Self::open_with(profile, |_settings| {}).await
    }

    /// With settings that are not those of a first start.
    pub(super) async fn open_with(profile: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Database::open(&Place::File(folder.path().join(DATABASE_FILE))).await.unwrap();
        for login in ["man", "woman"] {
            let account = Account { login: login.parse().unwrap(), body: AccountBody::default() };
            assert!(accounts.add_account(&account, &hash(PASSWORD).unwrap()).await.unwrap());
        }
        let config = Config { data_dir: Some(folder.path().to_path_buf()), ..Config::embedded() };
        let hub = zvonok_server::start(config).await.unwrap();
        keyring::in_memory();
        let setup = Setup {
            server: hub.hub_url.to_string(),
            socket: String::new(),
            openvidu: String::new(),
            login: "woman".to_owned(),
            tokens: TokenSource::Hub,
        };
        let mut settings = Settings { device: "device-1".to_owned(), ..Settings::default() };
        settings.apply(setup.clone());
        change(&mut settings);
        let rig = rig_of(profile, settings).await;
        let keyring = Keyring::new(profile.parse().unwrap());
        let closed = Self { hub, accounts, rig, keyring, setup, _folder: folder };
        closed.until("asked to sign in", |view| view.setup.sign_in && told(view, ErrorCode::NotSignedIn)).await;
        closed
    }

    pub(super) async fn until(&self, what: &str, good: impl Fn(&View) -> bool) -> View {
        let mut views = self.rig.core.view.clone();
        let met = tokio::time::timeout(Duration::from_secs(30), views.wait_for(good)).await;
        met.unwrap_or_else(|_late| panic!("{what}: {:?}", self.rig.core.view())).unwrap().clone()
    }

    /// Signs in with what the person types into the dialog.
    pub(super) async fn sign_in(&self, typed: Option<&str>) -> Result<bool, ErrorCode> {
        self.sign_in_at(&self.setup, typed).await
    }

    /// The same with a form that is not saved.
    pub(super) async fn sign_in_at(&self, setup: &Setup, typed: Option<&str>) -> Result<bool, ErrorCode> {
        *self.rig.seen.typed.lock().unwrap() = typed.map(Secret::new);
        let setup = setup.clone();
        let asked = self.rig.core.ask(|reply| Wish::Setting(Setting::SignIn(setup, reply))).await;
        asked.map_err(|error| error.code)
    }

    pub(super) async fn sign_out_at(&self, setup: &Setup) -> Result<(), ErrorCode> {
        let setup = setup.clone();
        let asked = self.rig.core.ask(|reply| Wish::Setting(Setting::SignOut(setup, reply))).await;
        asked.map_err(|error| error.code)
    }

    pub(super) async fn online(&self) -> View {
        self.until("online", |view| view.signaling.state == SignalingState::Online).await
    }

    pub(super) async fn kept(&self) -> Option<Secret> {
        match self.keyring.get(SecretKind::Hub).await {
            Ok(token) => Some(token),
            Err(KeyringError::Missing) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// What is left after the test: the hub is closed by the caller's end of it.
    pub(super) async fn close(self) {
        self.rig.cancel.cancel();
        self.hub.shutdown().await;
    }
}

pub(super) fn told(view: &View, code: ErrorCode) -> bool {
    view.notices.iter().any(|notice| notice.code == code)
}

#[tokio::test]
async fn a_password_becomes_a_session_in_the_keyring_and_is_kept_nowhere() {
    let closed = Closed::open("accounts-in").await;
    assert_eq!(closed.sign_in(None).await, Ok(false), "the dialog was closed");
    assert_eq!(closed.sign_in(Some("not the password")).await, Err(ErrorCode::PasswordRefused));
    assert!(closed.rig.core.view().setup.sign_in, "and the form is still there");
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    let view = closed.online().await;
    assert!(!view.setup.sign_in && !told(&view, ErrorCode::NotSignedIn), "{view:?}");
    assert!(view.setup.account_for.starts_with("woman@127.0.0.1:"), "{view:?}");
    let token = closed.kept().await.expect("the keyring has the session");
    let asked = closed.rig.seen.done.lock().unwrap().join("\n");
    assert!(asked.contains("Password") && asked.contains("woman"), "the dialog names whose it is: {asked}");

    // The test of the connection comes in as the link does.
    let setup = closed.setup.clone();
    let tried = closed.rig.core.ask(|reply| Wish::Setting(Setting::TestSetup(setup, reply))).await.unwrap();
    assert_eq!(tried.lines.first().and_then(|line| line.problem), None, "{tried:?}");

    let views = closed.rig.seen.views.lock().unwrap().join("\n");
    assert!(views.contains("woman@127.0.0.1:"), "views are searched");
    let settings = std::fs::read_to_string(closed.rig.directory.path().join("settings.toml")).unwrap();
    assert!(settings.contains("woman@127.0.0.1:"), "the settings are searched: {settings}");
    for secret in [PASSWORD, token.reveal()] {
        assert!(!views.contains(secret) && !settings.contains(secret), "{secret} is where it must not be");
    }
    closed.close().await;
}

#[tokio::test]
async fn a_session_that_is_taken_back_is_told_and_nothing_is_lost() {
    let closed = Closed::open("accounts-over").await;
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    closed.online().await;
    let (login, name) = ("friend".to_owned(), String::new());
    closed.rig.core.ask(|reply| Wish::Setting(Setting::AddContact { login, name, reply })).await.unwrap();

    let another = "another password of hers";
    let changed = closed.accounts.set_password(&"woman".parse().unwrap(), &hash(another).unwrap()).await;
    assert!(changed.unwrap(), "her account is there");
    let view = closed.until("told so", |view| view.setup.sign_in && told(view, ErrorCode::SessionOver)).await;
    assert_eq!(view.setup.account_for, "");
    assert!(view.setup.ready && view.me.is_some(), "nothing else is gone: {view:?}");
    let forgotten = async { while closed.kept().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(30), forgotten).await.expect("it leaves the keyring");

    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Err(ErrorCode::PasswordRefused), "the old one is over");
    assert_eq!(closed.sign_in(Some(another)).await, Ok(true));
    let view = closed.online().await;
    assert!(!told(&view, ErrorCode::SessionOver), "{view:?}");
    assert!(view.people.iter().any(|person| person.login == "man"), "everybody is there again: {view:?}");
    let contacts = closed.rig.file.load().unwrap().contacts;
    assert!(contacts.iter().any(|contact| contact.login == "friend"), "and her own list is as it was");
    closed.close().await;
}

#[tokio::test]
async fn signing_out_takes_the_session_back_and_out_of_the_keyring() {
    let closed = Closed::open("accounts-out").await;
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    closed.online().await;
    let token = closed.kept().await.unwrap();
    closed.sign_out_at(&closed.setup).await.unwrap();
    assert!(closed.kept().await.is_none());
    let view = closed.until("asked to sign in", |view| view.setup.sign_in).await;
    assert_eq!(view.setup.account_for, "");
    assert!(!told(&view, ErrorCode::SessionOver), "it was her own doing: {view:?}");

    // What somebody has copied is worth nothing: the hub forgot it.
    closed.keyring.set(SecretKind::Hub, token).await.unwrap();
    closed.rig.core.tell(Wish::Setting(Setting::SecretChanged { openvidu: false, hub: true }));
    closed.until("refused", |view| told(view, ErrorCode::SessionOver)).await;
    let again = closed.sign_out_at(&closed.setup).await;
    assert_eq!(again, Err(ErrorCode::NotNow), "there is nothing to sign out of");
    closed.close().await;
}

#[tokio::test]
async fn a_session_is_shown_to_the_hub_that_gave_it_and_to_no_other() {
    let closed = Closed::open("accounts-tied").await;
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    closed.online().await;
    let other = Closed::open("accounts-other").await;

    // The first profile moves to the other hub, which would refuse the session, and would know it then.
    let setup = Setup { server: other.setup.server.clone(), ..closed.setup.clone() };
    closed.rig.core.ask(|reply| Wish::Setting(Setting::SaveSetup(setup, reply))).await.unwrap();
    let view = closed.until("asked to sign in", |view| view.setup.sign_in).await;
    assert!(told(&view, ErrorCode::NotSignedIn) && !told(&view, ErrorCode::SessionOver), "{view:?}");
    assert!(closed.kept().await.is_some(), "a mistyped address loses nothing");
    let back = closed.setup.clone();
    closed.rig.core.ask(|reply| Wish::Setting(Setting::SaveSetup(back, reply))).await.unwrap();
    closed.online().await;
    other.close().await;
    closed.close().await;
}

#[tokio::test]
async fn no_password_is_asked_for_that_would_cross_a_network_in_plain_text() {
    let closed = Closed::open("accounts-plain").await;
    closed.rig.seen.done.lock().unwrap().clear();
    // An address of the range for documentation: nobody answers there.
    let setup = Setup { server: "http://192.0.2.1:5001".to_owned(), ..closed.setup.clone() };
    let refused = closed.rig.core.ask(|reply| Wish::Setting(Setting::SignIn(setup, reply))).await.unwrap_err();
    let told = (refused.code, refused.subject.as_str());
    assert_eq!(told, (ErrorCode::NotEncrypted, "192.0.2.1:5001"), "{refused:?}");
    assert!(refused.message.contains("https"), "{refused:?}");
    assert!(closed.rig.seen.done.lock().unwrap().iter().all(|what| !what.contains("Password")), "nobody was asked");
    closed.close().await;
}
