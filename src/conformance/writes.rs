//! One write after another, and several at once, of versions that no mode refuses.

use prost_types::Any;

use super::breach::{
    Breach, Outcome, at_once, expect, expect_state, expect_version, new_id, ready, state, state_by, stored,
};
use crate::{DurableState, StateStore};

pub(super) fn a_higher_version_replaces_a_lower_one<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    for version in [0, 1, 7] {
        store.write_state(&state(&id, version))?;
        expect_version(store, &id, Some(version))?;
    }
    Ok(())
}

pub(super) fn the_same_version_can_be_written_again<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    for writer in 1..=3 {
        let state = state_by(writer, &id, 7);
        store.write_state(&state)?;
        let written = state.resulting_state.unwrap_or_default();
        expect_state(format_args!("what write {writer} left"), &written, &stored(store, &id)?)?;
    }
    Ok(())
}

/// A store that keeps neither write, or changes what it keeps, fails another case.
pub(super) fn a_write_leaves_nothing_of_the_one_before<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let first = state(&new_id("account-42"), 7);
    let second = DurableState { resulting_state: None, timestamp: 0, ..first.clone() };
    store.write_state(&first)?;
    store.write_state(&second)?;
    let seen = stored(store, &first.persistence_id)?;
    let payload = seen.resulting_state.clone().unwrap_or_default();
    let of_first = [seen.timestamp == first.timestamp, Some(&payload) == first.resulting_state.as_ref()];
    let of_second = [seen.timestamp == second.timestamp, payload == Any::default()];
    if of_first.contains(&true) && of_second.contains(&true) {
        return Err(Breach::new("one of two writes as a whole", format_args!("a mixture: {seen:?}")));
    }
    Ok(())
}

pub(super) fn of_writers_at_once_one_state_stays<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    for (_, written) in at_once(|writer| store.write_state(&state_by(writer, &id, 7)))? {
        written?;
    }
    let seen = stored(store, &id)?;
    let payload = seen.resulting_state.clone().unwrap_or_default().value;
    let writer = payload.try_into().map(u64::from_be_bytes).unwrap_or_default();
    let stays = state_by(writer, &id, 7);
    if writer == 0 || seen.resulting_state != stays.resulting_state {
        return Err(Breach::new("the state of one of the writers", format_args!("another: {seen:?}")));
    }
    expect("the timestamp of the writer whose payload stays", &stays.timestamp, &seen.timestamp)
}

pub(super) fn entities_written_at_once_are_kept_apart<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let seen = at_once(|writer| {
        let id = new_id(&format!("account-{writer}"));
        for _ in 0..5 {
            let written = state_by(writer, &id, writer);
            store.write_state(&written)?;
            let seen = stored(store, &id)?;
            expect(format_args!("the version number of {id:?}"), &writer, &seen.version_number)?;
            expect_state(format_args!("the state of {id:?}"), &written.resulting_state.unwrap_or_default(), &seen)?;
        }
        Ok(())
    })?;
    seen.into_iter().try_for_each(|(_, seen)| seen)
}
