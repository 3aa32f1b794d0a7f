//! Contract A: the app and Chromium pages of the tutorial's kind, and a hub that speaks nothing else.

use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use zvonok_testkit::{App, Server, Talk, until};

use crate::rig::{MEDIA, Rig, SOON, journey, number, word, zvonok};

/// The tutorial's page in Chromium: `woman` is called and shows herself, `man` calls and watches.
struct Page {
    talk: Talk,
}

/// Starts a program of `tests/browser/interop`.
fn script(rig: &Rig, name: &str, words: &[&str], secret: &str) -> Result<Talk> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/interop");
    let mut command = Command::new("node");
    rig.desktop.folders().apply(&mut command);
    command.current_dir(folder).args(words).env("OPENVIDU_SECRET", secret);
    Talk::start(name, &command, &rig.desktop.folders().log(name))
}

impl Page {
    /// Opens the page of that name, signed in under that login. `peer` is whose voice it is to expect.
    fn open(rig: &Rig, server: &Server, login: &str, peer: &str) -> Result<Self> {
        let words = [
            "chromium.mjs",
            "--kind",
            login,
            "--login",
            login,
            "--peer",
            peer,
            "--hub",
            server.hub(),
            "--openvidu",
            server.media(),
            "--fake-media",
        ];
        let mut talk = script(rig, &format!("page-{login}"), &words, server.secret())?;
        talk.wait_for("the page to be online", SOON, |said| word(said, "/event") == "online")?;
        Ok(Self { talk })
    }

    fn wait_event(&mut self, name: &str) -> Result<Value> {
        self.talk.wait_for(&format!("the page to get `{name}`"), SOON, |said| word(said, "/event") == name)
    }

    /// Gives an order, and waits until it is carried out.
    fn order(&mut self, order: &Value) -> Result<()> {
        let count = |said: &[Value]| said.iter().filter(|it| matches!(word(it, "/event"), "done" | "refused")).count();
        let before = count(&self.talk.said());
        self.talk.say(order)?;
        until(&format!("the page to do {order}"), SOON, || Ok(count(&self.talk.said()) > before))?;
        let said = self.talk.said();
        let last = said.iter().rev().find(|it| matches!(word(it, "/event"), "done" | "refused"));
        ensure!(last.is_some_and(|it| word(it, "/event") == "done"), "the page refused {order}: {last:?}");
        Ok(())
    }

    /// Waits until it reads the mark of `login` count on in decoded pixels, and recognises that voice.
    fn sees_and_hears(&mut self, login: &str) -> Result<()> {
        until(&format!("mark and voice of {login} in the page"), MEDIA, || {
            self.order(&json!({"do": "stats"}))?;
            let said = self.talk.said();
            let Some(stats) = said.iter().rev().find(|it| word(it, "/event") == "stats") else { return Ok(false) };
            Ok(word(stats, "/figures/recognised/picture") == login
                && word(stats, "/figures/recognised/voice") == login
                && number(stats, "/figures/recognised/frames") >= 30)
        })
        .map_err(|error| error.context(format!("it said {:?}", self.talk.said().last())))
    }
}

#[test]
#[ignore = "not seen to pass on a quiet machine yet: see `missing` in tests/evidence.toml"]
fn the_app_sees_and_hears_a_page_of_the_tutorials_kind() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let man = rig.person(&server, "man")?;
        let mut woman = Page::open(rig, &server, "woman", "man")?;
        man.must(&["call", "woman"])?;
        let ring = woman.wait_event("calling")?;
        ensure!(word(&ring, "/login") == "man", "the page is told who calls: {ring}");
        woman.order(&json!({"do": "accept"}))?;
        rig.sees_and_hears(&man, "woman")?;
        let status = man.status()?;
        ensure!(number(&status, "/media/frames_sent") == 0, "a call to such a page is a watch call: {status}");
        man.must(&["stop"])?;
        rig.rests(&man)
    });
}

#[test]
#[ignore = "not seen to pass on a quiet machine yet: see `missing` in tests/evidence.toml"]
fn a_page_of_the_tutorials_kind_sees_and_hears_the_app() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let mut man = Page::open(rig, &server, "man", "woman")?;
        man.order(&json!({"do": "call", "login": "woman"}))?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["accept"])?;
        man.sees_and_hears("woman")?;
        woman.must(&["stop"])?;
        rig.rests(&woman)
    });
}

#[test]
#[ignore = "not seen to pass on a quiet machine yet: see `missing` in tests/evidence.toml"]
fn an_app_that_declines_tells_a_page_of_the_tutorials_kind() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let woman = rig.person(&server, "woman")?;
        let mut man = Page::open(rig, &server, "man", "woman")?;
        man.order(&json!({"do": "call", "login": "woman"}))?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        let told = man.wait_event("declined")?;
        ensure!(word(&told, "/login") == "woman", "{told}");
        rig.rests(&woman)
    });
}

/// A person whose hub speaks only contract A.
fn person_of(rig: &Rig, server: &Server, hub: &str, login: &str) -> Result<std::rc::Rc<App>> {
    App::keep_secret(&rig.desktop, &zvonok(), login, "openvidu", server.secret())?;
    let media = server.media();
    let flags = ["--server", hub, "--openvidu", media, "--login", login, "--tokens", "openvidu", "--fake-media"];
    let app = rig.app(login, &[flags.as_slice(), &["--hidden"]].concat())?;
    app.wait_online()?;
    Ok(app)
}

#[test]
#[ignore = "not seen to pass on a quiet machine yet: see `missing` in tests/evidence.toml"]
fn two_apps_call_each_other_over_a_hub_that_speaks_only_the_tutorials_contract() {
    journey(|rig| {
        let server = rig.server(&[])?;
        let mut hub = script(rig, "hub", &["a-only-hub.mjs"], "")?;
        let url = hub.wait_for("the hub to listen", SOON, |said| word(said, "/event") == "listening")?;
        let url = word(&url, "/url").to_owned();
        let woman = person_of(rig, &server, &url, "woman")?;
        let man = person_of(rig, &server, &url, "man")?;
        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["accept"])?;
        rig.sees_and_hears(&man, "woman")?;
        let asked = hub.said();
        let busy = |said: &Value| word(said, "/path") == "/status" && word(said, "/body/status") == "beasy";
        ensure!(asked.iter().any(busy), "the hub is told `beasy`, spelled so: {asked:?}");
        woman.must(&["stop"])?;
        rig.rests(&woman)?;
        rig.rests(&man)?;

        man.must(&["call", "woman"])?;
        woman.wait_call("ringing", SOON)?;
        woman.must(&["decline"])?;
        man.wait_call("idle", SOON)?;
        let told = |said: &Value| word(said, "/path") == "/decline" && word(said, "/body/reciever_login") == "man";
        ensure!(hub.said().iter().any(told), "the hub is told whom to tell, spelled so: {:?}", hub.said());
        Ok(())
    });
}
