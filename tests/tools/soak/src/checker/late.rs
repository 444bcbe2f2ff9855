//! No call ends more than a little after its deadline.
//!
//! Items of a bulk call are known to have ended when the whole call has. Its deadline is what the last of its items may
//! take, see `load::bulk`.

use std::collections::HashSet;

use crate::{
    history::{Entry, MILLISECOND, Nanos},
    violation::{Kind, Violation},
};

/// What a busy machine may add to a deadline.
pub(crate) const GRACE: Nanos = 250 * MILLISECOND;

pub(crate) fn check(history: &[Entry]) -> Vec<Violation> {
    let mut seen = HashSet::new();
    let late = history.iter().filter(|call| call.end > call.deadline.saturating_add(GRACE));
    late.filter(|call| seen.insert(call.call)).map(violation).collect()
}

fn violation(call: &Entry) -> Violation {
    let late = (call.end - call.deadline) / MILLISECOND;
    Violation::new(Kind::Late, format!("ended {late} ms after its deadline"), [call])
}
