//! Two people see and hear each other, or one watches the other (issue 2, what a person can do, 2 and 3).

use std::rc::Rc;

use anyhow::{Result, ensure};
use zvonok_testkit::{App, Server};

use crate::rig::{MEDIA, Rig, SOON, journey, number, word};

/// Both people, signed in, in the tray.
struct Pair {
    server: Server,
    woman: Rc<App>,
    man: Rc<App>,
}

fn pair(rig: &Rig) -> Result<Pair> {
    let server = rig.server(&[])?;
    let woman = rig.person(&server, "woman")?;
    let man = rig.person(&server, "man")?;
    Ok(Pair { server, woman, man })
}

/// Man calls, Woman answers with `accept`, both see and hear each other, Man stops, both rest.
fn answered_by(rig: &Rig, accept: impl FnOnce(&App) -> Result<()>) -> Result<()> {
    let Pair { server: _server, woman, man } = pair(rig)?;
    ensure!(woman.webviews()? == 0, "no webview is alive before the ring");
    man.must(&["call", "woman"])?;
    woman.wait_call("ringing", SOON)?;
    accept(&woman)?;
    for (app, other) in [(&woman, "man"), (&man, "woman")] {
        let status = app.wait_call("in_call", MEDIA)?;
        ensure!(word(&status, "/call/peer") == other, "{status}");
        rig.sees_and_hears(app, other)?;
    }
    rig.screen_shows("woman")?;
    rig.screen_shows("man")?;
    for app in [&woman, &man] {
        ensure!(rig.eyes.find(app.id(), "button", "Turn on sound")?.is_none(), "sound waits for a click");
    }
    man.must(&["stop"])?;
    rig.rests(&man)?;
    rig.rests(&woman)
}

#[test]
fn accept_in_the_notification_starts_a_call_in_which_both_see_and_hear() {
    journey(|rig| {
        answered_by(rig, |_| {
            let notifications = rig.desktop.notifications()?;
            notifications.wait_for("man", SOON)?;
            notifications.press(&rig.desktop, "Accept")
        })
    });
}

#[test]
fn accept_in_the_ring_window_starts_a_call_in_which_both_see_and_hear() {
    journey(|rig| {
        answered_by(rig, |woman| {
            rig.eyes.wait_for(woman.id(), "heading", "man", SOON)?;
            rig.eyes.press(woman.id(), "Accept", SOON)
        })
    });
}

#[test]
fn accept_in_the_tray_starts_a_call_in_which_both_see_and_hear() {
    journey(|rig| {
        answered_by(rig, |woman| rig.tray.wait_for("is there", woman.id(), SOON, |_| true)?.choose("Accept"))
    });
}

#[test]
fn accept_as_a_verb_starts_a_call_in_which_both_see_and_hear() {
    journey(|rig| answered_by(rig, |woman| woman.must(&["accept"]).map(drop)));
}

#[test]
fn the_called_side_can_stop_with_the_button_in_its_call_window() {
    journey(|rig| {
        let Pair { server: _server, woman, man } = pair(rig)?;
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["accept"])?;
        rig.sees_and_hears(&woman, "man")?;
        rig.eyes.press(woman.id(), "Stop", SOON)?;
        rig.rests(&woman)?;
        rig.rests(&man)
    });
}

#[test]
fn watch_shows_the_called_person_and_never_opens_the_callers_camera() {
    journey(|rig| {
        let Pair { server: _server, woman, man } = pair(rig)?;
        man.must(&["call", "woman", "--watch"])?;
        woman.wait_call("ringing", SOON)?;
        rig.eyes.wait_text(woman.id(), "asks to see you", SOON)?;
        woman.must(&["accept"])?;
        rig.sees_and_hears(&man, "woman")?;
        let (seeing, shown) = (man.status()?, woman.status()?);
        ensure!(seeing.pointer("/media/publishing") == Some(&false.into()), "the caller publishes: {seeing}");
        ensure!(number(&seeing, "/media/frames_sent") == 0, "the caller sends pictures: {seeing}");
        ensure!(number(&seeing, "/media/audio_sent") == 0, "the caller sends sound: {seeing}");
        ensure!(shown.pointer("/media/publishing") == Some(&true.into()), "the called person publishes: {shown}");
        ensure!(number(&shown, "/media/frames_received") == 0, "the called person receives pictures: {shown}");
        man.must(&["stop"])?;
        rig.rests(&man)?;
        rig.rests(&woman)
    });
}
