//! Stores whose updates do something else.

use durable_store::{DurableState, Error, ErrorKind, MemoryStore, Result, VersionedStateStore};

use crate::broken::{Broken, Change, Faults, elsewhere};

/// An update whose change is made once only.
fn once(store: &MemoryStore, id: &str, change: Change<'_>) -> Result<Option<DurableState>> {
    let mut is_made = false;
    store.update(id, &mut |current| {
        if std::mem::replace(&mut is_made, true) {
            return Err(Error::new(ErrorKind::Conflict, "another writer was faster"));
        }
        change(current)
    })
}

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    let (is_elsewhere, is_also_elsewhere) = (elsewhere(), elsewhere());
    vec![
        (
            "an_update_writes_what_the_change_makes",
            broken().update(|store, id, change| {
                let updated = store.update(id, change)?;
                Ok(updated.map(|state| state.with_timestamp(0)))
            }),
        ),
        (
            "a_change_gets_what_is_stored",
            broken().update(move |store, id, change| {
                let forgets = !is_elsewhere();
                store.update(id, &mut |current| change(current.filter(|state| !forgets || state.version_number != 1)))
            }),
        ),
        (
            "an_update_without_a_change_writes_nothing",
            broken().update(|store, id, change| {
                store.update(id, &mut |current| {
                    let next = current.clone().map(|state| DurableState { version_number: 8, ..state });
                    Ok(change(current)?.or(next))
                })
            }),
        ),
        (
            "the_error_of_a_change_is_returned_as_it_is",
            broken().update(|store, id, change| {
                store.update(id, &mut |current| {
                    change(current).map_err(|error| error.with_operation("update", Some(id)))
                })
            }),
        ),
        (
            "an_update_of_another_entity_is_refused",
            broken().update(|store, id, change| match store.update(id, change) {
                Err(error) if error.kind() == ErrorKind::InvalidState => Ok(None),
                other => other,
            }),
        ),
        (
            "a_change_is_made_again_after_a_conflict",
            broken().update(
                move |store, id, change| {
                    if is_also_elsewhere() { store.update(id, change) } else { once(store, id, change) }
                },
            ),
        ),
        (
            "an_update_below_a_deleted_version_is_refused",
            broken().update(|store, id, change| {
                loop {
                    match store.update(id, change) {
                        Err(error) if error.to_string().contains("deleted") => {}
                        other => return other,
                    }
                }
            }),
        ),
        (
            "updates_at_once_are_all_applied",
            broken().update({
                let is_elsewhere = elsewhere();
                move |store, id, change| if is_elsewhere() { Ok(None) } else { store.update(id, change) }
            }),
        ),
    ]
}
