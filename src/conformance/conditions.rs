//! Writes under a condition.

use super::{
    breach::{
        Outcome, at_once, expect, expect_refused, expect_state, expect_version, new_id, ready, state, state_by, stored,
    },
    input::large,
    versions::the_winner,
};
use crate::{
    DurableState, ErrorKind, VersionedStateStore,
    WriteCondition::{self, IfAbsent, IfVersion},
};

pub(super) fn a_conditional_write_stores_every_field<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    for (version, condition) in [(7, IfAbsent), (8, IfVersion(7))] {
        let written = state_by(version, &id, version);
        store.write_state_if(&written, condition)?;
        let seen = stored(store, &id)?;
        let numbers = |state: &DurableState| (state.version_number, state.timestamp, state.shard);
        let what = format_args!("version number, timestamp and shard under {condition:?}");
        expect(what, &numbers(&written), &numbers(&seen))?;
        let resulting_state = written.resulting_state.unwrap_or_default();
        expect_state(format_args!("resulting_state under {condition:?}"), &resulting_state, &seen)?;
    }
    Ok(())
}

pub(super) fn if_absent_refuses_where_a_state_is<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for stored in [0, 7] {
        let id = new_id("account-42");
        store.write_state(&state(&id, stored))?;
        expect_conflict(store, &id, stored + 1, IfAbsent, Some(stored))?;
    }
    Ok(())
}

pub(super) fn if_version_writes_over_that_version<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for (stored, new) in [(0, 1), (7, 9), (1, 1 << 40)] {
        let id = new_id("account-42");
        store.write_state(&state(&id, stored))?;
        store.write_state_if(&state(&id, new), IfVersion(stored))?;
        expect_version(store, &id, Some(new))?;
    }
    Ok(())
}

pub(super) fn if_version_refuses_any_other_version<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    for other in [0, 6, 8] {
        expect_conflict(store, &id, 9, IfVersion(other), Some(7))?;
    }
    Ok(())
}

pub(super) fn if_version_refuses_where_nothing_is<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for version in [0, 7] {
        expect_conflict(store, &new_id("account-42"), 9, IfVersion(version), None)?;
    }
    Ok(())
}

pub(super) fn if_version_needs_a_higher_new_version<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    for new in [7, 6] {
        let written = store.write_state_if(&state(&id, new), IfVersion(7));
        expect_refused(format_args!("version {new} under IfVersion(7)"), ErrorKind::InvalidState, written)?;
        expect_version(store, &id, Some(7))?;
    }
    Ok(())
}

pub(super) fn of_writers_at_once_with_if_absent_one_wins<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    expect_one_winner(store, &new_id("account-42"), IfAbsent)
}

pub(super) fn of_writers_at_once_with_if_version_one_wins<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    expect_one_winner(store, &id, IfVersion(7))
}

pub(super) fn a_disconnected_store_refuses_conditional_calls<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.disconnect()?;
    let (written, deleted) = (store.write_state_if(&state(&id, 1), IfAbsent), store.delete_state_if_version(&id, 1));
    expect_refused("write_state_if", ErrorKind::NotConnected, written)?;
    expect_refused("delete_state_if_version", ErrorKind::NotConnected, deleted)?;
    ready(store)?;
    expect_version(store, &id, None)
}

pub(super) fn conditional_calls_refuse_bad_input<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for id in ["", &"x".repeat(65_536)] {
        let what = |call| format!("{call} of an id of {} bytes", id.len());
        let (written, deleted) = (store.write_state_if(&state(id, 1), IfAbsent), store.delete_state_if_version(id, 1));
        expect_refused(what("write_state_if"), ErrorKind::InvalidState, written)?;
        expect_refused(what("delete_state_if_version"), ErrorKind::InvalidState, deleted)?;
    }
    let large = large(&new_id("account-42"));
    let written = store.write_state_if(&large, IfAbsent);
    expect_refused("write_state_if of a payload over 15 MiB", ErrorKind::InvalidState, written)?;
    expect_version(store, &large.persistence_id, None)
}

/// A write that is refused with a conflict and changes nothing.
fn expect_conflict<S: VersionedStateStore + ?Sized>(
    store: &S,
    id: &str,
    new: u64,
    condition: WriteCondition,
    stored: Option<u64>,
) -> Outcome {
    let written = store.write_state_if(&state(id, new), condition);
    expect_refused(format_args!("{condition:?} where {stored:?} is stored"), ErrorKind::Conflict, written)?;
    expect_version(store, id, stored)
}

/// Writers of version 8 under one condition that holds.
fn expect_one_winner<S: VersionedStateStore + ?Sized>(store: &S, id: &str, condition: WriteCondition) -> Outcome {
    let written = |writer| state_by(writer, id, 8);
    let winner = the_winner(at_once(|writer| store.write_state_if(&written(writer), condition))?)?;
    let resulting_state = written(winner).resulting_state.unwrap_or_default();
    expect_state("what the winner left", &resulting_state, &stored(store, id)?)
}
