//! Stores that accept input that they should refuse.

use durable_store::{Error, ErrorKind, MemoryStore, StateStore};

use crate::broken::{Broken, Faults};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    vec![
        (
            "an_empty_persistence_id_is_refused",
            broken()
                .write(|store, state| if state.persistence_id.is_empty() { Ok(()) } else { store.write_state(state) }),
        ),
        (
            "a_persistence_id_over_65535_bytes_is_refused",
            broken().read(|store, id| if id.len() > 65_535 { Ok(None) } else { store.get_latest_state(id) }),
        ),
        (
            "a_payload_over_15_mib_is_refused",
            broken().write(|store, state| {
                let bytes = state.resulting_state.as_ref().map_or(0, |any| any.value.len());
                if bytes > 15 << 20 { Ok(()) } else { store.write_state(state) }
            }),
        ),
        (
            "bad_input_is_named",
            broken().read(|store, id| match store.get_latest_state(id) {
                Err(error) if error.kind() == ErrorKind::InvalidState => {
                    Err(Error::new(ErrorKind::InvalidState, "is bad").with_operation("get_latest_state", Some(id)))
                }
                other => other,
            }),
        ),
    ]
}
