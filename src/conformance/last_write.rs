//! What only a store in which the last write wins keeps to.

use super::breach::{Outcome, expect_version, new_id, ready, state};
use crate::StateStore;

pub(super) fn a_lower_version_replaces_a_higher_one<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    for version in [7, 6, 0] {
        store.write_state(&state(&id, version))?;
        expect_version(store, &id, Some(version))?;
    }
    Ok(())
}

pub(super) fn version_numbers_above_i64_max_are_kept<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for version in [1 << 63, u64::MAX] {
        let state = state(&new_id("account-42"), version);
        store.write_state(&state)?;
        expect_version(store, &state.persistence_id, Some(version))?;
    }
    Ok(())
}
