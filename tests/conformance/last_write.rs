//! Stores that check version numbers although the last write should win.

use durable_store::{Error, ErrorKind, MemoryStore, StateStore};

use crate::broken::{Broken, Faults, version};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    vec![
        (
            "a_lower_version_replaces_a_higher_one",
            broken().write(|store, state| match version(store, &state.persistence_id) {
                Some(higher) if higher > state.version_number => Ok(()),
                _ => store.write_state(state),
            }),
        ),
        (
            "version_numbers_above_i64_max_are_kept",
            broken().write(|store, state| {
                if i64::try_from(state.version_number).is_ok() {
                    return store.write_state(state);
                }
                Err(Error::new(ErrorKind::InvalidState, "version_number: is too high"))
            }),
        ),
    ]
}
