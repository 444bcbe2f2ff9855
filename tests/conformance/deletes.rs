//! Stores that delete what they should not, or keep more than they should.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use durable_store::{Error, ErrorKind, MemoryStore, StateStore, VersionedStateStore, WriteCondition::IfAbsent};

use crate::broken::{Broken, Faults, version};

type Deleted = Arc<Mutex<HashMap<String, u64>>>;

/// A store that remembers what was deleted, and where.
fn remembering(sound: MemoryStore) -> (Broken, Deleted) {
    let deleted = Deleted::default();
    let remembered = Arc::clone(&deleted);
    let broken = Broken::of(sound).delete(move |store, id, version| {
        store.delete_state_if_version(id, version)?;
        remembered.lock().unwrap().insert(id.to_owned(), version);
        Ok(())
    });
    (broken, deleted)
}

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    let conflict = || Error::new(ErrorKind::Conflict, "it was deleted");
    let (forgets_no_version, versions) = remembering(sound());
    let (forgets_no_entity, entities) = remembering(sound());
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
            "a_delete_forgets_the_version_number",
            forgets_no_version.write(move |store, state| match versions.lock().unwrap().get(&state.persistence_id) {
                Some(deleted) if *deleted > state.version_number => Err(conflict()),
                _ => store.write_state(state),
            }),
        ),
        (
            "if_absent_writes_after_a_delete",
            forgets_no_entity.write_if(move |store, state, condition| {
                if condition == IfAbsent && entities.lock().unwrap().contains_key(&state.persistence_id) {
                    return Err(conflict());
                }
                store.write_state_if(state, condition)
            }),
        ),
    ]
}
