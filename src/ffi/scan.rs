//! Reading all states of a shard or of the table.

use std::{ffi::c_char, mem::MaybeUninit, ptr};

use parking_lot::Mutex;

use super::{
    argument,
    bytes::{OutBytes, OutState},
    call::call,
    catch::catch_or,
    failure::Failure,
    out::Out,
    shell::{Opaque, Shell, borrow, free, give, opaque},
    store::Store,
};
use crate::{Result, States};

/// A scan: states, one after the other. Belongs to the caller, who frees it with `durable_store_states_free`. It keeps a
/// handle of the store of its own. Threads that use it at once wait for each other.
pub struct Scan(Shell<Mutex<States>>);

opaque!(Scan(Mutex<States>), "durable_store_states", b"scan");

/// Begins to read all states in a shard, on a table keyed by shard, ordered by persistence id. Nothing is read before the
/// first is asked for, and mistakes in the arguments after `store` are told then, too.
///
/// `page_size`: how many rows are read at once; 0: as the setting `page_size` says. `resume_token`: where to go on, as
/// `durable_store_states_resume_token` of another scan of this shard said; NULL or empty: from the beginning.
///
/// Put into `*states`: the scan, to be freed with `durable_store_states_free`; NULL on failure.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (an argument is NULL or not UTF-8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_shard_states(
    store: Option<&Store>,
    shard: u64,
    page_size: u32,
    resume_token: *const c_char,
    resume_token_length: usize,
    states: Option<&mut MaybeUninit<*mut Scan>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let place = Out::new("states", states, ptr::null_mut());
        let states = borrow("store", store)?.shard_states(shard);
        // SAFETY: as the header asks.
        let token = unsafe { argument::text("resume_token", resume_token, resume_token_length) }?;
        begin(states, page_size, token, place)
    })
}

/// Begins to read all states in the table, in no order that means anything; otherwise as `durable_store_shard_states`. On
/// a table keyed by shard an entity with rows in several shards comes once for each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_all_states(
    store: Option<&Store>,
    page_size: u32,
    resume_token: *const c_char,
    resume_token_length: usize,
    states: Option<&mut MaybeUninit<*mut Scan>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let place = Out::new("states", states, ptr::null_mut());
        let states = borrow("store", store)?.all_states();
        // SAFETY: as the header asks.
        let token = unsafe { argument::text("resume_token", resume_token, resume_token_length) }?;
        begin(states, page_size, token, place)
    })
}

fn begin(states: States, page_size: u32, token: &str, place: Out<'_, *mut Scan>) -> Result<()> {
    place.check()?;
    let states = if page_size == 0 { states } else { states.page_size(page_size) };
    let states = if token.is_empty() { states } else { states.resume_from(token) };
    place.set(give(Mutex::new(states)));
    Ok(())
}

/// The next state of a scan. Reads a page when it needs one, which is a call of its own, with its own `call_timeout`.
///
/// Put into `*found`, `*state` and `*state_length`: as in `durable_store_get_latest_state`; `false` is the end. After an
/// error the scan is at its end; another can go on from its resume token.
///
/// Errors: those of `durable_store_get_latest_state`, and `DURABLE_STORE_CONFIG` (the page size or the resume token is
/// refused; there are no shards, on a table keyed by id).
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_states_next(
    states: Option<&Scan>,
    found: Option<&mut MaybeUninit<bool>>,
    state: Option<&mut MaybeUninit<*mut u8>>,
    state_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let place = OutState::new(found, state, state_length);
        let states = borrow("states", states)?;
        place.check()?;
        let state = states.lock().next().transpose()?;
        place.set(state.as_ref())
    })
}

/// Where a scan has come to: behind the state that was handed out last. Text in ASCII, without blanks, for another scan of the same
/// shard or table, in this process or another.
///
/// Put into `*token` and `*token_length`: the token, without a NUL at its end, to be freed with
/// `durable_store_bytes_free`; NULL and 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_states_resume_token(
    states: Option<&Scan>,
    token: Option<&mut MaybeUninit<*mut u8>>,
    token_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let bytes = OutBytes::new(("token", token), ("token_length", token_length));
        let states = borrow("states", states)?;
        bytes.check()?;
        bytes.set_text(&states.lock().resume_token().to_string());
        Ok(())
    })
}

/// Frees a scan, at its end or before. NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_states_free(states: *mut Scan) {
    // SAFETY: as the header asks.
    catch_or((), || unsafe { free(states) });
}
