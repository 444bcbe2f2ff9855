//! How a store in versioned mode treats version numbers, and the errors of what it refuses.

use super::breach::{
    Breach, Outcome, at_once, expect, expect_certain, expect_field, expect_named, expect_refused, expect_version,
    new_id, ready, state, state_by,
};
use crate::{
    DurableState, ErrorKind, Result, VersionedStateStore,
    WriteCondition::{IfAbsent, IfVersion},
};

/// The lowest version number that cannot be compared in a table.
pub(super) const TOO_HIGH: u64 = 1 << 63;

pub(super) fn a_stale_write_is_refused<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    for stale in [6, 0] {
        let written = store.write_state(&state(&id, stale));
        expect_refused(format_args!("version {stale} over 7"), ErrorKind::Conflict, written)?;
        expect_version(store, &id, Some(7))?;
    }
    Ok(())
}

pub(super) fn of_writers_at_once_the_highest_version_stays<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    let written = at_once(|writer| store.write_state(&state_by(writer, &id, writer)))?;
    let highest = written.iter().map(|(writer, _)| *writer).max();
    for (writer, written) in written {
        match written {
            Err(error) if error.kind() != ErrorKind::Conflict || Some(writer) == highest => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    expect_version(store, &id, highest)
}

pub(super) fn version_numbers_above_i64_max_are_refused<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for version in [TOO_HIGH, u64::MAX] {
        let state = state(&new_id("account-42"), version);
        for (call, written) in [
            ("write_state", store.write_state(&state)),
            ("IfAbsent", store.write_state_if(&state, IfAbsent)),
            ("IfVersion", store.write_state_if(&state, IfVersion(1))),
        ] {
            expect_refused(format_args!("{call} of version {version}"), ErrorKind::InvalidState, written)?;
        }
        expect_version(store, &state.persistence_id, None)?;
    }
    Ok(())
}

pub(super) fn a_refused_version_number_is_named<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    expect_field("version_number", store.write_state(&state(&id, TOO_HIGH)))?;
    expect_field("version_number", store.write_state_if(&state(&id, TOO_HIGH), IfAbsent))?;
    expect_field("version_number", store.write_state_if(&state(&id, 7), IfVersion(7)))?;
    expect_field("version_number", store.delete_state_if_version(&id, TOO_HIGH))
}

pub(super) fn a_conflict_says_which_version_is_stored<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    in_conflict(store, |call, _, stored, refused| match refused {
        Err(error) if error.kind() == ErrorKind::Conflict => {
            expect(format_args!("stored_version of {call}"), &stored, &error.stored_version())
        }
        Ok(()) | Err(_) => Ok(()),
    })
}

pub(super) fn a_conflict_names_the_call_and_the_entity<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    in_conflict(store, |call, id, _, refused| expect_named(call, id, refused))
}

pub(super) fn a_conflict_is_certain<S: VersionedStateStore + ?Sized>(store: &S) -> Outcome {
    in_conflict(store, |_, _, _, refused| expect_certain(refused))
}

/// Judges calls that are in conflict with what is stored, by the call, the entity, the stored version and the outcome.
fn in_conflict<S: VersionedStateStore + ?Sized>(
    store: &S,
    judge: impl Fn(&str, &str, Option<u64>, Result<()>) -> Outcome,
) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    let new: fn(&str) -> DurableState = |id| state(id, 6);
    judge("write_state_if", &id, None, store.write_state_if(&new(&id), IfVersion(5)))?;
    judge("delete_state_if_version", &id, None, store.delete_state_if_version(&id, 5))?;
    let id = new_id("account-42");
    store.write_state(&state(&id, 7))?;
    for (call, refused) in [
        ("write_state", store.write_state(&new(&id))),
        ("write_state_if", store.write_state_if(&new(&id), IfAbsent)),
        ("write_state_if", store.write_state_if(&new(&id), IfVersion(5))),
        ("delete_state_if_version", store.delete_state_if_version(&id, 5)),
    ] {
        judge(call, &id, Some(7), refused)?;
    }
    Ok(())
}

/// Of several calls at once exactly one may succeed, and the others have to be conflicts. Which one.
pub(super) fn the_winner(outcomes: Vec<(u64, Result<()>)>) -> Outcome<u64> {
    let mut winners = Vec::new();
    for (writer, outcome) in outcomes {
        match outcome {
            Ok(()) => winners.push(writer),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(Breach::new("one winner, and conflicts", format!("{:?}: {error}", error.kind()))),
        }
    }
    match winners.as_slice() {
        [winner] => Ok(*winner),
        others => Err(Breach::new("one winner", format!("{}", others.len()))),
    }
}
