//! Texts that must be nowhere, or have to be somewhere: looked for in files and in the memory of running processes.
//!
//! All of them at once, as UTF-8 and as UTF-16.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context, Result, ensure};

/// A needle's fewest bytes: shorter ones are found by chance in hundreds of megabytes.
const SHORTEST: usize = 8;
/// Bytes that are read at once.
pub(crate) const BLOCK: usize = 1 << 20;

/// What is looked for.
#[derive(Debug)]
pub struct Needles {
    texts: Vec<String>,
    /// Each text in each encoding, with its number.
    patterns: Vec<(usize, Vec<u8>)>,
    /// For each two bytes, how far the window may go on when it ends with them.
    shift: Vec<u8>,
    /// Bytes of the shortest pattern: the window's width.
    width: usize,
    longest: usize,
}

/// Which of the texts were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found(Vec<bool>);

impl Needles {
    /// Takes the texts; each has to have 8 bytes at least.
    pub fn new(texts: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
        ensure!(!texts.is_empty(), "there is nothing to look for");
        let mut patterns = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            ensure!(text.len() >= SHORTEST, "`{text}` is so short that it is found by chance");
            patterns.push((number, text.as_bytes().to_vec()));
            patterns.push((number, text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        }
        let lengths = || patterns.iter().map(|(_, pattern)| pattern.len());
        let (width, longest) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
        let furthest = u8::try_from(width - 1).unwrap_or(u8::MAX);
        let mut shift = vec![furthest; 1 << 16];
        for (_, pattern) in &patterns {
            for (at, pair) in pattern.windows(2).take(width - 1).enumerate() {
                if let Some(place) = shift.get_mut(pair_number(pair)) {
                    *place = (*place).min(u8::try_from(width - 2 - at).unwrap_or(u8::MAX));
                }
            }
        }
        Ok(Self { texts, patterns, shift, width, longest })
    }

    /// The texts, in the order in which they were given.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Those of the texts that were found.
    #[must_use]
    pub fn named(&self, found: &Found) -> Vec<&str> {
        self.texts.iter().zip(&found.0).filter(|(_, found)| **found).map(|(text, _)| text.as_str()).collect()
    }

    /// Looks through a file.
    pub fn in_file(&self, path: &Path) -> Result<Found> {
        let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut search = Search::new(self);
        let mut block = vec![0; BLOCK];
        loop {
            let length = file.read(&mut block).with_context(|| format!("cannot read {}", path.display()))?;
            match block.get(..length) {
                Some(part) if !part.is_empty() => search.take(part),
                Some(_) | None => return Ok(search.found),
            }
        }
    }
}

impl Found {
    /// Whether all of them were found.
    #[must_use]
    pub fn all(&self) -> bool {
        self.0.iter().all(|found| *found)
    }

    /// Whether any of them was found.
    #[must_use]
    pub fn any(&self) -> bool {
        self.0.iter().any(|found| *found)
    }
}

/// A search through something that comes in parts (Wu and Manber's algorithm: most bytes are never looked at).
pub(crate) struct Search<'a> {
    needles: &'a Needles,
    pub(crate) found: Found,
    /// The end of what came before, with the new part behind it.
    text: Vec<u8>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(needles: &'a Needles) -> Self {
        let found = Found(vec![false; needles.texts.len()]);
        Self { needles, found, text: Vec::with_capacity(BLOCK + needles.longest) }
    }

    /// What comes next does not follow what came before.
    pub(crate) fn apart(&mut self) {
        self.text.clear();
    }

    pub(crate) fn take(&mut self, part: &[u8]) {
        self.text.extend_from_slice(part);
        let Needles { patterns, shift, width, .. } = self.needles;
        let mut end = *width;
        while let Some(pair) = end.checked_sub(2).and_then(|from| self.text.get(from..end)) {
            let step = shift.get(pair_number(pair)).copied().unwrap_or(0);
            if step > 0 {
                end += usize::from(step);
                continue;
            }
            let here = self.text.get(end - width..).unwrap_or_default();
            for (number, pattern) in patterns {
                if here.starts_with(pattern)
                    && let Some(found) = self.found.0.get_mut(*number)
                {
                    *found = true;
                }
            }
            end += 1;
        }
        // A pattern may begin at the end of this part.
        let kept = self.text.len().min(self.needles.longest - 1);
        self.text.drain(..self.text.len() - kept);
    }
}

fn pair_number(pair: &[u8]) -> usize {
    match pair {
        [first, second] => usize::from(*first) << 8 | usize::from(*second),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(needles: &Needles, parts: &[&[u8]]) -> Found {
        let mut search = Search::new(needles);
        parts.iter().for_each(|part| search.take(part));
        search.found
    }

    #[test]
    fn a_text_is_found_anywhere_in_both_encodings_and_across_parts() {
        let needles = Needles::new(["planted-one", "planted-other-text"]).expect("long enough");
        let wide: Vec<u8> = "planted-one".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for before in 0..40 {
            for text in [b"planted-one".as_slice(), &wide] {
                let mut all = vec![b'p'; before];
                all.extend_from_slice(text);
                all.extend_from_slice(b"lanted-othe");
                for cut in 0..all.len() {
                    let (one, two) = all.split_at(cut);
                    let found = search(&needles, &[one, two]);
                    assert_eq!(needles.named(&found), ["planted-one"], "{before} {cut}");
                }
            }
        }
        assert!(!search(&needles, &[b"planted-on", b"planted-other_text", b""]).any());
        assert!(search(&needles, &[b"planted-oneplanted-other-text"]).all());
        assert!(Needles::new(["short"]).is_err(), "found by chance");
    }
}
