//! First start, certificates, the keyring, and what goes wrong with them (issue 2, what a person can do, 4).

use std::path::Path;

use anyhow::{Context, Result, ensure};
use zvonok_testkit::{App, Keyring, Parts, Server};

use crate::rig::{Rig, SOON, journey, journey_with, zvonok_server};

/// A server with a self-signed certificate, as OpenVidu's own container has.
pub(crate) fn server_with_tls(rig: &Rig) -> Result<Server> {
    Server::start(&zvonok_server()?, &rig.desktop.folders().root().join("tls"), &[])
}

/// Fills the form of the first start.
pub(crate) fn fill(rig: &Rig, app: &App, server: &str, openvidu: &str, login: &str) -> Result<()> {
    for (field, text) in [("Server address", server), ("Your login", login), ("OpenVidu address", openvidu)] {
        rig.eyes.wait_for(app.id(), "field", field, SOON)?.fill(&rig.desktop, text)?;
    }
    Ok(())
}

/// Types the secret into the core's own dialog.
pub(crate) fn enter_secret(rig: &Rig, app: &App, secret: &str) -> Result<()> {
    rig.eyes.press(app.id(), "Enter the secret…", SOON)?;
    rig.eyes.wait_for(app.id(), "field", "OpenVidu secret", SOON)?.fill(&rig.desktop, secret)?;
    rig.eyes.press(app.id(), "Store in keyring", SOON)?;
    rig.eyes.wait_text(app.id(), "Kept in the keyring of this computer", SOON)
}

#[test]
fn the_first_start_ends_online_with_the_secret_in_the_keyring_and_the_certificate_pinned() {
    journey(|rig| {
        let server = server_with_tls(rig)?;
        let fingerprint = server.fingerprint().context("the server has a certificate")?;
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.press(app.id(), "Connect to a server", SOON)?;
        fill(rig, &app, server.hub(), server.media(), "woman")?;
        enter_secret(rig, &app, server.secret())?;
        let kept = rig.desktop.output(&["secret-tool", "search", "--all", "--unlock", "service", "zvonok"])?;
        ensure!(kept.contains(server.secret()), "the keyring holds the secret");

        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), "Do you trust", SOON)?;
        rig.eyes.wait_text(app.id(), &fingerprint, SOON)?;
        rig.eyes.press(app.id(), "Trust this certificate", SOON)?;
        rig.eyes.wait_text(app.id(), "Everything works. Save to use it.", SOON)?;
        rig.eyes.press(app.id(), "Save", SOON)?;
        app.wait_online()?;
        let settings = rig.desktop.folders().config().join("zvonok/woman/settings.toml");
        let settings = std::fs::read_to_string(&settings).context("the settings are written")?;
        ensure!(settings.contains(&fingerprint), "the pin is remembered: {settings}");
        ensure!(!settings.contains(server.secret()), "the secret is not in the settings");
        Ok(())
    });
}

#[test]
fn a_server_that_hands_out_tokens_needs_no_secret_here() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.press(app.id(), "Connect to a server", SOON)?;
        fill(rig, &app, server.hub(), server.media(), "woman")?;
        rig.eyes.wait_for(app.id(), "radio button", "The server hands out tokens", SOON)?.press()?;
        rig.eyes.wait_gone(app.id(), "button", "Enter the secret…", SOON)?;
        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), "Everything works. Save to use it.", SOON)?;
        rig.eyes.press(app.id(), "Save", SOON)?;
        app.wait_online()?;
        app.must(&["call", "echo"])?;
        app.wait_call("in_call", SOON)?;
        let kept = rig.desktop.command("secret-tool").args(["search", "--all", "service", "zvonok"]).output()?;
        ensure!(kept.stdout.is_empty(), "nothing is in the keyring");
        app.must(&["stop"])?;
        app.wait_call("idle", SOON).map(drop)
    });
}

#[test]
fn a_wrong_secret_and_a_wrong_address_are_told_in_the_form() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.press(app.id(), "Connect to a server", SOON)?;
        fill(rig, &app, server.hub(), server.media(), "woman")?;
        enter_secret(rig, &app, "not-the-secret")?;
        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), "refused the secret; enter it again.", SOON)?;
        // Nobody listens on port 9 of this machine.
        fill(rig, &app, "http://127.0.0.1:9", server.media(), "woman")?;
        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), "does not answer; check the address", SOON)
    });
}

#[test]
fn try_it_on_this_computer_ends_online_with_the_echo_contact() {
    journey(|rig| {
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.press(app.id(), "Try it on this computer", SOON)?;
        app.wait_online()?;
        rig.eyes.wait_text(app.id(), "Echo test", SOON)
    });
}

/// Enters the secret on a desktop whose keyring takes none: the person reads `told`, and nothing is kept anywhere.
fn nothing_is_kept(keyring: Keyring, told: &str) {
    journey_with(Parts { keyring, ..Parts::default() }, |rig| {
        let server = rig.server(&[])?;
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.press(app.id(), "Connect to a server", SOON)?;
        fill(rig, &app, server.hub(), server.media(), "woman")?;
        rig.eyes.press(app.id(), "Enter the secret…", SOON)?;
        rig.eyes.wait_for(app.id(), "field", "OpenVidu secret", SOON)?.fill(&rig.desktop, server.secret())?;
        rig.eyes.press(app.id(), "Store in keyring", SOON)?;
        rig.eyes.wait_text(app.id(), told, SOON)?;
        for file in rig.desktop.folders().files()? {
            ensure!(!holds(&file, server.secret())?, "{} holds the secret", file.display());
        }
        Ok(())
    });
}

#[test]
fn without_a_keyring_the_person_is_told_and_nothing_is_kept() {
    nothing_is_kept(Keyring::Absent, "This computer has no keyring to keep a secret in");
}

#[test]
fn with_a_locked_keyring_the_person_is_told_and_nothing_is_kept() {
    nothing_is_kept(Keyring::Locked, "The keyring of this computer is locked; unlock it");
}

#[test]
fn a_profile_that_runs_already_is_shown_instead_of_started_twice() {
    journey(|rig| {
        let app = rig.app("woman", &["--hidden"])?;
        ensure!(app.webviews()? == 0, "it starts into the tray");
        let second = rig.desktop.command(crate::rig::zvonok()).args(["--profile", "woman"]).status()?;
        ensure!(second.success(), "the second start ended with {second}");
        rig.eyes.wait_for(app.id(), "document", "Zvonok", SOON).map(drop)
    });
}

/// Whether a file holds a text.
fn holds(file: &Path, text: &str) -> Result<bool> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}
