//! Random histories of a correct store, as they are and with breaches planted.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    super::{check, planted::row, simulated},
    MODES, TRANSACTIONAL,
};
use crate::{
    history::{
        Action, Entry, Id, MILLISECOND,
        Outcome::{Done, Read},
        Population,
    },
    options::Mode::{LastWriteWins, Owned, Versioned},
    violation::Kind::{Late, Lost, Phantom, Stale, Unfenced},
};

/// Two acknowledged writes of one id of which the second is later, and the first older, by the rule of either mode.
fn older_and_newer(calls: &[Entry], id: Id) -> Option<(&Entry, &Entry)> {
    let mut done: Vec<_> = calls.iter().filter(|call| call.id == id && call.is_write() && call.is_done()).collect();
    done.sort_by_key(|call| call.end);
    let (first, latest) = (*done.first()?, *done.last()?);
    (first.end < latest.begin && first.version() < latest.version()).then_some((first, latest))
}

/// A read of what was written.
fn reads(read: &mut Entry, write: &Entry) {
    read.outcome = Read(row(write.version(), write.token().unwrap()));
}

/// The last reads see something else, for each id by turns nothing and what was acknowledged first.
fn spoil(calls: &[Entry], last: &mut [Entry]) -> usize {
    let mut spoilt = 0;
    for (index, read) in last.iter_mut().enumerate().filter(|(_, read)| read.id.population != Population::Deleted) {
        let Some((first, _)) = older_and_newer(calls, read.id) else { continue };
        if index % 2 == 0 {
            reads(read, first)
        } else {
            read.outcome = Read(None)
        }
        spoilt += 1;
    }
    spoilt
}

/// Makes one read of the history another one, if there is one that it can be done to.
fn plant(calls: &mut [Entry], change: impl Fn(&[Entry], &mut Entry) -> bool) -> bool {
    let copy = calls.to_vec();
    calls.iter_mut().filter(|call| call.read().is_some()).any(|read| change(&copy, read))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_correct_store_is_found_correct(seed: u64, mode in prop::sample::select(&MODES[..])) {
        let (calls, last) = simulated::history(mode, seed);
        let found = check(mode, &calls, &last);
        prop_assert!(found.is_empty(), "{}", found[0]);
    }

    #[test]
    fn processes_with_other_clocks_are_found_correct(seed: u64) {
        let (calls, last) = simulated::history_of(LastWriteWins, 3, seed);
        let found = check(LastWriteWins, &calls, &last);
        prop_assert!(found.is_empty(), "{}", found[0]);
    }

    #[test]
    fn a_write_buried_under_what_its_process_has_read_is_found(seed: u64) {
        let (calls, mut last) = simulated::history_of(LastWriteWins, 3, seed);
        let mut planted = 0;
        for read in last.iter_mut().filter(|read| read.id.population == Population::Kept) {
            let of_id = || calls.iter().filter(|call| call.id == read.id);
            // A write of one process, read by another one that then wrote.
            let buried = of_id().filter(|call| call.is_write()).find(|first| {
                let reads = of_id().filter(|call| {
                    call.store() != first.store() && call.read().flatten().map(|seen| seen.token) == first.token()
                });
                reads.clone().any(|read| {
                    of_id().any(|call| {
                        call.is_write() && call.is_done() && call.store() == read.store() && call.begin > read.end
                    })
                })
            });
            if let Some(buried) = buried {
                reads(read, buried);
                planted += 1;
            }
        }
        let found = check(LastWriteWins, &calls, &last);
        let lost = found.iter().filter(|violation| violation.kind == Lost);
        let ids: BTreeSet<Id> = lost.filter_map(|violation| Some(violation.calls.last()?.id)).collect();
        prop_assert_eq!(ids.len(), planted);
    }

    #[test]
    fn every_write_that_is_taken_away_at_the_end_is_found_lost(seed: u64, mode in prop::sample::select(&MODES[..])) {
        let (calls, mut last) = simulated::history(mode, seed);
        let spoilt = spoil(&calls, &mut last);
        let found = check(mode, &calls, &last);
        // Of an id that one thread also sees go back there are two.
        let lost = found.iter().filter(|violation| violation.kind == Lost);
        let ids: BTreeSet<Id> = lost.filter_map(|violation| Some(violation.calls.last()?.id)).collect();
        prop_assert_eq!(ids.len(), spoilt);
        prop_assert!(found.iter().all(|violation| (2..=3).contains(&violation.calls.len())));
    }

    #[test]
    fn a_read_of_something_older_in_between_is_found_stale(seed: u64, mode in prop::sample::select(&MODES[..])) {
        let (mut calls, last) = simulated::history(mode, seed);
        let planted = plant(&mut calls, |calls, read| {
            let pair = older_and_newer(calls, read.id).filter(|(_, newer)| newer.end < read.begin);
            let is_kept = read.id.population != Population::Deleted;
            pair.filter(|_| is_kept).map(|(older, _)| reads(read, older)).is_some()
        });
        let found = check(mode, &calls, &last);
        prop_assert_eq!(found.iter().any(|violation| violation.kind == Stale), planted);
    }

    #[test]
    fn a_refused_write_that_is_seen_is_found_a_phantom(seed: u64) {
        let (mut calls, last) = simulated::history(Versioned, seed);
        let planted = plant(&mut calls, |calls, read| {
            let mut refused = calls.iter().filter(|call| call.id == read.id && call.is_write() && call.has_failed());
            refused.next().map(|write| reads(read, write)).is_some()
        });
        let found = check(Versioned, &calls, &last);
        let phantoms = found.iter().filter(|violation| violation.kind == Phantom).count();
        prop_assert_eq!(phantoms, usize::from(planted));
    }

    #[test]
    fn a_write_of_a_store_that_was_fenced_is_found_if_acknowledged(seed: u64) {
        let (mut calls, last) = simulated::history(Owned, seed);
        let copy = calls.clone();
        let claims = |id: Id| copy.iter().filter(move |call| call.id == id && call.is_claim());
        // Refused, begun after the claim of another store, and with no claim of its own store after that.
        let is_fenced = |write: &Entry| claims(write.id).any(|claim| {
            let is_last = claims(write.id)
                .all(|own| own.store() != write.store() || own.begin > write.end || own.end < claim.begin);
            claim.store() != write.store() && claim.end < write.begin && claim.read().is_some() && is_last
                && claim.read().flatten().map_or(0, |seen| seen.version) < write.version()
        });
        let is_kept = |call: &Entry| call.is_write() && call.id.population != Population::Deleted;
        let fenced = calls.iter_mut().find(|call| is_kept(call) && call.has_failed() && is_fenced(call));
        let planted = fenced.map(|write| write.outcome = Done).is_some();
        let found = check(Owned, &calls, &last);
        prop_assert_eq!(found.iter().any(|violation| violation.kind == Unfenced), planted);
    }

    #[test]
    fn a_state_that_comes_back_after_a_delete_is_found(seed: u64, mode in prop::sample::select(&TRANSACTIONAL[..])) {
        let (calls, mut last) = simulated::history(mode, seed);
        let deletes = |id: Id| calls.iter().filter(move |call| call.id == id && call.is_delete() && call.is_done());
        let before = |delete: &Entry| calls.iter()
            .find(|call| call.id == delete.id && call.is_write() && call.is_done() && call.end < delete.begin);
        let mut planted = 0;
        for read in last.iter_mut().filter(|read| read.read() == Some(None)) {
            let Some(write) = deletes(read.id).filter(|delete| delete.action == Action::Delete(None)).find_map(before)
            else { continue };
            reads(read, write);
            planted += 1;
        }
        let found = check(mode, &calls, &last);
        let lost = found.iter().filter(|violation| violation.kind == Lost);
        let ids: BTreeSet<Id> = lost.filter_map(|violation| Some(violation.calls.last()?.id)).collect();
        prop_assert_eq!(ids.len(), planted);
    }

    #[test]
    fn a_call_that_ends_late_is_found(seed: u64, which: prop::sample::Index, by in 251..10_000_u64) {
        let (mut calls, last) = simulated::history(LastWriteWins, seed);
        let call = which.get_mut(&mut calls);
        call.end = call.deadline + by * MILLISECOND;
        let found = check(LastWriteWins, &calls, &last);
        prop_assert_eq!(found.iter().filter(|violation| violation.kind == Late).count(), 1);
    }
}
