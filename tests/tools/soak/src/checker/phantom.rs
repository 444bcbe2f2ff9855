//! Nothing is ever seen that nobody wrote, or that its writer was told did not happen.

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

/// The write that a read returned, if all is well with it.
pub(crate) fn written<'h>(writes: &Writes<'h>, read: &Entry, seen: Seen) -> Option<&'h Entry> {
    breach(writes, read, seen).err()
}

pub(crate) fn check<'h>(writes: &Writes<'h>, calls: impl Iterator<Item = &'h Entry>) -> Vec<Violation> {
    let reads = calls.filter_map(|call| Some((call, call.read()??)));
    let breaches = reads.filter_map(|(read, seen)| {
        let (claim, write) = breach(writes, read, seen).ok()?;
        Some(Violation::new(Kind::Phantom, claim, write.into_iter().chain([read])))
    });
    breaches.collect()
}

/// What is wrong with a value that was read, or the write that it is.
fn breach<'h>(writes: &Writes<'h>, read: &Entry, seen: Seen) -> Result<(&'static str, Option<&'h Entry>), &'h Entry> {
    let Some(&write) = writes.get(&seen.token) else {
        return Ok(("a value is seen that nobody wrote", None));
    };
    let claim = if write.id != read.id {
        "a value is seen that was written to another id"
    } else if write.version() != seen.version || i64::try_from(seen.token) != Ok(seen.timestamp) {
        "a row is seen that is mixed of several writes"
    } else if write.has_failed() {
        "a write is seen that its caller was told did not happen"
    } else if write.begin > read.end {
        "a write is seen before it was made"
    } else {
        return Err(write);
    };
    Ok((claim, Some(write)))
}
