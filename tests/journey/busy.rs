//! Calling somebody who is in a call (issue 2, bad input and faults).

use anyhow::ensure;

use crate::rig::{MEDIA, SOON, journey, number, word};

#[test]
fn calling_somebody_who_is_in_a_call_says_so_and_leaves_that_call_alone() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person_with(&server, "woman", &[])?;
        let man = rig.person_with(&server, "man", &[])?;
        woman.must(&["call", "echo", "--audio"])?;
        let before = woman.wait_call("in_call", MEDIA)?;

        let refused = man.verb(&["call", "woman"])?;
        ensure!(!refused.done, "she cannot be called now: {refused:?}");
        ensure!(refused.complained.contains("woman is in another call; try again later"), "{refused:?}");
        rig.eyes.wait_text(man.id(), "woman is in another call; try again later.", SOON)?;
        man.wait_call("idle", SOON)?;

        // Her own call neither ended nor stopped flowing, and nothing rang.
        let heard = number(&woman.status()?, "/media/audio_received");
        let after = woman
            .wait_for("sound to go on", MEDIA, |status| number(status, "/media/audio_received") > heard + 48_000)?;
        ensure!(word(&after, "/call/state") == "in_call", "{after}");
        ensure!(word(&after, "/call/call_id") == word(&before, "/call/call_id"), "{before} became {after}");
        ensure!(rig.eyes.find(woman.id(), "button", "Decline")?.is_none(), "a ring was shown");

        // She sees who it was, and can call back.
        rig.eyes.wait_text(woman.id(), "1 missed call", SOON)?;
        woman.must(&["stop"])?;
        woman.wait_call("idle", SOON)?;
        woman.must(&["call", "man"])?;
        man.wait_call("ringing", SOON)?;
        man.must(&["decline"])?;
        woman.wait_call("idle", SOON).map(drop)
    });
}
