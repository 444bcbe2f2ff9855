mod random;

use super::{
    check,
    planted::{Told, failed, id, row, unknown},
};
use crate::{
    history::{Condition, Id, Outcome::Done, Population, Seen},
    options::Mode::{self, LastWriteWins, Owned, Versioned},
    violation::Kind::{self, Late, Lost, Phantom, Stale, Unfenced},
};

const KEPT: Id = Id { population: Population::Kept, generation: 0, number: 1 };
const OTHER: Id = Id { number: 2, ..KEPT };

const MODES: [Mode; 3] = [LastWriteWins, Versioned, Owned];
const TRANSACTIONAL: [Mode; 2] = [Versioned, Owned];

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
fn a_late_attempt_may_replace_a_write_of_the_same_version() {
    let rewritten = id(Population::Rewritten);
    let told = Told::default().write_if(rewritten, 1, 1, Condition::None, 0..10, Done).write_if(
        rewritten,
        1,
        2,
        Condition::None,
        20..30,
        Done,
    );
    for mode in TRANSACTIONAL {
        is_clean(mode, told.clone().last(rewritten, row(1, 1)));
    }
}

#[test]
fn a_late_attempt_brings_nothing_back_and_takes_nothing_away() {
    let deleted = id(Population::Deleted);
    for mode in TRANSACTIONAL {
        // A delete keeps the version, so that an attempt under way finds that it is not newer.
        let told = Told::default().write(deleted, 1, 0..10, Done).retried().delete(deleted, 20..30, Done);
        finds(mode, Lost, 3, told.last(deleted, row(1, 1)));
        let told = Told::default().write(deleted, 1, 0..10, Done).delete_if(deleted, 1, 20..30, Done);
        finds(mode, Lost, 3, told.last(deleted, row(1, 1)));
        // A delete takes away what it has found, and that was before it ended.
        for outcome in [Done, unknown()] {
            let told = Told::default().delete(deleted, 0..10, outcome).write(deleted, 1, 20..30, Done);
            finds(mode, Lost, 2, told.last(deleted, None));
        }
        // The version never goes back, also if the entity was deleted in between.
        let told = Told::default().write(deleted, 1, 0..90, unknown()).write(deleted, 2, 20..30, Done);
        finds(mode, Lost, 3, told.delete(deleted, 40..50, Done).last(deleted, row(1, 1)));
    }
}

#[test]
fn a_version_is_replaced_once_where_ids_are_deleted_too() {
    let deleted = id(Population::Deleted);
    let write =
        |told: Told, version, token, condition, when| told.write_if(deleted, version, token, condition, when, Done);
    for mode in TRANSACTIONAL {
        let told = write(Told::default(), 1, 1, Condition::IfAbsent, 0..10).delete(deleted, 20..30, Done);
        // A first write again, after a delete.
        let told = write(told, 2, 2, Condition::IfAbsent, 40..50);
        let told = write(told, 3, 3, Condition::IfVersion(2), 60..70);
        is_clean(mode, told.clone());
        finds(mode, Phantom, 2, write(told, 4, 4, Condition::IfVersion(2), 80..90));
    }
}

/// The first process has written version 1, then the second one has read it.
fn read_by_another() -> Told {
    let told = Told::default().write(KEPT, 1, 0..10, Done).by(FIRST);
    told.read(KEPT, 20..30, row(1, 1)).by(SECOND_STORE)
}

#[test]
fn a_write_after_its_process_has_read_is_not_buried() {
    let written = || read_by_another().write(KEPT, 2, 40..50, Done).by(SECOND_STORE);
    finds(LastWriteWins, Lost, 3, written().last(KEPT, row(1, 1)));
    finds(LastWriteWins, Stale, 3, written().read(KEPT, 60..70, row(1, 1)).by(FIRST));
    is_clean(LastWriteWins, written().last(KEPT, row(2, 2)));
    // What the first process wrote before that is older too, of any id.
    let before = || Told::default().write(OTHER, 7, 0..5, Done).by(FIRST);
    let other = before().write(KEPT, 1, 10..20, Done).by(FIRST).read(KEPT, 30..40, row(1, 1)).by(SECOND_STORE);
    let other = other.write(OTHER, 8, 50..60, Done).by(SECOND_STORE);
    finds(LastWriteWins, Lost, 3, other.last(OTHER, row(7, 7)));
    // A delete counts as a write does.
    let deleted = id(Population::Deleted);
    let told = Told::default().write(deleted, 1, 0..10, Done).by(FIRST);
    let told = told.read(deleted, 20..30, row(1, 1)).by(SECOND_STORE).delete(deleted, 40..50, Done).by(SECOND_STORE);
    finds(LastWriteWins, Lost, 3, told.last(deleted, row(1, 1)));
}

#[test]
fn between_processes_that_have_not_read_the_clocks_decide() {
    for seen in [row(1, 1), row(2, 2)] {
        let told = Told::default().write(KEPT, 1, 0..10, Done).by(FIRST).write(KEPT, 2, 20..30, Done).by(SECOND_STORE);
        is_clean(LastWriteWins, told.last(KEPT, seen));
        // A read that had not ended when the write began.
        let told = Told::default().write(KEPT, 1, 0..10, Done).by(FIRST).read(KEPT, 15..25, row(1, 1)).by(SECOND_STORE);
        is_clean(LastWriteWins, told.write(KEPT, 2, 20..30, Done).by(SECOND_STORE).last(KEPT, seen));
    }
    // The timestamp of a delete is not read.
    let deleted = id(Population::Deleted);
    let told = Told::default().delete(deleted, 0..10, Done).by(FIRST).read(deleted, 20..30, None).by(SECOND_STORE);
    is_clean(LastWriteWins, told.write(deleted, 1, 40..50, Done).by(SECOND_STORE).last(deleted, None));
}

/// A thread of the first store, and one of the second.
const FIRST: u32 = 1;
const SECOND_STORE: u32 = 102;

/// The first store has claimed the id and written version 1, then the second store has claimed it.
fn claimed() -> Told {
    let told = Told::default().read(KEPT, 0..10, None).by(FIRST).write(KEPT, 1, 20..30, Done).by(FIRST);
    told.read(KEPT, 40..50, row(1, 1)).by(SECOND_STORE)
}

#[test]
fn a_write_after_the_claim_of_another_store_is_unfenced() {
    finds(Owned, Unfenced, 2, claimed().write(KEPT, 2, 60..70, Done).by(FIRST));
    // Also if its caller was told nothing, and it is seen.
    let seen = claimed().write(KEPT, 2, 35..45, unknown()).by(FIRST).last(KEPT, row(2, 2));
    finds(Owned, Unfenced, 3, seen);
    // One that came before the claim would have been returned by it.
    let before = Told::default().read(KEPT, 0..10, None).by(FIRST).write(KEPT, 1, 35..60, Done).by(FIRST);
    is_clean(Owned, before.read(KEPT, 40..50, row(1, 1)).by(SECOND_STORE));
    // Its own claim, a write of its owner, and a write that was refused, are as they should be.
    is_clean(Owned, claimed().read(KEPT, 55..58, row(1, 1)).by(FIRST).write(KEPT, 2, 60..70, Done).by(FIRST));
    is_clean(Owned, claimed().write(KEPT, 2, 60..70, Done).by(SECOND_STORE));
    is_clean(Owned, claimed().write(KEPT, 2, 60..70, failed()).by(FIRST));
    // A claim that overlaps the one of the other may be the later of both.
    is_clean(Owned, claimed().read(KEPT, 35..55, row(1, 1)).by(FIRST).write(KEPT, 2, 60..70, Done).by(FIRST));
    is_clean(Versioned, claimed().write(KEPT, 2, 60..70, Done).by(FIRST));
}

#[test]
fn a_delete_after_the_claim_of_another_store_is_unfenced() {
    let deleted = id(Population::Deleted);
    let claimed = || {
        let told = Told::default().read(deleted, 0..10, None).by(FIRST).write(deleted, 1, 20..30, Done).by(FIRST);
        told.read(deleted, 40..50, row(1, 1)).by(SECOND_STORE)
    };
    finds(Owned, Unfenced, 2, claimed().delete(deleted, 60..70, Done).by(FIRST));
    is_clean(Owned, claimed().delete(deleted, 45..70, Done).by(FIRST));
    is_clean(Owned, claimed().delete(deleted, 60..70, Done).by(SECOND_STORE));
}

#[test]
fn a_delete_of_a_version_takes_away_nothing_newer() {
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
