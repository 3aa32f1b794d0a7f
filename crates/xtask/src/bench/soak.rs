//! `bench soak`: people who join, leave and die, on the hub and in sessions, and what the server has kept of it
//! afterwards.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use zvonok_testkit::{Server, until_some};

use super::{
    figure::{Better, Figure, Table},
    load::{self, Load, Programs, handles, number},
    options::{Options, Suite},
};
use crate::{packages::Purpose, setup};

/// How long the server may take to let go of the last who died: a frozen socket is noticed within seconds, a lost
/// participant is waited for 10 s, a device in a call 30 s, and idle HTTP connections are closed after 75 s.
const QUIET_WITHIN: Duration = Duration::from_secs(120);

/// People before the first look at memory: pools, caches and the tables of the allocator have their size then.
const WARM_UP: Duration = Duration::from_secs(60);

/// Memory may be so much larger at the end, in megabytes: what 30 minutes leave in the hub's history and in its tables of
/// ids that were used (see `hub/limits.rs`), and what an allocator does not give back.
const GROWN_MB: f64 = 16.0;

/// What a process has.
#[derive(Debug, Clone, Copy)]
struct Look {
    handles: f64,
    /// Resident, in megabytes.
    memory: f64,
}

/// Measures the suite.
pub(super) fn measure(options: &Options) -> Result<Table> {
    setup::prepare(Purpose::Test)?;
    let programs = Programs::build(options)?;
    load::raise_limits()?;
    let server = Server::start(&programs.server, &load::folder("soak")?, &["--media-tls", "off"])?;
    let id = server.id();
    let fresh = look(id)?;
    let warm = if options.quick { Duration::from_secs(10) } else { WARM_UP };
    churn(&programs, &server, warm)?;
    let before = quiet(id, fresh)?;
    println!("after {} s: {before:?}", warm.as_secs());
    let time = Duration::from_secs(options.minutes * 60);
    let people = churn(&programs, &server, time)?;
    let after = quiet(id, fresh)?;
    println!("after {} minutes more: {after:?}", options.minutes);
    let conditions = format!(
        "{} minutes, {} people on the hub, {} sessions of three, in which {} pictures were seen; {}",
        options.minutes,
        people.hub,
        people.sessions,
        people.pictures,
        load::machine(programs.build)?
    );
    let figure = |name, unit, value| Figure::new(Suite::Soak, name, unit, Ok(value));
    let figures = vec![
        figure("file handles, at the begin", "", fresh.handles),
        figure("file handles, at the end", "", after.handles).reach(Better::Less, fresh.handles),
        figure("memory, at the begin", "MB", fresh.memory),
        figure("memory, warmed up", "MB", before.memory),
        figure("memory, at the end", "MB", after.memory).reach(Better::Less, before.memory + GROWN_MB),
    ];
    Ok(Table { conditions, figures })
}

/// Who came and went.
struct People {
    hub: f64,
    sessions: f64,
    pictures: f64,
}

/// Lets people come and go.
fn churn(programs: &Programs, server: &Server, time: Duration) -> Result<People> {
    let mut load = Load::start(programs, load::host(server.hub()), 0, false)?;
    load.tell(&format!("churn {} {} {}", time.as_secs(), load::host(server.media()), server.secret()))?;
    let said = load.answer()?;
    Ok(People {
        hub: number(&said, "visits")?,
        sessions: number(&said, "rooms")?,
        pictures: number(&said, "pictures")?,
    })
}

/// Waits until nobody is left, as far as file handles tell, or for as long as that may take.
fn quiet(id: u32, fresh: Look) -> Result<Look> {
    let began = Instant::now();
    until_some("the server to let go", QUIET_WITHIN * 2, || {
        let now = look(id)?;
        let done = now.handles <= fresh.handles || began.elapsed() >= QUIET_WITHIN;
        Ok(done.then_some(now))
    })
}

fn look(id: u32) -> Result<Look> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).context("the server is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().context("VmRSS is no number")?;
    Ok(Look { handles: handles(id)?, memory: kilobytes / 1_000.0 })
}
