//! Who speaks is known by the levels that packets of sound carry.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::time::Duration;

use world::World;
use zvonok_sfu::{FloorId, StreamId};

const SECOND: Duration = Duration::from_secs(1);
const FLOOR: FloorId = FloorId(7);

#[test]
fn who_speaks_is_told_once_for_each_who_shares_the_floor() {
    let mut world = World::new();
    let [one, two, elsewhere] = [1, 2, 3].map(|stream| {
        let client = world.publisher(StreamId(stream));
        let floor = if stream == 3 { FloorId(8) } else { FLOOR };
        world.sfu.join_floor(StreamId(stream), floor, world.now);
        client
    });
    for client in [one, two, elsewhere] {
        world.speak(client, Some(-70));
    }
    world.run(2 * SECOND);
    assert!(world.spoken.is_empty() && world.sfu.speaker(FLOOR).is_none(), "rooms are not silent, and nobody speaks");

    world.speak(elsewhere, Some(-15));
    world.speak(one, Some(-25));
    world.run(2 * SECOND);
    assert_eq!(world.sfu.speaker(FLOOR), Some(StreamId(1)));
    world.speak(one, Some(-70));
    world.speak(two, Some(-35));
    world.run(2 * SECOND);
    assert_eq!(world.sfu.speaker(FLOOR), Some(StreamId(2)));
    let mut told: Vec<_> =
        world.spoken.iter().filter(|(floor, _)| *floor == FLOOR).map(|(_, stream)| *stream).collect();
    assert_eq!(told, [Some(StreamId(1)), Some(StreamId(2))]);
    assert_eq!(world.sfu.speaker(FloorId(8)), Some(StreamId(3)));

    world.spoken.clear();
    world.sfu.unpublish(StreamId(2));
    world.drop_client(two);
    world.run(SECOND);
    told = world.spoken.iter().map(|(_, stream)| *stream).collect();
    assert_eq!(told, [None], "who had the word has left");
    world.speak(one, None);
    world.run(2 * SECOND);
    assert_eq!(world.sfu.speaker(FLOOR), None, "packets without a level say nothing");
}
