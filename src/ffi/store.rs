//! A store and its connection.

use std::{ffi::c_char, mem::MaybeUninit, ptr};

use super::{
    argument,
    call::call,
    catch::catch_or,
    error::ErrorHandle,
    handle::{CType, Handle, borrow, c_type, free, into_handle},
    out_param::OutParam,
};
use crate::{Config, DurableStore};

/// A handle of a store. Any number of threads may use it at once. Handles made by `durable_store_clone` and
/// `durable_store_with_table` share one session. Owned by the caller, who frees it with `durable_store_free`.
pub struct StoreHandle(Handle<DurableStore>);

c_type!(StoreHandle(DurableStore), "durable_store", b"stor");

/// Makes a store with the settings in a connection string, such as
/// `cassandra://user:password@10.0.0.1,10.0.0.2:9042/keyspace?local_datacenter=dc1&write_mode=versioned`. Does no I/O.
///
/// Puts the store into `*store`, to be freed with `durable_store_free`; NULL on failure.
///
/// Errors: `DURABLE_STORE_CONFIG`, naming the setting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_open(
    connection_string: *const c_char,
    connection_string_length: usize,
    store: Option<&mut MaybeUninit<*mut StoreHandle>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = OutParam::new("store", store, ptr::null_mut());
        // SAFETY: as the header asks.
        let text = unsafe { argument::text("connection_string", connection_string, connection_string_length) }?;
        let config: Config = text.parse()?;
        store.check()?;
        store.set(into_handle(DurableStore::new(config)));
        Ok(())
    })
}

/// Connects to the cluster and reads what the table looks like; the table must exist. Does nothing if connected. If several
/// threads call it at once, they share one session. A store that was disconnected can be connected again.
///
/// Errors: `DURABLE_STORE_UNREACHABLE`, `DURABLE_STORE_AUTHENTICATION`, `DURABLE_STORE_TLS`, `DURABLE_STORE_CONFIG` (a
/// certificate or key is unusable; the table records another write mode), `DURABLE_STORE_SCHEMA` (the table is missing or
/// different), `DURABLE_STORE_TIMEOUT`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_connect(
    store: Option<&StoreHandle>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || borrow("store", store)?.connect())
}

/// Waits for calls in flight, at most `call_timeout`, and closes the session, for every handle. Later calls fail with
/// `DURABLE_STORE_NOT_CONNECTED`. Does nothing if not connected.
///
/// Errors: `DURABLE_STORE_TIMEOUT` if calls are still in flight after `call_timeout`; the session closes when they end.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_disconnect(
    store: Option<&StoreHandle>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || borrow("store", store)?.disconnect())
}

/// Connects if needed, then makes a round trip to the server.
///
/// Errors: everything `durable_store_connect` returns, and `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_OVERLOADED`,
/// `DURABLE_STORE_POOL_TIMEOUT`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_ping(
    store: Option<&StoreHandle>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || borrow("store", store)?.ping())
}

/// Makes another handle of the same store: both share one session. Each is freed separately, in any order, also while other
/// threads are in calls through the other.
///
/// Puts the handle into `*clone`, to be freed with `durable_store_free`; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_clone(
    store: Option<&StoreHandle>,
    clone: Option<&mut MaybeUninit<*mut StoreHandle>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let clone = OutParam::new("clone", clone, ptr::null_mut());
        let store = borrow("store", store)?.clone();
        clone.check()?;
        clone.set(into_handle(store));
        Ok(())
    })
}

/// Makes a handle on another table of the same keyspace: both share one session, with its threads and sockets, and all
/// other settings. The table is looked at when the handle is first used; a table that is missing or was dropped fails the
/// calls on its own handles only.
///
/// `table`: its name, as in the setting `table`. Puts the handle into `*with_table`, to be freed with `durable_store_free`;
/// NULL on failure.
///
/// Errors: `DURABLE_STORE_CONFIG` (the name is refused), `DURABLE_STORE_INVALID_STATE` (an argument is NULL or not UTF-8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_with_table(
    store: Option<&StoreHandle>,
    table: *const c_char,
    table_length: usize,
    with_table: Option<&mut MaybeUninit<*mut StoreHandle>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let target = OutParam::new("with_table", with_table, ptr::null_mut());
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let table = unsafe { argument::text("table", table, table_length) }?;
        let store = store.with_table(table);
        store.check_accepted()?;
        target.check()?;
        target.set(into_handle(store));
        Ok(())
    })
}

/// Frees a handle. With the last handle of a store its session is closed; the function waits for that, at most one second.
/// No thread may be in a call through this handle. NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_free(store: *mut StoreHandle) {
    // SAFETY: as the header asks.
    catch_or((), || unsafe { free(store) });
}

/// Returns the version of this library, such as "0.1.0": UTF-8 with a NUL at its end. Must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
