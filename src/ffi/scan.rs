//! Scans: reads of all states in a shard or in the table.

use std::{ffi::c_char, mem::MaybeUninit, ptr};

use parking_lot::Mutex;

use super::{
    argument,
    bytes::{OutBytes, OutState},
    call::call,
    catch::catch_or,
    error::ErrorHandle,
    handle::{CType, Handle, borrow, c_type, free, into_handle},
    out_param::OutParam,
    store::StoreHandle,
};
use crate::{Result, States};

/// A scan, which returns states one after the other. Owned by the caller, who frees it with `durable_store_states_free`. It
/// has its own handle of the store. Threads that use it at once wait for each other.
pub struct StatesHandle(Handle<Mutex<States>>);

c_type!(StatesHandle(Mutex<States>), "durable_store_states", b"scan");

/// Begins a scan of all states in a shard, on a table keyed by shard, ordered by persistence id. Nothing is read before the
/// first state is asked for; errors of `shard`, `page_size` and `resume_token` are returned then, too.
///
/// `page_size`: how many rows are read at once; 0 for the setting `page_size`. `resume_token`: where to continue, from
/// `durable_store_states_resume_token` of another scan of this shard; NULL or empty to begin at the first state.
///
/// Puts the scan into `*states`, to be freed with `durable_store_states_free`; NULL on failure.
///
/// Errors: `DURABLE_STORE_INVALID_STATE` (an argument is NULL or not UTF-8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_shard_states(
    store: Option<&StoreHandle>,
    shard: u64,
    page_size: u32,
    resume_token: *const c_char,
    resume_token_length: usize,
    states: Option<&mut MaybeUninit<*mut StatesHandle>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let target = OutParam::new("states", states, ptr::null_mut());
        let states = borrow("store", store)?.shard_states(shard);
        // SAFETY: as the header asks.
        let token = unsafe { argument::text("resume_token", resume_token, resume_token_length) }?;
        begin(states, page_size, token, target)
    })
}

/// Begins a scan of all states in the table, in unspecified order; see `durable_store_shard_states` for everything else. On
/// a table keyed by shard, an entity with rows in several shards is returned once per row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_all_states(
    store: Option<&StoreHandle>,
    page_size: u32,
    resume_token: *const c_char,
    resume_token_length: usize,
    states: Option<&mut MaybeUninit<*mut StatesHandle>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let target = OutParam::new("states", states, ptr::null_mut());
        let states = borrow("store", store)?.all_states();
        // SAFETY: as the header asks.
        let token = unsafe { argument::text("resume_token", resume_token, resume_token_length) }?;
        begin(states, page_size, token, target)
    })
}

fn begin(states: States, page_size: u32, token: &str, target: OutParam<'_, *mut StatesHandle>) -> Result<()> {
    target.check()?;
    let states = if page_size == 0 { states } else { states.page_size(page_size) };
    let states = if token.is_empty() { states } else { states.resume_from(token) };
    target.set(into_handle(Mutex::new(states)));
    Ok(())
}

/// Returns the next state of a scan. Reads a page if needed, which is a call of its own, with its own `call_timeout`.
///
/// Sets `*found`, `*state` and `*state_length` like `durable_store_get_latest_state`; `*found` is `false` at the end. After
/// an error the scan is at its end; another scan can continue from its resume token.
///
/// Errors: everything `durable_store_get_latest_state` returns, and `DURABLE_STORE_CONFIG` (the page size or the resume
/// token is refused; a scan of a shard on a table keyed by id, which has no shards).
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_states_next(
    states: Option<&StatesHandle>,
    found: Option<&mut MaybeUninit<bool>>,
    state: Option<&mut MaybeUninit<*mut u8>>,
    state_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let target = OutState::new(found, state, state_length);
        let states = borrow("states", states)?;
        target.check()?;
        let state = states.lock().next().transpose()?;
        target.set(state.as_ref())
    })
}

/// Returns how far a scan has come: after the state that was returned last. Another scan of the same shard or table, in this
/// process or another, can continue there.
///
/// Puts the token into `*token` and `*token_length`: ASCII without blanks and without a NUL at its end, to be freed with
/// `durable_store_bytes_free`; NULL and 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_states_resume_token(
    states: Option<&StatesHandle>,
    token: Option<&mut MaybeUninit<*mut u8>>,
    token_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
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
pub unsafe extern "C" fn durable_store_states_free(states: *mut StatesHandle) {
    // SAFETY: as the header asks.
    catch_or((), || unsafe { free(states) });
}
