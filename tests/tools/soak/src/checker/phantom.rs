//! No read returns a value that was never written, or whose write was reported as failed for certain.

use std::collections::HashMap;

use crate::{
    history::{Entry, Seen},
    violation::{Kind, Violation},
};

/// The writes by the token that is in the payload of each.
pub(crate) type Writes<'h> = HashMap<u64, &'h Entry>;

pub(crate) fn writes(history: &[Entry]) -> Writes<'_> {
    history.iter().filter_map(|call| Some((call.token()?, call))).collect()
}

/// What a value that was read is.
enum Origin<'h> {
    /// The value of this write.
    Write(&'h Entry),
    /// A phantom: what is wrong with it, and the write that it seems to be, if there is one.
    Phantom(&'static str, Option<&'h Entry>),
}

/// The write that a read returned, unless the value is a phantom.
pub(crate) fn written<'h>(writes: &Writes<'h>, read: &Entry, seen: Seen) -> Option<&'h Entry> {
    match origin(writes, read, seen) {
        Origin::Write(write) => Some(write),
        Origin::Phantom(..) => None,
    }
}

pub(crate) fn check<'h>(writes: &Writes<'h>, calls: impl Iterator<Item = &'h Entry>) -> Vec<Violation> {
    let reads = calls.filter_map(|call| Some((call, call.read()??)));
    let breaches = reads.filter_map(|(read, seen)| match origin(writes, read, seen) {
        Origin::Write(_) => None,
        Origin::Phantom(claim, write) => Some(Violation::new(Kind::Phantom, claim, write.into_iter().chain([read]))),
    });
    breaches.collect()
}

fn origin<'h>(writes: &Writes<'h>, read: &Entry, seen: Seen) -> Origin<'h> {
    let Some(&write) = writes.get(&seen.token) else {
        return Origin::Phantom("a value is seen that was never written", None);
    };
    let claim = if write.id != read.id {
        "a value is seen that was written to another id"
    } else if write.version() != seen.version || i64::try_from(seen.token) != Ok(seen.timestamp) {
        "a row is seen that is mixed of several writes"
    } else if write.has_failed() {
        "a write is seen that was reported as failed for certain"
    } else if write.begin > read.end {
        "a write is seen before it was made"
    } else {
        return Origin::Write(write);
    };
    Origin::Phantom(claim, Some(write))
}
