//! The echo call in a virtual display, and what came of it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use zvonok_testkit::{App, Desktop, Keyring, Parts, until};

use super::PROFILE;
use crate::paths;

/// How long the call is held.
const CALL: Duration = Duration::from_secs(10);

/// The last part of it, in which picture and sound must still move.
const END: Duration = Duration::from_secs(3);

/// How long the answer and the first picture may take: a debug build on two cores needs seconds.
const ANSWER: Duration = Duration::from_secs(45);

/// What the child of [`without_udp`] prints when the picture has come back once; the parent waits for it.
const TALKING: &str = "The echo answers";

/// Calls the echo contact in a display of its own; an error unless picture and sound came back to the end.
pub(crate) fn echo_call(program: &Path) -> Result<()> {
    println!(
        "There is no display here: the echo call is made in a virtual one, with a test picture and a spoken text."
    );
    let desktop = Desktop::start(Parts {
        keyring: Keyring::Absent,
        notifications: false,
        accessibility: false,
        sound: false,
        screen: (1280, 960),
    })
    .context("the virtual display did not start")?;
    let arguments = ["--server", "embedded", "--login", PROFILE, "--fake-media", "--hidden"];
    let app = App::start(&desktop, program, PROFILE, &arguments)?;
    let outcome = call(&desktop, &app);
    if outcome.is_err() {
        let kept = paths::target().join("run");
        match desktop.keep_evidence(&kept) {
            Ok(folder) => println!("Logs and a picture of the screen are in {}", folder.display()),
            Err(error) => println!("The logs could not be kept: {error:#}"),
        }
    }
    outcome?;
    ensure!(app.quit()?, "the app did not end well");
    println!("Picture and sound came back.");
    Ok(())
}

fn call(desktop: &Desktop, app: &App) -> Result<()> {
    app.wait_online().context("the app did not reach its own server")?;
    app.must(&["call", "echo"])?;
    let joined = Instant::now();
    app.wait_call("in_call", ANSWER).context(
        "the call was placed, but neither picture nor sound came back: is UDP blocked on this machine's loopback?",
    )?;
    println!("{TALKING} after {:.1} s.", joined.elapsed().as_secs_f64());
    // The call is judged by its last ten seconds: it begins to count when mark and voice were there once. Without them
    // it is judged as well, and found wanting.
    let _met = until("mark and voice", ANSWER, || {
        let status = app.status()?;
        let same = |pointer: &str| word(&status, pointer) == PROFILE;
        Ok(word(&status, "/call/state") != "in_call"
            || (same("/media/recognised/picture") && same("/media/recognised/voice")))
    });
    let before = app.status()?;
    let began = Instant::now();
    let mut tail = None;
    until("the call to last its time", CALL + ANSWER, || {
        if tail.is_none() && began.elapsed() >= CALL.saturating_sub(END) {
            tail = Some(app.status()?);
        }
        Ok(began.elapsed() >= CALL)
    })?;
    let last = app.status()?;
    let picture = paths::target().join("run/call.png");
    let shot = desktop.screenshot_of(app.id(), &picture);
    report(&before, &last, began.elapsed());
    let verdict = judge(&tail.unwrap_or_default(), &last, PROFILE);
    // When the call broke it may be over, and its window gone: the verdict says more than what then goes wrong as well.
    let stopped = app.verb(&["stop"])?;
    verdict?;
    shot.context("the call window could not be photographed")?;
    println!("Screenshot of the call window: {}", picture.display());
    ensure!(stopped.done, "the call could not be stopped: {}", stopped.complained);
    app.wait_call("idle", ANSWER).map(drop)
}

/// Audio samples a second (Opus, RFC 7587).
const SAMPLES: f64 = 48_000.0;

fn number(status: &Value, pointer: &str) -> f64 {
    status.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0)
}

fn word<'a>(status: &'a Value, pointer: &str) -> &'a str {
    status.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Prints what was sent and what came back between two looks at the status.
fn report(before: &Value, last: &Value, time: Duration) {
    let seconds = time.as_secs_f64();
    let more = |pointer: &str| number(last, pointer) - number(before, pointer);
    let frames = more("/media/frames_received");
    println!("In {seconds:.1} s of call:");
    let (sent, received) = (more("/media/audio_bytes_sent"), more("/media/audio_bytes_received"));
    println!(
        "  video  sent {} frames, {} bytes; came back and decoded {frames} frames ({:.1} a second), {} bytes",
        more("/media/frames_sent"),
        more("/media/bytes_sent") - sent,
        frames / seconds,
        more("/media/bytes_received") - received,
    );
    println!(
        "  audio  sent {:.1} s, {sent} bytes; came back and audible {:.1} s, {received} bytes",
        more("/media/audio_sent") / SAMPLES,
        more("/media/audio_received") / SAMPLES,
    );
    println!(
        "  read out of the picture: {:?}; recognised in the sound: {:?}",
        word(last, "/media/recognised/picture"),
        word(last, "/media/recognised/voice")
    );
}

/// Whether the call was good: the own mark in the picture, the own voice in the sound, both still moving at the end.
fn judge(tail: &Value, last: &Value, own: &str) -> Result<()> {
    let state = word(last, "/call/state");
    let grew = |pointer: &str| number(last, pointer) > number(tail, pointer);
    let seconds = END.as_secs();
    match (grew("/media/frames_received"), grew("/media/audio_received")) {
        (true, true) => {}
        (false, false) => bail!(
            "Neither picture nor sound came back in the last {seconds} s although the call was joined (it is \
             `{state}`): UDP to the media server is blocked or lost."
        ),
        (false, true) => bail!("No picture came back in the last {seconds} s; sound did."),
        (true, false) => bail!("No sound came back in the last {seconds} s; the picture did."),
    }
    ensure!(state == "in_call", "The call ended before its time: it is `{state}`.");
    let (picture, voice) = (word(last, "/media/recognised/picture"), word(last, "/media/recognised/voice"));
    ensure!(picture == own, "The picture that came back carries the mark of `{picture}` instead of `{own}`.");
    ensure!(grew("/media/recognised/frames"), "The mark in the picture that came back does not count on.");
    ensure!(voice == own, "The sound that came back is the voice of `{voice}` instead of `{own}`.");
    Ok(())
}

/// The echo call in a network of its own whose UDP is dropped once the call stands: it has to fail, and to say so.
pub(crate) fn without_udp() -> Result<()> {
    // Not the running file: `cargo build` replaced it since, if it was built with other features before.
    let program = paths::debug_program("xtask");
    let mut command = Command::new("unshare");
    command.args(["--net", "--", "sh", "-c", "ip link set lo up && exec \"$0\" echo"]).arg(program);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let mut child = command
        .current_dir(paths::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("could not start unshare")?;
    let output = child.stdout.take().context("its output is not piped")?;
    let errors = child.stderr.take().context("its output is not piped")?;
    let complaints = std::thread::spawn(move || std::io::read_to_string(errors));
    let mut cut = None;
    for line in BufReader::new(output).lines() {
        let line = line.context("its output cannot be read")?;
        println!("  | {line}");
        if line.starts_with(TALKING) {
            cut = Some(cut_udp(child.id()));
        }
    }
    let status = child.wait().context("lost it")?;
    let said = complaints.join().map_err(|_| anyhow::anyhow!("its errors cannot be read"))??;
    print!("{said}");
    cut.context("the call never stood, so no UDP was dropped")??;
    ensure!(!status.success(), "it ended with success although no UDP passed");
    ensure!(said.contains("UDP to the media server is blocked or lost"), "it failed without a word about UDP");
    Ok(())
}

fn cut_udp(process: u32) -> Result<()> {
    let status = Command::new("nsenter")
        .args(["--target", &process.to_string(), "--net", "iptables", "-I", "INPUT", "-p", "udp", "-j", "DROP"])
        .status()
        .context("could not start nsenter")?;
    ensure!(status.success(), "iptables could not drop UDP in the namespace");
    Ok(())
}
