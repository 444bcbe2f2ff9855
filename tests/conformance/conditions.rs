//! Stores that evaluate a condition wrongly.

use durable_store::{
    Error, ErrorKind, MemoryStore, StateStore, VersionedStateStore,
    WriteCondition::{IfAbsent, IfVersion},
};

use crate::broken::{Broken, Faults, elsewhere, version};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    let (is_elsewhere, is_also_elsewhere) = (elsewhere(), elsewhere());
    vec![
        (
            "a_conditional_write_stores_every_field",
            broken()
                .write_if(|store, state, condition| store.write_state_if(&state.clone().with_timestamp(0), condition)),
        ),
        // Version 0 counts as none.
        (
            "if_absent_refuses_where_a_state_is",
            broken().write_if(|store, state, condition| match (condition, version(store, &state.persistence_id)) {
                (IfAbsent, Some(0)) => store.write_state(state),
                _ => store.write_state_if(state, condition),
            }),
        ),
        // Versions are counted one by one.
        (
            "if_version_writes_over_that_version",
            broken().write_if(|store, state, condition| match (condition, version(store, &state.persistence_id)) {
                (IfVersion(old), Some(stored)) if old == stored && state.version_number > old + 1 => {
                    Err(Error::new(ErrorKind::Conflict, "a version is left out").with_stored_version(Some(stored)))
                }
                _ => store.write_state_if(state, condition),
            }),
        ),
        // Version 0 in a condition stands for any.
        (
            "if_version_refuses_any_other_version",
            broken().write_if(|store, state, condition| match (condition, version(store, &state.persistence_id)) {
                (IfVersion(0), Some(_)) => store.write_state(state),
                _ => store.write_state_if(state, condition),
            }),
        ),
        // Version 0 in a condition stands for none.
        (
            "if_version_refuses_where_nothing_is",
            broken().write_if(|store, state, condition| match (condition, version(store, &state.persistence_id)) {
                (IfVersion(0), None) => store.write_state(state),
                _ => store.write_state_if(state, condition),
            }),
        ),
        (
            "if_version_needs_a_higher_new_version",
            broken().write_if(|store, state, condition| match (condition, version(store, &state.persistence_id)) {
                (IfVersion(old), Some(stored)) if old == stored && old == state.version_number => {
                    store.write_state(state)
                }
                _ => store.write_state_if(state, condition),
            }),
        ),
        // All looked before any wrote.
        (
            "of_writers_at_once_with_if_absent_one_wins",
            broken().write_if(move |store, state, condition| match condition {
                IfAbsent if is_elsewhere() => store.write_state(state),
                _ => store.write_state_if(state, condition),
            }),
        ),
        (
            "of_writers_at_once_with_if_version_one_wins",
            broken().write_if(move |store, state, condition| match condition {
                IfVersion(_) if is_also_elsewhere() => store.write_state(state),
                _ => store.write_state_if(state, condition),
            }),
        ),
        (
            "a_disconnected_store_refuses_conditional_calls",
            broken().delete(|store, id, version| match store.delete_state_if_version(id, version) {
                Err(error) if error.kind() == ErrorKind::NotConnected => Ok(()),
                other => other,
            }),
        ),
        (
            "conditional_calls_refuse_bad_input",
            broken().delete(
                |store, id, version| {
                    if id.is_empty() { Ok(()) } else { store.delete_state_if_version(id, version) }
                },
            ),
        ),
    ]
}
