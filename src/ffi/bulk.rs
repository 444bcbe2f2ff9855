//! Many states in one call.

use std::{ffi::c_char, mem::MaybeUninit, ptr};

use super::{
    argument::{self, refused},
    bytes::OutState,
    call::call,
    catch::catch_or,
    error::ErrorHandle,
    handle::{CType, Handle, borrow, c_type, free, into_handle},
    out_param::OutParam,
    states::key,
    store::StoreHandle,
};
use crate::{DurableState, Error, Result};

/// The outcomes of a bulk call, in the order of its input. Owned by the caller, who frees it with
/// `durable_store_results_free`. It does not change: any number of threads may read it at once.
pub struct ResultsHandle(Handle<Vec<Outcome>>);

c_type!(ResultsHandle(Vec<Outcome>), "durable_store_results", b"bulk");

/// The outcome of an item. `Ok(None)` for a write that succeeded.
type Outcome = Result<Option<DurableState>>;

/// Items that were refused before the store got them, with their index in the input.
type Refused = Vec<(usize, Error)>;

/// Stores many states, many of them at once, and waits until each has an outcome. Items are independent: one that fails, or
/// does not decode as a state, does not affect the others. Of two states of one entity the later one in the input wins.
/// `states` and `state_lengths` have `count` elements each.
///
/// Puts the outcomes into `*results`, to be freed with `durable_store_results_free`; NULL on failure.
///
/// Returns 0 even if items failed: see `durable_store_results_get`. Errors of the call as a whole:
/// `DURABLE_STORE_INVALID_STATE` (an argument is NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_write_states(
    store: Option<&StoreHandle>,
    states: *const *const u8,
    state_lengths: *const usize,
    count: usize,
    results: Option<&mut MaybeUninit<*mut ResultsHandle>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let results = OutParam::new("results", results, ptr::null_mut());
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let (states, lengths) = unsafe {
            (argument::items("states", states, count)?, argument::items("state_lengths", state_lengths, count)?)
        };
        results.check()?;
        let mut refused = Refused::new();
        let accepted = states.iter().zip(lengths).enumerate().filter_map(|(at, (state, length))| {
            // SAFETY: as the header asks.
            let state = unsafe { argument::state(format_args!("states[{at}]"), *state, *length) };
            state.map_err(|error| refused.push((at, error))).ok()
        });
        let outcomes = store.write_states(accepted);
        let outcomes = outcomes.into_iter().map(|outcome| outcome.map(|()| None));
        results.set(into_handle(in_order(count, outcomes, refused)));
        Ok(())
    })
}

/// Reads the latest states of many entities, many of them at once, and waits until each has an outcome. `persistence_ids`
/// and `persistence_id_lengths` have `count` elements each. `shards`: NULL, or `count` pointers, each of them NULL or a shard
/// as in `durable_store_get_latest_state`.
///
/// Puts the outcomes into `*results`, to be freed with `durable_store_results_free`; NULL on failure.
///
/// Returns 0 even if items failed: see `durable_store_results_get`. Errors of the call as a whole:
/// `DURABLE_STORE_INVALID_STATE` (an argument is NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_get_latest_states(
    store: Option<&StoreHandle>,
    persistence_ids: *const *const c_char,
    persistence_id_lengths: *const usize,
    shards: *const Option<&u64>,
    count: usize,
    results: Option<&mut MaybeUninit<*mut ResultsHandle>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let results = OutParam::new("results", results, ptr::null_mut());
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let (ids, lengths, shards) = unsafe {
            let shards = if shards.is_null() { &[] } else { argument::items("shards", shards, count)? };
            (
                argument::items("persistence_ids", persistence_ids, count)?,
                argument::items("persistence_id_lengths", persistence_id_lengths, count)?,
                shards,
            )
        };
        results.check()?;
        let mut refused = Refused::new();
        let accepted = ids.iter().zip(lengths).enumerate().filter_map(|(at, (id, length))| {
            let shard = shards.get(at).copied().flatten();
            // SAFETY: as the header asks.
            let key = unsafe { key(format_args!("persistence_ids[{at}]"), *id, *length, shard) };
            key.map_err(|error| refused.push((at, error))).ok()
        });
        let outcomes = store.get_latest_states(accepted);
        results.set(into_handle(in_order(count, outcomes.into_iter(), refused)));
        Ok(())
    })
}

/// Merges the outcomes of the store with the errors of the refused items, in the order of the input.
fn in_order(count: usize, mut outcomes: impl Iterator<Item = Outcome>, refused: Refused) -> Vec<Outcome> {
    let mut refused = refused.into_iter().peekable();
    let next = |at| match refused.next_if(|(refused_at, _)| *refused_at == at) {
        Some((_, error)) => Some(Err(error)),
        None => outcomes.next(),
    };
    (0..count).filter_map(next).collect()
}

/// Returns the number of outcomes, which is the number of items of the call. NULL: returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_results_count(results: Option<&ResultsHandle>) -> usize {
    catch_or(0, || borrow("results", results).map_or(0, Vec::len))
}

/// Returns the outcome of the item at `index`, counted from 0: 0 or the kind of its error, like a call for this item alone.
///
/// Sets `*found`, `*state` and `*state_length` like `durable_store_get_latest_state`, with a new copy of the state each
/// time; for a write they are `false`, NULL and 0. Each of the three may be NULL.
///
/// Errors: that of the item; `DURABLE_STORE_INVALID_STATE` if there is no such item.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_results_get(
    results: Option<&ResultsHandle>,
    index: usize,
    found: Option<&mut MaybeUninit<bool>>,
    state: Option<&mut MaybeUninit<*mut u8>>,
    state_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let target = OutState::new(found, state, state_length);
        let results = borrow("results", results)?;
        let outcome = results.get(index);
        let outcome =
            outcome.ok_or_else(|| refused("index", format_args!("{index} is not below {}", results.len())))?;
        target.set(outcome.as_ref().map_err(Error::clone)?.as_ref())
    })
}

/// Frees the outcomes of a bulk call, but not the states that `durable_store_results_get` returned. NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_results_free(results: *mut ResultsHandle) {
    // SAFETY: as the header asks.
    catch_or((), || unsafe { free(results) });
}
