//! Input that is refused independent of what is stored.

use super::breach::{Outcome, expect_field, expect_refused, expect_version, message, new_id, ready, state};
use crate::{DurableState, ErrorKind, StateStore};

pub(super) fn an_empty_persistence_id_is_refused<S: StateStore + ?Sized>(store: &S) -> Outcome {
    expect_refused_id(store, "an empty id", "")
}

pub(super) fn a_persistence_id_over_65535_bytes_is_refused<S: StateStore + ?Sized>(store: &S) -> Outcome {
    expect_refused_id(store, "an id of 65,536 bytes", &"x".repeat(65_536))
}

fn expect_refused_id<S: StateStore + ?Sized>(store: &S, what: &str, id: &str) -> Outcome {
    ready(store)?;
    expect_refused(format_args!("a write of {what}"), ErrorKind::InvalidState, store.write_state(&state(id, 1)))?;
    expect_refused(format_args!("a read of {what}"), ErrorKind::InvalidState, store.get_latest_state(id))
}

pub(super) fn a_payload_over_15_mib_is_refused<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let large = large(&new_id("account-42"));
    expect_refused("a payload over 15 MiB", ErrorKind::InvalidState, store.write_state(&large))?;
    expect_version(store, &large.persistence_id, None)
}

pub(super) fn bad_input_is_named<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for id in ["", &"x".repeat(65_536)] {
        expect_field("persistence_id", store.write_state(&state(id, 1)))?;
        expect_field("persistence_id", store.get_latest_state(id))?;
    }
    expect_field("resulting_state", store.write_state(&large(&new_id("account-42"))))
}

/// A state over what any setting allows.
pub(super) fn large(persistence_id: &str) -> DurableState {
    DurableState { resulting_state: Some(message(&vec![0; (15 << 20) + 1])), ..state(persistence_id, 1) }
}
