//! The client timestamps that order the writes of this process.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

static LAST: AtomicI64 = AtomicI64::new(0);

/// The next timestamp in microseconds since 1970: now, or one more than the last one if the clock did not advance. Strictly increasing in the whole process, so that of two writes the later one wins.
pub(crate) fn next() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(since.as_micros()).unwrap_or(i64::MAX - 1);
    let advance = |last: i64| Some(now.max(last.saturating_add(1)));
    // `advance` never declines, so both arms hold the value before this one.
    let (Ok(last) | Err(last)) = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, advance);
    now.max(last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn timestamps_of_many_threads_never_repeat_and_grow_within_each() {
        let threads: Vec<_> =
            (0..8).map(|_| thread::spawn(|| (0..5_000).map(|_| next()).collect::<Vec<_>>())).collect();
        let each: Vec<Vec<i64>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(each.iter().all(|taken| taken.is_sorted_by(|a, b| a < b)));
        let all: HashSet<i64> = each.into_iter().flatten().collect();
        assert_eq!(all.len(), 8 * 5_000);
    }
}
