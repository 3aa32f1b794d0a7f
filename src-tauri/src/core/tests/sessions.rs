//! Sessions of more than one hub, and keyrings that do not answer.

use zvonok_signaling::SessionToken;

use super::{
    accounts::{Closed, PASSWORD, told},
    *,
};
use crate::{
    settings,
    trust::{Pins, Trust},
};

/// Lets the keyring's entry of the session fail the next time it is used.
fn fail_once(profile: &str, error: keyring_core::Error) {
    let entry = keyring_core::Entry::new("zvonok", &format!("{profile}/hub")).unwrap();
    entry.as_any().downcast_ref::<keyring_core::mock::Cred>().expect("it is in memory").set_error(error);
}

async fn save(closed: &Closed, setup: Setup) {
    closed.rig.core.ask(|reply| Wish::Setting(Setting::SaveSetup(setup, reply))).await.unwrap();
}

/// Starts the app of `closed` anew, with a keyring that has the session and does not answer for now.
async fn start_before_the_keyring(closed: &mut Closed, profile: &str, change: impl FnOnce(&mut Settings)) {
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    closed.online().await;
    let mut settings = closed.rig.file.load().unwrap();
    closed.rig.cancel.cancel();
    change(&mut settings);
    closed.setup = settings.setup();
    fail_once(profile, keyring_core::Error::NoDefaultStore);
    closed.rig = rig_of(profile, settings).await;
    let view = closed.until("told so", |view| view.setup.sign_in && told(view, ErrorCode::KeyringAbsent)).await;
    assert!(!view.setup.account_for.is_empty(), "the keyring may have the session still: {view:?}");
}

#[tokio::test]
async fn saving_finds_the_session_once_the_keyring_has_come_up() {
    let mut closed = Closed::open("sessions-late").await;
    start_before_the_keyring(&mut closed, "sessions-late", |_settings| {}).await;
    save(&closed, closed.setup.clone()).await;
    let view = closed.online().await;
    assert!(!view.setup.sign_in && !told(&view, ErrorCode::KeyringAbsent), "{view:?}");
    closed.close().await;
}

#[tokio::test]
async fn unlocking_finds_the_session_also_where_no_secret_is_kept() {
    let mut closed = Closed::open("sessions-unlocked").await;
    let change = |settings: &mut Settings| {
        settings.tokens = TokenSource::Openvidu;
        settings.openvidu = "https://127.0.0.1:1".to_owned();
    };
    start_before_the_keyring(&mut closed, "sessions-unlocked", change).await;
    let unlocked = closed.rig.core.ask(|reply| Wish::Setting(Setting::UnlockKeyring(reply))).await;
    assert_eq!(unlocked.unwrap_err().code, ErrorCode::SecretMissing);
    closed.online().await;
    closed.close().await;
}

#[tokio::test]
async fn a_session_that_somebody_took_out_of_the_keyring_is_nobodys() {
    let remembered = |settings: &mut Settings| {
        settings.session_for = settings::account(&settings.setup()).unwrap();
    };
    let closed = Closed::open_with("sessions-taken", remembered).await;
    assert_eq!(closed.rig.core.view().setup.account_for, "");
    assert_eq!(closed.rig.file.load().unwrap().session_for, "");
    closed.close().await;
}

/// Whether `hub` still takes that session.
async fn is_taken(hub: &Closed, token: &Secret) -> bool {
    let server: url::Url = hub.setup.server.parse().unwrap();
    let endpoint = Trust::new(Pins::load(&[])).endpoint(&server).unwrap();
    let token = Some(SessionToken::new(token.reveal()));
    zvonok_signaling::check(&server, &endpoint.tls, token, std::time::Duration::from_secs(10)).await.is_ok()
}

async fn until_over(hub: &Closed, token: &Secret) {
    let over = async { while is_taken(hub, token).await {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), over).await.expect("it is taken back");
}

#[tokio::test]
async fn who_signs_in_elsewhere_leaves_no_session_behind() {
    let (closed, other) = (Closed::open("sessions-here").await, Closed::open("sessions-there").await);
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    closed.online().await;
    let first = closed.kept().await.unwrap();
    assert!(is_taken(&closed, &first).await, "positive control");

    // In a form that is not saved; the one in use goes on, and says that it needs a session again.
    assert_eq!(closed.sign_in_at(&other.setup, Some(PASSWORD)).await, Ok(true));
    until_over(&closed, &first).await;
    let view = closed.until("told so", |view| told(view, ErrorCode::SessionOver)).await;
    assert_eq!(Some(view.setup.account_for), settings::account(&other.setup), "the other session is known still");
    let second = closed.kept().await.expect("and in the keyring");
    assert!(is_taken(&other, &second).await);

    // And back, to where nothing but the settings knows of the other one.
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    closed.online().await;
    until_over(&other, &second).await;
    other.close().await;
    closed.close().await;
}

#[tokio::test]
async fn signing_out_is_possible_in_a_form_that_is_not_saved() {
    let (closed, other) = (Closed::open("sessions-form").await, Closed::open("sessions-formed").await);
    assert_eq!(closed.sign_in_at(&other.setup, Some(PASSWORD)).await, Ok(true));
    let token = closed.kept().await.unwrap();
    assert_eq!(closed.sign_out_at(&closed.setup).await, Err(ErrorCode::NotNow), "nobody is signed in here");
    assert!(is_taken(&other, &token).await);
    assert_eq!(closed.sign_out_at(&other.setup).await, Ok(()));
    assert!(closed.kept().await.is_none() && !is_taken(&other, &token).await);
    closed.until("nobody is signed in", |view| view.setup.account_for.is_empty()).await;
    other.close().await;
    closed.close().await;
}

#[tokio::test]
async fn a_password_is_asked_for_once_at_a_time() {
    let closed = Closed::open("sessions-twice").await;
    let (one, two) = tokio::join!(closed.sign_in(Some(PASSWORD)), closed.sign_in(Some(PASSWORD)));
    assert_eq!((one, two), (Ok(true), Err(ErrorCode::NotNow)));
    let asked = closed.rig.seen.done.lock().unwrap().iter().filter(|what| what.contains("Password")).count();
    assert_eq!(asked, 1);
    // The question is over, whatever its answer was.
    assert_eq!(closed.sign_in(None).await, Ok(false));
    assert_eq!(closed.sign_in(Some("not the password")).await, Err(ErrorCode::PasswordRefused));
    assert_eq!(closed.sign_in(Some(PASSWORD)).await, Ok(true));
    closed.close().await;
}

#[tokio::test]
async fn what_was_said_of_the_old_hub_is_not_said_of_the_new_one() {
    let closed = Closed::open("sessions-moved").await;
    // Nobody answers there.
    save(&closed, Setup { server: "http://127.0.0.1:1".to_owned(), ..closed.setup.clone() }).await;
    let moved = |view: &View| told(view, ErrorCode::ServerUnreachable);
    let view = closed.until("moved", moved).await;
    assert!(!told(&view, ErrorCode::NotSignedIn), "{view:?}");
    closed.close().await;
}
