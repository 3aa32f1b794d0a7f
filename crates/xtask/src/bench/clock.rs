//! Moments of one machine's wall clock, as different programs write them down.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

/// A moment in milliseconds since 1970.
pub(crate) fn now() -> f64 {
    at(SystemTime::now())
}

/// A moment in milliseconds since 1970.
pub(crate) fn at(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1_000.0)
}

/// When the last line that contains all of `words` was written, in milliseconds since 1970. The lines begin with
/// `2026-11-23T06:51:26.123456Z`, of the day that `near` is in, or the one before.
pub(crate) fn of_line(log: &str, words: &[&str], near: f64) -> Result<f64> {
    let line = log
        .lines()
        .rev()
        .find(|line| words.iter().all(|word| line.contains(word)))
        .with_context(|| format!("the log has no line with {words:?}"))?;
    let time = line.split('T').nth(1).and_then(|rest| rest.split('Z').next()).context("a log line has no time")?;
    let mut of_day = 0.0;
    for (part, length) in time.splitn(3, ':').zip([3_600_000.0, 60_000.0, 1_000.0]) {
        of_day += part.parse::<f64>().with_context(|| format!("`{time}` is not a time"))? * length;
    }
    let today = (near / DAY).floor() * DAY + of_day;
    Ok(if today > near + DAY / 2.0 { today - DAY } else { today })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_is_found_by_its_words_and_its_time_is_that_of_the_day() {
        let log = "2026-11-23T00:00:01.500000Z  INFO app: call a\n2026-11-23T00:00:02.250000Z  INFO app: ring b\n";
        let day = 20_780.0 * DAY;
        assert_eq!(of_line(log, &["app", "call"], day + 5_000.0).expect("is there"), day + 1_500.0);
        let before_midnight = "2026-11-22T23:59:59.000000Z  INFO app: call";
        assert_eq!(of_line(before_midnight, &["call"], day + 100.0).expect("is there"), day - 1_000.0);
        assert!(of_line(log, &["hang"], day).is_err());
    }
}
