//! What stands at the other end of contract A: pages of the tutorial's kind in Chromium, and a hub that speaks nothing
//! else. Both are programs of `tests/browser/interop`.

use std::{cell::Cell, fmt::Write as _, fs, process::Command, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use zvonok_testkit::{Server, Talk, until, until_some};

use crate::rig::{MEDIA, Rig, SOON, number, word};

/// The releases of openvidu-browser that pages use.
pub(crate) const LIBRARIES: [&str; 2] = ["2.32.2", "2.18.0"];

/// How long a browser may take to be there: Chromium is read from the disk of a machine that has just compiled.
const BROWSER: Duration = Duration::from_secs(150);

/// Which of the two pages.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Is called, and shows herself.
    Woman,
    /// Calls, and watches.
    Man,
}

/// A person before a page in Chromium, with the test camera and voice. The login is the kind's.
pub(crate) struct Page {
    talk: Talk,
    orders: Cell<u64>,
}

impl Page {
    pub(crate) fn open(rig: &Rig, server: &Server, kind: Kind, library: &str) -> Result<Self> {
        let (login, peer) = match kind {
            Kind::Woman => ("woman", "man"),
            Kind::Man => ("man", "woman"),
        };
        let mut words = vec!["--kind", login, "--login", login, "--peer", peer, "--library", library, "--fake-media"];
        words.extend(["--hub", server.hub(), "--openvidu", server.media()]);
        let mut talk = program(rig, &format!("page-{login}"), "chromium.mjs", &words, server.secret())?;
        for event in ["online", "ready"] {
            talk.wait_for(&format!("the page to be {event}"), BROWSER, |said| word(said, "/event") == event)?;
        }
        Ok(Self { talk, orders: Cell::new(0) })
    }

    /// Waits until the page tells this.
    pub(crate) fn told(&mut self, event: &str) -> Result<Value> {
        self.talk.wait_for(&format!("the page to tell `{event}`"), SOON, |said| word(said, "/event") == event)
    }

    /// Waits until the page told this more than `before` times, and returns the last.
    pub(crate) fn told_again(&mut self, event: &str, before: usize) -> Result<Value> {
        until_some(&format!("the page to tell `{event}` again"), SOON, || {
            let mut told = self.talk.said();
            told.retain(|said| word(said, "/event") == event);
            Ok(if told.len() > before { told.pop() } else { None })
        })
        .with_context(|| format!("it told {:?}", self.talk.said()))
    }

    /// Has the person call somebody.
    pub(crate) fn call(&mut self, login: &str) -> Result<()> {
        self.order(json!({ "do": "call", "login": login })).map(drop)
    }

    /// Has the person press a button: `accept`, `decline` or `stop`.
    pub(crate) fn press(&mut self, button: &str) -> Result<()> {
        self.order(json!({ "do": button })).map(drop)
    }

    /// Has the person close the page.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.talk.say(&json!({ "do": "quit" }))
    }

    /// The figures of its call, null before the first.
    pub(crate) fn figures(&mut self) -> Result<Value> {
        let id = self.order(json!({ "do": "stats" }))?;
        let told = self.talk.wait_for("figures", SOON, |said| is(said, "stats", id))?;
        Ok(told.get("figures").cloned().unwrap_or_default())
    }

    /// Waits until it reads the mark of `other` counting on, and recognises the voice of `other`.
    pub(crate) fn sees_and_hears(&mut self, other: &str) -> Result<()> {
        let mut last = Value::Null;
        until(&format!("mark and voice of {other} in the page"), MEDIA, || {
            last = self.figures()?;
            Ok(word(&last, "/recognised/picture") == other
                && word(&last, "/recognised/voice") == other
                && number(&last, "/recognised/frames") > 30
                && number(&last, "/audio_received") > 9_600)
        })
        .with_context(|| format!("its figures are {last}"))
    }

    /// Gives an order, and waits until the page did as told.
    fn order(&mut self, mut order: Value) -> Result<u64> {
        let id = self.orders.get() + 1;
        self.orders.set(id);
        order.as_object_mut().context("an order is an object")?.insert("id".into(), id.into());
        self.talk.say(&order)?;
        let what = format!("the page to obey {order}");
        let answer = self.talk.wait_for(&what, SOON, |said| is(said, "done", id) || is(said, "refused", id))?;
        match word(&answer, "/event") {
            "done" => Ok(id),
            _ => bail!("the page refused: {answer}"),
        }
    }
}

fn is(said: &Value, event: &str, id: u64) -> bool {
    word(said, "/event") == event && number(said, "/id") == id
}

/// A hub that speaks only contract A.
pub(crate) struct PlainHub {
    talk: Talk,
    url: String,
}

impl PlainHub {
    pub(crate) fn start(rig: &Rig) -> Result<Self> {
        let mut talk = program(rig, "hub", "a-only-hub.mjs", &[], "")?;
        let said = talk.wait_for("the hub to listen", SOON, |said| word(said, "/event") == "listening")?;
        let url = word(&said, "/url").to_owned();
        Ok(Self { talk, url })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the hub was told, or said, something that is as `good` wants it.
    pub(crate) fn notes(&mut self, what: &str, good: impl Fn(&Value) -> bool) -> Result<Value> {
        self.talk.wait_for(&format!("the hub to note {what}"), SOON, good)
    }
}

fn program(rig: &Rig, name: &str, file: &str, words: &[&str], secret: &str) -> Result<Talk> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/interop");
    let mut command = Command::new("node");
    rig.desktop.folders().apply(&mut command);
    command.current_dir(folder).arg(file).args(words).env("OPENVIDU_SECRET", secret);
    Talk::start(name, &command, &rig.desktop.folders().log(name))
}

/// Has a profile trust the server's own certificate, as if its person had said so before.
pub(crate) fn trust(rig: &Rig, server: &Server, profile: &str) -> Result<()> {
    let fingerprint = server.fingerprint().context("the server did not print its fingerprint")?;
    let host = server.media().strip_prefix("https://").context("the media server has no TLS")?;
    let folder = rig.desktop.folders().config().join("zvonok").join(profile);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut settings = String::new();
    write!(settings, "[[pins]]\nhost = \"{host}\"\nfingerprint = \"{fingerprint}\"\n")?;
    fs::write(folder.join("settings.toml"), settings).context("cannot write the settings")
}
