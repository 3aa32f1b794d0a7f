//! Sessions of more than one hub, and keyrings that do not answer.

use super::{
    accounts::{Closed, PASSWORD, told},
    *,
};
use crate::settings;

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
