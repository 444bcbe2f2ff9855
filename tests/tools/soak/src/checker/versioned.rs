//! Modes versioned and owned, ids that are never deleted: the highest version stays.
//!
//! A version never goes back, not even by an attempt that lands late: its condition compares with what is stored then.

use std::collections::{HashMap, HashSet};

use super::{
    index::{Highest, OfId},
    phantom::{Writes, written},
};
use crate::{
    history::{Condition, Entry, Nanos},
    violation::{Kind, Violation},
};

pub(crate) fn check(writes: &Writes<'_>, of_id: &OfId<'_>) -> Vec<Violation> {
    let reads = of_id.reads();
    let mut found = missed(writes, of_id, &reads);
    found.extend(gone_back(&reads));
    found.extend(twice(writes, of_id, &reads, true));
    found.extend(from_nothing(of_id));
    found
}

/// What of a read is compared: nothing is older than any version.
fn version(read: &Entry) -> Option<u64> {
    read.read().flatten().map(|seen| seen.version)
}

/// Reads that began after a write was acknowledged and return an older version.
pub(super) fn missed(writes: &Writes<'_>, of_id: &OfId<'_>, reads: &[&Entry]) -> Vec<Violation> {
    let done = Highest::new(of_id.done_writes(), |call| call.end, Entry::version);
    let missed = reads.iter().filter_map(|read| {
        let write = done.before(read.begin)?;
        let seen = read.read().flatten().and_then(|seen| written(writes, read, seen));
        let claim = "an older version is seen though a newer one is acknowledged";
        let calls = seen.into_iter().chain([write, read]);
        (version(read) < Some(write.version())).then(|| Violation::new(Kind::Stale, claim, calls))
    });
    missed.collect()
}

/// Reads of one thread, one after the other, of which the later returns an older version.
pub(super) fn gone_back(reads: &[&Entry]) -> Vec<Violation> {
    let mut threads: HashMap<u32, Vec<&Entry>> = HashMap::new();
    reads.iter().for_each(|read| threads.entry(read.thread).or_default().push(read));
    let mut found = Vec::new();
    for reads in threads.into_values() {
        let rank = |read: &Entry| version(read).map_or(0, |version| version.saturating_add(1));
        let earlier = Highest::new(reads.iter().copied(), |read| read.end, rank);
        for read in reads {
            if let Some(before) = earlier.before(read.begin).filter(|before| version(before) > version(read)) {
                let claim = "one thread sees the version go back";
                found.push(Violation::new(Kind::Stale, claim, [before, read]));
            }
        }
    }
    found
}

/// Writes under one condition that can hold only once, of which two were applied: acknowledged, or seen. After a delete
/// there may be a first write again.
pub(super) fn twice(writes: &Writes<'_>, of_id: &OfId<'_>, reads: &[&Entry], one_first: bool) -> Vec<Violation> {
    let seen = reads.iter().filter_map(|read| Some((written(writes, read, read.read()??)?, Some(*read))));
    let applied = of_id.done_writes().map(|write| (write, None)).chain(seen);
    let mut first: HashMap<Option<u64>, (&Entry, Option<&Entry>)> = HashMap::new();
    let (mut found, mut told) = (Vec::new(), HashSet::new());
    for (write, read) in applied {
        let from = match write.condition() {
            Condition::None => continue,
            Condition::IfAbsent if !one_first => continue,
            Condition::IfAbsent => None,
            Condition::IfVersion(version) => Some(version),
        };
        let (other, other_read) = *first.entry(from).or_insert((write, read));
        if other.token() != write.token() && told.insert(write.token()) {
            let claim = "two writes were applied under one condition that held only once";
            let calls = [Some(other), other_read, Some(write), read].into_iter().flatten();
            found.push(Violation::new(Kind::Phantom, claim, calls));
        }
    }
    found
}

/// Acknowledged writes on the condition of a version that nobody may have written by then.
pub(super) fn from_nothing(of_id: &OfId<'_>) -> Vec<Violation> {
    let mut begun: HashMap<u64, Nanos> = HashMap::new();
    for write in of_id.calls.iter().filter(|call| call.is_write() && !call.has_failed()) {
        let first = begun.entry(write.version()).or_insert(write.begin);
        *first = write.begin.min(*first);
    }
    let from_nothing = of_id.done_writes().filter(|write| match write.condition() {
        Condition::IfVersion(version) => begun.get(&version).is_none_or(|begin| *begin > write.end),
        Condition::None | Condition::IfAbsent => false,
    });
    let claim = "a write was applied on the condition of a version that nobody had written";
    from_nothing.map(|write| Violation::new(Kind::Phantom, claim, [write])).collect()
}
