//! Processor time, where the system says so.

use std::time::Duration;

/// What this process has used.
#[cfg(unix)]
pub(crate) fn process() -> Option<Duration> {
    read(rustix::time::ClockId::ProcessCPUTime)
}

/// What this thread has used.
#[cfg(unix)]
pub(crate) fn thread() -> Option<Duration> {
    read(rustix::time::ClockId::ThreadCPUTime)
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Option<Duration> {
    let time = rustix::time::clock_gettime(clock);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// What this process has used.
#[cfg(not(unix))]
pub(crate) fn process() -> Option<Duration> {
    None
}

/// What this thread has used.
#[cfg(not(unix))]
pub(crate) fn thread() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_processor_time_of_its_thread_and_of_the_process() {
        let (process_before, thread_before) = (process().unwrap(), thread().unwrap());
        let mut sum = 0u64;
        while thread().unwrap() < thread_before + Duration::from_millis(5) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(process().unwrap() >= process_before + Duration::from_millis(5));
    }
}
