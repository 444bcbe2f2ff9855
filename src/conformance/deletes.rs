//! Deletes of one version.

use super::{
    breach::{Outcome, expect_refused, expect_version, new_id, ready, state},
    versions::TOO_HIGH,
};
use crate::{ErrorKind, VersionedStateStore, WriteCondition::IfAbsent};

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

pub(super) fn a_delete_forgets_the_version_number<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let Some(id) = deleted(store)? else { return Ok(()) };
    store.write_state(&state(&id, 0))?;
    expect_version(store, &id, Some(0))
}

pub(super) fn if_absent_writes_after_a_delete<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let Some(id) = deleted(store)? else { return Ok(()) };
    store.write_state_if(&state(&id, 3), IfAbsent)?;
    expect_version(store, &id, Some(3))
}

/// An entity that was deleted at version 7. None where the delete did not work, which is another case.
fn deleted<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome<Option<String>> {
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    store.delete_state_if_version(&id, 7)?;
    Ok(store.get_latest_state(&id)?.is_none().then_some(id))
}
