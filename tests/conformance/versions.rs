//! Stores in versioned mode that accept stale writes, or refuse them with a wrong error.

use std::sync::Mutex;

use durable_store::{Error, ErrorKind, MemoryStore, StateStore, VersionedStateStore};

use crate::broken::{Broken, Faults, elsewhere, version};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    let (is_elsewhere, is_also_elsewhere, one_by_one) = (elsewhere(), elsewhere(), Mutex::new(()));
    vec![
        (
            "a_stale_write_is_refused",
            broken().write(move |store, state| match store.write_state(state) {
                Err(error)
                    if error.kind() == ErrorKind::Conflict
                        && version(store, &state.persistence_id).is_some()
                        && !is_elsewhere() =>
                {
                    Ok(())
                }
                other => other,
            }),
        ),
        // The lowest version stays.
        (
            "of_writers_at_once_the_highest_version_stays",
            broken().write(move |store, state| {
                let _alone = one_by_one.lock().unwrap();
                match version(store, &state.persistence_id) {
                    Some(lower) if is_also_elsewhere() && lower < state.version_number => return Ok(()),
                    Some(higher) if is_also_elsewhere() && higher > state.version_number => {
                        store.forget_state(&state.persistence_id)?;
                    }
                    _ => {}
                }
                store.write_state(state)
            }),
        ),
        (
            "version_numbers_above_i64_max_are_refused",
            broken().write(|store, state| {
                if i64::try_from(state.version_number).is_err() { Ok(()) } else { store.write_state(state) }
            }),
        ),
        (
            "a_refused_version_number_is_named",
            broken().write_if(|store, state, condition| match store.write_state_if(state, condition) {
                Err(error) if error.kind() == ErrorKind::InvalidState => {
                    Err(Error::new(ErrorKind::InvalidState, "is bad"))
                }
                other => other,
            }),
        ),
        (
            "a_conflict_says_which_version_is_stored",
            broken().delete(|store, id, deleted| match store.delete_state_if_version(id, deleted) {
                Err(error) if version(store, id).is_some() => Err(error.with_stored_version(None)),
                other => other,
            }),
        ),
        (
            "a_conflict_names_the_call_and_the_entity",
            broken().delete(|store, id, version| match store.delete_state_if_version(id, version) {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    Err(Error::new(ErrorKind::Conflict, "refused").with_stored_version(error.stored_version()))
                }
                other => other,
            }),
        ),
        (
            "a_conflict_is_certain",
            broken().write_if(|store, state, condition| {
                store.write_state_if(state, condition).map_err(|error| error.with_indeterminate(true))
            }),
        ),
    ]
}
