//! Many states in one call.

use std::{ffi::c_char, mem::MaybeUninit, ptr};

use super::{
    argument::{self, refused},
    bytes::OutState,
    call::call,
    catch::catch_or,
    failure::Failure,
    out::Out,
    shell::{Opaque, Shell, borrow, free, give, opaque},
    states::key,
    store::Store,
};
use crate::{DurableState, Error, Result};

/// The outcomes of a bulk call, in the order of its input. Belongs to the caller, who frees it with
/// `durable_store_results_free`. It does not change: any number of threads may read it at once.
pub struct Results(Shell<Vec<Outcome>>);

opaque!(Results(Vec<Outcome>), "durable_store_results", b"bulk");

/// Of a write always `None` where it succeeded.
type Outcome = Result<Option<DurableState>>;

/// Items that are no argument for the store, with their place in the input.
type Refused = Vec<(usize, Error)>;

/// Stores many states, pipelined, and waits until each has its outcome. Items do not depend on each other: one that fails,
/// or is no state at all, harms no other. Of two states of one entity the later one in the input wins. `states` and
/// `state_lengths` have `count` elements each.
///
/// Put into `*results`: the outcome of each, to be freed with `durable_store_results_free`; NULL on failure.
///
/// Returns 0 also where items failed: see `durable_store_results_get`. Errors of the call as a whole:
/// `DURABLE_STORE_INVALID_STATE` (an argument is NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_write_states(
    store: Option<&Store>,
    states: *const *const u8,
    state_lengths: *const usize,
    count: usize,
    results: Option<&mut MaybeUninit<*mut Results>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let results = Out::new("results", results, ptr::null_mut());
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
        results.set(give(in_order(count, outcomes, refused)));
        Ok(())
    })
}

/// Reads the latest states of many entities, pipelined, and waits until each has its outcome. `persistence_ids` and
/// `persistence_id_lengths` have `count` elements each. `shards`: NULL, or `count` pointers, each of them NULL or a shard as
/// in `durable_store_get_latest_state`.
///
/// Put into `*results`: the outcome of each, to be freed with `durable_store_results_free`; NULL on failure.
///
/// Returns 0 also where items failed: see `durable_store_results_get`. Errors of the call as a whole:
/// `DURABLE_STORE_INVALID_STATE` (an argument is NULL).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_get_latest_states(
    store: Option<&Store>,
    persistence_ids: *const *const c_char,
    persistence_id_lengths: *const usize,
    shards: *const Option<&u64>,
    count: usize,
    results: Option<&mut MaybeUninit<*mut Results>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let results = Out::new("results", results, ptr::null_mut());
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
        results.set(give(in_order(count, outcomes.into_iter(), refused)));
        Ok(())
    })
}

/// The outcomes of what the store was given, and between them those of what was refused before.
fn in_order(count: usize, mut outcomes: impl Iterator<Item = Outcome>, refused: Refused) -> Vec<Outcome> {
    let mut refused = refused.into_iter().peekable();
    let next = |at| match refused.next_if(|(refused_at, _)| *refused_at == at) {
        Some((_, error)) => Some(Err(error)),
        None => outcomes.next(),
    };
    (0..count).filter_map(next).collect()
}

/// How many outcomes there are: as many as the call had items. NULL: 0.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_results_count(results: Option<&Results>) -> usize {
    catch_or(0, || borrow("results", results).map_or(0, Vec::len))
}

/// The outcome of the item at `index`, counted from 0. Returns 0 or the kind of its error, as a call for this one item
/// would have.
///
/// Put into `*found`, `*state` and `*state_length`: as in `durable_store_get_latest_state`, anew each time; of a write
/// `false`, NULL and 0. Each of the three may be NULL.
///
/// Errors: those of the item; `DURABLE_STORE_INVALID_STATE` if there is no such item.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_results_get(
    results: Option<&Results>,
    index: usize,
    found: Option<&mut MaybeUninit<bool>>,
    state: Option<&mut MaybeUninit<*mut u8>>,
    state_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let place = OutState::new(found, state, state_length);
        let results = borrow("results", results)?;
        let outcome = results.get(index);
        let outcome =
            outcome.ok_or_else(|| refused("index", format_args!("{index} is not below {}", results.len())))?;
        place.set(outcome.as_ref().map_err(Error::clone)?.as_ref())
    })
}

/// Frees the outcomes of a bulk call, but not the states that were taken out of them. NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_results_free(results: *mut Results) {
    // SAFETY: as the header asks.
    catch_or((), || unsafe { free(results) });
}
