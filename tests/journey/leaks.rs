//! The OpenVidu secret and every token are nowhere but where they belong (issue 2, evidence; `security.md`).
//!
//! Searched are all files that the app wrote, its logs among them, all that it printed, and the whole memory of its web
//! processes, which holds every IPC message and everything else that a webview received. A search that would find
//! nothing anywhere is worth nothing: in every place something harmless that must be there is looked for first.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zvonok_testkit::{App, Server, dump_memory, until};

use crate::rig::{MEDIA, Rig, SOON, journey, word};

/// Files of this profile, what it printed among them.
fn files(rig: &Rig, app: &App) -> Result<Vec<PathBuf>> {
    // The keyring's own file is where the secret belongs; it is encrypted there.
    let all = rig.desktop.folders().files()?;
    let own = [format!("/{}/", app.profile()), format!("/{}.log", app.profile())];
    Ok(all.into_iter().filter(|file| own.iter().any(|part| file.to_string_lossy().contains(part))).collect())
}

/// The memory of each of its web processes, in files.
fn memories(rig: &Rig, app: &App) -> Result<Vec<PathBuf>> {
    let mut dumps = Vec::new();
    for process in app.processes()?.iter().filter(|process| process.name.starts_with("WebKit")) {
        let file = rig.desktop.folders().root().join(format!("memory-{}-{}", app.profile(), process.id));
        dump_memory(process.id, &file)?;
        dumps.push(file);
    }
    Ok(dumps)
}

/// Whether a file holds a text, as it is or in UTF-16.
fn holds(file: &Path, text: &str) -> Result<bool> {
    let wide: String = text.chars().map(|character| format!("{character}\\x00")).collect();
    for (kind, pattern) in [("-F", text), ("-P", wide.as_str())] {
        let found = Command::new("grep")
            .args(["-a", "-q", kind, "--", pattern])
            .arg(file)
            .env("LC_ALL", "C")
            .status()
            .context("could not start grep")?;
        ensure!(matches!(found.code(), Some(0 | 1)), "grep ended with {found}");
        if found.success() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn found_in<'a>(files: &'a [PathBuf], text: &str) -> Result<Vec<&'a PathBuf>> {
    let mut found = Vec::new();
    for file in files {
        if holds(file, text)? {
            found.push(file);
        }
    }
    Ok(found)
}

/// OpenVidu's own list of sessions, with the tokens of everybody who is in.
fn sessions(server: &Server) -> Result<Value> {
    let host = server.media().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).context("the media server listens")?;
    let request = format!(
        "GET /openvidu/api/sessions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {}\r\nConnection: close\r\n\r\n",
        basic(server)?
    );
    stream.write_all(request.as_bytes()).context("it takes a request")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("it answers")?;
    let body = answer.split_once("\r\n\r\n").context("an answer has a body")?.1;
    let (start, end) = (body.find('{').context("it is JSON")?, body.rfind('}').context("it is JSON")?);
    serde_json::from_str(&body[start..=end]).with_context(|| format!("it is JSON: {body}"))
}

/// The secret as REST sends it.
fn basic(server: &Server) -> Result<String> {
    let line = format!("printf 'OPENVIDUAPP:%s' '{}' | base64 -w0", server.secret());
    let output = Command::new("sh").args(["-c", &line]).output().context("could not start base64")?;
    String::from_utf8(output.stdout).context("base64 is text")
}

/// What lets somebody into a session: the part of the token that nobody could guess.
fn tokens(sessions: &Value) -> Vec<String> {
    let list =
        |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    list(sessions, "/content")
        .iter()
        .flat_map(|session| list(session, "/connections/content"))
        .filter_map(|connection| word(&connection, "/token").split("token=").nth(1).map(str::to_owned))
        .map(|token| token.split('&').next().unwrap_or_default().to_owned())
        .filter(|token| token.len() > 8)
        .collect()
}

#[test]
#[ignore = "not seen to pass on a quiet machine yet: see `missing` in tests/evidence.toml"]
fn neither_the_secret_nor_a_token_reaches_a_file_a_log_or_a_webview() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let man = rig.person(&server, "man")?;
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["accept"])?;
        man.wait_call("in_call", MEDIA)?;
        let call = man.status()?;
        let call = word(&call, "/call/call_id").to_owned();
        let mut tokens = tokens(&sessions(&server)?);
        tokens.sort();
        tokens.dedup();
        ensure!(tokens.len() >= 2, "both people have a token: {tokens:?}");

        let mut forbidden = tokens;
        forbidden.extend([server.secret().to_owned(), basic(&server)?]);
        for (app, other) in [(&woman, "man"), (&man, "woman")] {
            let webviews = memories(rig, app)?;
            ensure!(!found_in(&webviews, other)?.is_empty(), "the other's login is found in the webview's memory");
            for text in &forbidden {
                let found = found_in(&webviews, text)?;
                ensure!(found.is_empty(), "a webview of {} holds {text}", app.profile());
            }
            for dump in webviews {
                fs::remove_file(dump)?;
            }
        }
        man.must(&["stop"])?;
        for app in [&woman, &man] {
            app.wait_call("idle", SOON)?;
            until("the call to stand in a log", SOON, || Ok(!found_in(&files(rig, app)?, &call)?.is_empty()))?;
            let written = files(rig, app)?;
            let settings = found_in(&written, server.hub())?;
            ensure!(!settings.is_empty(), "the server's address is found in the settings: {written:?}");
            for text in &forbidden {
                let found = found_in(&written, text)?;
                ensure!(found.is_empty(), "{text} is in {found:?}");
            }
        }
        Ok(())
    });
}
