//! A store and its connection.

use std::{ffi::c_char, mem::MaybeUninit, ptr};

use super::{
    argument,
    call::call,
    catch::catch_or,
    failure::Failure,
    out::Out,
    shell::{Opaque, Shell, borrow, free, give, opaque},
};
use crate::{Config, DurableStore};

/// A handle of a store. Any thread may use it, and any number of them at once. Handles made by `durable_store_clone` share
/// one session. Belongs to the caller, who frees it with `durable_store_free`.
pub struct Store(Shell<DurableStore>);

opaque!(Store(DurableStore), "durable_store", b"stor");

/// Makes a store with the settings in a connection string, such as
/// `cassandra://user:password@10.0.0.1,10.0.0.2:9042/keyspace?local_datacenter=dc1&write_mode=versioned`. Does no I/O.
///
/// Put into `*store`: the store, to be freed with `durable_store_free`; NULL on failure.
///
/// Errors: `DURABLE_STORE_CONFIG`, naming the setting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_open(
    connection_string: *const c_char,
    connection_string_length: usize,
    store: Option<&mut MaybeUninit<*mut Store>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let store = Out::new("store", store, ptr::null_mut());
        // SAFETY: as the header asks.
        let text = unsafe { argument::text("connection_string", connection_string, connection_string_length) }?;
        let config: Config = text.parse()?;
        store.check()?;
        store.set(give(DurableStore::new(config)));
        Ok(())
    })
}

/// Connects and looks at the table, which must be there. Does nothing if connected; however many threads call it at once,
/// one session is made. A store that was disconnected can be connected again.
///
/// Errors: `DURABLE_STORE_UNREACHABLE`, `DURABLE_STORE_AUTHENTICATION`, `DURABLE_STORE_TLS`, `DURABLE_STORE_CONFIG` (a
/// certificate or key cannot be used; the table records another write mode), `DURABLE_STORE_SCHEMA` (the table is missing
/// or another), `DURABLE_STORE_TIMEOUT`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_connect(store: Option<&Store>, error: Option<&mut MaybeUninit<*mut Failure>>) -> i32 {
    call(error, || borrow("store", store)?.connect())
}

/// Waits for calls in flight, at most `call_timeout`, and closes the session, for every handle. Calls that come later are
/// `DURABLE_STORE_NOT_CONNECTED`. Does nothing if not connected.
///
/// Errors: `DURABLE_STORE_TIMEOUT` if calls are still in flight then; the session closes when they end.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_disconnect(
    store: Option<&Store>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || borrow("store", store)?.disconnect())
}

/// Connects if needed, then asks the server for an answer.
///
/// Errors: those of `durable_store_connect`, and `DURABLE_STORE_UNAVAILABLE`, `DURABLE_STORE_OVERLOADED`,
/// `DURABLE_STORE_POOL_TIMEOUT`.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_ping(store: Option<&Store>, error: Option<&mut MaybeUninit<*mut Failure>>) -> i32 {
    call(error, || borrow("store", store)?.ping())
}

/// Makes another handle of the same store: both share one session. Each is freed by itself, and either may go first, also
/// while other threads are in calls through the other.
///
/// Put into `*clone`: the handle, to be freed with `durable_store_free`; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_clone(
    store: Option<&Store>,
    clone: Option<&mut MaybeUninit<*mut Store>>,
    error: Option<&mut MaybeUninit<*mut Failure>>,
) -> i32 {
    call(error, || {
        let clone = Out::new("clone", clone, ptr::null_mut());
        let store = borrow("store", store)?.clone();
        clone.check()?;
        clone.set(give(store));
        Ok(())
    })
}

/// Frees a handle. With the last one of a store its session is closed, which is waited for at most one second. No thread
/// may be in a call through this very handle. NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_free(store: *mut Store) {
    // SAFETY: as the header asks.
    catch_or((), || unsafe { free(store) });
}

/// The version of this library, such as "0.1.0": UTF-8 with a NUL at its end, never to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn durable_store_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
