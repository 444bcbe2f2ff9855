//! Deletes of one version.

use std::fmt;

use super::{
    breach::{Outcome, expect, expect_refused, expect_version, new_id, ready, state},
    versions::TOO_HIGH,
};
use crate::{
    Error, ErrorKind, Result, VersionedStateStore,
    WriteCondition::{IfAbsent, IfVersion},
};

pub(super) fn a_delete_of_the_stored_version_leaves_nothing<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for version in [0, 7] {
        let id = new_id("account-42");
        store.write_state(&state(&id, version))?;
        store.delete_state_if_version(&id, version)?;
        expect_version(store, &id, None)?;
    }
    Ok(())
}

pub(super) fn a_delete_of_another_version_is_refused<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    for other in [0, 6, 8] {
        let deleted = store.delete_state_if_version(&id, other);
        expect_refused(format_args!("a delete of version {other} where 7 is"), ErrorKind::Conflict, deleted)?;
        expect_version(store, &id, Some(7))?;
    }
    Ok(())
}

pub(super) fn a_delete_where_nothing_is_is_refused<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for version in [0, 7] {
        let deleted = store.delete_state_if_version(&new_id("account-42"), version);
        expect_refused("a delete where nothing is", ErrorKind::Conflict, deleted)?;
    }
    Ok(())
}

pub(super) fn a_delete_of_a_version_above_i64_max_is_refused<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for version in [TOO_HIGH, u64::MAX] {
        let deleted = store.delete_state_if_version(&new_id("account-42"), version);
        expect_refused(format_args!("a delete of version {version}"), ErrorKind::InvalidState, deleted)?;
    }
    Ok(())
}

pub(super) fn a_deleted_version_refuses_stale_writes<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let Some(id) = deleted(store)? else { return Ok(()) };
    for stale in [0, 6, 7] {
        let stale = state(&id, stale);
        for (call, written) in
            [("write_state", store.write_state(&stale)), ("IfAbsent", store.write_state_if(&stale, IfAbsent))]
        {
            let what = format_args!("{call} of version {} after a delete at 7", stale.version_number);
            expect_conflict_with_deleted(what, written)?;
        }
        expect_version(store, &id, None)?;
    }
    Ok(())
}

pub(super) fn a_deleted_version_meets_no_condition<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let Some(id) = deleted(store)? else { return Ok(()) };
    expect_conflict_with_deleted(
        "IfVersion(7) after a delete at 7",
        store.write_state_if(&state(&id, 8), IfVersion(7)),
    )?;
    expect_conflict_with_deleted("another delete of version 7", store.delete_state_if_version(&id, 7))?;
    expect_version(store, &id, None)
}

pub(super) fn a_deleted_entity_is_written_above_its_version<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for condition in [None, Some(IfAbsent)] {
        let Some(id) = deleted(store)? else { return Ok(()) };
        let next = state(&id, 8);
        condition.map_or_else(|| store.write_state(&next), |condition| store.write_state_if(&next, condition))?;
        expect_version(store, &id, Some(8))?;
    }
    Ok(())
}

fn expect_conflict_with_deleted(what: impl fmt::Display, seen: Result<()>) -> Outcome {
    let stored = seen.as_ref().err().and_then(Error::stored_version);
    expect_refused(&what, ErrorKind::Conflict, seen)?;
    expect(format_args!("stored_version of {what}"), &Some(7), &stored)
}

/// An entity that was deleted at version 7. None where the delete did not work, which is another case.
fn deleted<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome<Option<String>> {
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    store.delete_state_if_version(&id, 7)?;
    Ok(store.get_latest_state(&id)?.is_none().then_some(id))
}
