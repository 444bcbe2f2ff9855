//! Stores that change what they keep.

use durable_store::{MemoryStore, StateStore, prost_types::Any};

use crate::broken::{Broken, Faults};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    vec![
        ("an_absent_entity_gives_none", broken().read(|store, id| store.get_latest_state(id.trim_matches(' ')))),
        // As one that went through a number of JavaScript.
        (
            "every_version_number_is_kept",
            broken().change(|state| state.version_number = state.version_number as f64 as u64),
        ),
        ("every_timestamp_is_kept", broken().change(|state| state.timestamp = state.timestamp.max(0))),
        ("every_shard_is_kept", broken().change(|state| state.shard &= u64::from(u32::MAX))),
        (
            "every_payload_is_kept",
            broken().change(|state| {
                if let Some(any) = &mut state.resulting_state
                    && let Some((_, name)) = any.type_url.rsplit_once('/')
                {
                    any.type_url = format!("type.googleapis.com/{name}");
                }
            }),
        ),
        ("every_persistence_id_is_kept", broken().rename(|id| id.split('\0').next().unwrap_or_default().to_owned())),
        (
            "a_long_persistence_id_is_kept",
            broken().rename(|id| if id.len() < 65_536 { id.chars().take(255).collect() } else { id.to_owned() }),
        ),
        (
            "no_state_reads_back_as_an_empty_one",
            broken().change(|state| {
                state.resulting_state = state.resulting_state.take().filter(|any| *any != Any::default())
            }),
        ),
    ]
}
