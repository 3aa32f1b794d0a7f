//! Takes the real-time priority from the sound threads of this app's own web processes.
//!
//! WebKit runs each `AudioContext` with an `AudioWorklet` on a thread of its own and asks for real-time priority for it
//! (directly, or from rtkit). Its allocator waits for a lock by spinning with `sched_yield`, which never lets a thread
//! of normal priority run, not the one that holds the lock either. On two cores the holders of that lock then wait for
//! seconds, and the call stands still; see `.docs/decisions/0008-no-real-time-sound-threads-in-webkit.md`.
#![allow(unsafe_code, reason = "two system calls without a wrapper that takes a thread id")]

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked for new threads. WebKit starts one for every `AudioContext` and raises all again when a
/// window comes to the front; a look takes less than a millisecond.
const EVERY: Duration = Duration::from_secs(1);
/// What the kernel shows of `WebKitWebProcess`: it keeps 15 characters.
const WEB_PROCESS: &str = "WebKitWebProces";
/// How the names of the threads end that render an `AudioContext`. Of a longer name WebKit keeps the end.
const SOUND_THREAD: &str = "AudioWorklet";

/// Keeps the sound threads of all web processes that this process started at normal priority; does not end.
pub(crate) async fn keep_sound_threads_normal() {
    let mut look = interval(EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let lowered = lower(&children(), WEB_PROCESS, SOUND_THREAD);
        if lowered > 0 {
            tracing::debug!(lowered, "sound threads of web processes taken from real-time priority");
        }
    }
}

/// The processes that this one started. Empty on a kernel without `CONFIG_PROC_CHILDREN`.
fn children() -> Vec<i32> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>())
        .collect()
}

/// Lowers the threads called `…thread` of those `processes` that are called `process`; how many there were.
fn lower(processes: &[i32], process: &str, thread: &str) -> usize {
    let mut lowered = 0;
    for pid in processes {
        let directory = format!("/proc/{pid}");
        if name(Path::new(&directory)).as_deref() != Some(process) {
            continue;
        }
        let Ok(threads) = fs::read_dir(format!("{directory}/task")) else { continue };
        for entry in threads.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|id| id.parse().ok()) else { continue };
            if !name(&entry.path()).is_some_and(|name| name.ends_with(thread)) || !is_real_time(id) {
                continue;
            }
            match set_normal(id) {
                Ok(()) => lowered += 1,
                // Another user's, or gone meanwhile.
                Err(error) => tracing::debug!(id, %error, "a sound thread keeps its real-time priority"),
            }
        }
    }
    lowered
}

/// What the kernel calls the process or thread with this directory below `/proc`.
fn name(directory: &Path) -> Option<String> {
    fs::read_to_string(directory.join("comm")).ok().map(|name| name.trim_end().to_owned())
}

fn is_real_time(thread: i32) -> bool {
    // SAFETY: takes a number and touches no memory of this process.
    let policy = unsafe { libc::sched_getscheduler(thread) };
    matches!(policy & !libc::SCHED_RESET_ON_FORK, libc::SCHED_RR | libc::SCHED_FIFO)
}

/// `sched(7)`: a process may always lower threads of its own user; taking `SCHED_RESET_ON_FORK` away, which rtkit sets,
/// would need a privilege, so it stays.
fn set_normal(thread: i32) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 0 };
    let policy = libc::SCHED_OTHER | libc::SCHED_RESET_ON_FORK;
    // SAFETY: `parameters` lives through the call, which only reads it.
    match unsafe { libc::sched_setscheduler(thread, policy, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    struct Sleeper(Child);

    impl Sleeper {
        fn start() -> Self {
            Self(Command::new("sleep").arg("60").spawn().unwrap())
        }

        fn id(&self) -> i32 {
            self.0.id().try_into().unwrap()
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            self.0.kill().and_then(|()| self.0.wait()).unwrap();
        }
    }

    /// False where this machine allows no real-time priority to anybody who asks.
    fn raise(thread: i32) -> bool {
        let parameters = libc::sched_param { sched_priority: 1 };
        let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
        // SAFETY: `parameters` lives through the call, which only reads it.
        unsafe { libc::sched_setscheduler(thread, policy, &raw const parameters) == 0 }
    }

    #[test]
    fn a_sound_thread_of_a_child_is_lowered_and_nothing_else() {
        let (sound, other) = (Sleeper::start(), Sleeper::start());
        assert!(children().contains(&sound.id()), "{:?}", children());
        let (raised, also) = (raise(sound.id()), raise(other.id()));
        assert_eq!(raised, also);
        assert_eq!(is_real_time(sound.id()), raised);
        assert_eq!(lower(&[sound.id(), other.id()], WEB_PROCESS, SOUND_THREAD), 0, "no web process");
        assert_eq!(lower(&[sound.id()], "sleep", SOUND_THREAD), 0, "no sound thread");
        assert_eq!(lower(&[sound.id()], "sleep", "eep"), usize::from(raised));
        assert!(!is_real_time(sound.id()));
        assert_eq!(is_real_time(other.id()), raised, "the other one was not named");
        assert_eq!(lower(&[i32::MAX], "sleep", "eep"), 0, "a process that is gone");
    }
}
