//! One hub under load.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;
use zvonok_testkit::{Child, Server, tree_cpu, tree_memory, until_some};

use super::Size;
use crate::bench::load::{self, Load, Programs, number, rest};

/// How long a server is left alone before it is looked at: what its start left to be done is done then.
const SETTLE: Duration = Duration::from_secs(5);

/// How long idle sockets are looked at: two of their heartbeats.
const IDLE: Duration = Duration::from_secs(30);

/// What signaling costs.
pub(super) struct Signals {
    /// Kilobytes (1,000 bytes) for each socket.
    pub(super) socket_kb: f64,
    /// Cores that the idle sockets take, all together.
    pub(super) idle_cpu: f64,
    /// Seconds for 1,000 rings.
    pub(super) ring_cpu: f64,
}

/// How a crowd came back.
pub(super) struct Restart {
    pub(super) seconds: f64,
    /// Logins.
    pub(super) peak: f64,
}

fn start(programs: &Programs, name: &str) -> Result<Server> {
    Server::start(&programs.server, &load::folder(name)?, &["--media-tls", "off"])
}

pub(super) fn own(programs: &Programs, size: Size) -> Result<Signals> {
    let server = start(programs, "signals")?;
    signals(programs, server.id(), load::host(server.hub()), size)
}

pub(super) fn socket_io(programs: &Programs, size: Size) -> Result<Signals> {
    let log = load::folder("socket-io")?.join("log");
    let mut node = Command::new("node");
    node.arg(load::beside("bench-hub.mjs"));
    let child = Child::spawn("node", &node, &log)?;
    let port = until_some("socket.io to listen", Duration::from_secs(30), || {
        let said: Option<Value> = child.log().lines().next().and_then(|line| serde_json::from_str(line).ok());
        Ok(said.and_then(|said| said.get("port").and_then(Value::as_u64)))
    })
    .with_context(|| child.log())?;
    signals(programs, child.id(), &format!("127.0.0.1:{port}"), size)
}

fn signals(programs: &Programs, id: u32, hub: &str, size: Size) -> Result<Signals> {
    rest(SETTLE)?;
    let empty = tree_memory(id)? as f64;
    let mut load = Load::start(programs, hub, size.people, false)?;
    rest(SETTLE)?;
    let full = tree_memory(id)? as f64;

    let (before, began) = (tree_cpu(id)?, Instant::now());
    rest(IDLE)?;
    let idle_cpu = tree_cpu(id)?.saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64();

    let (before, began) = (tree_cpu(id)?, Instant::now());
    load.tell(&format!("rings {}", size.rings))?;
    load.answer()?;
    let used = tree_cpu(id)?.saturating_sub(before).as_secs_f64() - idle_cpu * began.elapsed().as_secs_f64();
    Ok(Signals {
        socket_kb: (full - empty) / size.people as f64 / 1_000.0,
        idle_cpu,
        ring_cpu: used * 1_000.0 / size.rings as f64,
    })
}

/// Kills a hub under `people` and starts it again at once.
pub(super) fn restart(programs: &Programs, people: usize, extended: bool) -> Result<Restart> {
    let mut server = start(programs, "restart")?;
    let mut load = Load::start(programs, load::host(server.hub()), people, extended)?;
    rest(SETTLE)?;
    load.tell("watch")?;
    load.answer()?;
    server.kill()?;
    server.restart()?;
    let back = load.answer()?;
    println!("{back}");
    Ok(Restart { seconds: number(&back, "seconds")?, peak: number(&back, "peak")? })
}
