//! The media server under rooms whose media flows, and Janus under the same.

use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, ensure};
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

/// How long each load is counted, in seconds.
const COUNT: u64 = 10;

/// Parts of a hundred that may be missing where nothing is lost: the last packets of a count may still be under way.
const NO_LOSS: f64 = 0.01;

/// A load takes no more cores than these, of two that it shares with its generator.
const ENOUGH: f64 = 0.7;

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
    const ONE_TO_MANY: [Self; 4] = [Self::watched(40), Self::watched(80), Self::watched(160), Self::watched(240)];
    /// Meetings.
    const ROOMS_OF_8: [Self; 4] = [Self::meetings(1), Self::meetings(2), Self::meetings(3), Self::meetings(4)];

    const fn watched(watchers: u32) -> Self {
        Self { rooms: 1, publishers: 1, watchers }
    }

    const fn meetings(rooms: u32) -> Self {
        Self { rooms, publishers: 8, watchers: 0 }
    }
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

/// The largest load without loss of one kind, on all.
struct Runs {
    own: Result<Forwarding>,
    /// Half of that, or what is nearest.
    own_half: Result<Forwarding>,
    peer_half: Result<Forwarding>,
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
    let all = |shapes: [Shape; 4]| {
        let own = climb(shapes, |shape| own(programs, shape));
        let peer = |looped| match &installed {
            Ok(_) => climb(shapes, |shape| peer(programs, shape, looped)),
            Err(error) => Err(anyhow!("{error:#}")),
        };
        let (peer, looped) = (peer(false), peer(true));
        let half = |runs: &Result<Climbed>, most: &Result<Climbed>| match (runs, most) {
            (Ok(runs), Ok(most)) => runs.near(most.largest().streams / 2.0),
            (Err(error), _) | (_, Err(error)) => Err(anyhow!("{error:#}")),
        };
        let (own_half, peer_half) = (half(&own, &own), half(&peer, &own));
        let largest = |climbed: Result<Climbed>| climbed.map(|climbed| climbed.largest());
        Runs { own_half, peer_half, own: largest(own), peer: largest(peer), looped: largest(looped) }
    };
    (figures(&all(Shape::ONE_TO_MANY), &all(Shape::ROOMS_OF_8)), about)
}

/// Loads without loss, each larger than the one before.
struct Climbed {
    first: Forwarding,
    more: Vec<Forwarding>,
}

impl Climbed {
    fn largest(&self) -> Forwarding {
        self.more.last().copied().unwrap_or(self.first)
    }

    /// The one of about so many streams.
    fn near(&self, streams: f64) -> Result<Forwarding> {
        let all = std::iter::once(self.first).chain(self.more.iter().copied());
        let away = |load: &Forwarding| (load.streams - streams).abs();
        all.min_by(|one, other| away(one).total_cmp(&away(other))).context("nothing was measured")
    }
}

/// Larger and larger loads, until something is lost or the cores are taken.
fn climb(shapes: [Shape; 4], run: impl Fn(Shape) -> Result<Forwarding>) -> Result<Climbed> {
    let mut climbed: Option<Climbed> = None;
    for shape in shapes {
        println!("{shape:?} ...");
        let load = match (run(shape), &climbed) {
            (Ok(load), None) => load,
            (Ok(load), Some(_)) if load.lost <= NO_LOSS => load,
            (Err(error), None) => return Err(error),
            (Err(error), Some(_)) => {
                println!("too much: {error:#}");
                break;
            }
            (Ok(_), Some(_)) => break,
        };
        match &mut climbed {
            None => climbed = Some(Climbed { first: load, more: Vec::new() }),
            Some(climbed) => climbed.more.push(load),
        }
        if load.lost > NO_LOSS || load.cores > ENOUGH {
            break;
        }
    }
    climbed.context("there are no loads")
}

fn own(programs: &Programs, shape: Shape) -> Result<Forwarding> {
    let flags = ["--media-tls", "off", "--participants-per-session", "1000"];
    let server = Server::start(&programs.server, &load::folder("forward")?, &flags)?;
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

fn figures(many: &Runs, rooms: &Runs) -> Vec<Figure> {
    let figure = |name, unit, own: &Result<Forwarding>, peer: &Result<Forwarding>, get: fn(&Forwarding) -> f64| {
        Figure::new(Suite::Server, name, unit, value(own, get)).beside(janus::NAME, value(peer, get))
    };
    let half = |name, get| figure(name, "ms", &rooms.own_half, &rooms.peer_half, get);
    let largest = |name, of: &Runs| figure(name, "", &of.own, &of.peer, |it| it.streams);
    vec![
        per_core("forwarded streams per core, 1 to many", &many.own, janus::NAME, &many.peer).with_note(
            "at the largest load without loss, by the processor time of that run; 0.9 Mbit/s and 100 packets/s each",
        ),
        per_core("forwarded streams per core, 1 to many", &many.own, janus::LOOPED, &many.looped),
        largest("largest load without loss, 1 to many, streams", many),
        per_core("forwarded streams per core, rooms of 8", &rooms.own, janus::NAME, &rooms.peer),
        per_core("forwarded streams per core, rooms of 8", &rooms.own, janus::LOOPED, &rooms.looped),
        largest("largest load without loss, rooms of 8, streams", rooms),
        half("delay of a forwarded packet, median", |it| it.p50_ms).reach(Better::Less, 1.0).with_note(
            "in rooms of 8 at half of that load; from sender to receiver, the generator's own part included",
        ),
        half("delay of a forwarded packet, 99th percentile", |it| it.p99_ms).reach(Better::Less, 5.0),
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
