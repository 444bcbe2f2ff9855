//! Mode last-write-wins: the latest timestamp stays.
//!
//! Timestamps are not seen, but when each was taken is known to lie between `begin` and `stamped`. All attempts of a
//! call have the same, so a write that lands late, whether or not its caller was told, covers nothing newer.
//!
//! Within a process timestamps only grow. Between processes, whose clocks differ, one rule orders them: a process that
//! has read a state gives what it writes after that a later timestamp, see [`Known`].

use std::collections::{BTreeMap, HashMap};

use super::{
    index::{Highest, OfId},
    phantom::{Writes, written},
};
use crate::{
    history::{Entry, Nanos},
    violation::{Kind, Violation},
};

pub(crate) fn check(writes: &Writes<'_>, of_id: &OfId<'_>, known: &Known<'_>) -> Vec<Violation> {
    let done_writes = of_each_store(of_id.done_writes());
    let done_deletes = of_each_store(of_id.done_deletes());
    let deletes: Vec<_> = of_id.deletes().collect();
    let mut found = Vec::new();
    for read in of_id.reads() {
        let before = |done: &BTreeMap<u32, Highest<'_>>, is_broken: &dyn Fn(&Entry) -> bool| {
            done.values().filter_map(|done| done.before(read.begin)).find(|call| is_broken(call)).cloned()
        };
        match read.read().flatten() {
            None => {
                let begun = || deletes.iter().copied().filter(|delete| delete.begin <= read.end);
                let missed = before(&done_writes, &|write| begun().all(|delete| known.is_older(delete, write)));
                let Some(write) = missed else { continue };
                let latest = begun().max_by_key(|delete| delete.stamped);
                let claim = "nothing is seen though a write is acknowledged, and no delete is later";
                let calls = [Some(&write), latest, Some(read)].into_iter().flatten();
                found.push(Violation::new(Kind::Stale, claim, calls));
            }
            Some(seen) => {
                let Some(seen) = written(writes, read, seen) else { continue };
                let is_older = |call: &Entry| known.is_older(seen, call);
                if let Some(write) = before(&done_writes, &is_older) {
                    let claim = "an older write is seen though a later one is acknowledged";
                    found.push(Violation::new(Kind::Stale, claim, [seen, &write, read]));
                } else if let Some(delete) = before(&done_deletes, &is_older) {
                    let claim = "a write is seen though a later delete is acknowledged";
                    found.push(Violation::new(Kind::Stale, claim, [seen, &delete, read]));
                }
            }
        }
    }
    found
}

/// Of each store the acknowledged calls, to find the one that began last before a moment.
fn of_each_store<'h>(done: impl Iterator<Item = &'h Entry>) -> BTreeMap<u32, Highest<'h>> {
    let mut stores: BTreeMap<u32, Vec<&Entry>> = BTreeMap::new();
    done.for_each(|call| stores.entry(call.store()).or_default().push(call));
    let highest = |calls: Vec<&'h Entry>| Highest::new(calls.into_iter(), |call| call.end, |call| call.begin);
    stores.into_iter().map(|(store, calls)| (store, highest(calls))).collect()
}

/// What each process has read of the writes of each other one, of any id: its timestamps are above those since then.
pub(crate) struct Known<'h> {
    /// By reader and writer: the reads, to find the one before a moment whose write began last.
    reads: HashMap<(u32, u32), Highest<'h>>,
    /// By reader and token: when it had first read this write.
    first_read: HashMap<(u32, u64), Nanos>,
}

impl<'h> Known<'h> {
    pub(crate) fn new(writes: &Writes<'h>, history: &'h [Entry]) -> Self {
        let mut reads: HashMap<(u32, u32), Vec<&Entry>> = HashMap::new();
        let mut first_read: HashMap<(u32, u64), Nanos> = HashMap::new();
        let write_of = |read: &Entry| written(writes, read, read.read()??);
        for read in history {
            let Some(write) = write_of(read).filter(|write| write.store() != read.store()) else { continue };
            reads.entry((read.store(), write.store())).or_default().push(read);
            let token = write.token().unwrap_or_default();
            let first = first_read.entry((read.store(), token)).or_insert(read.end);
            *first = read.end.min(*first);
        }
        let began = |read: &Entry| write_of(read).map_or(0, |write| write.begin);
        let highest = |reads: Vec<&'h Entry>| Highest::new(reads.into_iter(), |read| read.end, began);
        Self { reads: reads.into_iter().map(|(pair, reads)| (pair, highest(reads))).collect(), first_read }
    }

    /// Whether a call certainly has an earlier timestamp than another one.
    fn is_older(&self, call: &Entry, than: &Entry) -> bool {
        if call.store() == than.store() {
            return call.stamped < than.begin;
        }
        let has_read = |token: u64| self.first_read.get(&(than.store(), token)).is_some_and(|end| *end < than.begin);
        let reads = self.reads.get(&(than.store(), call.store()));
        call.token().is_some_and(has_read)
            || reads.and_then(|reads| reads.rank_before(than.begin)).is_some_and(|began| call.stamped < began)
    }
}
