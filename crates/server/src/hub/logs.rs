//! The numbered events of each device, for replay.

use std::collections::{BTreeMap, VecDeque};

use zvonok_signaling_proto::event::ServerEvent;
use zvonok_signaling_proto::{Login, Millis};

use super::limits::{KEEP_EVENTS_MS, MAX_EVENTS};

/// Events a device has not handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// In order, with their numbers.
    pub events: Vec<(u64, ServerEvent)>,
    /// How many more there were that are no longer kept.
    pub dropped: u64,
}

/// The events of all devices. Bounded for each; the oldest goes first.
#[derive(Debug, Default)]
pub struct Logs {
    logs: BTreeMap<(Login, String), Log>,
}

#[derive(Debug, Default)]
struct Log {
    seq: u64,
    events: VecDeque<(u64, Millis, ServerEvent)>,
}

impl Logs {
    /// Gives an event of one device its number and keeps it. Numbers start at 1 and have no gaps.
    pub fn append(&mut self, login: &Login, device: &str, event: ServerEvent, now: Millis) -> u64 {
        let log = self.log(login, device);
        log.seq += 1;
        log.events.push_back((log.seq, now, event));
        while log.events.len() > MAX_EVENTS
            || log.events.front().is_some_and(|(_, at, _)| at.saturating_add(KEEP_EVENTS_MS) < now)
        {
            log.events.pop_front();
        }
        log.seq
    }

    /// Takes over the newest number of a device from an earlier life.
    pub fn restore(&mut self, login: &Login, device: &str, seq: u64) {
        self.log(login, device).seq = seq;
    }

    /// Takes over an event of an earlier life; they come in order.
    pub fn restore_event(&mut self, login: &Login, device: &str, seq: u64, at: Millis, event: ServerEvent) {
        let log = self.log(login, device);
        log.seq = log.seq.max(seq);
        log.events.push_back((seq, at, event));
    }

    /// The number of a device's newest event, 0 before the first.
    #[must_use]
    pub fn seq(&self, login: &Login, device: &str) -> u64 {
        self.logs.get(&(login.clone(), device.to_owned())).map_or(0, |log| log.seq)
    }

    /// The events of a device after `last_seq`.
    #[must_use]
    pub fn after(&self, login: &Login, device: &str, last_seq: u64) -> Replay {
        let Some(log) = self.logs.get(&(login.clone(), device.to_owned())) else { return Replay::default() };
        let events: Vec<_> = log
            .events
            .iter()
            .filter(|(seq, _, _)| *seq > last_seq)
            .map(|(seq, _, event)| (*seq, event.clone()))
            .collect();
        let missing = log.seq.saturating_sub(last_seq);
        Replay { dropped: missing.saturating_sub(events.len() as u64), events }
    }

    /// Everything there is: login, device, number, time, event; each device's in order.
    pub fn all(&self) -> impl Iterator<Item = (&Login, &str, u64, Millis, &ServerEvent)> {
        self.logs.iter().flat_map(|((login, device), log)| {
            log.events.iter().map(move |(seq, at, event)| (login, device.as_str(), *seq, *at, event))
        })
    }

    /// Forgets a device.
    pub fn forget_device(&mut self, login: &Login, device: &str) {
        self.logs.remove(&(login.clone(), device.to_owned()));
    }

    fn log(&mut self, login: &Login, device: &str) -> &mut Log {
        self.logs.entry((login.clone(), device.to_owned())).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> ServerEvent {
        ServerEvent::PlainCalling("man".parse().unwrap())
    }

    #[test]
    fn a_device_gets_what_it_has_not_handled_and_is_told_what_is_lost() {
        let mut logs = Logs::default();
        let woman: Login = "woman".parse().unwrap();
        for _ in 0..3 {
            logs.append(&woman, "d", event(), 0);
        }
        assert_eq!(logs.after(&woman, "d", 1).events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(logs.after(&woman, "d", 9), Replay::default(), "a number of another life replays nothing");
        for _ in 0..MAX_EVENTS {
            logs.append(&woman, "d", event(), 0);
        }
        let replay = logs.after(&woman, "d", 1);
        assert_eq!((replay.events.len(), replay.dropped), (MAX_EVENTS, 2));
        logs.append(&woman, "d", event(), KEEP_EVENTS_MS + 1);
        assert_eq!(logs.after(&woman, "d", 0).events.len(), 1, "after 7 days the old ones are gone");
    }
}
