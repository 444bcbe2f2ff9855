//! Named numbers. The numbers of error kinds are never reused.

use crate::ErrorKind;

/// No error.
pub const DURABLE_STORE_OK: i32 = 0;

/// A setting is refused, or the call does not fit the settings.
pub const DURABLE_STORE_CONFIG: i32 = 1;

/// The store was never connected, or was disconnected, or this process was forked from one in which a store had connected.
pub const DURABLE_STORE_NOT_CONNECTED: i32 = 2;

/// No lease became free before the call's deadline.
pub const DURABLE_STORE_POOL_TIMEOUT: i32 = 3;

/// Connecting failed: no contact point answers, or their names do not resolve.
pub const DURABLE_STORE_UNREACHABLE: i32 = 4;

/// The server refused the credentials, or the role lacks the permission.
pub const DURABLE_STORE_AUTHENTICATION: i32 = 5;

/// The encrypted connection could not be set up.
pub const DURABLE_STORE_TLS: i32 = 6;

/// Too few replicas are alive, or there is no live connection.
pub const DURABLE_STORE_UNAVAILABLE: i32 = 7;

/// No answer came in time, or the connection died under the request.
pub const DURABLE_STORE_TIMEOUT: i32 = 8;

/// The server, or the queue of the driver, accepts no more requests.
pub const DURABLE_STORE_OVERLOADED: i32 = 9;

/// The condition of a conditional write did not hold.
pub const DURABLE_STORE_CONFLICT: i32 = 10;

/// An argument is refused: NULL, not UTF-8, not a serialized state, a bad persistence id, too large.
pub const DURABLE_STORE_INVALID_STATE: i32 = 11;

/// The stored row cannot be read as a state.
pub const DURABLE_STORE_CORRUPT: i32 = 12;

/// Keyspace, table, column, key or index is missing or different from what the store needs.
pub const DURABLE_STORE_SCHEMA: i32 = 13;

/// The server failed while it worked on the request.
pub const DURABLE_STORE_SERVER: i32 = 14;

/// A bug of this library, or a panic that was caught at the C interface.
pub const DURABLE_STORE_INTERNAL: i32 = 15;

/// Another store has claimed the entity; this one may not write it any more.
pub const DURABLE_STORE_FENCED: i32 = 16;

/// A condition of `durable_store_write_state_if`: there is no state of the entity.
pub const DURABLE_STORE_IF_ABSENT: i32 = 0;

/// A condition of `durable_store_write_state_if`: the stored state has exactly this version number.
pub const DURABLE_STORE_IF_VERSION: i32 = 1;

/// A layout: `PRIMARY KEY (shard_number, persistence_id)`, one partition per shard.
pub const DURABLE_STORE_BY_SHARD: i32 = 0;

/// A layout: `PRIMARY KEY (persistence_id)`, one partition per entity. Recommended for new tables.
pub const DURABLE_STORE_BY_ID: i32 = 1;

// Each kind is its number.
const _: () = {
    assert!(DURABLE_STORE_CONFIG == ErrorKind::Config as i32);
    assert!(DURABLE_STORE_NOT_CONNECTED == ErrorKind::NotConnected as i32);
    assert!(DURABLE_STORE_POOL_TIMEOUT == ErrorKind::PoolTimeout as i32);
    assert!(DURABLE_STORE_UNREACHABLE == ErrorKind::Unreachable as i32);
    assert!(DURABLE_STORE_AUTHENTICATION == ErrorKind::Authentication as i32);
    assert!(DURABLE_STORE_TLS == ErrorKind::Tls as i32);
    assert!(DURABLE_STORE_UNAVAILABLE == ErrorKind::Unavailable as i32);
    assert!(DURABLE_STORE_TIMEOUT == ErrorKind::Timeout as i32);
    assert!(DURABLE_STORE_OVERLOADED == ErrorKind::Overloaded as i32);
    assert!(DURABLE_STORE_CONFLICT == ErrorKind::Conflict as i32);
    assert!(DURABLE_STORE_INVALID_STATE == ErrorKind::InvalidState as i32);
    assert!(DURABLE_STORE_CORRUPT == ErrorKind::Corrupt as i32);
    assert!(DURABLE_STORE_SCHEMA == ErrorKind::Schema as i32);
    assert!(DURABLE_STORE_SERVER == ErrorKind::Server as i32);
    assert!(DURABLE_STORE_INTERNAL == ErrorKind::Internal as i32);
    assert!(DURABLE_STORE_FENCED == ErrorKind::Fenced as i32);
};
