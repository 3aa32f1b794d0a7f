//! Contract A: the app and Chromium pages of the tutorial's kind, and a hub that speaks nothing else.

use std::rc::Rc;

use anyhow::{Result, ensure};
use serde_json::Value;
use zvonok_testkit::{App, Server};

use crate::{
    page::{Kind, LIBRARIES, Page, PlainHub, trust},
    rig::{Rig, SOON, journey, number, word, zvonok},
};

/// A person whose app knows the server's certificate; 2.18.0 knows no other way than TLS.
fn person(rig: &Rig, server: &Server, hub: &str, login: &str) -> Result<Rc<App>> {
    App::keep_secret(&rig.desktop, &zvonok(), login, "openvidu", server.secret())?;
    trust(rig, server, login)?;
    let media = server.media();
    let mut flags = vec!["--server", hub, "--openvidu", media, "--login", login];
    flags.extend(["--tokens", "openvidu", "--fake-media", "--hidden"]);
    let app = rig.app(login, &flags)?;
    app.wait_online()?;
    Ok(app)
}

/// The app of `man` calls a page, sees and hears it and shows nothing; each side hangs up once.
fn an_app_calls_a_page(library: &str) {
    journey(|rig| {
        let server = rig.server_with_tls()?;
        let man = person(rig, &server, server.hub(), "man")?;
        let mut woman = Page::open(rig, &server, Kind::Woman, library)?;
        for (round, page_hangs_up) in [true, false].into_iter().enumerate() {
            man.must(&["call", "woman"])?;
            man.wait_call("calling", SOON)?;
            let ring = woman.told_again("calling", round)?;
            ensure!(word(&ring, "/login") == "man", "the page is told who calls: {ring}");
            woman.press("accept")?;
            man.wait_call("in_call", SOON)?;
            rig.sees_and_hears(&man, "woman")?;
            let status = man.status()?;
            ensure!(number(&status, "/media/frames_sent") == 0, "the tutorial's caller shows nothing: {status}");
            if page_hangs_up {
                woman.press("stop")?
            } else {
                man.must(&["stop"]).map(drop)?
            }
            rig.rests(&man)?;
            woman.told_again("ended", round)?;
        }
        Ok(())
    });
}

#[test]
fn an_app_calls_a_tutorial_page_with_the_newest_library() {
    an_app_calls_a_page(LIBRARIES[0]);
}

#[test]
fn an_app_calls_a_tutorial_page_with_the_tutorials_library() {
    an_app_calls_a_page(LIBRARIES[1]);
}

/// A page calls the app of `woman`, sees and hears her; each side hangs up once.
fn a_page_calls_an_app(library: &str) {
    journey(|rig| {
        let server = rig.server_with_tls()?;
        let woman = person(rig, &server, server.hub(), "woman")?;
        let mut man = Page::open(rig, &server, Kind::Man, library)?;
        for (round, page_hangs_up) in [true, false].into_iter().enumerate() {
            man.call("woman")?;
            let ringing = woman.wait_call("ringing", SOON)?;
            ensure!(word(&ringing, "/call/peer") == "man", "{ringing}");
            woman.must(&["accept"])?;
            man.sees_and_hears("woman")?;
            let status = woman.wait_call("in_call", SOON)?;
            ensure!(number(&status, "/media/frames_received") == 0, "nobody shows himself to her: {status}");
            if page_hangs_up {
                man.press("stop")?
            } else {
                woman.must(&["stop"]).map(drop)?
            }
            rig.rests(&woman)?;
            man.told_again("ended", round)?;
        }
        Ok(())
    });
}

#[test]
fn a_tutorial_page_with_the_newest_library_calls_an_app() {
    a_page_calls_an_app(LIBRARIES[0]);
}

#[test]
fn a_tutorial_page_with_the_tutorials_library_calls_an_app() {
    a_page_calls_an_app(LIBRARIES[1]);
}

#[test]
fn app_and_tutorial_page_decline_and_give_up() {
    journey(|rig| {
        let server = rig.server_with_tls()?;
        let woman = person(rig, &server, server.hub(), "woman")?;
        let mut man = Page::open(rig, &server, Kind::Man, LIBRARIES[0])?;
        man.call("woman")?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        let told = man.told("declined")?;
        ensure!(word(&told, "/login") == "woman", "{told}");
        rig.rests(&woman)?;

        man.call("woman")?;
        woman.wait_call("ringing", SOON)?;
        man.press("stop")?;
        rig.rests(&woman)?;

        man.call("woman")?;
        woman.wait_call("ringing", SOON)?;
        man.close()?;
        rig.rests(&woman)
    });
}

#[test]
fn a_tutorial_page_declines_and_an_app_gives_up() {
    journey(|rig| {
        let server = rig.server_with_tls()?;
        let man = person(rig, &server, server.hub(), "man")?;
        let mut woman = Page::open(rig, &server, Kind::Woman, LIBRARIES[0])?;
        man.must(&["call", "woman"])?;
        woman.told("calling")?;
        woman.press("decline")?;
        rig.rests(&man)?;

        man.must(&["call", "woman"])?;
        woman.told_again("calling", 1)?;
        man.must(&["stop"])?;
        let told = woman.told("cancelled")?;
        ensure!(word(&told, "/login") == "man", "{told}");
        rig.rests(&man)
    });
}

#[test]
fn two_apps_call_each_other_over_a_hub_that_speaks_only_the_tutorials_contract() {
    journey(|rig| {
        let server = rig.server_with_tls()?;
        let mut hub = PlainHub::start(rig)?;
        let url = hub.url().to_owned();
        let woman = person(rig, &server, &url, "woman")?;
        let man = person(rig, &server, &url, "man")?;
        let asked = |said: &Value, path: &str, field: &str, value: &str| {
            word(said, "/path") == path && said.get("body").is_some_and(|body| word(body, field) == value)
        };
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["accept"])?;
        rig.sees_and_hears(&man, "woman")?;
        hub.notes("`beasy`, spelled so", |said| asked(said, "/status", "/status", "beasy"))?;
        woman.must(&["stop"])?;
        rig.rests(&woman)?;
        rig.rests(&man)?;
        hub.notes("`free`", |said| asked(said, "/status", "/status", "free"))?;

        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        rig.rests(&man)?;
        hub.notes("`reciever_login`, spelled so", |said| asked(said, "/decline", "/reciever_login", "man"))?;

        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        man.must(&["stop"])?;
        rig.rests(&woman)?;
        man.wait_online()?;

        let verb = man.verb(&["call", "nobody"])?;
        ensure!(!verb.done && verb.complained.contains("nobody"), "the hub's own words are passed on: {verb:?}");
        rig.rests(&man)
    });
}
