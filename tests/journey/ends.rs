//! The app is told to end in the middle of a call: it hangs up, and may be started again at once.

use anyhow::{Context, Result, ensure};
use zvonok_testkit::{App, Server, until};

use crate::rig::{Rig, SOON, journey};

/// What a profile's log files say.
fn log_files(rig: &Rig, profile: &str) -> Result<String> {
    let folder = rig.desktop.folders().data().join("zvonok").join(profile).join("logs");
    let mut text = String::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        text.push_str(&std::fs::read_to_string(entry?.path())?);
    }
    Ok(text)
}

/// Man calls Woman, whose app then ends as `end` does it. He must not be told that she was lost, and she must be able
/// to start again with other settings as soon as the old one is gone.
fn hangs_up(rig: &Rig, server: &Server, end: impl FnOnce(&App) -> Result<()>) -> Result<()> {
    let woman = rig.person(server, "woman")?;
    let man = rig.person(server, "man")?;
    man.must(&["call", "woman"])?;
    woman.wait_call("ringing", SOON)?;
    woman.must(&["accept"])?;
    woman.wait_call("in_call", SOON)?;
    man.wait_call("in_call", SOON)?;
    end(&woman)?;
    man.wait_call("idle", SOON)?;
    // The log is written by a thread of its own.
    let mut line = String::new();
    until("his log to say how the call ended", SOON, || {
        let log = log_files(rig, "man")?;
        line = log.lines().rfind(|line| line.contains("call ended")).unwrap_or_default().to_owned();
        Ok(!line.is_empty())
    })?;
    ensure!(line.contains("reason=None"), "she hung up, she was not lost: {line}");
    until("her app to be gone", SOON, || Ok(!woman.is_running()?))?;
    rig.person_with(server, "woman", &["--hidden", "--log", "info"]).map(drop)
}

#[test]
fn quit_in_a_call_hangs_up_and_returns_when_a_new_one_may_start() {
    journey(|rig| {
        let server = rig.server(&[])?;
        hangs_up(rig, &server, |woman| {
            woman.must(&["quit"])?;
            rig.person(&server, "woman").context("the profile is free when `quit` returns")?.quit().map(drop)
        })
    });
}

#[test]
fn a_signal_to_end_hangs_up_as_quit_does() {
    journey(|rig| {
        let server = rig.server(&[])?;
        hangs_up(rig, &server, |woman| rig.desktop.output(&["kill", "-TERM", &woman.id().to_string()]).map(drop))
    });
}
