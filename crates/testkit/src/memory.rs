//! Searching what a running process holds in memory, without a copy on disk: a web process holds hundreds of megabytes,
//! and reserves a hundred gigabytes more that nobody ever touched.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
};

use anyhow::{Context, Result, bail, ensure};

use crate::needles::{BLOCK, Found, Needles, Search};

/// The most that one process may hold before the search gives up with an error: a web process in a call has some 300 MB.
const MOST: u64 = 8 << 30;
/// Size of a page in `/proc/PID/pagemap`: the kernel's, 4 KiB on x86-64 and on Debian's arm64.
const PAGE: u64 = 4096;
/// Bits of an entry of `/proc/PID/pagemap`: the page is in memory, or in swap.
const HELD: u64 = 0b11 << 62;
/// Entries of that file that are read at once.
const ENTRIES: usize = 1 << 16;

impl Needles {
    /// Looks through all that a running process holds in memory and that did not come from a file unchanged. Needs the
    /// right to trace it: it is a child of this process, or this is root.
    pub fn in_memory(&self, id: u32) -> Result<Found> {
        let maps = fs::read_to_string(format!("/proc/{id}/maps")).with_context(|| format!("process {id} is gone"))?;
        let open = |name: &str| {
            File::open(format!("/proc/{id}/{name}")).with_context(|| format!("cannot read {name} of process {id}"))
        };
        let (memory, pages) = (open("mem")?, open("pagemap")?);
        let mut search = Search::new(self);
        let mut block = vec![0; BLOCK];
        let mut read = 0;
        for (start, end) in maps.lines().filter_map(mapping) {
            search.apart();
            for (from, to) in held(&pages, start, end)? {
                let mut at = from;
                while at < to {
                    let length = usize::try_from((to - at).min(BLOCK as u64))?;
                    let Some(part) = block.get_mut(..length) else { break };
                    // What was there a moment ago may be given back by now.
                    match memory.read_exact_at(part, at) {
                        Ok(()) => search.take(part),
                        Err(_gone) => search.apart(),
                    }
                    at += length as u64;
                }
                read += to - from;
                if read > MOST {
                    bail!("process {id} holds more than {MOST} bytes");
                }
                search.apart();
            }
        }
        // A process that was just ended has empty maps; nothing found there says nothing.
        ensure!(read > 0, "process {id} holds nothing that can be read");
        Ok(search.found)
    }
}

/// Start and end of a mapping that can hold something of the process's own: `START-END PERMISSIONS OFFSET DEVICE INODE
/// PATH`. A library's text is what is in its file.
fn mapping(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let permissions = words.next()?;
    let path = words.nth(3).unwrap_or_default();
    let own = permissions.starts_with("rw") || (permissions.starts_with('r') && !path.starts_with('/'));
    let kernels = path.starts_with("[v");
    let range = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    (own && !kernels).then_some(range)
}

/// The stretches of a mapping that are really there: what is only reserved can be terabytes.
fn held(pages: &File, start: u64, end: u64) -> Result<Vec<(u64, u64)>> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    let mut entries = vec![0; ENTRIES * 8];
    let mut at = start;
    while at < end {
        let count = usize::try_from((end - at) / PAGE)?.min(ENTRIES);
        let Some(part) = entries.get_mut(..count * 8).filter(|part| !part.is_empty()) else { break };
        pages.read_exact_at(part, at / PAGE * 8).context("cannot read which pages are there")?;
        for entry in part.chunks_exact(8) {
            let bits = entry.try_into().map_or(0, u64::from_ne_bytes);
            if bits & HELD != 0 {
                match stretches.last_mut() {
                    Some((_, to)) if *to == at => *to += PAGE,
                    Some(_) | None => stretches.push((at, at + PAGE)),
                }
            }
            at += PAGE;
        }
    }
    Ok(stretches)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn what_another_process_holds_is_found_and_what_it_does_not_hold_is_not() {
        // The shell keeps what it read from its input, which is in no command line and no environment.
        let (held, absent) = (format!("held-{}-by-a-shell", std::process::id()), format!("absent-{:p}", &HELD));
        let mut child = std::process::Command::new("sh")
            .args(["-c", "read -r text; echo ready; read -r end; echo $text"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("sh starts");
        writeln!(child.stdin.as_mut().expect("is piped"), "{held}").expect("it reads");
        let mut ready = [0; 6];
        child.stdout.as_mut().expect("is piped").read_exact(&mut ready).expect("it answers");
        let needles = Needles::new([held.as_str(), absent.as_str()]).expect("long enough");
        let found = needles.in_memory(child.id());
        child.kill().expect("is ours");
        child.wait().expect("was started");
        assert_eq!(needles.named(&found.expect("its memory is read")), [held]);
    }

    #[test]
    fn a_mapping_counts_when_it_can_hold_something_of_its_own() {
        assert_eq!(mapping("1000-3000 rw-p 0 00:00 0 "), Some((0x1000, 0x3000)));
        assert_eq!(mapping("1000-3000 rw-s 0 00:01 7 /memfd:WebKitSharedMemory (deleted)"), Some((0x1000, 0x3000)));
        assert_eq!(mapping("1000-3000 r--p 0 00:00 0 [heap]"), Some((0x1000, 0x3000)));
        assert_eq!(mapping("1000-3000 ---p 0 00:00 0 "), None);
        assert_eq!(mapping("1000-3000 r-xp 0 08:01 7 /usr/lib/libc.so.6"), None);
        assert_eq!(mapping("1000-3000 r--p 0 00:00 0 [vvar]"), None);
    }
}
