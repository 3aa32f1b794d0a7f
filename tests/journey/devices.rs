//! Computers without camera and microphone, as this one is when nothing stands in for them (issue 2, bad input and
//! faults). Refused and taken cameras cannot be made here; what they are called is tested in `ui/lib/openvidu`.

use anyhow::ensure;

use crate::rig::{MEDIA, SOON, journey, number, word};

#[test]
fn without_a_camera_the_person_is_told_and_the_call_goes_on_with_what_is_left() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person_with_real_devices(&server, "woman", &[])?;
        let man = rig.person(&server, "man")?;
        man.must(&["call", "woman"])?;
        rig.eyes.press(woman.id(), "Accept", SOON)?;

        // She watches and listens, and reads why she is not seen.
        rig.eyes.wait_text(
            woman.id(),
            "No camera was found, so you are not seen; plug one in and call again.",
            MEDIA,
        )?;
        let watching = woman.wait_call("in_call", MEDIA)?;
        ensure!(word(&watching, "/call/peer") == "man", "{watching}");
        let frames = number(&watching, "/media/frames_received");
        woman.wait_for("moving pictures", MEDIA, |it| number(it, "/media/frames_received") > frames + 10)?;
        // He is in the call as well, and is told that nothing comes from her.
        man.wait_call("in_call", MEDIA)?;
        rig.eyes.wait_text(man.id(), "woman sends neither picture nor sound", SOON)?;

        man.must(&["stop"])?;
        woman.wait_call("idle", SOON)?;
        rig.rests(&man)?;
        // And the app is as usable as before.
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        man.wait_call("idle", SOON).map(drop)
    });
}
