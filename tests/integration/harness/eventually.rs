//! Waiting for what another thread or process does.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Longer than anything here takes on the slowest machine: only a failing test waits this long.
const LONGEST: Duration = Duration::from_secs(60);
const BETWEEN_POLLS: Duration = Duration::from_millis(20);

/// Polls until it has happened.
#[track_caller]
pub(crate) fn eventually(what: &str, mut has_happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONGEST;
    while !has_happened() {
        assert!(Instant::now() < deadline, "not within {LONGEST:?}: {what}");
        thread::sleep(BETWEEN_POLLS);
    }
}
