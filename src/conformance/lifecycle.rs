//! Connecting and disconnecting.

use super::breach::{Outcome, expect_certain, expect_named, expect_refused, expect_version, new_id, ready, state};
use crate::{ErrorKind, StateStore};

pub(super) fn connecting_again_is_harmless<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let state = state(&new_id("account-42"), 1);
    store.write_state(&state)?;
    store.connect()?;
    expect_version(store, &state.persistence_id, Some(1))
}

pub(super) fn disconnecting_again_is_harmless<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    store.disconnect()?;
    store.disconnect()?;
    ready(store)?;
    expect_version(store, &new_id("account-42"), None)
}

pub(super) fn a_ping_connects<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    store.disconnect()?;
    for _ in 0..2 {
        store.ping()?;
        expect_version(store, &new_id("account-42"), None)?;
    }
    Ok(())
}

pub(super) fn a_disconnected_store_refuses_calls<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let state = state(&new_id("account-42"), 1);
    store.disconnect()?;
    expect_refused("a write", ErrorKind::NotConnected, store.write_state(&state))?;
    expect_refused("a read", ErrorKind::NotConnected, store.get_latest_state(&state.persistence_id))?;
    ready(store)?;
    expect_version(store, &state.persistence_id, None)
}

pub(super) fn states_outlive_the_connection<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let state = state(&new_id("account-42"), 1);
    store.write_state(&state)?;
    store.disconnect()?;
    ready(store)?;
    expect_version(store, &state.persistence_id, Some(1))
}

pub(super) fn a_refusal_names_the_call_and_the_entity<S: StateStore + ?Sized>(store: &S) -> Outcome {
    let (good, bad) = (new_id("account-42"), "x".repeat(65_536));
    for connected in [true, false] {
        ready(store)?;
        if !connected {
            store.disconnect()?;
        }
        for id in [&good, &bad] {
            expect_named("write_state", id, store.write_state(&state(id, 1)))?;
            expect_named("get_latest_state", id, store.get_latest_state(id))?;
        }
    }
    Ok(())
}

pub(super) fn a_refusal_is_certain<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    expect_certain(store.write_state(&state("", 1)))?;
    store.disconnect()?;
    expect_certain(store.write_state(&state(&new_id("account-42"), 1)))
}
