//! Waiting for a condition, with a deadline: the only place that may sleep.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at. Short against anything a person notices, long against what looking costs.
const STEP: Duration = Duration::from_millis(100);

/// Waits until `look` gives a value, and returns it. After `limit` it is an error that names `what`, with the last
/// error that `look` met.
pub fn until_some<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        let failure = match look() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if began.elapsed() >= limit {
            return match failure {
                Some(error) => Err(error.context(format!("waited {limit:?} for {what}"))),
                None => bail!("waited {limit:?} for {what}"),
            };
        }
        pause(STEP);
    }
}

/// Waits until `look` says true; after `limit` it is an error that names `what`.
pub fn until(what: &str, limit: Duration, mut look: impl FnMut() -> Result<bool>) -> Result<()> {
    until_some(what, limit, || Ok(look()?.then_some(())))
}

/// Lets time pass between two looks, or at the pace of a device.
#[expect(clippy::disallowed_methods, reason = "the one place that lets time pass, for those who wait with a deadline")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
