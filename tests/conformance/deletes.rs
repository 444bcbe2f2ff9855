//! Stores that delete what they should not, or keep more than they should.

use durable_store::{
    DurableState, Error, ErrorKind, MemoryStore, StateStore, VersionedStateStore,
    WriteCondition::{IfAbsent, IfVersion},
};

use crate::broken::{Broken, Faults, version};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    let conflict = || Error::new(ErrorKind::Conflict, "it was deleted");
    vec![
        (
            "a_delete_of_the_stored_version_leaves_nothing",
            broken().delete(|store, id, deleted| {
                if version(store, id) == Some(deleted) { Ok(()) } else { store.delete_state_if_version(id, deleted) }
            }),
        ),
        (
            "a_delete_of_another_version_is_refused",
            broken().delete(|store, id, deleted| match version(store, id) {
                Some(stored) if stored < deleted => store.delete_state(id),
                _ => store.delete_state_if_version(id, deleted),
            }),
        ),
        (
            "a_delete_where_nothing_is_is_refused",
            broken().delete(|store, id, deleted| match store.delete_state_if_version(id, deleted) {
                Err(error) if error.kind() == ErrorKind::Conflict && error.stored_version().is_none() => Ok(()),
                other => other,
            }),
        ),
        (
            "a_delete_of_a_version_above_i64_max_is_refused",
            broken().delete(move |store, id, deleted| {
                if i64::try_from(deleted).is_ok() {
                    store.delete_state_if_version(id, deleted)
                } else {
                    Err(conflict())
                }
            }),
        ),
        (
            "a_deleted_version_refuses_stale_writes",
            broken().write_if(|store, state, condition| {
                let written = store.write_state_if(state, condition);
                // Refused where there is no state: the entity was deleted.
                if condition == IfAbsent && written.is_err() && version(store, &state.persistence_id).is_none() {
                    store.forget_state(&state.persistence_id)?;
                    return store.write_state_if(state, condition);
                }
                written
            }),
        ),
        (
            "a_deleted_version_meets_no_condition",
            broken().write_if(|store, state, condition| {
                let deleted = store.write_state_if(state, condition);
                match (&deleted, condition) {
                    (Err(error), IfVersion(expected))
                        if error.stored_version() == Some(expected) && error.kind() == ErrorKind::Conflict =>
                    {
                        store.write_state(state)
                    }
                    _ => deleted,
                }
            }),
        ),
        (
            "a_deleted_entity_is_written_above_its_version",
            broken().write(move |store, state| {
                let absent = version(store, &state.persistence_id).is_none();
                // What was deleted refuses every version.
                let lower = DurableState { version_number: 0, ..state.clone() };
                match (absent, state.version_number) {
                    (true, 8) => match store.write_state(&lower) {
                        // Still no state: it is not another writer who refuses it.
                        Err(refused) if version(store, &state.persistence_id).is_none() => Err(refused),
                        _ => store.write_state(state),
                    },
                    _ => store.write_state(state),
                }
            }),
        ),
    ]
}
