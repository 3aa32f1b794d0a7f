//! What this process plays, for the echo cancellers of what it captures.
//!
//! openvidu-browser makes one peer connection for each stream: the microphone goes out on one and the voice of the other
//! side comes in on another, so the connections of one app share a [`Playout`].

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::Block;
use crate::defaults::{BLOCK, PLAYOUT_BLOCKS};

/// The sound that all peer connections of one app play. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Playout(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    next: u64,
    /// For every reader: what it has not read yet of every source.
    readers: HashMap<u64, HashMap<u64, VecDeque<Block>>>,
}

impl Playout {
    fn with<T>(&self, work: impl FnOnce(&mut Shared) -> T) -> T {
        // The data holds no invariant that a panic could break half-way: go on with it.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn number(&self) -> u64 {
        self.with(|shared| {
            shared.next += 1;
            shared.next
        })
    }

    /// A new source: one received voice.
    pub(crate) fn source(&self) -> Source {
        Source { playout: self.clone(), id: self.number() }
    }

    /// A new reader: one captured voice.
    pub(crate) fn reader(&self) -> Reader {
        let id = self.number();
        self.with(|shared| shared.readers.insert(id, HashMap::new()));
        Reader { playout: self.clone(), id }
    }
}

/// Where one received voice says what is played of it.
#[derive(Debug)]
pub(crate) struct Source {
    playout: Playout,
    id: u64,
}

impl Source {
    /// `block` goes to the loudspeaker now. Readers that fall behind lose the oldest.
    pub(crate) fn play(&self, block: &Block) {
        self.playout.with(|shared| {
            for reader in shared.readers.values_mut() {
                let queue = reader.entry(self.id).or_default();
                while queue.len() >= PLAYOUT_BLOCKS {
                    queue.pop_front();
                }
                queue.push_back(*block);
            }
        });
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.playout.with(|shared| {
            for reader in shared.readers.values_mut() {
                reader.remove(&self.id);
            }
        });
    }
}

/// Where one echo canceller reads what was played.
#[derive(Debug)]
pub(crate) struct Reader {
    playout: Playout,
    id: u64,
}

impl Reader {
    /// The next 10 ms of everything played, mixed; silence when nothing is.
    pub(crate) fn read(&self) -> Block {
        let mut mix = [0.0; BLOCK];
        self.playout.with(|shared| {
            for queue in shared.readers.get_mut(&self.id).into_iter().flat_map(HashMap::values_mut) {
                for (sum, sample) in mix.iter_mut().zip(queue.pop_front().iter().flatten()) {
                    *sum = (*sum + sample).clamp(-1.0, 1.0);
                }
            }
        });
        mix
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.playout.with(|shared| shared.readers.remove(&self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_hears_the_mix_of_all_sources() {
        let playout = Playout::default();
        let (one, two) = (playout.reader(), playout.reader());
        let (man, woman) = (playout.source(), playout.source());
        man.play(&[0.25; BLOCK]);
        woman.play(&[0.5; BLOCK]);
        assert_eq!(one.read(), [0.75; BLOCK]);
        assert_eq!(two.read(), [0.75; BLOCK]);
        assert_eq!(one.read(), [0.0; BLOCK], "nothing is played twice");
        drop(man);
        woman.play(&[0.5; BLOCK]);
        assert_eq!(one.read(), [0.5; BLOCK]);
    }

    #[test]
    fn a_reader_that_never_reads_holds_a_bounded_amount() {
        let playout = Playout::default();
        let reader = playout.reader();
        let source = playout.source();
        for _ in 0..1000 {
            source.play(&[0.1; BLOCK]);
        }
        let kept = playout.with(|shared| shared.readers[&reader.id][&source.id].len());
        assert_eq!(kept, PLAYOUT_BLOCKS);
    }
}
