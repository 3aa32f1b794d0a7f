//! Rooms in bad weather: packets are lost and overtake each other, and some can take little. What happens follows from a seed,
//! and a seed that once led to a fault is kept here.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::time::Duration;

use world::{BOTH, World};
use zvonok_sfu::StreamId;

const SECOND: Duration = Duration::from_secs(1);
/// Publishers of a room, each of whom sees all others.
const PEOPLE: usize = 4;
/// Who can take little: an eighth of one picture.
const SLOW: u64 = 150_000;

/// What came of one stream at one subscriber.
#[derive(Debug, Clone, PartialEq)]
struct Came {
    who: usize,
    of: usize,
    pictures: usize,
    sound: usize,
}

/// A room for half a minute, of whom the last person has a slow link for each stream.
fn room(seed: u64, lost: u64, late: u64) -> Vec<Came> {
    let mut world = World::new();
    for nth in 0..PEOPLE {
        world.publisher(StreamId(nth as u64));
    }
    let mut seats = Vec::new();
    for who in 0..PEOPLE {
        for of in (0..PEOPLE).filter(|of| *of != who) {
            let client = world.subscriber((who * PEOPLE + of) as u64, StreamId(of as u64), BOTH);
            if who == PEOPLE - 1 {
                world.narrow(client, SLOW);
            }
            seats.push((who, of, client));
        }
    }
    world.run(5 * SECOND);
    world.storm(seed, lost, late);
    world.run(5 * SECOND);
    let before: Vec<_> = seats.iter().map(|(_, _, client)| world.received(*client)).collect();
    world.run(20 * SECOND);
    let came = seats.iter().zip(before).map(|((who, of, client), before)| {
        let now = world.received(*client);
        let (pictures, sound) = (now.frames.len() - before.frames.len(), now.audio - before.audio);
        Came { who: *who, of: *of, pictures, sound }
    });
    came.collect()
}

#[test]
fn in_bad_weather_everybody_sees_and_hears_and_the_slow_one_slows_nobody() {
    for seed in [1, 2, 3, 11_211, 640_480] {
        for came in room(seed, 20, 30) {
            let slow = came.who == PEOPLE - 1;
            // Of 600 pictures and 1000 packets of sound, which are not sent again.
            let least = if slow { 2 } else { 570 };
            assert!(came.pictures >= least, "seed {seed}: {came:?}");
            assert!(came.sound >= 900, "seed {seed}: {came:?}");
        }
    }
}

#[test]
fn what_happens_follows_from_the_seed() {
    let (one, again) = (room(7, 20, 30), room(7, 20, 30));
    let other = room(8, 20, 30);
    assert_ne!(one, other, "another seed is other weather");
    assert_eq!(one.len(), PEOPLE * (PEOPLE - 1));
    // Keys and names are made by chance, and with them the moments of some reports: nothing else differs.
    for (one, again) in one.iter().zip(&again) {
        assert!(
            one.pictures.abs_diff(again.pictures) <= 12 && one.sound.abs_diff(again.sound) <= 6,
            "{one:?} {again:?}"
        );
    }
}

#[test]
fn what_never_arrives_is_counted() {
    let mut world = World::new();
    world.publisher(StreamId(1));
    world.run(5 * SECOND);
    assert_eq!(world.sfu.counts().packets_lost, 0);
    world.lose_every(20);
    world.run(30 * SECOND);
    // Of 1500 packets of sound, which are not sent again, a twentieth; the last 512 may still come.
    let lost = world.sfu.counts().packets_lost;
    assert!((25..100).contains(&lost), "{lost} are lost");
}
