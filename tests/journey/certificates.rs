//! Certificates that nobody vouches for, and certificates that changed: nothing secret is sent until a person decides,
//! and the person is told enough to decide (issue 2, what a person can do, 4).

use std::{fs, rc::Rc};

use anyhow::{Context, Result, ensure};
use zvonok_testkit::{App, Server, until};

use crate::{
    impostor::Impostor,
    rig::{MEDIA, Rig, SOON, journey, zvonok_server},
    setup::{enter_secret, fill, server_with_tls},
};

/// Goes through the form of the first start with a server that shows a certificate, and trusts it.
fn connected(rig: &Rig, hub: &str, media: &str, secret: &str) -> Result<Rc<App>> {
    let app = rig.app("woman", &["--fake-media"])?;
    rig.eyes.press(app.id(), "Connect to a server", SOON)?;
    fill(rig, &app, hub, media, "woman")?;
    enter_secret(rig, &app, secret)?;
    rig.eyes.press(app.id(), "Test connection", SOON)?;
    rig.eyes.press(app.id(), "Trust this certificate", SOON)?;
    rig.eyes.wait_text(app.id(), "Everything works. Save to use it.", SOON)?;
    rig.eyes.press(app.id(), "Save", SOON)?;
    app.wait_online()?;
    Ok(app)
}

fn settings(rig: &Rig) -> Result<String> {
    let file = rig.desktop.folders().config().join("zvonok/woman/settings.toml");
    fs::read_to_string(file).context("the settings are written")
}

/// Calls the echo, which needs a token and therefore OpenVidu, and waits until that has failed.
fn fails_to_call(app: &App) -> Result<()> {
    app.must(&["call", "echo"])?;
    app.wait_call("idle", SOON).map(drop)
}

#[test]
fn a_stranger_is_told_nothing_secret_before_the_person_trusts_it() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let stranger = Impostor::at("127.0.0.1:0")?;
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.press(app.id(), "Connect to a server", SOON)?;
        fill(rig, &app, server.hub(), &stranger.url(), "woman")?;
        enter_secret(rig, &app, server.secret())?;
        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), "Do you trust", SOON)?;
        rig.eyes.wait_text(app.id(), stranger.fingerprint(), SOON)?;
        ensure!(stranger.visits() > 0, "its certificate was looked at");
        ensure!(stranger.heard().is_empty(), "something was said to it: {}", stranger.heard());
        // What follows shows that a secret would have been noticed.
        rig.eyes.press(app.id(), "Trust this certificate", SOON)?;
        rig.eyes.wait_text(app.id(), "refused the secret; enter it again.", SOON)?;
        ensure!(stranger.knows(server.secret()), "who is trusted is told the secret");
        Ok(())
    });
}

#[test]
fn another_certificate_in_the_place_of_a_trusted_one_is_refused_and_explained() {
    journey(|rig| {
        // The hub stays up while somebody takes OpenVidu's place.
        let hub = rig.server(&[])?;
        let mut media = server_with_tls(rig)?;
        let trusted = media.fingerprint().context("the server has a certificate")?;
        let host = media.media().trim_start_matches("https://").to_owned();
        let app = connected(rig, hub.hub(), media.media(), media.secret())?;
        ensure!(settings(rig)?.contains(&trusted), "the pin is remembered");
        media.kill()?;
        let stranger = Impostor::at(&host)?;

        fails_to_call(&app)?;
        let told = format!("The certificate of {host} changed, so nothing was sent; ask its administrator.");
        rig.eyes.wait_text(app.id(), &told, SOON)?;
        ensure!(stranger.visits() > 0, "it was reached");
        ensure!(stranger.heard().is_empty(), "something was said to it: {}", stranger.heard());
        rig.eyes.press(app.id(), "Open settings", SOON)?;
        for words in ["Nothing was sent to it.", stranger.fingerprint(), trusted.as_str()] {
            rig.eyes.wait_text(app.id(), words, SOON)?;
        }

        // It was a stranger after all: the person trusts nothing, and the old server is as good as ever.
        drop(stranger);
        media.restart()?;
        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), "Everything works. Save to use it.", SOON)?;
        ensure!(settings(rig)?.contains(&trusted), "the pin is still there");

        // The person may also decide otherwise, and only then is a secret sent.
        media.kill()?;
        let other = Impostor::at(&host)?;
        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), other.fingerprint(), SOON)?;
        ensure!(other.heard().is_empty(), "something was said to it: {}", other.heard());
        rig.eyes.press(app.id(), "Trust this certificate", SOON)?;
        until("the secret to be sent", SOON, || Ok(other.knows(media.secret())))
    });
}

#[test]
fn a_hub_with_another_certificate_is_not_told_who_calls_until_the_person_trusts_it() {
    journey(|rig| {
        let folder = rig.desktop.folders().root().join("tls");
        let tls = ["--hub-tls", "self-signed", "--media-tls", "off"];
        let mut server = Server::start(&zvonok_server()?, &folder, &tls)?;
        let host = server.hub().trim_start_matches("https://").to_owned();
        let app = connected(rig, server.hub(), server.media(), server.secret())?;
        let before = settings(rig)?;
        server.restart_with_another_certificate()?;
        let told = format!("The certificate of {host} changed, so nothing was sent; ask its administrator.");
        rig.eyes.wait_text(app.id(), &told, SOON)?;
        ensure!(crate::rig::word(&app.status()?, "/signaling") != "online", "it signed in all the same");

        rig.eyes.press(app.id(), "Open settings", SOON)?;
        rig.eyes.press(app.id(), "Test connection", SOON)?;
        rig.eyes.wait_text(app.id(), "Trusted until now", SOON)?;
        rig.eyes.press(app.id(), "Trust this certificate", SOON)?;
        rig.eyes.wait_text(app.id(), "Everything works. Save to use it.", SOON)?;
        app.wait_online()?;
        ensure!(settings(rig)? != before, "the new pin is kept");
        rig.eyes.press(app.id(), "Back", SOON)?;
        until("the notice to be gone", SOON, || Ok(!rig.eyes.outline(app.id()).contains(&told)))
    });
}

#[test]
fn a_server_that_was_set_up_anew_is_used_again_once_the_person_trusts_it() {
    journey(|rig| {
        let mut server = server_with_tls(rig)?;
        let first = server.fingerprint().context("the server has a certificate")?;
        let app = connected(rig, server.hub(), server.media(), server.secret())?;
        server.restart_with_another_certificate()?;
        let second = server.fingerprint().context("the server has a certificate")?;
        ensure!(first != second, "the certificate changed");
        app.wait_for("signaling to come back", SOON, |status| crate::rig::word(status, "/signaling") == "online")?;
        fails_to_call(&app)?;
        rig.eyes.press(app.id(), "Open settings", SOON)?;
        rig.eyes.wait_text(app.id(), &second, SOON)?;
        rig.eyes.press(app.id(), "Trust this certificate", SOON)?;
        rig.eyes.wait_text(app.id(), "Everything works. Save to use it.", SOON)?;
        let kept = settings(rig)?;
        ensure!(kept.contains(&second) && !kept.contains(&first), "one pin took the other's place: {kept}");
        rig.eyes.press(app.id(), "Back", SOON)?;
        app.must(&["call", "echo", "--audio"])?;
        app.wait_call("in_call", MEDIA)?;
        app.must(&["stop"])?;
        app.wait_call("idle", SOON).map(drop)
    });
}
