//! The client timestamps that order the writes of this process: a hybrid logical clock.
//!
//! A timestamp is the time of this machine, unless an earlier write has, or a read has shown, a later one: then it is above
//! that. So a write replaces what its process has written and read before, also if another machine, whose clock is ahead,
//! wrote it.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// By how many microseconds at most a read moves the clock past a timestamp from a clock that is ahead. The number is random:
/// two processes that read the same row and then both write it would otherwise give the same timestamp, and Cassandra
/// chooses each cell separately between two writes with one timestamp. Less than a write and a read of it take, so that
/// processes that read each other's writes do not outrun time.
const MOST_SKIPPED: i64 = 255;

/// The clock of the process.
static CLOCK: Clock = Clock::new();

/// The latest timestamp that was given to a write of this process, or shown by a read, in microseconds since 1970.
struct Clock(AtomicI64);

/// The next timestamp in microseconds since 1970: now, or one above the latest one that this process has written or read.
/// Strictly increasing in the whole process.
pub(crate) fn next() -> i64 {
    CLOCK.next(now())
}

/// Takes note of the timestamp of a row that was read. If it is at most `max_drift` ahead of the clock of this machine,
/// later timestamps of this process are above it. Otherwise returns how far ahead it is: one wrong timestamp must not
/// move those of all other entities.
pub(crate) fn read(written_at: i64, max_drift: Duration) -> Option<Duration> {
    CLOCK.read(written_at, now, max_drift, || fastrand::i64(0..=MOST_SKIPPED))
}

/// The time of this machine in microseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX - 1)
}

impl Clock {
    const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    fn next(&self, now: i64) -> i64 {
        let advance = |last: i64| Some(now.max(last.saturating_add(1)));
        // `advance` never declines, so both arms hold the value before this one.
        let (Ok(last) | Err(last)) = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, advance);
        now.max(last.saturating_add(1))
    }

    fn read(
        &self,
        written_at: i64,
        now: impl FnOnce() -> i64,
        max_drift: Duration,
        skipped: impl FnOnce() -> i64,
    ) -> Option<Duration> {
        // Most rows are older than the last write of this process: then the time need not be read.
        if written_at <= self.0.load(Ordering::Relaxed) {
            return None;
        }
        let ahead = Duration::from_micros(u64::try_from(written_at.saturating_sub(now())).unwrap_or_default());
        if ahead > max_drift {
            return Some(ahead);
        }
        let skipped = if ahead.is_zero() { 0 } else { skipped() };
        self.0.fetch_max(written_at.saturating_add(skipped), Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    const DRIFT: Duration = Duration::from_micros(10);

    #[test]
    fn timestamps_of_many_threads_never_repeat_and_grow_within_each() {
        let threads: Vec<_> =
            (0..8).map(|_| thread::spawn(|| (0..5_000).map(|_| next()).collect::<Vec<_>>())).collect();
        let each: Vec<Vec<i64>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(each.iter().all(|taken| taken.is_sorted_by(|a, b| a < b)));
        let all: HashSet<i64> = each.into_iter().flatten().collect();
        assert_eq!(all.len(), 8 * 5_000);
    }

    #[test]
    fn a_timestamp_is_above_every_one_read_within_the_drift() {
        let clock = Clock::new();
        assert_eq!(clock.next(100), 100);
        for (read, now, next) in [(90, 101, 101), (110, 100, 111), (111, 100, 112), (113, 103, 114), (50, 200, 200)] {
            assert_eq!(clock.read(read, || now, DRIFT, || 0), None);
            assert_eq!(clock.next(now), next);
        }
    }

    #[test]
    fn a_read_skips_a_number_only_if_the_row_is_ahead() {
        let clock = Clock::new();
        assert_eq!(clock.read(100, || 100, DRIFT, || 7), None);
        assert_eq!(clock.next(90), 101);
        assert_eq!(clock.read(105, || 100, DRIFT, || 7), None);
        assert_eq!(clock.next(100), 113);
    }

    #[test]
    fn a_timestamp_beyond_the_drift_is_reported_and_moves_nothing() {
        let clock = Clock::new();
        assert_eq!(clock.read(111, || 100, DRIFT, || 0), Some(Duration::from_micros(11)));
        assert_eq!(clock.read(i64::MAX, || -1, DRIFT, || 0), Some(Duration::from_micros(i64::MAX as u64)));
        assert_eq!(clock.next(100), 100);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_own_rows_look_ahead() {
        let clock = Clock::new();
        assert_eq!(clock.next(1_000), 1_000);
        assert_eq!(clock.read(1_000, || 5, DRIFT, || 0), None);
        assert_eq!(clock.next(5), 1_001);
    }
}
