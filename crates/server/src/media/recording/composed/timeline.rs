//! Who is there when: scenes, in each of which it is the same streams.

use super::grid::Aspect;

/// A stream that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clip {
    /// Its file in the recording's directory.
    pub(super) file: String,
    /// Milliseconds since the recording began.
    pub(super) start: u64,
    /// See [`Clip::start`].
    pub(super) end: u64,
    pub(super) sound: bool,
    pub(super) pictures: Option<Aspect>,
}

/// A time during which it is the same streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scene {
    /// Milliseconds since the recording began.
    pub(super) start: u64,
    /// See [`Scene::start`].
    pub(super) end: u64,
    /// Which clips, those that came first at the front.
    pub(super) cast: Vec<usize>,
}

/// How long the recording is: until its last stream ended, milliseconds.
pub(super) fn length(clips: &[Clip]) -> u64 {
    clips.iter().map(|clip| clip.end).max().unwrap_or(0)
}

/// The scenes from the recording's beginning to its end, of clips that are `wanted`, no more than `most` at a time: those
/// that came first.
pub(super) fn scenes(clips: &[Clip], most: usize, wanted: impl Fn(&Clip) -> bool) -> Vec<Scene> {
    let mut order: Vec<usize> = (0..clips.len()).collect();
    order.retain(|clip| clips.get(*clip).is_some_and(|clip| wanted(clip) && clip.end > clip.start));
    order.sort_by_key(|clip| clips.get(*clip).map(|clip| clip.start));
    let mut cuts: Vec<u64> = clips.iter().flat_map(|clip| [clip.start, clip.end]).chain([0]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut scenes: Vec<Scene> = Vec::new();
    for (start, end) in cuts.iter().zip(cuts.iter().skip(1)) {
        let there = |clip: &&usize| clips.get(**clip).is_some_and(|clip| clip.start <= *start && clip.end > *start);
        let cast: Vec<usize> = order.iter().filter(there).take(most).copied().collect();
        match scenes.last_mut().filter(|last| last.cast == cast) {
            Some(last) => last.end = *end,
            None => scenes.push(Scene { start: *start, end: *end, cast }),
        }
    }
    scenes
}

#[cfg(test)]
pub(super) fn clip(file: &str, start: u64, end: u64) -> Clip {
    Clip { file: file.to_owned(), start, end, sound: true, pictures: Some((640, 480)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scene_ends_when_somebody_comes_or_leaves() {
        let mut clips = [clip("a", 500, 9_000), clip("b", 2_000, 4_000), clip("c", 3_000, 3_500)];
        clips[2].pictures = None;
        let scene = |start, end, cast: &[usize]| Scene { start, end, cast: cast.to_vec() };
        assert_eq!(
            scenes(&clips, 9, |clip| clip.pictures.is_some()),
            [scene(0, 500, &[]), scene(500, 2_000, &[0]), scene(2_000, 4_000, &[0, 1]), scene(4_000, 9_000, &[0])],
            "who is only heard changes no picture"
        );
        let heard = scenes(&clips, 2, |clip| clip.sound);
        assert_eq!(heard[2..], [scene(2_000, 4_000, &[0, 1]), scene(4_000, 9_000, &[0])], "no more than two at a time");
        assert_eq!(scenes(&[], 9, |_| true), []);
    }

    proptest! {
        #[test]
        fn scenes_are_the_whole_recording_without_a_gap(times in prop::collection::vec((0_u64..90, 0_u64..90), 1..20)) {
            let clips: Vec<Clip> = times.iter().map(|(start, long)| clip("x", *start, start + long)).collect();
            let scenes = scenes(&clips, 5, |_| true);
            let mut at = 0;
            for scene in &scenes {
                prop_assert_eq!(scene.start, at);
                prop_assert!(scene.end > at && scene.cast.len() <= 5);
                at = scene.end;
            }
            prop_assert_eq!(at, length(&clips));
        }
    }
}
