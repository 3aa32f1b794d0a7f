//! The echo contact, called and talked to with the buttons of the windows (issue 2, what a person can do, 1).

use std::time::{Duration, Instant};

use anyhow::Result;
use zvonok_testkit::{App, until};

use crate::rig::{SOON, journey, number};

/// How long a counter has to stand still to count as still: ten frames' time and more, several reports.
const STILL: Duration = Duration::from_secs(4);

/// Waits until a counter of the status grows no more.
fn stands_still(app: &App, pointer: &str) -> Result<()> {
    let mut last = (number(&app.status()?, pointer), Instant::now());
    until(&format!("{pointer} to stand still"), SOON, || {
        let now = number(&app.status()?, pointer);
        if now != last.0 {
            last = (now, Instant::now());
        }
        Ok(last.1.elapsed() > STILL)
    })
}

/// Waits until a counter of the status has grown by more than `by`.
fn grows(app: &App, pointer: &str, by: u64) -> Result<()> {
    let before = number(&app.status()?, pointer);
    app.wait_for(&format!("{pointer} to grow"), SOON, |status| number(status, pointer) > before + by).map(drop)
}

#[test]
fn the_echo_is_called_with_a_button_and_microphone_and_camera_are_switched_with_theirs() {
    journey(|rig| {
        let app = rig.app("woman", &["--fake-media"])?;
        rig.eyes.press(app.id(), "Try it on this computer", SOON)?;
        app.wait_online()?;
        rig.eyes.press(app.id(), "Echo test Answers with your own picture and sound", SOON)?;
        rig.eyes.press(app.id(), "Call", SOON)?;
        app.wait_call("in_call", SOON)?;
        // A second of each comes back.
        grows(&app, "/media/recognised/frames", 25)?;
        grows(&app, "/media/audio_received", 48_000)?;

        rig.eyes.press(app.id(), "Camera", SOON)?;
        stands_still(&app, "/media/recognised/frames")?;
        grows(&app, "/media/audio_received", 48_000)?;
        rig.eyes.press(app.id(), "Microphone", SOON)?;
        stands_still(&app, "/media/audio_received")?;

        rig.eyes.press(app.id(), "Microphone", SOON)?;
        grows(&app, "/media/audio_received", 48_000)?;
        rig.eyes.press(app.id(), "Camera", SOON)?;
        grows(&app, "/media/recognised/frames", 25)?;
        rig.eyes.press(app.id(), "Stop", SOON)?;
        app.wait_call("idle", SOON).map(drop)
    });
}
