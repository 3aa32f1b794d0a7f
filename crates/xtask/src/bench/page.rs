//! A Chromium page in a call: what the app is measured beside. Driven through `tests/browser/interop/chromium.mjs`.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use zvonok_testkit::{Server, until};

use crate::paths;

/// How long a page may take to start, to join and to answer on two busy cores.
const SOON: Duration = Duration::from_secs(60);

/// How long it may take to end.
const GRACE: Duration = Duration::from_secs(15);

/// A headless Chromium with one page.
#[derive(Debug)]
pub(crate) struct Page {
    child: Child,
    orders: Option<ChildStdin>,
    events: Receiver<Value>,
}

/// What a page says about its call and its cost.
#[derive(Debug, Clone)]
pub(crate) struct Stats {
    /// Figures of the call, as `pages/figures.js` has them.
    pub(crate) figures: Value,
    /// Of the browser's process tree: `cpu_ms`, `pss_bytes`.
    pub(crate) cost: Value,
    /// When, in milliseconds since 1970.
    pub(crate) at: f64,
}

impl Page {
    /// Opens a two-way page of `login` that expects to hear `peer` in `session`, and waits until it is loaded.
    pub(crate) fn open(server: &Server, session: &str, login: &str, peer: &str) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(paths::root().join("tests/browser/interop/chromium.mjs"))
            .args(["--kind", "two-way", "--fake-media", "--openvidu", server.media()])
            .args(["--session", session, "--login", login, "--peer", peer])
            .env("OPENVIDU_SECRET", server.secret())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start node")?;
        let orders = child.stdin.take();
        let output = child.stdout.take().context("its output is not piped")?;
        let (sender, events) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // What is not JSON is a word of node's own; it is on the terminal through standard error.
                let Ok(event) = serde_json::from_str(&line) else { continue };
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let page = Self { child, orders, events };
        page.wait("ready")?;
        Ok(page)
    }

    /// Joins. The result is the moment at which the button was pressed.
    pub(crate) fn join(&mut self) -> Result<f64> {
        let pressed = super::clock::now();
        self.order(&json!({"do": "call"}))?;
        Ok(pressed)
    }

    /// Waits for an event, and returns it.
    pub(crate) fn wait(&self, name: &str) -> Result<Value> {
        let end = Instant::now() + SOON;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let event =
                self.events.recv_timeout(left).with_context(|| format!("waited {SOON:?} for `{name}` of a page"))?;
            let said = event.get("event").and_then(Value::as_str).unwrap_or_default();
            if said == name {
                return Ok(event);
            }
            if matches!(said, "failed" | "refused" | "page_error") {
                bail!("the page failed: {event}");
            }
        }
    }

    /// Its figures and its cost now.
    pub(crate) fn stats(&mut self) -> Result<Stats> {
        self.order(&json!({"do": "stats"}))?;
        let stats = self.wait("stats")?;
        let part = |name: &str| stats.get(name).cloned().with_context(|| format!("stats without `{name}`"));
        let at = part("at")?.as_f64().context("the time of stats is no number")?;
        Ok(Stats { figures: part("figures")?, cost: part("cost")?, at })
    }

    /// Waits until it reads the other's mark.
    pub(crate) fn wait_for_picture(&mut self) -> Result<()> {
        let end = Instant::now() + SOON;
        while Instant::now() < end {
            let stats = self.stats()?;
            if stats.figures.pointer("/recognised/frames").and_then(Value::as_f64).unwrap_or(0.0) > 0.0 {
                return Ok(());
            }
        }
        bail!("waited {SOON:?} for the other's picture in a page")
    }

    fn order(&mut self, order: &Value) -> Result<()> {
        let orders = self.orders.as_mut().context("the page has ended")?;
        writeln!(orders, "{order}").context("the page takes no orders")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // It ends its browser when its input ends.
        drop(self.orders.take());
        let child = &mut self.child;
        if until("a page to end", GRACE, || Ok(child.try_wait()?.is_some())).is_err() {
            // Its watchdog ends the browser with it. Nothing to be done about one that cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
