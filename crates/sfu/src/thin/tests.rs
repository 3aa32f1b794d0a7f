use super::*;

const PICTURE: usize = 5_000;

struct Rig {
    thin: Thin,
    start: Instant,
    source: Source,
    pictures: u32,
}

impl Rig {
    fn new() -> Self {
        Self { thin: Thin::default(), start: Instant::now(), source: (1, 1.into()), pictures: 0 }
    }

    fn at(&self) -> Instant {
        self.start + self.pictures * Duration::from_millis(33)
    }

    /// Looks at takers.
    fn look(&mut self, takers: &[(PeerId, u64)]) {
        let takers: Vec<_> = takers.iter().map(|(peer, estimate)| (*peer, Some(*estimate))).collect();
        self.thin.choose(&takers, true, self.at());
    }

    /// The same for as long as it takes to be found slow.
    fn look_long(&mut self, takers: &[(PeerId, u64)]) {
        self.look(takers);
        self.start += FALLS_AFTER;
        self.look(takers);
    }

    /// A picture in two packets; what became of both.
    fn picture(&mut self, taker: PeerId, keyframe: bool) -> [Pass; 2] {
        self.pictures += 1;
        let (now, time) = (self.at(), self.pictures * 3_000);
        [true, false].map(|first| {
            self.thin.came(self.source, time, PICTURE / 2, now);
            self.thin.passes(taker, time, PICTURE / 2, keyframe && first, now)
        })
    }
}

#[test]
fn slow_is_who_takes_far_less_than_the_best_and_too_little() {
    let mut rig = Rig::new();
    rig.look(&[(1, 150_000)]);
    assert!(!rig.thin.is_slow(1), "who is alone is adapted to");
    rig.look(&[(1, 150_000), (2, 200_000)]);
    assert!(!rig.thin.is_slow(1), "nearly as much");
    rig.look(&[(1, 900_000), (2, 2_500_000)]);
    assert!(!rig.thin.is_slow(1), "a decent picture");
    rig.look(&[(1, 150_000), (2, 2_500_000)]);
    assert!(!rig.thin.is_slow(1), "estimates dip");
    rig.look_long(&[(1, 150_000), (2, 2_500_000)]);
    assert!(rig.thin.is_slow(1) && !rig.thin.is_slow(2));
    rig.look(&[(2, 2_500_000)]);
    assert!(!rig.thin.is_slow(1), "it has left");
}

#[test]
fn runs_begin_at_key_frames_and_end_between_pictures() {
    let mut rig = Rig::new();
    rig.picture(1, true);
    rig.look_long(&[(1, 150_000), (2, 2_500_000)]);
    assert_eq!(rig.picture(1, false), [Pass::Through; 2], "it goes on for as long as there is room");
    assert_eq!(rig.picture(1, false), [Pass::Ends, Pass::Still]);
    assert_eq!(rig.picture(1, true), [Pass::Still; 2], "a key frame without room");
    let ready = rig.thin.deadline().expect("it stands still");
    while rig.at() < ready {
        assert_eq!(rig.picture(1, false), [Pass::Still; 2]);
    }
    assert!(rig.thin.wants_keyframe(rig.at()) && !rig.thin.wants_keyframe(rig.at()));
    assert_eq!(rig.picture(1, true), [Pass::Through; 2]);
    assert_eq!(rig.picture(2, false), [Pass::Through; 2], "the other gets all");
}

#[test]
fn key_frames_for_those_who_stand_still_are_seldom() {
    let mut rig = Rig::new();
    rig.picture(1, true);
    rig.look_long(&[(1, 150_000), (3, 200_000), (2, 2_500_000)]);
    let mut asked = 0;
    for _ in 0..30 * 60 {
        let now = rig.at();
        let asks = rig.thin.wants_keyframe(now);
        asked += u32::from(asks);
        rig.picture(1, asks);
        let _ = rig.thin.passes(3, rig.pictures * 3_000, PICTURE, asks, now);
    }
    assert!((10..=15).contains(&asked), "{asked} in a minute");
}

#[test]
fn an_old_key_frame_begins_no_run() {
    let mut rig = Rig::new();
    rig.picture(1, false);
    rig.look_long(&[(1, 150_000), (2, 2_500_000)]);
    assert!(rig.thin.breaks(1) && !rig.thin.breaks(2));
    let old = rig.pictures * 3_000;
    rig.picture(1, false);
    assert_eq!(rig.thin.passes(1, old, 10, true, rig.at()), Pass::Still);
    rig.source = (2, 1.into());
    assert_eq!(rig.picture(1, true), [Pass::Through; 2], "times of another run");
}

#[test]
fn a_picture_that_does_not_end_is_cut_off() {
    let mut rig = Rig::new();
    rig.picture(1, true);
    rig.look_long(&[(1, 150_000), (2, 2_500_000)]);
    let (now, time) = (rig.at(), rig.pictures * 3_000);
    let passed = (0..10_000).take_while(|_| rig.thin.passes(1, time, 1_000, false, now) == Pass::Through).count();
    assert!((50..200).contains(&passed), "{passed} kB of one picture");
}

#[test]
fn who_has_room_again_is_whole_again_after_a_while() {
    let mut rig = Rig::new();
    rig.picture(1, true);
    rig.look_long(&[(1, 150_000), (2, 2_000_000)]);
    let began = rig.at();
    let mut whole = None;
    while rig.at() < began + 3 * FALLEN && whole.is_none() {
        rig.picture(1, false);
        rig.look(&[(1, 1_900_000), (2, 2_000_000)]);
        whole = (!rig.thin.is_slow(1)).then(|| rig.at() - began);
    }
    assert!(whole.is_some_and(|after| after >= FALLEN && after < FALLEN + RISES_AFTER), "{whole:?}");
}

#[test]
fn what_cannot_be_adapted_is_too_much_for_who_takes_less() {
    let mut rig = Rig::new();
    for _ in 0..60 {
        rig.picture(1, false);
    }
    let rate = rig.thin.rate();
    assert!((1_000_000..1_400_000).contains(&rate), "{rate}");
    for _ in 0..2 {
        rig.thin.choose(&[(1, Some(600_000)), (2, Some(2_000_000))], false, rig.at());
        rig.start += FALLS_AFTER;
    }
    assert!(rig.thin.is_slow(1) && !rig.thin.is_slow(2));
    rig.thin.choose(&[(1, None)], false, rig.at());
    assert!(!rig.thin.is_slow(1), "nothing is known");
}
