//! The tree of processes below one, read from `/proc`.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// A running process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u32,
    /// Its parent's id.
    pub parent: u32,
    /// Its name, at most 15 characters of it (the kernel keeps no more): `WebKitWebProces`.
    pub name: String,
}

/// Every process below `root`, itself not among them. Zombies are left out: they are dead.
pub fn descendants(root: u32) -> Result<Vec<Process>> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").context("cannot read /proc")? {
        let Ok(entry) = entry else { continue };
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // A process may end while it is looked at.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        if let Some(process) = parse(id, &stat) {
            all.push(process);
        }
    }
    let mut found: Vec<Process> = Vec::new();
    let mut wave = vec![root];
    while let Some(parent) = wave.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            wave.push(process.id);
            found.push(process.clone());
        }
    }
    Ok(found)
}

/// Memory of `root` and everything below it in bytes, shared pages divided among those who share them (PSS).
pub fn tree_memory(root: u32) -> Result<u64> {
    let mut total = memory(root).with_context(|| format!("process {root} is gone"))?;
    for process in descendants(root)? {
        total += memory(process.id).unwrap_or(0);
    }
    Ok(total)
}

/// Processor time that `root` and everything that lives below it have used since their start.
pub fn tree_cpu(root: u32) -> Result<Duration> {
    let mut total = cpu(root).with_context(|| format!("process {root} is gone"))?;
    for process in descendants(root)? {
        total += cpu(process.id).unwrap_or_default();
    }
    Ok(total)
}

fn cpu(id: u32) -> Option<Duration> {
    // The kernel's USER_HZ: hundredths of a second on every Linux that Zvonok runs on.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let after_name = stat.get(stat.rfind(')')? + 1..)?;
    // Fields 14 and 15, counted from the process's id; the name was the second.
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.saturating_add(system))
}

fn memory(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// `ID (NAME) STATE PARENT …`; the name may hold anything, so it is taken between the outer brackets.
fn parse(id: u32, stat: &str) -> Option<Process> {
    let open = stat.find('(')?;
    let close = stat.rfind(')')?;
    let name = stat.get(open + 1..close)?.to_owned();
    let mut rest = stat.get(close + 1..)?.split_whitespace();
    let state = rest.next()?;
    let parent = rest.next()?.parse().ok()?;
    (state != "Z").then_some(Process { id, parent, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_confuse() {
        let process = parse(7, "7 (a) b) S 3 7 7 0").expect("is a line of stat");
        assert_eq!((process.parent, process.name.as_str()), (3, "a) b"));
        assert_eq!(parse(7, "7 (a) Z 3 7"), None, "a zombie is dead");
    }

    #[test]
    fn processor_time_is_counted() {
        let before = tree_cpu(std::process::id()).expect("reads /proc");
        let mut sum = 0_u64;
        while tree_cpu(std::process::id()).expect("reads /proc") < before + Duration::from_millis(30) {
            sum = (0..100_000).fold(sum, |sum, number| sum.wrapping_mul(31).wrapping_add(number));
        }
        assert!(sum != 1, "the work is not optimised away");
    }

    #[test]
    fn a_child_is_found_below_this_process() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep starts");
        let family = descendants(std::process::id()).expect("reads /proc");
        child.kill().expect("is ours");
        child.wait().expect("was started");
        assert!(family.iter().any(|process| process.id == child.id()), "{family:?}");
    }
}
