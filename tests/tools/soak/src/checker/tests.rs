use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    check,
    planted::{Told, failed, id, row, unknown},
    simulated,
};
use crate::{
    history::{
        Condition, Entry, Id, MILLISECOND,
        Outcome::{Done, Read},
        Population, Seen,
    },
    options::Mode::{self, LastWriteWins, Versioned},
    violation::Kind::{self, Late, Lost, Phantom, Stale},
};

const KEPT: Id = Id { population: Population::Kept, generation: 0, number: 1 };
const OTHER: Id = Id { number: 2, ..KEPT };

#[track_caller]
fn finds(mode: Mode, kind: Kind, calls: usize, told: Told) {
    let found = check(mode, &told.calls, &told.last);
    assert_eq!(found.len(), 1, "{told:#?}\n{found:#?}");
    assert_eq!((found[0].kind, found[0].calls.len()), (kind, calls), "{}", found[0]);
}

#[track_caller]
fn finds_in_both(kind: Kind, calls: usize, told: Told) {
    for mode in [LastWriteWins, Versioned] {
        finds(mode, kind, calls, told.clone());
    }
}

#[track_caller]
fn is_clean(mode: Mode, told: Told) {
    let found = check(mode, &told.calls, &told.last);
    assert!(found.is_empty(), "{told:#?}\n{found:#?}");
}

/// An acknowledged write.
fn written() -> Told {
    Told::default().write(KEPT, 1, 0..10, Done)
}

/// Two acknowledged writes, one after the other.
fn overwritten() -> Told {
    written().write(KEPT, 2, 20..30, Done)
}

#[test]
fn a_write_that_is_gone_at_the_end_is_lost() {
    finds_in_both(Lost, 2, written().last(KEPT, None));
    finds_in_both(Lost, 3, overwritten().last(KEPT, row(1, 1)));
    let deleted = id(Population::Deleted);
    let told = || Told::default().write(deleted, 1, 0..10, Done);
    finds_in_both(Lost, 2, told().last(deleted, None));
    // The delete was before the write, or did not happen.
    finds(
        LastWriteWins,
        Lost,
        3,
        Told::default().delete(deleted, 0..5, Done).write(deleted, 1, 10..20, Done).last(deleted, None),
    );
    finds_in_both(Lost, 2, told().delete(deleted, 20..30, failed()).last(deleted, None));
    finds_in_both(Lost, 3, told().delete(deleted, 20..30, Done).last(deleted, row(1, 1)));
    finds_in_both(Lost, 3, told().write(deleted, 2, 20..30, Done).last(deleted, row(1, 1)));
}

#[test]
fn a_read_that_misses_an_acknowledged_write_is_stale() {
    finds_in_both(Stale, 2, written().read(KEPT, 20..30, None));
    finds_in_both(Stale, 3, overwritten().read(KEPT, 40..50, row(1, 1)));
    // Whoever wrote what is seen was not told that it record.
    finds_in_both(
        Stale,
        3,
        Told::default().write(KEPT, 1, 0..10, unknown()).write(KEPT, 2, 20..30, Done).read(KEPT, 40..50, row(1, 1)),
    );
    let deleted = id(Population::Deleted);
    finds_in_both(
        Stale,
        3,
        Told::default().write(deleted, 1, 0..10, Done).delete(deleted, 20..30, Done).read(deleted, 40..50, row(1, 1)),
    );
    // Of two items of one call the later one stays.
    let bulk = Told::default().write(KEPT, 1, 10..20, Done).write(KEPT, 2, 11..20, Done).in_bulk();
    finds_in_both(Stale, 3, bulk.read(KEPT, 30..40, row(1, 1)));
}

#[test]
fn versions_that_go_back_for_one_reader_are_stale() {
    let told = || Told::default().write(KEPT, 1, 0..10, Done).write(KEPT, 2, 20..90, unknown());
    let back = told().read(KEPT, 30..40, row(2, 2)).by(7).read(KEPT, 50..60, row(1, 1)).by(7);
    finds(Versioned, Stale, 2, back);
    let first = Told::default().write(KEPT, 1, 0..90, unknown());
    finds(Versioned, Stale, 2, first.read(KEPT, 30..40, row(1, 1)).by(7).read(KEPT, 50..60, None).by(7));
    // Two readers, and two reads at once, are another matter.
    is_clean(Versioned, told().read(KEPT, 30..40, row(2, 2)).by(7).read(KEPT, 50..60, row(1, 1)).by(8));
    is_clean(Versioned, told().read(KEPT, 30..60, row(2, 2)).by(7).read(KEPT, 31..60, row(1, 1)).by(7));
}

#[test]
fn what_nobody_wrote_is_a_phantom() {
    finds_in_both(Phantom, 1, written().read(KEPT, 20..30, row(1, 99)));
    finds_in_both(Phantom, 2, written().read(OTHER, 20..30, row(1, 1)));
    // Cells of several writes.
    finds_in_both(Phantom, 2, written().read(KEPT, 20..30, row(2, 1)));
    let mixed = row(1, 1).map(|seen| Seen { timestamp: 2, ..seen });
    finds_in_both(Phantom, 2, written().read(KEPT, 20..30, mixed));
    // Of the future.
    finds_in_both(Phantom, 2, Told::default().read(KEPT, 0..10, row(1, 1)).write(KEPT, 1, 20..30, Done));
}

#[test]
fn what_its_writer_was_told_did_not_happen_is_a_phantom() {
    let refused = || Told::default().write(KEPT, 1, 0..10, failed());
    finds_in_both(Phantom, 2, refused().read(KEPT, 20..30, row(1, 1)));
    finds_in_both(Phantom, 2, refused().last(KEPT, row(1, 1)));
    let deleted = id(Population::Deleted);
    finds_in_both(Phantom, 2, Told::default().write(deleted, 1, 0..10, failed()).read(deleted, 20..30, row(1, 1)));
}

#[test]
fn two_writes_under_one_condition_are_a_phantom() {
    let counter = id(Population::Counter);
    let first = || Told::default().write_if(counter, 1, 1, Condition::IfAbsent, 0..10, Done);
    let on_first = Condition::IfVersion(1);
    let told = || first().write_if(counter, 2, 2, on_first, 20..30, Done);
    finds(Versioned, Phantom, 2, told().write_if(counter, 2, 3, on_first, 20..40, Done));
    finds(Versioned, Phantom, 2, first().write_if(counter, 1, 2, Condition::IfAbsent, 0..40, Done));
    // Seen is applied.
    let seen = told().write_if(counter, 2, 3, on_first, 20..40, unknown()).read(counter, 50..60, row(2, 3));
    finds(Versioned, Phantom, 3, seen);
    is_clean(Versioned, told().write_if(counter, 2, 3, on_first, 20..40, unknown()));
    is_clean(Versioned, told().write_if(counter, 2, 3, on_first, 20..40, failed()));
}

#[test]
fn a_write_on_the_condition_of_what_was_not_there_is_a_phantom() {
    let counter = id(Population::Counter);
    let told = |outcome| Told::default().write_if(counter, 1, 1, Condition::IfAbsent, 0..10, outcome);
    let on_first = Condition::IfVersion(1);
    finds(Versioned, Phantom, 1, told(failed()).write_if(counter, 2, 2, on_first, 20..30, Done));
    finds(Versioned, Phantom, 1, Told::default().write_if(counter, 2, 2, on_first, 20..30, Done));
    is_clean(Versioned, told(unknown()).write_if(counter, 2, 2, on_first, 20..30, Done));
}

#[test]
fn a_late_bulk_call_counts_once() {
    for outcome in [Done, failed(), unknown()] {
        finds_in_both(Late, 1, Told::default().write(KEPT, 1, 0..4_251, outcome.clone()));
        is_clean(Versioned, Told::default().write(KEPT, 1, 0..4_250, outcome));
    }
    let bulk = Told::default().write(KEPT, 1, 10..20, Done).write(KEPT, 2, 11..4_300, Done).in_bulk();
    finds_in_both(Late, 1, bulk);
}

#[test]
fn of_calls_at_once_either_may_stay() {
    let at_once = || Told::default().write(KEPT, 1, 0..20, Done).write(KEPT, 2, 10..30, Done);
    for (version, token) in [(1, 1), (2, 2)] {
        is_clean(LastWriteWins, at_once().read(KEPT, 40..50, row(version, token)).last(KEPT, row(version, token)));
        // A read that began before it was acknowledged may see it or not.
        is_clean(LastWriteWins, overwritten().read(KEPT, 25..50, row(version, token)));
    }
    let deleted = id(Population::Deleted);
    let at_once = || Told::default().write(deleted, 1, 0..20, Done).delete(deleted, 10..30, Done);
    for seen in [None, row(1, 1)] {
        is_clean(LastWriteWins, at_once().read(deleted, 40..50, seen));
        is_clean(Versioned, at_once().read(deleted, 40..50, seen));
    }
}

#[test]
fn what_is_unknown_may_have_happened_or_not() {
    for mode in [LastWriteWins, Versioned] {
        for seen in [row(1, 1), row(2, 2)] {
            let told = written().write(KEPT, 2, 20..30, unknown());
            is_clean(mode, told.read(KEPT, 40..50, seen).last(KEPT, row(2, 2)));
        }
        let deleted = id(Population::Deleted);
        let told = Told::default().write(deleted, 1, 0..10, Done).delete(deleted, 20..30, unknown());
        is_clean(mode, told.clone().read(deleted, 40..50, row(1, 1)).last(deleted, None));
        is_clean(mode, told.last(deleted, row(1, 1)));
    }
}

#[test]
fn in_last_write_wins_a_version_decides_nothing() {
    let told = Told::default().write(KEPT, 2, 0..10, Done).write(KEPT, 1, 20..30, Done);
    is_clean(LastWriteWins, told.last(KEPT, row(1, 1)));
}

#[test]
fn a_late_versioned_attempt_may_do_what_is_documented() {
    let deleted = id(Population::Deleted);
    // One of its attempts may be under way still.
    let told = Told::default().write(deleted, 1, 0..10, Done).retried().delete(deleted, 20..30, Done);
    is_clean(Versioned, told.last(deleted, row(1, 1)));
    // A delete is acknowledged also when there is nothing to delete any more, whatever became of its attempt.
    let told = Told::default().delete(deleted, 0..10, Done).write(deleted, 1, 20..30, Done);
    is_clean(Versioned, told.last(deleted, None));
    // Writes of one version replace each other.
    let rewritten = id(Population::Rewritten);
    let told = Told::default().write_if(rewritten, 1, 1, Condition::None, 0..10, Done).write_if(
        rewritten,
        1,
        2,
        Condition::None,
        20..30,
        Done,
    );
    is_clean(Versioned, told.last(rewritten, row(1, 1)));
}

#[test]
fn in_versioned_a_delete_of_a_version_takes_away_nothing_newer() {
    let deleted = id(Population::Deleted);
    let told = || {
        let told = Told::default().write(deleted, 1, 0..10, Done).delete_if(deleted, 1, 20..30, unknown());
        told.write(deleted, 2, 40..50, Done)
    };
    finds(Versioned, Lost, 2, told().last(deleted, None));
    finds(Versioned, Stale, 3, told().read(deleted, 60..70, row(1, 1)));
    is_clean(Versioned, told().delete_if(deleted, 2, 60..70, unknown()).last(deleted, None));
    // Only what is begun takes anything away.
    finds(Versioned, Stale, 2, told().read(deleted, 60..70, None).delete_if(deleted, 2, 80..90, Done));
}

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
    fn a_correct_store_is_found_correct(seed: u64, versioned: bool) {
        let mode = if versioned { Versioned } else { LastWriteWins };
        let (calls, last) = simulated::history(mode, seed);
        let found = check(mode, &calls, &last);
        prop_assert!(found.is_empty(), "{}", found[0]);
    }

    #[test]
    fn every_write_that_is_taken_away_at_the_end_is_found_lost(seed: u64, versioned: bool) {
        let mode = if versioned { Versioned } else { LastWriteWins };
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
    fn a_read_of_something_older_in_between_is_found_stale(seed: u64, versioned: bool) {
        let mode = if versioned { Versioned } else { LastWriteWins };
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
    fn a_call_that_ends_late_is_found(seed: u64, which: prop::sample::Index, by in 251..10_000_u64) {
        let (mut calls, last) = simulated::history(LastWriteWins, seed);
        let call = which.get_mut(&mut calls);
        call.end = call.deadline + by * MILLISECOND;
        let found = check(LastWriteWins, &calls, &last);
        prop_assert_eq!(found.iter().filter(|violation| violation.kind == Late).count(), 1);
    }
}
