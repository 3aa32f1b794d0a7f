//! Servers that send nonsense, and tokens that are not good: the app lives, says so in a sentence, and goes on (issue 2,
//! bad input and faults). The server behind is an honest one; a go-between changes what it says.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use zvonok_openvidu::{Client, Secret, wire::Role};
use zvonok_testkit::{App, Meddler, Reply, Server, until};

use crate::rig::{MEDIA, Rig, SOON, journey, number, word};

/// What a hub never sends: broken frames, events of the wrong shape, names nobody knows.
const HUB_NONSENSE: [&str; 16] = [
    "",
    "9",
    "4",
    "0{}",
    "40{\"sid\":\"again\"}",
    "42",
    "42[]",
    "42{\"a\":1}",
    "42[\"calling\",null]",
    "42[\"calling\",{\"login\":\"not a login\",\"call_id\":\"\"}]",
    "42[\"accepted\",[]]",
    "42[\"ended\",{\"call_id\":7}]",
    "42[\"never heard of\",{}]",
    "4399999999999999999999[]",
    "451-[\"calling\",{\"_placeholder\":true,\"num\":0}]",
    "42/other,[\"calling\",{\"login\":\"man\"}]",
];

/// What an OpenVidu never sends.
const MEDIA_NONSENSE: [&str; 12] = [
    "",
    "null",
    "[]",
    "{",
    "<html>",
    "{\"method\":{}}",
    "{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":[]}",
    "{\"jsonrpc\":\"2.0\",\"id\":99999,\"error\":7}",
    "{\"jsonrpc\":\"2.0\",\"method\":\"participantPublished\",\"params\":7}",
    "{\"jsonrpc\":\"2.0\",\"method\":\"participantJoined\",\"params\":{\"id\":7,\"metadata\":[]}}",
    "{\"jsonrpc\":\"2.0\",\"method\":\"participantUnpublished\",\"params\":{\"connectionId\":{}}}",
    "{\"jsonrpc\":\"2.0\",\"method\":\"nobody knows\",\"params\":null}",
];

/// Longer than any message of a hub or an OpenVidu.
const OVERLONG: usize = 9 << 20;

/// What web servers in front of others like to answer, and what attackers do.
fn nonsense(number: usize) -> Reply {
    match number % 5 {
        0 => Reply::new(200, "text/html", "<!doctype html><title>502 Bad Gateway</title>"),
        1 => Reply::new(200, "application/json", ""),
        2 => Reply::new(200, "application/json", "{\"status\":\"zero\",\"token\":{},\"id\":[]}"),
        3 => Reply::new(200, "application/json", vec![b'['; OVERLONG]),
        _ => Reply::new(200, "application/json", vec![0xff, 0xfe, 0]),
    }
}

/// What a window says about a server that cannot be understood.
fn not_understood(server: &Meddler) -> String {
    let host = server.url();
    format!("{} sent something that cannot be understood", host.trim_start_matches("http://"))
}

/// An unused token of a session that no call is about.
fn token_of_another_session(server: &Server) -> Result<String> {
    // Another part of this process may have chosen one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let media = server.media().parse()?;
        let http = zvonok_openvidu::harden(reqwest::Client::builder(), &media).build()?;
        let client = Client::new(media, Secret::new(server.secret().to_owned()), http)?;
        Ok(client.mint("another", Role::Publisher, "nobody").await?.token.reveal().to_owned())
    })
}

/// Man calls Woman, and she takes it.
fn call(man: &App, woman: &App) -> Result<()> {
    man.must(&["call", "woman", "--audio"])?;
    woman.wait_call("ringing", SOON)?;
    woman.must(&["accept"]).map(drop)
}

#[test]
fn a_token_for_another_session_ends_the_call_on_both_sides_with_a_sentence() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let hub = Meddler::start(server.hub())?;
        let other = token_of_another_session(&server)?;
        let woman =
            rig.app("woman", &["--server", &hub.url(), "--tokens", "hub", "--login", "woman", "--fake-media"])?;
        woman.wait_online()?;
        let man = rig.person(&server, "man")?;
        hub.lie("/token", move |honest| {
            let mut answer: Value = serde_json::from_slice(&honest.body).unwrap_or_default();
            answer["token"] = json!(other);
            Reply { body: answer.to_string().into_bytes(), ..honest }
        });

        call(&man, &woman)?;
        woman.wait_call("idle", SOON)?;
        ensure!(hub.told() > 0, "she got the other token");
        let told = "did not let you into the call; call again, or ask its administrator.";
        rig.eyes.wait_text(woman.id(), told, SOON)?;
        man.wait_call("idle", SOON)?;

        // With the right token the same two people talk.
        hub.be_honest();
        call(&man, &woman)?;
        woman.wait_call("in_call", MEDIA)?;
        man.wait_call("in_call", MEDIA)?;
        man.must(&["stop"])?;
        woman.wait_call("idle", SOON).map(drop)
    });
}

#[test]
fn a_hub_that_sends_nonsense_is_survived_and_named() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let hub = Meddler::start(server.hub())?;
        let woman = through(rig, &server, &hub.url(), server.media())?;
        let man = rig.person(&server, "man")?;
        for words in HUB_NONSENSE {
            woman.wait_online()?;
            ensure!(hub.inject(words.as_bytes(), false) > 0, "{words:?} reached nobody");
        }
        hub.inject(b"\0\xff", true);
        rig.eyes.wait_text(woman.id(), &not_understood(&hub), SOON)?;
        ensure!(hub.inject(&vec![b'4'; OVERLONG], false) > 0, "the long one reached nobody");
        // She may be away for the moment in which her app makes a new connection.
        until("her to be called", SOON, || Ok(man.verb(&["call", "woman"])?.done))?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        man.wait_call("idle", SOON)?;

        // Every kind of answer that is none, one after the other, while the app tries again.
        let asked = AtomicUsize::new(0);
        hub.lie("/call", move |_honest| nonsense(asked.fetch_add(1, Ordering::Relaxed)));
        let refused = woman.verb(&["call", "man"])?;
        ensure!(!refused.done && !refused.complained.is_empty(), "a call without an answer says why: {refused:?}");
        ensure!(hub.told() >= 5, "it tried {} times", hub.told());
        rig.eyes.wait_text(woman.id(), &not_understood(&hub), SOON)?;
        // Its requests went through although nothing that came back did: what they did ends with the call.
        man.wait_call("idle", SOON)?;
        hub.be_honest();
        woman.must(&["call", "man"])?;
        man.wait_call("ringing", SOON)?;
        man.must(&["decline"])?;
        woman.wait_call("idle", SOON).map(drop)
    });
}

#[test]
fn an_openvidu_that_answers_nonsense_ends_the_call_with_its_name() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let media = Meddler::start(server.media())?;
        let woman = through(rig, &server, server.hub(), &media.url())?;
        for kind in 0..5 {
            media.lie("/connection", move |_honest| nonsense(kind));
            ends_with(rig, &woman, &not_understood(&media))?;
        }
        // A token there is, and the session's answer is none.
        media.be_honest();
        media.twist(|message| match serde_json::from_str::<Value>(message) {
            Ok(answer) if answer.pointer("/result/sessionId").is_some() => {
                json!({ "jsonrpc": "2.0", "id": answer["id"], "result": [] }).to_string()
            }
            Ok(_) | Err(_) => message.to_owned(),
        });
        ends_with(rig, &woman, &not_understood(&media))?;
        media.be_honest();
        woman.must(&["call", "echo", "--audio"])?;
        woman.wait_call("in_call", MEDIA)?;
        woman.must(&["stop"])?;
        woman.wait_call("idle", SOON).map(drop)
    });
}

#[test]
fn a_call_outlives_nonsense_and_a_cut_connection_and_says_both() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let media = Meddler::start(server.media())?;
        let woman = through(rig, &server, server.hub(), &media.url())?;
        woman.must(&["call", "echo", "--audio"])?;
        let before = woman.wait_call("in_call", MEDIA)?;
        for words in MEDIA_NONSENSE {
            ensure!(media.inject(words.as_bytes(), false) > 0, "{words:?} reached nobody");
        }
        media.inject(b"\0\xff", true);
        rig.eyes.wait_text(woman.id(), &not_understood(&media), SOON)?;
        goes_on(&woman, &before)?;

        let interrupted = "The connection was interrupted. Reconnecting…";
        for how in ["cut", "overlong"] {
            media.stay_away(true);
            let reached = if how == "cut" { media.cut() } else { media.inject(&vec![b'{'; OVERLONG], false) };
            ensure!(reached > 0, "{how}: no connection");
            rig.eyes.wait_text(woman.id(), interrupted, SOON)?;
            media.stay_away(false);
            until("the connection to be back", MEDIA, || Ok(!rig.eyes.outline(woman.id()).contains(interrupted)))?;
            goes_on(&woman, &before)?;
        }
        woman.must(&["stop"])?;
        woman.wait_call("idle", SOON).map(drop)
    });
}

/// Woman's profile with its window open, by way of other addresses than the server's own.
fn through(rig: &Rig, server: &Server, hub: &str, media: &str) -> Result<std::rc::Rc<App>> {
    rig.person_at(&[hub, media, server.secret()], "woman", &["--fake-media"])
}

/// A call that fails, with these words in the main window, which are then put away.
fn ends_with(rig: &Rig, woman: &App, told: &str) -> Result<()> {
    woman.must(&["call", "echo", "--audio"])?;
    woman.wait_call("idle", SOON)?;
    // The notice has a button, which the same words in the call window have not.
    let read = rig.eyes.wait_for(woman.id(), "button", "OK", SOON)?;
    rig.eyes.wait_text(woman.id(), told, SOON)?;
    read.press()?;
    rig.eyes.wait_gone(woman.id(), "button", "OK", SOON)
}

/// The call is the same, and sound still arrives.
fn goes_on(woman: &App, before: &Value) -> Result<()> {
    let heard = number(&woman.status()?, "/media/audio_received");
    let after =
        woman.wait_for("sound to go on", MEDIA, |status| number(status, "/media/audio_received") > heard + 24_000)?;
    ensure!(word(&after, "/call/call_id") == word(before, "/call/call_id"), "{before} became {after}");
    Ok(())
}
