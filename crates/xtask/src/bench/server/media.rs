//! The media server under rooms whose media flows.

use std::time::Instant;

use anyhow::{Result, ensure};
use zvonok_testkit::{Server, tree_cpu};

use crate::bench::load::{self, Load, Programs, number};

/// How long is counted, in seconds.
const COUNT: u64 = 20;

/// So many rooms of so many people: the first of them publish.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) rooms: u32,
    pub(super) publishers: u32,
    pub(super) watchers: u32,
}

impl Shape {
    /// One publishes, all others watch.
    pub(super) const ONE_TO_MANY: Self = Self { rooms: 1, publishers: 1, watchers: 40 };
    /// A meeting.
    pub(super) const ROOM_OF_8: Self = Self { rooms: 1, publishers: 8, watchers: 0 };
}

/// What forwarding costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forwarding {
    /// Forwarded streams.
    pub(super) streams: f64,
    /// Cores that the server took.
    pub(super) cores: f64,
    /// Parts of a hundred that did not arrive.
    pub(super) lost: f64,
    /// Milliseconds from before it was sent to after it was received, both ends of the generator included.
    pub(super) p50_ms: f64,
    /// The same.
    pub(super) p99_ms: f64,
}

pub(super) fn forward(programs: &Programs, shape: Shape) -> Result<Forwarding> {
    let server = Server::start(&programs.server, &load::folder("forward")?, &["--media-tls", "off"])?;
    let mut load = Load::start(programs, load::host(server.hub()), 0, false)?;
    let Shape { rooms, publishers, watchers } = shape;
    let media = load::host(server.media());
    load.tell(&format!("forward {COUNT} {media} {} {rooms} {publishers} {watchers}", server.secret()))?;
    let streams = number(&load.answer()?, "streams")?;
    let (before, began) = (tree_cpu(server.id())?, Instant::now());
    load.answer()?;
    let used = tree_cpu(server.id())?.saturating_sub(before).as_secs_f64();
    let cores = used / began.elapsed().as_secs_f64();
    let said = load.answer()?;
    println!("{shape:?}: {said}");
    let (expected, got) = (number(&said, "expected")?, number(&said, "got")?);
    ensure!(got > 0.0, "nothing arrived");
    Ok(Forwarding {
        streams,
        cores,
        lost: (expected - got) / expected * 100.0,
        p50_ms: number(&said, "p50_us")? / 1_000.0,
        p99_ms: number(&said, "p99_us")? / 1_000.0,
    })
}
