//! Updates: read, changed by the caller, and written if no other writer came first.

use super::breach::{
    Breach, Outcome, at_once, expect, expect_refused, expect_version, new_id, ready, state, state_by, stored,
};
use crate::{DurableState, Error, ErrorKind, Result, VersionedStateStore};

/// The state that follows.
fn next(id: &str, current: Option<&DurableState>) -> DurableState {
    state(id, current.map_or(1, |state| state.version_number + 1))
}

pub(super) fn an_update_writes_what_the_change_makes<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    for version in 1..=3 {
        let written = state_by(version, &id, version);
        let updated = store.update(&id, &mut |_| Ok(Some(written.clone())))?;
        expect("what the update returns", &Some(&written), &updated.as_ref())?;
        expect("what is stored after it", &written, &stored(store, &id)?)?;
    }
    Ok(())
}

pub(super) fn a_change_gets_what_is_stored<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    for version in 1..=2 {
        let mut seen = Vec::new();
        store.update(&id, &mut |current| {
            seen.push(current.as_ref().map(|state| state.version_number));
            Ok(Some(state(&id, version)))
        })?;
        expect("what the change got", &vec![(version > 1).then_some(1)], &seen)?;
    }
    Ok(())
}

pub(super) fn an_update_without_a_change_writes_nothing<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    expect("what an update of nothing returns", &None, &store.update(&id, &mut |_| Ok(None))?)?;
    expect_version(store, &id, None)?;
    store.write_state(&state(&id, 7))?;
    let left = store.update(&id, &mut |_| Ok(None))?;
    expect("what an update that leaves version 7 returns", &Some(7), &left.map(|state| state.version_number))?;
    expect_version(store, &id, Some(7))
}

pub(super) fn the_error_of_a_change_is_returned_as_it_is<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    let own = || Error::new(ErrorKind::Conflict, "the account is closed");
    let updated = store.update(&id, &mut |_| Err(own()));
    let shown = |error: &Error| format!("{error:?}");
    expect("the error of the change", &Some(shown(&own())), &updated.as_ref().err().map(shown))?;
    expect_version(store, &id, Some(7))
}

pub(super) fn an_update_of_another_entity_is_refused<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let (id, other) = (new_id("account-42"), new_id("account-43"));
    let updated = store.update(&id, &mut |_| Ok(Some(state(&other, 1))));
    expect_refused("an update with the state of another entity", ErrorKind::InvalidState, updated)?;
    expect_version(store, &other, None)
}

pub(super) fn a_change_is_made_again_after_a_conflict<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    let mut interfered = Ok(());
    let mut calls = 0;
    let updated = store.update(&id, &mut |current| {
        calls += 1;
        if calls == 1 {
            interfered = store.write_state(&state(&id, 7));
        }
        Ok(Some(next(&id, current.as_ref())))
    })?;
    interfered?;
    let seen = (updated.map(|state| state.version_number), calls);
    expect("the version after another writer stored 7, and how often it was changed", &(Some(8), 2), &seen)
}

pub(super) fn an_update_below_a_deleted_version_is_refused<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    store.delete_state_if_version(&id, 7)?;
    if store.get_latest_state(&id)?.is_some() {
        // That the delete did not work is another case.
        return Ok(());
    }
    let mut calls = 0;
    let updated = store.update(&id, &mut |_| {
        calls += 1;
        // A store that never gives up would call forever.
        if calls > 100 { Err(Error::new(ErrorKind::Internal, "called too often")) } else { Ok(Some(state(&id, 1))) }
    });
    expect_refused("version 1 after a delete at 7", ErrorKind::Conflict, updated)
}

pub(super) fn updates_at_once_are_all_applied<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    const UPDATES: u64 = 3;
    ready(store)?;
    let id = new_id("account-42");
    let updated = at_once(|_| -> Result<()> {
        for _ in 0..UPDATES {
            store.update(&id, &mut |current| Ok(Some(next(&id, current.as_ref()))))?;
        }
        Ok(())
    })?;
    let writers = u64::try_from(updated.len()).unwrap_or_default();
    updated.into_iter().try_for_each(|(_, outcome)| outcome.map_err(Breach::from))?;
    expect_version(store, &id, Some(writers * UPDATES))
}
