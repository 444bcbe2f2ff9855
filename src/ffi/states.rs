//! Writing, reading and deleting one state.

use std::{ffi::c_char, mem::MaybeUninit};

use super::{
    argument::{self, refused},
    bytes::OutState,
    call::call,
    constants::{DURABLE_STORE_IF_ABSENT, DURABLE_STORE_IF_VERSION},
    failure::Failure,
    shell::borrow,
    store::Store,
};
use crate::{Result, StateKey, WriteCondition};

/// Stores a state as the latest one of its entity: `state` is a serialized `egopb.DurableState`.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (the bytes are no such message; its persistence id is empty or too long; its
/// payload is too large), `DURABLE_STORE_CONFLICT` (in versioned mode: a higher version number is stored),
/// `DURABLE_STORE_CONFIG`, `DURABLE_STORE_SCHEMA`, `DURABLE_STORE_NOT_CONNECTED`, `DURABLE_STORE_POOL_TIMEOUT`,
/// `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_TIMEOUT`, `DURABLE_STORE_OVERLOADED`, `DURABLE_STORE_SERVER`. See
/// `durable_store_error_is_indeterminate` for whether it may have been written all the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_write_state(
    store: Option<&Store>,
    state: *const u8,
    state_length: usize,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let state = unsafe { argument::state("state", state, state_length) }?;
        store.write_state(&state)
    })
}

/// Stores a state if the condition holds: `DURABLE_STORE_IF_ABSENT`, or `DURABLE_STORE_IF_VERSION` with the
/// `version_number` that has to be stored, which is otherwise ignored. In versioned mode only.
///
/// Errors: `DURABLE_STORE_CONFLICT` (the condition does not hold; see `durable_store_error_stored_version`),
/// `DURABLE_STORE_INVALID_STATE` (also: the new version number is not higher than that of the condition),
/// `DURABLE_STORE_CONFIG` (not in versioned mode), and those of `durable_store_write_state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_write_state_if(
    store: Option<&Store>,
    state: *const u8,
    state_length: usize,
    condition: i32,
    version_number: u64,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let state = unsafe { argument::state("state", state, state_length) }?;
        let condition = match condition {
            DURABLE_STORE_IF_ABSENT => WriteCondition::IfAbsent,
            DURABLE_STORE_IF_VERSION => WriteCondition::IfVersion(version_number),
            other => return Err(refused("condition", format_args!("{other} is none"))),
        };
        store.write_state_if(&state, condition)
    })
}

/// Reads the latest state of an entity.
///
/// `shard`: NULL, or the shard of the one row that is meant, on a table keyed by shard.
///
/// Put into `*found`: whether there is a state. Put into `*state` and `*state_length`: the serialized
/// `egopb.DurableState`, to be freed with `durable_store_bytes_free`; NULL and 0 where there is none, and on failure.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (the persistence id is empty, too long or not UTF-8), `DURABLE_STORE_CORRUPT`
/// (the row is there but cannot be read), `DURABLE_STORE_SCHEMA`, `DURABLE_STORE_NOT_CONNECTED`,
/// `DURABLE_STORE_POOL_TIMEOUT`, `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_TIMEOUT`, `DURABLE_STORE_OVERLOADED`,
/// `DURABLE_STORE_SERVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_get_latest_state(
    store: Option<&Store>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    found: Option<&mut MaybeUninit<bool>>,
    state: Option<&mut MaybeUninit<*mut u8>>,
    state_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let place = OutState::new(found, state, state_length);
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        place.check()?;
        let state = store.get_latest_state(key)?;
        place.set(state.as_ref())
    })
}

/// Deletes the state of an entity; that there is none is as well. The version number is forgotten with it.
///
/// `shard`: NULL, or the shard of the one row that is meant, on a table keyed by shard; with NULL every row of the id is
/// deleted there.
///
/// Errors: those of `durable_store_get_latest_state` but for `DURABLE_STORE_CORRUPT`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_delete_state(
    store: Option<&Store>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        store.delete_state(key)
    })
}

/// Deletes the state of an entity if it has this version number. In versioned mode only.
///
/// Errors: `DURABLE_STORE_CONFLICT` (another version is stored, or none; see `durable_store_error_stored_version`),
/// `DURABLE_STORE_CONFIG` (not in versioned mode), and those of `durable_store_delete_state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_delete_state_if_version(
    store: Option<&Store>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    version_number: u64,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        store.delete_state_if_version(key, version_number)
    })
}

/// Which row is meant.
///
/// # Safety
/// As of [`argument::items`].
pub(super) unsafe fn key<'a>(
    argument: impl std::fmt::Display,
    persistence_id: *const c_char,
    length: usize,
    shard: Option<&u64>,
) -> Result<StateKey<'a>> {
    // SAFETY: as of this function.
    let persistence_id = unsafe { argument::text(argument, persistence_id, length) }?;
    Ok(shard.map_or_else(|| persistence_id.into(), |shard| (*shard, persistence_id).into()))
}
