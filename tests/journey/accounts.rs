//! Hubs with accounts (issue 3): signing in by the form, wrong passwords, and sessions that are taken back.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    rc::Rc,
};

use anyhow::{Context, Result, ensure};
use zvonok_testkit::{App, Server, until};

use crate::{
    leaks::{found_in, search_webviews},
    rig::{MEDIA, Rig, SOON, journey, word, zvonok_server},
    setup::fill,
};

const PASSWORD: &str = "planted-password-Nf47wQ2c";
const ANOTHER: &str = "planted-password-Zx90sL5k";
/// Logins stand in the settings, and every window is sent its own.
const MAN: &str = "harmless-man-Ge61pV8d";
const WOMAN: &str = "harmless-woman-Kc15mB3r";

/// `zvonok-server user`, beside the server that runs or before it does.
fn user(rig: &Rig, arguments: &[&str], password: &str) -> Result<()> {
    let folder = rig.desktop.folders().root().join("server");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut command = Command::new(zvonok_server()?);
    command.arg("--data-dir").arg(&folder).arg("user").args(arguments).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().context("zvonok-server does not start")?;
    let mut input = child.stdin.take().context("its input is not piped")?;
    input.write_all(format!("{password}\n").as_bytes()).context("it takes no password")?;
    drop(input);
    let status = child.wait().context("lost it")?;
    ensure!(status.success(), "`user {arguments:?}` ended with {status}");
    Ok(())
}

/// Types a password into the core's own dialog.
fn enter_password(rig: &Rig, app: &App, password: &str) -> Result<()> {
    rig.eyes.press(app.id(), "Sign in…", SOON)?;
    rig.eyes.wait_for(app.id(), "field", "Password", SOON)?.fill(&rig.desktop, password)?;
    rig.eyes.press(app.id(), "Sign in", SOON)
}

/// From the first start to the tray's icon saying that somebody is there.
fn first_start(rig: &Rig, server: &Server, login: &str, wrong: Option<&str>) -> Result<Rc<App>> {
    let app = rig.app(login, &["--fake-media", "--log", "trace"])?;
    rig.eyes.press(app.id(), "Connect to a server", SOON)?;
    fill(rig, &app, server.hub(), server.media(), login)?;
    rig.eyes.wait_for(app.id(), "radio button", "The server hands out tokens", SOON)?.press()?;
    rig.eyes.press(app.id(), "Test connection", SOON)?;
    rig.eyes.wait_text(app.id(), "wants you to sign in; enter your password", SOON)?;
    if let Some(wrong) = wrong {
        enter_password(rig, &app, wrong)?;
        rig.eyes.wait_text(app.id(), "does not know this login with this password; try again.", SOON)?;
    }
    enter_password(rig, &app, PASSWORD)?;
    rig.eyes.wait_text(app.id(), &format!("Signed in as {login}"), SOON)?;
    // What was said of the wrong one goes with the next try: it stood beside this button.
    rig.eyes.wait_gone(app.id(), "button", "Dismiss", SOON)?;
    rig.eyes.wait_text(app.id(), "Everything works. Save to use it.", SOON)?;
    rig.eyes.press(app.id(), "Save", SOON)?;
    app.wait_online()?;
    Ok(app)
}

/// Everything that the keyring has of Zvonok, secrets and all.
fn keyring(rig: &Rig) -> Result<String> {
    let found =
        rig.desktop.command("secret-tool").args(["search", "--all", "--unlock", "service", "zvonok"]).output()?;
    Ok(String::from_utf8_lossy(&found.stdout).into_owned())
}

/// The sessions among it.
fn sessions(rig: &Rig) -> Result<Vec<String>> {
    let kept = keyring(rig)?;
    Ok(kept.split_whitespace().filter(|word| word.starts_with("zvt_")).map(str::to_owned).collect())
}

#[test]
fn two_people_sign_in_and_call_and_go_on_when_a_session_is_taken_back() {
    journey(|rig| {
        user(rig, &["add", MAN], PASSWORD)?;
        user(rig, &["add", WOMAN], PASSWORD)?;
        let server = rig.server(&[])?;
        let man = first_start(rig, &server, MAN, None)?;
        let woman = first_start(rig, &server, WOMAN, Some("not her password"))?;
        let tokens = sessions(rig)?;
        ensure!(tokens.len() == 2, "the keyring has a session of each: {}", tokens.len());

        man.must(&["call", WOMAN, "--audio"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["accept", "--audio"])?;
        let before = woman.wait_call("in_call", MEDIA)?;
        man.wait_call("in_call", MEDIA)?;

        // Her administrator gives her another password, which ends her session in the middle of the call.
        user(rig, &["passwd", WOMAN], ANOTHER)?;
        rig.eyes.wait_text(woman.id(), "has ended; sign in again, nothing is lost.", SOON)?;
        enter_password(rig, &woman, ANOTHER)?;
        woman.wait_online()?;
        rig.eyes.wait_gone(woman.id(), "button", "Sign in…", SOON)?;
        let after = woman.status()?;
        ensure!(word(&after, "/call/state") == "in_call", "the call went on: {after}");
        ensure!(word(&after, "/call/call_id") == word(&before, "/call/call_id"), "{before} became {after}");
        let mut forbidden = vec![PASSWORD.to_owned(), ANOTHER.to_owned()];
        forbidden.extend(tokens);
        forbidden.extend(sessions(rig)?);
        for app in [&man, &woman] {
            search_webviews(app, app.profile(), None, &forbidden)?;
        }
        woman.must(&["stop"])?;
        for app in [&man, &woman] {
            app.wait_call("idle", SOON)?;
            ensure!(app.quit()?, "{} ends as it should", app.profile());
        }

        // She comes back with what the keyring has, and nobody asks her.
        let again = rig.app(WOMAN, &["--fake-media"])?;
        again.wait_online()?;
        ensure!(again.quit()?, "it ends as it should");
        for login in [MAN, WOMAN] {
            let settings = format!("/{login}/settings.toml");
            let found = found_in(rig, login)?;
            ensure!(
                found.iter().any(|file| file.to_string_lossy().contains(&settings)),
                "files are searched: {found:?}"
            );
        }
        for text in &forbidden {
            let found = found_in(rig, text)?;
            ensure!(found.is_empty(), "{text} is in {found:?}");
        }
        Ok(())
    });
}

#[test]
fn signing_out_takes_the_session_back_and_out_of_the_keyring() {
    journey(|rig| {
        user(rig, &["add", WOMAN], PASSWORD)?;
        let server = rig.server(&[])?;
        let woman = first_start(rig, &server, WOMAN, None)?;
        ensure!(!sessions(rig)?.is_empty(), "the keyring has her session");
        rig.eyes.press(woman.id(), "Settings", SOON)?;
        rig.eyes.press(woman.id(), "Sign out", SOON)?;
        rig.eyes.wait_text(woman.id(), "This server asks for a password.", SOON)?;
        until("the keyring to be empty", SOON, || Ok(sessions(rig)?.is_empty()))?;
        woman.wait_for("signaling to be gone", SOON, |status| word(status, "/signaling") != "online")?;
        enter_password(rig, &woman, PASSWORD)?;
        woman.wait_online()
    });
}
