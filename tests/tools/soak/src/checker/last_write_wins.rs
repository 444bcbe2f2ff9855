//! Mode last-write-wins: the latest timestamp stays.
//!
//! Timestamps are not seen, but when each was taken is known to lie between `begin` and `stamped`. All attempts of a
//! call have the same, so a write that lands late, whether or not its caller was told, covers nothing newer.

use super::{
    index::{Highest, OfId},
    phantom::{Writes, written},
};
use crate::{
    history::Entry,
    violation::{Kind, Violation},
};

pub(crate) fn check(writes: &Writes<'_>, of_id: &OfId<'_>) -> Vec<Violation> {
    let done_writes = Highest::new(of_id.done_writes(), |call| call.end, |call| call.begin);
    let done_deletes = Highest::new(of_id.done_deletes(), |call| call.end, |call| call.begin);
    let deletes = Highest::new(of_id.deletes(), |call| call.begin, |call| call.stamped);
    let mut found = Vec::new();
    for read in of_id.reads() {
        let (write, delete) = (done_writes.before(read.begin), done_deletes.before(read.begin));
        match read.read().flatten() {
            None => {
                let Some(write) = write else { continue };
                let delete = deletes.before(read.end);
                if delete.is_none_or(|delete| is_older(delete, write)) {
                    let claim = "nothing is seen though a write is acknowledged, and no delete is later";
                    found.push(Violation::new(
                        Kind::Stale,
                        claim,
                        [Some(write), delete, Some(read)].into_iter().flatten(),
                    ));
                }
            }
            Some(seen) => {
                let Some(seen) = written(writes, read, seen) else { continue };
                if let Some(write) = write.filter(|write| is_older(seen, write)) {
                    let claim = "an older write is seen though a later one is acknowledged";
                    found.push(Violation::new(Kind::Stale, claim, [seen, write, read]));
                } else if let Some(delete) = delete.filter(|delete| is_older(seen, delete)) {
                    let claim = "a write is seen though a later delete is acknowledged";
                    found.push(Violation::new(Kind::Stale, claim, [seen, delete, read]));
                }
            }
        }
    }
    found
}

/// Whether a call certainly has an earlier timestamp than another one.
fn is_older(call: &Entry, than: &Entry) -> bool {
    call.stamped < than.begin
}
