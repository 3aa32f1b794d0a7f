//! The children that decode those who are in the present scene, and what each of them gave last.

use super::ComposeFault;
use super::child::Child;

/// Those who are in the present scene, in its order.
#[derive(Debug, Default)]
pub(super) struct Stage {
    cast: Vec<Actor>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Actor {
    clip: usize,
    child: Child,
    /// What it gave last.
    pub(super) last: Vec<u8>,
    /// There is something in `last`.
    pub(super) seen: bool,
    ended: bool,
}

/// How the child of a clip is started.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) child: Child,
    /// Bytes that are taken from it at a time.
    pub(super) bytes: usize,
    /// How often something is taken and thrown away first: it begins where its file does.
    pub(super) late: u64,
}

impl Stage {
    /// Another scene begins.
    pub(super) async fn set(
        &mut self,
        cast: &[usize],
        mut enter: impl FnMut(usize) -> Result<Entrance, ComposeFault>,
    ) -> Result<(), ComposeFault> {
        self.cast.retain(|actor| cast.contains(&actor.clip));
        for clip in cast {
            if self.cast.iter().any(|actor| actor.clip == *clip) {
                continue;
            }
            let Entrance { child, bytes, late } = enter(*clip)?;
            let mut actor = Actor { clip: *clip, child, last: vec![0; bytes], seen: false, ended: false };
            for _ in 0..late {
                actor.go_on().await?;
            }
            self.cast.push(actor);
        }
        self.cast.sort_by_key(|actor| cast.iter().position(|clip| *clip == actor.clip));
        Ok(())
    }

    /// What everybody gives next. Who has ended is as it was last.
    pub(super) async fn go_on(&mut self) -> Result<&[Actor], ComposeFault> {
        for actor in &mut self.cast {
            actor.go_on().await?;
        }
        Ok(&self.cast)
    }
}

impl Actor {
    async fn go_on(&mut self) -> Result<(), ComposeFault> {
        if self.ended {
            return Ok(());
        }
        if self.child.take(&mut self.last).await? {
            self.seen = true;
        } else {
            self.ended = true;
        }
        Ok(())
    }

    /// There is nothing more of it.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}
