//! Rings: shown, heard, answered with no, given up, missed (issue 2, what a person can do, 2).

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::ensure;
use zvonok_testkit::until;

use crate::rig::{SOON, journey};

#[test]
fn a_ring_shows_in_the_tray_sounds_and_leaves_the_keyboard_where_it_is() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let man = rig.person(&server, "man")?;
        let idle = fs::read(rig.tray.wait_for("is there", woman.id(), SOON, |_| true)?.icon)?;

        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        rig.eyes.wait_for(woman.id(), "button", "Decline", SOON)?;
        until("the ring above all windows", SOON, || rig.desktop.is_above(woman.id()))?;
        rig.tray
            .wait_for("shows the ring", woman.id(), SOON, |item| fs::read(&item.icon).is_ok_and(|icon| icon != idle))?;
        let sound = rig.desktop.sound()?;
        let silent = sound.audible();
        until("the ringtone", SOON, || Ok(sound.audible() > silent + Duration::from_secs(3)))?;
        let focused = rig.desktop.output(&["xdotool", "getactivewindow", "getwindowpid"])?;
        ensure!(focused.trim() == man.id().to_string(), "the caller's window has the keyboard, not the ring's");

        man.must(&["stop"])?;
        rig.rests(&woman)?;
        rig.tray
            .wait_for("is idle again", woman.id(), SOON, |item| fs::read(&item.icon).is_ok_and(|icon| icon == idle))?;
        // What was on its way may still be played; then it has to stay silent.
        let mut last = (sound.audible(), Instant::now());
        until("two seconds of silence", SOON, || {
            let now = sound.audible();
            if now != last.0 {
                last = (now, Instant::now());
            }
            Ok(last.1.elapsed() > Duration::from_secs(2))
        })?;
        Ok(())
    });
}

#[test]
fn decline_in_the_notification_tells_the_caller() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let man = rig.person_with(&server, "man", &[])?;
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        let notifications = rig.desktop.notifications()?;
        notifications.wait_for("man", SOON)?;
        notifications.press(&rig.desktop, "Decline")?;
        rig.rests(&woman)?;
        man.wait_call("idle", SOON)?;
        rig.eyes.wait_text(man.id(), "woman declined the call.", SOON)
    });
}

#[test]
fn decline_in_the_ring_window_tells_the_caller() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let man = rig.person_with(&server, "man", &[])?;
        man.must(&["call", "woman"])?;
        rig.eyes.press(woman.id(), "Decline", SOON)?;
        rig.rests(&woman)?;
        man.wait_call("idle", SOON)?;
        rig.eyes.wait_text(man.id(), "woman declined the call.", SOON)
    });
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let man = rig.person(&server, "man")?;
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        man.must(&["stop"])?;
        rig.rests(&woman)?;
        rig.rests(&man)
    });
}

#[test]
fn nobody_answering_ends_the_ring_on_both_sides_and_is_listed_as_missed() {
    journey(|rig| {
        let server = rig.server(&["--ring-seconds", "8"])?;
        let woman = rig.person_with(&server, "woman", &[])?;
        let man = rig.person(&server, "man")?;
        rig.eyes.wait_for(woman.id(), "document", "Zvonok", SOON)?;
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        man.wait_call("idle", SOON)?;
        woman.wait_call("idle", SOON)?;
        rig.eyes.wait_text(woman.id(), "1 missed call", SOON)
    });
}

#[test]
fn a_person_is_called_from_the_list_and_by_typing_a_login() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let man = rig.person_with(&server, "man", &[])?;
        rig.eyes.press(man.id(), "woman Available", SOON)?;
        rig.eyes.press(man.id(), "Call", SOON)?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        man.wait_call("idle", SOON)?;
        rig.eyes.wait_text(man.id(), "woman declined the call.", SOON)?;

        rig.eyes.press(man.id(), "Back to the list", SOON)?;
        let search = rig.eyes.wait_for(man.id(), "field", "Search people or type a login", SOON)?;
        search.fill(&rig.desktop, "woman")?;
        rig.eyes.press(man.id(), "Call", SOON)?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        man.wait_call("idle", SOON).map(drop)
    });
}
