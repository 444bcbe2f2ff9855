//! Writes, reads and deletes of one state.

use std::{ffi::c_char, mem::MaybeUninit};

use super::{
    argument::{self, refused},
    bytes::OutState,
    call::call,
    constants::{DURABLE_STORE_IF_ABSENT, DURABLE_STORE_IF_VERSION},
    error::ErrorHandle,
    handle::borrow,
    store::StoreHandle,
};
use crate::{Result, StateKey, WriteCondition};

/// Stores a state as the latest one of its entity: `state` is a serialized `egopb.DurableState`.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (the bytes do not decode; the persistence id is empty or too long; the payload
/// is too large; in mode owned the store has not claimed the entity), `DURABLE_STORE_CONFLICT` (in mode versioned or
/// owned: a higher version number is stored, or the entity was deleted at one that is not lower), `DURABLE_STORE_FENCED`
/// (in mode owned: another store has claimed the entity), `DURABLE_STORE_CONFIG`, `DURABLE_STORE_SCHEMA`,
/// `DURABLE_STORE_NOT_CONNECTED`, `DURABLE_STORE_POOL_TIMEOUT`, `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_TIMEOUT`,
/// `DURABLE_STORE_OVERLOADED`, `DURABLE_STORE_SERVER`. `durable_store_error_is_indeterminate` tells whether the state
/// may have been written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_write_state(
    store: Option<&StoreHandle>,
    state: *const u8,
    state_length: usize,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let state = unsafe { argument::state("state", state, state_length) }?;
        store.write_state(&state)
    })
}

/// Stores a state if the condition holds: `DURABLE_STORE_IF_ABSENT`, for which `version_number` is ignored, or
/// `DURABLE_STORE_IF_VERSION` with the `version_number` that has to be stored. Not available in mode `last_write_wins`.
///
/// Errors: `DURABLE_STORE_CONFLICT` (the condition does not hold; see `durable_store_error_stored_version`),
/// `DURABLE_STORE_INVALID_STATE` (also: the new version number is not higher than that of the condition),
/// `DURABLE_STORE_CONFIG` (the last write wins), and everything `durable_store_write_state` returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_write_state_if(
    store: Option<&StoreHandle>,
    state: *const u8,
    state_length: usize,
    condition: i32,
    version_number: u64,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let state = unsafe { argument::state("state", state, state_length) }?;
        let condition = match condition {
            DURABLE_STORE_IF_ABSENT => WriteCondition::IfAbsent,
            DURABLE_STORE_IF_VERSION => WriteCondition::IfVersion(version_number),
            other => {
                return Err(refused(
                    "condition",
                    format_args!("{other} is neither DURABLE_STORE_IF_ABSENT nor DURABLE_STORE_IF_VERSION"),
                ));
            }
        };
        store.write_state_if(&state, condition)
    })
}

/// Reads the latest state of an entity. In mode owned it claims the entity for this store: later writes of the store that
/// had claimed it before fail with `DURABLE_STORE_FENCED`.
///
/// `shard`: NULL, or the shard of the row to read, on a table keyed by shard.
///
/// Puts into `*found` whether there is a state, and into `*state` and `*state_length` the serialized `egopb.DurableState`,
/// to be freed with `durable_store_bytes_free`; NULL and 0 if there is none, and on failure.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (the persistence id is empty, too long or not UTF-8), `DURABLE_STORE_CORRUPT`
/// (the row exists but cannot be read), `DURABLE_STORE_SCHEMA`, `DURABLE_STORE_NOT_CONNECTED`,
/// `DURABLE_STORE_POOL_TIMEOUT`, `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_TIMEOUT`, `DURABLE_STORE_OVERLOADED`,
/// `DURABLE_STORE_SERVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_get_latest_state(
    store: Option<&StoreHandle>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    found: Option<&mut MaybeUninit<bool>>,
    state: Option<&mut MaybeUninit<*mut u8>>,
    state_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let target = OutState::new(found, state, state_length);
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        target.check()?;
        let state = store.get_latest_state(key)?;
        target.set(state.as_ref())
    })
}

/// Deletes the state of an entity. Succeeds if there is none. In mode versioned or owned the version number stays: a new
/// state needs a higher one.
///
/// `shard`: NULL, or the shard of the row to delete, on a table keyed by shard; with NULL all rows of the id are deleted
/// there.
///
/// Errors: everything `durable_store_get_latest_state` returns, `DURABLE_STORE_CORRUPT` only in mode versioned or owned, and
/// `DURABLE_STORE_FENCED` only in mode owned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_delete_state(
    store: Option<&StoreHandle>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        store.delete_state(key)
    })
}

/// Deletes the state of an entity if it has this version number. Not available in mode `last_write_wins`.
///
/// Errors: `DURABLE_STORE_CONFLICT` (another version is stored, or none; see `durable_store_error_stored_version`),
/// `DURABLE_STORE_CONFIG` (the last write wins), and everything `durable_store_delete_state` returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_delete_state_if_version(
    store: Option<&StoreHandle>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    version_number: u64,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        store.delete_state_if_version(key, version_number)
    })
}

/// Removes the row of an entity, and with it all memory of its version number. Not available in mode `last_write_wins`.
/// Succeeds if there is no row. In mode owned the claim of this store is gone too.
///
/// `shard`: NULL, or ignored: such tables are keyed by id.
///
/// Errors: `DURABLE_STORE_CONFIG` (the last write wins), and everything `durable_store_delete_state` returns, except
/// `DURABLE_STORE_CORRUPT`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_forget_state(
    store: Option<&StoreHandle>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        store.forget_state(key)
    })
}

/// Forgets that this store has claimed an entity, in mode owned: a write fails with `DURABLE_STORE_INVALID_STATE` until
/// `durable_store_get_latest_state` claims it again. Does no I/O.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (the persistence id is not UTF-8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_release(
    store: Option<&StoreHandle>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        store.release(unsafe { argument::text("persistence_id", persistence_id, persistence_id_length) }?);
        Ok(())
    })
}

/// Returns the key of a row.
///
/// # Safety
/// See [`argument::items`].
pub(super) unsafe fn key<'a>(
    argument: impl std::fmt::Display,
    persistence_id: *const c_char,
    length: usize,
    shard: Option<&u64>,
) -> Result<StateKey<'a>> {
    // SAFETY: see the requirements of this function.
    let persistence_id = unsafe { argument::text(argument, persistence_id, length) }?;
    Ok(shard.map_or_else(|| persistence_id.into(), |shard| (*shard, persistence_id).into()))
}
