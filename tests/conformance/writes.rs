//! Stores that lose or mix writes.

use std::sync::OnceLock;

use durable_store::{DurableState, MemoryStore, StateStore};

use crate::broken::{Broken, Faults, elsewhere, version};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    let (is_elsewhere, is_read_elsewhere) = (elsewhere(), elsewhere());
    let first = OnceLock::new();
    vec![
        (
            "a_higher_version_replaces_a_lower_one",
            broken().write(|store, state| match version(store, &state.persistence_id) {
                Some(0) if state.version_number > 0 => Ok(()),
                _ => store.write_state(state),
            }),
        ),
        (
            "the_same_version_can_be_written_again",
            broken().write(|store, state| match version(store, &state.persistence_id) {
                Some(same) if same == state.version_number => Ok(()),
                _ => store.write_state(state),
            }),
        ),
        (
            "a_write_leaves_nothing_of_the_one_before",
            broken().write(|store, state| {
                let before = store.get_latest_state(&state.persistence_id).ok().flatten();
                let before = before.and_then(|before| before.resulting_state);
                let resulting_state = state.resulting_state.clone().or(before);
                store.write_state(&DurableState { resulting_state, ..state.clone() })
            }),
        ),
        // As if another's write had come between the cells of this one.
        (
            "of_writers_at_once_one_state_stays",
            broken().write(move |store, state| {
                let timestamp = if is_elsewhere() { 1 } else { state.timestamp };
                store.write_state(&state.clone().with_timestamp(timestamp))
            }),
        ),
        // As with one buffer for the reads of all threads.
        (
            "entities_written_at_once_are_kept_apart",
            broken().read(move |store, id| {
                let id = if is_read_elsewhere() { first.get_or_init(|| id.to_owned()) } else { id };
                store.get_latest_state(id)
            }),
        ),
    ]
}
