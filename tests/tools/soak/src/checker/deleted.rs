//! Mode versioned, ids that are deleted.
//!
//! An attempt whose answer was lost may land whenever its condition holds again, which a delete can bring about: such a
//! write may bring back an older version, such a delete may take away a newer one, as the documentation says. What
//! remains certain:
//!
//! - A delete of a version takes away nothing newer, whenever it lands. An acknowledged write does not give way to an
//!   older version or to nothing while no delete is begun that may take it, or what is newer, away.
//! - A write of one attempt is applied once: when it has given way to a delete or to a newer version, it does not come
//!   back.
//!
//! Nothing is certain about conditions: one that has held may hold again.

use super::{
    index::OfId,
    phantom::{Writes, written},
};
use crate::{
    history::{Action, Entry},
    violation::{Kind, Violation},
};

pub(crate) fn check(writes: &Writes<'_>, of_id: &OfId<'_>) -> Vec<Violation> {
    let done: Vec<_> = of_id.done_writes().collect();
    let done_deletes: Vec<_> = of_id.done_deletes().collect();
    let deletes: Vec<_> = of_id.deletes().collect();
    let mut found = Vec::new();
    for read in of_id.reads() {
        let stands = |write: &Entry| !deletes.iter().any(|delete| delete.begin <= read.end && takes(delete, write));
        let mut before = done.iter().copied().filter(|write| write.end < read.begin);
        let seen = match read.read().flatten() {
            None => {
                if let Some(write) = before.find(|write| stands(write)) {
                    let claim = "nothing is seen though a write is acknowledged that no delete can have taken away";
                    found.push(Violation::new(Kind::Stale, claim, [write, read]));
                }
                continue;
            }
            Some(seen) => written(writes, read, seen),
        };
        let Some(seen) = seen else { continue };
        let is_over = |later: &Entry| seen.is_done() && !seen.retried && seen.end < later.begin;
        let mut newer = before.filter(|write| write.version() > seen.version());
        if let Some(write) = newer.find(|write| stands(write) || is_over(write)) {
            let claim = "an older version is seen though a newer one is acknowledged";
            found.push(Violation::new(Kind::Stale, claim, [seen, write, read]));
        } else if let Some(delete) = done_deletes.iter().find(|delete| delete.end < read.begin && is_over(delete)) {
            let claim = "a write is seen though a later delete is acknowledged";
            found.push(Violation::new(Kind::Stale, claim, [seen, delete, read]));
        }
    }
    found
}

/// Whether a delete may take a write away, or what that write gave way to, now or later.
fn takes(delete: &Entry, write: &Entry) -> bool {
    match delete.action {
        Action::Delete(Some(version)) => version >= write.version(),
        _ => true,
    }
}
