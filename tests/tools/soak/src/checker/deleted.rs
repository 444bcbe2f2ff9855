//! Modes versioned and owned, ids that are deleted.
//!
//! A delete keeps the version, so versions never go back here either, and an attempt that lands late finds that its
//! condition no longer holds. So on top of the rules for ids that are kept:
//!
//! - Nothing is seen only if a delete may have taken the latest acknowledged write away. A delete of a version takes away
//!   nothing newer. One of any version takes away what it has found, so nothing that was begun after it had ended.
//! - A state that a delete has taken away does not come back.

use std::collections::HashMap;

use super::{
    index::OfId,
    phantom::{Writes, written},
    versioned,
};
use crate::{
    history::{Action, Entry},
    violation::{Kind, Violation},
};

pub(crate) fn check(writes: &Writes<'_>, of_id: &OfId<'_>) -> Vec<Violation> {
    let done: Vec<_> = of_id.done_writes().collect();
    let done_deletes: Vec<_> = of_id.done_deletes().collect();
    let deletes: Vec<_> = of_id.deletes().collect();
    let reads = of_id.reads();
    let states: Vec<_> = reads.iter().copied().filter(|read| read.read().flatten().is_some()).collect();
    let mut found = versioned::missed(writes, of_id, &states);
    let known: HashMap<u64, ()> = found.iter().filter_map(|stale| Some((stale.calls.last()?.call, ()))).collect();
    found.extend(versioned::gone_back(&states));
    found.extend(versioned::twice(writes, of_id, &reads, false));
    found.extend(versioned::from_nothing(of_id));
    for read in reads {
        let stands = |write: &Entry| !deletes.iter().any(|delete| delete.begin <= read.end && takes(delete, write));
        match read.read().flatten() {
            None => {
                let mut before = done.iter().copied().filter(|write| write.end < read.begin);
                if let Some(write) = before.find(|write| stands(write)) {
                    let claim = "nothing is seen though a write is acknowledged that no delete can have taken away";
                    found.push(Violation::new(Kind::Stale, claim, [write, read]));
                }
            }
            Some(seen) if !known.contains_key(&read.call) => {
                let Some(seen) = written(writes, read, seen) else { continue };
                let mut before = done_deletes.iter().filter(|delete| delete.end < read.begin);
                if let Some(delete) = before.find(|delete| has_taken(delete, seen)) {
                    let claim = "a write is seen though a later delete is acknowledged";
                    found.push(Violation::new(Kind::Stale, claim, [seen, delete, read]));
                }
            }
            Some(_) => {}
        }
    }
    found
}

/// Whether a delete may take a write away, or what that write gave way to, now or later.
fn takes(delete: &Entry, write: &Entry) -> bool {
    match delete.action {
        Action::Delete(Some(version)) => version >= write.version(),
        _ => delete.end >= write.begin,
    }
}

/// Whether an acknowledged delete has certainly taken a write away.
fn has_taken(delete: &Entry, write: &Entry) -> bool {
    match delete.action {
        Action::Delete(Some(version)) => version >= write.version(),
        _ => write.is_done() && write.end < delete.begin,
    }
}
