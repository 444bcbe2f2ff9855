//! Reads a state, has the program change it, and writes it.

use std::{
    ffi::{c_char, c_void},
    mem::MaybeUninit,
    ptr,
};

use prost::Message;

use super::{
    argument::{self, refused},
    bytes::OutState,
    call::call,
    constants::DURABLE_STORE_OK,
    error::ErrorHandle,
    handle::borrow,
    states::key,
    store::StoreHandle,
};
use crate::{DurableState, Error, ErrorKind};

/// What a change makes of a state. Valid during the callback only.
pub struct ChangeHandle(Option<DurableState>);

/// Makes the next state of an entity. `context`: the one passed to `durable_store_update`. `state`, `state_length`: the
/// serialized current state, valid during the call only; NULL and 0 if there is none. `change`: takes the next state, by
/// `durable_store_change_to`; without it, everything is left as it is. Returns 0; or a number below 0 to end the update,
/// which then returns that number and has written nothing.
pub type ChangeCallback = Option<
    unsafe extern "C" fn(context: *mut c_void, state: *const u8, state_length: usize, change: *mut ChangeHandle) -> i32,
>;

/// Reads the state of an entity, has `callback` make the next one of it, and writes that if no other writer came first;
/// otherwise begins again. Not available in mode `last_write_wins`.
///
/// `shard`: NULL, or ignored: such tables are keyed by id. `context`: is passed to the callback. The callback is called on the
/// calling thread, possibly several times; it may use the store, and must not throw or jump out.
///
/// Puts into `*found` whether there is a state in the end, and into `*state` and `*state_length` the serialized
/// `egopb.DurableState`, to be freed with `durable_store_bytes_free`; NULL and 0 if there is none, and on failure.
///
/// Returns 0 on success, a number above 0 if the update failed: the kind of `*error`, and the number of the callback if
/// that was below 0: then `*error` is NULL.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (also: the next state is of another entity, or its version number is not higher;
/// the callback is NULL or returned a number above 0), `DURABLE_STORE_TIMEOUT` (also: other writers kept changing the
/// entity), and everything `durable_store_write_state_if` returns. With `durable_store_error_is_indeterminate`, whether the
/// state was written is unknown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_update(
    store: Option<&StoreHandle>,
    persistence_id: *const c_char,
    persistence_id_length: usize,
    shard: Option<&u64>,
    callback: ChangeCallback,
    context: *mut c_void,
    found: Option<&mut MaybeUninit<bool>>,
    state: Option<&mut MaybeUninit<*mut u8>>,
    state_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    let mut ended_with = DURABLE_STORE_OK;
    let kind = call(error, || {
        let target = OutState::new(found, state, state_length);
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let key = unsafe { key("persistence_id", persistence_id, persistence_id_length, shard) }?;
        target.check()?;
        let callback = callback.ok_or_else(|| refused("callback", "is NULL"))?;
        let updated = store.update(key, |current| {
            let bytes = current.as_ref().map(Message::encode_to_vec);
            let (start, length) = bytes.as_ref().map_or((ptr::null(), 0), |bytes| (bytes.as_ptr(), bytes.len()));
            let mut change = ChangeHandle(None);
            // SAFETY: as the header asks of the callback; the bytes and the change live until it returns.
            match unsafe { callback(context, start, length, &raw mut change) } {
                0 => Ok(change.0),
                number if number > 0 => {
                    let reason = format_args!("returned {number}, which is neither 0 nor below");
                    Err(refused("callback", reason))
                }
                number => {
                    ended_with = number;
                    Err(Error::new(ErrorKind::Internal, "the callback ended the update"))
                }
            }
        });
        match updated {
            Err(_) if ended_with != DURABLE_STORE_OK => Ok(()),
            updated => target.set(updated?.as_ref()),
        }
    });
    if kind == DURABLE_STORE_OK { ended_with } else { kind }
}

/// Sets the next state in a callback of `durable_store_update`: `state` is a serialized `egopb.DurableState`, which is copied.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (the bytes do not decode). The callback should then return a number below 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_change_to(
    change: Option<&mut ChangeHandle>,
    state: *const u8,
    state_length: usize,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let change: &mut ChangeHandle = change.ok_or_else(|| refused("change", "is NULL"))?;
        // SAFETY: as the header asks.
        change.0 = Some(unsafe { argument::state("state", state, state_length) }?);
        Ok(())
    })
}
