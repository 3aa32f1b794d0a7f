//! What goes wrong around a call: one clear sentence, and the app stays usable (issue 2, bad input and faults).

use std::fs;

use anyhow::{Context, ensure};

use crate::rig::{SOON, journey};

#[test]
fn calling_somebody_unknown_or_offline_says_why() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let man = rig.person_with(&server, "man", &[])?;
        let refused = man.verb(&["call", "nobody-at-all"])?;
        ensure!(!refused.done, "calling nobody must not succeed: {refused:?}");
        let why = "nobody-at-all is not known to the server; check the login";
        ensure!(refused.complained.contains(why), "it says why: {refused:?}");
        // Woman was there once and is gone.
        rig.person(&server, "woman")?.quit()?;
        let refused = man.verb(&["call", "woman"])?;
        let why = "woman is not connected; try again later";
        ensure!(!refused.done && refused.complained.contains(why), "it says who is offline: {refused:?}");
        rig.eyes.wait_text(man.id(), "woman is offline; try again later.", SOON)?;
        man.wait_call("idle", SOON).map(drop)
    });
}

#[test]
fn a_server_that_dies_and_comes_back_is_found_again() {
    journey(|rig| {
        let mut server = rig.server(&[])?;
        let man = rig.person_with(&server, "man", &[])?;
        server.kill()?;
        man.wait_for("signaling to be gone", SOON, |status| crate::rig::word(status, "/signaling") != "online")?;
        let refused = man.verb(&["call", "woman"])?;
        let why = "there is no connection to the server";
        ensure!(!refused.done && refused.complained.contains(why), "a call without a server says why: {refused:?}");
        server.restart()?;
        man.wait_online()
    });
}

#[test]
fn verbs_that_fit_no_call_are_refused_with_a_reason() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let man = rig.person(&server, "man")?;
        for (word, why) in [("accept", "nothing rings"), ("decline", "nothing rings"), ("stop", "there is no call")] {
            let refused = man.verb(&[word])?;
            ensure!(!refused.done && refused.complained.contains(why), "{word} with nothing to do: {refused:?}");
        }
        let refused = man.verb(&["call", "not a login!"])?;
        ensure!(!refused.done && refused.complained.contains("login"), "a login has other characters: {refused:?}");
        Ok(())
    });
}

#[test]
fn settings_that_make_no_sense_are_put_aside_and_the_person_starts_afresh() {
    journey(|rig| {
        let folder = rig.desktop.folders().config().join("zvonok/woman");
        fs::create_dir_all(&folder).context("cannot make the profile's folder")?;
        let nonsense = "server = [ \u{0} login = 7";
        fs::write(folder.join("settings.toml"), nonsense)?;
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.wait_text(app.id(), "The settings could not be read and are kept in", SOON)?;
        let aside = folder.join("settings.unreadable-1.toml");
        rig.eyes.wait_text(app.id(), &aside.display().to_string(), SOON)?;
        ensure!(fs::read_to_string(aside)? == nonsense, "nothing of it is lost");
        rig.eyes.press(app.id(), "Try it on this computer", SOON)?;
        app.wait_online()
    });
}
