//! `bench server`: the hub under 10,000 sockets, and a Node server of npm's socket.io with the same handlers beside it,
//! one after the other, each under the same load. Then the media server under rooms whose media flows, and Debian's Janus
//! under the same.

mod hub;
mod janus;
mod media;

use anyhow::{Context, Result};

use super::{
    figure::{Better, Figure, Table},
    load::{self, Programs},
    options::{Options, Part, Suite},
};
use crate::{packages::Purpose, setup};
use hub::{Restart, Signals};

/// What stands beside the hub.
const SOCKET_IO: &str = "Node socket.io";

/// How many times better the hub is to be.
const BETTER: f64 = 5.0;

/// How large the crowd is, and how often it rings.
#[derive(Debug, Clone, Copy)]
struct Size {
    people: usize,
    rings: usize,
    /// People of the extended contract, each of whom is told of everybody.
    offices: usize,
}

impl Size {
    const FULL: Self = Self { people: 10_000, rings: 5_000, offices: 1_000 };
    const QUICK: Self = Self { people: 1_000, rings: 500, offices: 200 };
}

/// Measures the suite, or the part of it that was asked for.
pub(super) fn measure(options: &Options) -> Result<Table> {
    setup::prepare(Purpose::Test)?;
    let programs = Programs::build(options)?;
    load::raise_limits()?;
    let (mut figures, mut conditions) = (Vec::new(), Vec::new());
    if options.measures(Part::Hub) {
        let size = if options.quick { Size::QUICK } else { Size::FULL };
        figures.extend(signaling(&programs, size));
        conditions.push(format!("{} sockets, {} rings", size.people, size.rings));
    }
    if options.measures(Part::Media) {
        let (media, peer) = media::measure(&programs);
        figures.extend(media);
        conditions.push(peer);
    }
    conditions.push(load::machine(programs.build)?);
    conditions.push("the load generator runs on the same machine".to_owned());
    Ok(Table { conditions: conditions.join("; "), figures })
}

fn signaling(programs: &Programs, size: Size) -> Vec<Figure> {
    println!("{} sockets on the hub ...", size.people);
    let own = hub::own(programs, size);
    println!("{} sockets on {SOCKET_IO} ...", size.people);
    let peer = hub::socket_io(programs, size);
    println!("A restart under {} sockets ...", size.people);
    let restart = hub::restart(programs, size.people, false);
    println!("A restart under {} apps that see each other ...", size.offices);
    let office = hub::restart(programs, size.offices, true);
    figures(&own, &peer, &restart, &office)
}

fn figures(
    own: &Result<Signals>,
    peer: &Result<Signals>,
    restart: &Result<Restart>,
    office: &Result<Restart>,
) -> Vec<Figure> {
    let beside = |name, unit, of: fn(&Signals) -> f64| {
        let figure = Figure::new(Suite::Server, name, unit, value(own, of)).beside(SOCKET_IO, value(peer, of));
        match peer {
            Ok(peer) => figure.reach(Better::Less, of(peer) / BETTER),
            Err(_) => figure,
        }
    };
    let alone = |name, unit, of: &Result<Restart>, get: fn(&Restart) -> f64| {
        Figure::new(Suite::Server, name, unit, value(of, get))
    };
    vec![
        beside("memory per idle socket", "kB", |it| it.socket_kb),
        beside("processor time per 1,000 rings", "s", |it| it.ring_cpu)
            .with_note("each ring is two requests and two events; what idle sockets take is left out"),
        Figure::new(
            Suite::Server,
            "processor time of idle sockets",
            "% of a core",
            value(own, |it| it.idle_cpu * 100.0),
        )
        .beside(SOCKET_IO, value(peer, |it| it.idle_cpu * 100.0)),
        alone("restart: until all are back", "s", restart, |it| it.seconds)
            .with_note("from the first lost socket on; contract A"),
        alone("restart: most logins in a second", "1/s", restart, |it| it.peak),
        alone("restart of an office: until all are back", "s", office, |it| it.seconds)
            .with_note("apps of the extended contract: each is told of everybody"),
        alone("restart of an office: most logins in a second", "1/s", office, |it| it.peak),
    ]
}

fn value<T>(of: &Result<T>, get: impl Fn(&T) -> f64) -> Result<f64> {
    of.as_ref().map(get).map_err(|error| anyhow::anyhow!("{error:#}")).context("the run failed")
}
