//! The media server under rooms whose media flows, and Janus under the same.

use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use zvonok_testkit::{Server, tree_cpu};

use super::{
    janus::{self, Janus},
    value,
};
use crate::bench::{
    figure::{Better, Figure},
    load::{self, Load, Programs, number},
    options::Suite,
};

/// How long is counted, in seconds.
const COUNT: u64 = 20;

/// How many times as many streams a core is to carry.
const BETTER: f64 = 1.5;

/// So many rooms of so many people: the first of them publish.
#[derive(Debug, Clone, Copy)]
struct Shape {
    rooms: u32,
    publishers: u32,
    watchers: u32,
}

impl Shape {
    /// One publishes, all others watch.
    const ONE_TO_MANY: Self = Self { rooms: 1, publishers: 1, watchers: 40 };
    /// A meeting.
    const ROOM_OF_8: Self = Self { rooms: 1, publishers: 8, watchers: 0 };
}

/// What forwarding costs.
#[derive(Debug, Clone, Copy)]
struct Forwarding {
    /// Forwarded streams.
    streams: f64,
    /// Cores that the server took.
    cores: f64,
    /// Parts of a hundred that did not arrive.
    lost: f64,
    /// Milliseconds from before it was sent to after it was received, both ends of the generator included.
    p50_ms: f64,
    /// The same.
    p99_ms: f64,
}

/// One shape on all.
struct Runs {
    own: Result<Forwarding>,
    /// Janus as Debian has it.
    peer: Result<Forwarding>,
    /// Janus with a thread for each core.
    looped: Result<Forwarding>,
}

/// Measures both, one after the other; and what Janus that is.
pub(super) fn measure(programs: &Programs) -> (Vec<Figure>, String) {
    let installed = janus::install();
    let about = match &installed {
        Ok(version) => version.clone(),
        Err(error) => {
            println!("Janus is not there, so it is not measured: {error:#}");
            "no Janus".to_owned()
        }
    };
    let all = |shape| {
        println!("{shape:?} ...");
        let own = own(programs, shape);
        let peer = |looped| match &installed {
            Ok(_) => peer(programs, shape, looped),
            Err(error) => Err(anyhow!("{error:#}")),
        };
        Runs { own, peer: peer(false), looped: peer(true) }
    };
    (figures(&all(Shape::ONE_TO_MANY), &all(Shape::ROOM_OF_8)), about)
}

fn own(programs: &Programs, shape: Shape) -> Result<Forwarding> {
    let server = Server::start(&programs.server, &load::folder("forward")?, &["--media-tls", "off"])?;
    let media = load::host(server.media());
    forward(
        programs,
        server.id(),
        load::host(server.hub()),
        shape,
        &format!("forward {COUNT} {media} {}", server.secret()),
    )
}

fn peer(programs: &Programs, shape: Shape, looped: bool) -> Result<Forwarding> {
    let janus = Janus::start(looped)?;
    forward(programs, janus.id(), &janus.api, shape, &format!("forward-janus {COUNT} {} {}", janus.api, janus.address))
}

/// Puts a shape on the server of that process; `words` tell the generator how.
fn forward(programs: &Programs, server: u32, host: &str, shape: Shape, words: &str) -> Result<Forwarding> {
    let mut load = Load::start(programs, host, 0, false)?;
    let Shape { rooms, publishers, watchers } = shape;
    load.tell(&format!("{words} {rooms} {publishers} {watchers}"))?;
    let streams = number(&load.answer()?, "streams")?;
    let (before, began) = (tree_cpu(server)?, Instant::now());
    load.answer()?;
    let used = tree_cpu(server)?.saturating_sub(before).as_secs_f64();
    let cores = used / began.elapsed().as_secs_f64();
    let said = load.answer()?;
    println!("{streams} streams, {cores:.3} cores: {said}");
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

fn figures(many: &Runs, room: &Runs) -> Vec<Figure> {
    let figure = |name, unit, of: &Runs, get: fn(&Forwarding) -> f64| {
        Figure::new(Suite::Server, name, unit, value(&of.own, get)).beside(janus::NAME, value(&of.peer, get))
    };
    vec![
        per_core("forwarded streams per core, 1 to 40", &many.own, janus::NAME, &many.peer)
            .with_note("by the processor time that the streams of the run took, 0.9 Mbit/s and 100 packets/s each"),
        per_core("forwarded streams per core, 1 to 40", &many.own, janus::LOOPED, &many.looped),
        figure("lost of 1 to 40", "%", many, |it| it.lost).reach(Better::Less, 0.0),
        per_core("forwarded streams per core, a room of 8", &room.own, janus::NAME, &room.peer),
        per_core("forwarded streams per core, a room of 8", &room.own, janus::LOOPED, &room.looped),
        figure("lost in a room of 8", "%", room, |it| it.lost).reach(Better::Less, 0.0),
        figure("delay of a forwarded packet, median", "ms", room, |it| it.p50_ms)
            .reach(Better::Less, 1.0)
            .with_note("in the room of 8; from sender to receiver, the generator's own part included"),
        figure("delay of a forwarded packet, 99th percentile", "ms", room, |it| it.p99_ms).reach(Better::Less, 5.0),
    ]
}

/// Streams of a core, and those of a Janus, whose losses are said where there are any.
fn per_core(name: &'static str, own: &Result<Forwarding>, beside: &'static str, peer: &Result<Forwarding>) -> Figure {
    let get: fn(&Forwarding) -> f64 = |it| it.streams / it.cores;
    let figure = Figure::new(Suite::Server, name, "", value(own, get)).beside(beside, value(peer, get));
    let Ok(peer) = peer else { return figure };
    let figure = figure.reach(Better::More, get(peer) * BETTER);
    if peer.lost > 0.0 { figure.with_note(&format!("{beside} lost {:.2} %", peer.lost)) } else { figure }
}
