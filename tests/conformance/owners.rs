//! Pairs of stores in mode owned, one of which breaks a promise.

use std::{collections::HashSet, sync::Mutex};

use durable_store::{Error, ErrorKind, MemoryStore, Result, StateStore, VersionedStateStore, WriteCondition::IfAbsent};

use crate::broken::{Broken, elsewhere};

/// Pairs, each with the only case it may fail.
pub(crate) type Pairs = Vec<(&'static str, [Broken; 2])>;

fn is<T>(kind: ErrorKind, outcome: &Result<T>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == kind)
}

/// A pair whose first store is broken.
fn first(case: &'static str, break_it: impl FnOnce(Broken, MemoryStore) -> Broken) -> (&'static str, [Broken; 2]) {
    let sound = MemoryStore::owned();
    let (second, spy) = (Broken::of(sound.another()), sound.another());
    spy.connect().unwrap();
    (case, [break_it(Broken::of(sound), spy), second])
}

/// A pair whose second store is broken.
fn second(case: &'static str, break_it: impl FnOnce(Broken) -> Broken) -> (&'static str, [Broken; 2]) {
    let sound = MemoryStore::owned();
    let second = Broken::of(sound.another());
    (case, [Broken::of(sound), break_it(second)])
}

pub(crate) fn faults() -> Pairs {
    let error = |kind| Error::new(kind, "refused");
    vec![
        first("a_write_needs_a_claim", |broken, _| {
            broken.write_if(|store, state, condition| {
                let written = store.write_state_if(state, condition);
                if !is(ErrorKind::InvalidState, &written) {
                    return written;
                }
                store.get_latest_state(&state.persistence_id)?;
                store.write_state_if(state, condition)
            })
        }),
        second("a_claim_returns_what_is_stored", |broken| {
            let seen = Mutex::new(HashSet::new());
            broken.read(move |store, id| {
                let state = store.get_latest_state(id)?;
                let is_first = seen.lock().unwrap().insert(id.to_owned());
                Ok(state.filter(|_| !is_first))
            })
        }),
        first("an_owner_writes_and_deletes", |broken, _| {
            broken.write_if(move |store, state, condition| {
                let refuses = condition == IfAbsent && state.version_number == 9;
                if refuses { Err(error(ErrorKind::Conflict)) } else { store.write_state_if(state, condition) }
            })
        }),
        first("an_owner_is_refused_stale_versions", |broken, _| {
            broken.write(|store, state| if state.version_number == 6 { Ok(()) } else { store.write_state(state) })
        }),
        first("a_later_claim_fences_the_earlier_owner", |broken, _| {
            broken.delete(move |store, id, version| {
                let deleted = store.delete_state_if_version(id, version);
                if !is(ErrorKind::Fenced, &deleted) {
                    return deleted;
                }
                Err(error(ErrorKind::Conflict).with_operation("delete_state_if_version", Some(id)))
            })
        }),
        first("what_is_fenced_is_not_stored", |broken, spy| {
            broken.write_if(move |store, state, condition| {
                let written = store.write_state_if(state, condition);
                if is(ErrorKind::Fenced, &written) && state.version_number == 8 {
                    spy.get_latest_state(&state.persistence_id)?;
                    spy.write_state(state)?;
                }
                written
            })
        }),
        first("a_fenced_call_names_itself_and_is_certain", |broken, _| {
            broken.write(|store, state| store.write_state(state).map_err(|error| error.with_indeterminate(true)))
        }),
        second("a_store_that_claims_again_is_the_owner_again", |broken| {
            broken.write(move |store, state| {
                if state.version_number == 10 { Err(error(ErrorKind::Fenced)) } else { store.write_state(state) }
            })
        }),
        first("an_entity_is_claimed_before_its_first_state", |broken, _| {
            broken.write_if(|store, state, condition| {
                let written = store.write_state_if(state, condition);
                if is(ErrorKind::Fenced, &written) && state.version_number == 1 { Ok(()) } else { written }
            })
        }),
        second("a_deleted_entity_is_claimed_with_its_version", |broken| {
            broken.write(|store, state| {
                let written = store.write_state(state);
                if is(ErrorKind::Conflict, &written) { Ok(()) } else { written }
            })
        }),
        first("a_forgotten_entity_begins_again", |broken, spy| {
            broken.forget(move |store, id| {
                let stored = spy_on(&spy, store, id)?;
                store.forget_state(id)?;
                stored.map_or(Ok(()), |state| {
                    store.get_latest_state(id)?;
                    store.write_state(&state)
                })
            })
        }),
        first("a_forgotten_entity_lets_no_earlier_owner_in", |broken, _| {
            broken.write(|store, state| match store.write_state(state) {
                Err(error) if error.to_string().contains("forgotten") => Ok(()),
                other => other,
            })
        }),
        first("a_released_entity_needs_a_new_claim", |broken, _| broken.release(|_, _| {})),
        first("of_claimers_at_once_one_is_the_owner", |broken, _| {
            let is_elsewhere = elsewhere();
            broken.read(
                move |store, id| {
                    if is_elsewhere() { Err(error(ErrorKind::Internal)) } else { store.get_latest_state(id) }
                },
            )
        }),
    ]
}

/// The state that a store may forget, which it owns before and after.
fn spy_on(spy: &MemoryStore, owner: &MemoryStore, id: &str) -> Result<Option<durable_store::DurableState>> {
    // A delete of a version that is not there says whether it is the owner, and changes nothing.
    let probed = owner.delete_state_if_version(id, 1);
    if !is(ErrorKind::Conflict, &probed) {
        return Ok(None);
    }
    let state = spy.get_latest_state(id)?;
    owner.get_latest_state(id)?;
    Ok(state)
}
