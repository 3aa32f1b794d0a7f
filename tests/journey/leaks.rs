//! The OpenVidu secret and every token are nowhere but where they belong (issue 2, evidence; `security.md`).
//!
//! Searched are all files that the app wrote, its logs among them, all that it printed, and the whole memory of its web
//! processes, which holds every IPC message, every frame of the gateway and everything else that a webview received. A
//! search that would find nothing anywhere is worth nothing: in every place something harmless that was planted on the
//! same way is looked for first.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use zvonok_testkit::{App, Needles, Server, until};

use crate::rig::{MEDIA, Rig, SOON, journey, word};

/// Profiles and logins: they stand in the settings, and every window is sent its own.
const MAN: &str = "harmless-man-Hq84kZ1w";
const WOMAN: &str = "harmless-woman-Tn52xC9p";
/// A signal of OpenVidu's: it comes through the gateway.
const SIGNAL: &str = "harmless-signal-Vb37yR6t";

/// OpenVidu's REST, asked by its administrator.
fn rest(server: &Server, method: &str, path: &str, body: &str) -> Result<Value> {
    let host = server.media().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).context("the media server listens")?;
    let request = format!(
        "{method} /openvidu/api/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        basic(server)?,
        body.len()
    );
    stream.write_all(request.as_bytes()).context("it takes a request")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("it answers")?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
    let body = answer.split_once("\r\n\r\n").context("an answer has a body")?.1;
    Ok(serde_json::from_str(body.trim()).unwrap_or(Value::Null))
}

/// The secret as REST sends it.
fn basic(server: &Server) -> Result<String> {
    let line = format!("printf 'OPENVIDUAPP:%s' '{}' | base64 -w0", server.secret());
    let output = Command::new("sh").args(["-c", &line]).output().context("could not start base64")?;
    String::from_utf8(output.stdout).context("base64 is text")
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Every session, and in each what lets somebody in: the part of every token that nobody could guess.
fn sessions(server: &Server) -> Result<Vec<(String, Vec<String>)>> {
    let all = rest(server, "GET", "sessions?pendingConnections=true", "")?;
    let token = |connection: &Value| {
        let token = word(connection, "/token").split("token=").nth(1)?.split('&').next()?;
        (token.len() > 8).then(|| token.to_owned())
    };
    Ok(list(&all, "/content")
        .iter()
        .map(|session| {
            let tokens = list(session, "/connections/content").iter().filter_map(token).collect();
            (word(session, "/id").to_owned(), tokens)
        })
        .collect())
}

/// Waits until there are so many tokens, and answers all that there are.
fn tokens(server: &Server, least: usize) -> Result<Vec<String>> {
    let mut all = Vec::new();
    until(&format!("{least} tokens"), SOON, || {
        all = sessions(server)?.into_iter().flat_map(|(_, tokens)| tokens).collect();
        Ok(all.len() >= least)
    })?;
    Ok(all)
}

/// Searches the memory of every web process of an app: `everywhere` has to be in each that shows a window, `somewhere`
/// in one of them, `forbidden` in none.
pub(crate) fn search_webviews(
    app: &App,
    everywhere: &str,
    somewhere: Option<&str>,
    forbidden: &[String],
) -> Result<()> {
    let (planted, forbidden) = (Needles::new([everywhere])?, Needles::new(forbidden)?);
    let processes = || -> Result<Vec<(u32, bool)>> {
        let web = app.processes()?.into_iter().filter(|process| process.name.starts_with("WebKit"));
        Ok(web.map(|process| (process.id, process.name.starts_with("WebKitWebProc"))).collect())
    };
    let all = processes()?;
    ensure!(all.iter().any(|(_, shows)| *shows), "{} has a window: {all:?}", app.profile());
    for (id, _) in all.iter().filter(|(_, shows)| *shows) {
        until(&format!("{everywhere} in the window of process {id}"), SOON, || Ok(planted.in_memory(*id)?.all()))?;
    }
    if let Some(text) = somewhere {
        let planted = Needles::new([text])?;
        until(&format!("{text} in a window"), SOON, || {
            Ok(all.iter().map(|(id, _)| planted.in_memory(*id)).collect::<Result<Vec<_>>>()?.iter().any(|it| it.any()))
        })?;
    }
    for (id, _) in all {
        let found = forbidden.in_memory(id)?;
        ensure!(!found.any(), "web process {id} of {} holds {:?}", app.profile(), forbidden.named(&found));
    }
    Ok(())
}

/// The files below all folders of the desktop in which a text is.
pub(crate) fn found_in(rig: &Rig, text: &str) -> Result<Vec<PathBuf>> {
    let needles = Needles::new([text])?;
    let mut found = Vec::new();
    for file in rig.desktop.folders().files()? {
        // What went away meanwhile is no file that the app leaves behind.
        if file.exists() && needles.in_file(&file)?.any() {
            found.push(file);
        }
    }
    Ok(found)
}

#[test]
fn neither_the_secret_nor_a_token_reaches_a_file_a_log_or_a_webview() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let mut forbidden = vec![server.secret().to_owned(), basic(&server)?];
        let man = rig.person_with(&server, MAN, &["--log", "trace"])?;
        rig.eyes.wait_text(man.id(), MAN, SOON)?;

        // In a call: main window and call window.
        man.must(&["call", "echo"])?;
        let call = man.wait_call("in_call", MEDIA)?;
        let call = word(&call, "/call/call_id").to_owned();
        forbidden.extend(tokens(&server, 1)?);
        for (session, _) in sessions(&server)? {
            let signal = json!({ "session": session, "to": [], "type": "planted", "data": SIGNAL });
            rest(&server, "POST", "signal", &signal.to_string())?;
        }
        search_webviews(&man, MAN, Some(SIGNAL), &forbidden)?;
        man.must(&["stop"])?;
        man.wait_call("idle", SOON)?;

        // While it rings: ring window there, call window here; then a call that both are in.
        let woman = rig.person_with(&server, WOMAN, &["--hidden", "--log", "trace"])?;
        man.must(&["call", WOMAN])?;
        rig.eyes.wait_for(woman.id(), "button", "Decline", SOON)?;
        search_webviews(&woman, WOMAN, None, &forbidden)?;
        woman.must(&["accept", "--audio"])?;
        rig.eyes.wait_for(woman.id(), "button", "Stop", SOON)?;
        for app in [&man, &woman] {
            app.wait_call("in_call", MEDIA)?;
        }
        forbidden.extend(tokens(&server, 2)?);
        for app in [&man, &woman] {
            search_webviews(app, app.profile(), None, &forbidden)?;
        }
        man.must(&["stop"])?;
        for app in [&man, &woman] {
            app.wait_call("idle", SOON)?;
        }
        until("every token to be taken back", SOON, || {
            Ok(sessions(&server)?.iter().all(|(_, tokens)| tokens.is_empty()))
        })?;

        // What is left behind, of the desktop and the server as well.
        for app in [&man, &woman] {
            ensure!(app.quit()?, "{} ends as it should", app.profile());
        }
        let written_to = |text: &str, parts: &[&str]| -> Result<()> {
            let found = found_in(rig, text)?;
            for part in parts {
                ensure!(found.iter().any(|file| file.to_string_lossy().contains(part)), "{text} in {part}: {found:?}");
            }
            Ok(())
        };
        for login in [MAN, WOMAN] {
            written_to(login, &[&format!("/{login}/settings.toml")])?;
        }
        written_to(&call, &[&format!("/{MAN}/logs/"), &format!("/{MAN}/history.json")])?;
        for text in &forbidden {
            let found = found_in(rig, text)?;
            ensure!(found.is_empty(), "{text} is in {found:?}");
        }
        Ok(())
    });
}
