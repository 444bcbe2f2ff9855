//! Mode owned: after the claim of another store, a store changes nothing until it claims the id again.
//!
//! A write carries the epoch of a claim by its own store that began before the write ended. If all of these had ended
//! before another store began to claim the id, the write cannot come after that claim. So it came before, and the claim
//! returned its version, or a higher one.

use std::collections::HashSet;

use super::{
    index::OfId,
    phantom::{Writes, written},
};
use crate::{
    history::{Entry, Nanos, Population},
    violation::{Kind, Violation},
};

pub(crate) fn check(writes: &Writes<'_>, of_id: &OfId<'_>) -> Vec<Violation> {
    let claims = Claims::new(of_id);
    let mut found = Vec::new();
    let seen = of_id.reads().into_iter().filter_map(|read| Some((written(writes, read, read.read()??)?, Some(read))));
    let applied = of_id.done_writes().map(|write| (write, None)).chain(seen);
    let mut told = HashSet::new();
    for (write, read) in applied.filter(|(write, _)| !write.has_failed()) {
        let claim = claims.of_another(write);
        let comes_after =
            claim.filter(|claim| version_at(of_id, claim).is_some_and(|version| version < write.version()));
        if let Some(claim) = comes_after
            && told.insert(write.token())
        {
            let what = "a write is applied though another store had claimed the id, and its store not again";
            found.push(Violation::new(Kind::Unfenced, what, [Some(claim), Some(write), read].into_iter().flatten()));
        }
    }
    for delete in of_id.done_deletes() {
        if let Some(claim) = claims.of_another(delete).filter(|claim| claim.end < delete.begin) {
            let what = "a delete is acknowledged though another store had claimed the id, and its store not again";
            found.push(Violation::new(Kind::Unfenced, what, [claim, delete]));
        }
    }
    found
}

/// The version that a claim returned, 0 if there was no state. Unknown if that may have been deleted.
fn version_at(of_id: &OfId<'_>, claim: &Entry) -> Option<u64> {
    match claim.read()? {
        Some(seen) => Some(seen.version),
        None => (of_id.id.population != Population::Deleted).then_some(0),
    }
}

/// The claims of an id, in the order in which they began.
struct Claims<'h>(Vec<&'h Entry>);

impl<'h> Claims<'h> {
    fn new(of_id: &OfId<'h>) -> Self {
        let mut claims: Vec<_> = of_id.calls.iter().copied().filter(|call| call.is_claim()).collect();
        claims.sort_by_key(|claim| claim.begin);
        Self(claims)
    }

    /// The first claim by another store that succeeded, and that began when all claims which a call may rest on had ended.
    fn of_another(&self, call: &Entry) -> Option<&'h Entry> {
        let last: Option<Nanos> = self
            .0
            .iter()
            .take_while(|claim| claim.begin <= call.end)
            .filter(|claim| claim.store() == call.store())
            .map(|claim| claim.end)
            .max();
        let after = self.0.partition_point(|claim| last.is_some_and(|last| claim.begin <= last));
        let mut later = self.0.iter().skip(after);
        later.find(|claim| claim.store() != call.store() && claim.read().is_some()).copied()
    }
}
