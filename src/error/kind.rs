//! The kinds of errors.

use std::fmt;

/// What went wrong, in terms of what a caller does next.
///
/// The numbers are also the codes of the C interface; a number is never reused.
///
/// ```
/// use durable_store::{Config, ErrorKind};
///
/// assert_eq!(Config::builder().build().unwrap_err().kind(), ErrorKind::Config);
/// assert_eq!(ErrorKind::Conflict as i32, 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum ErrorKind {
    /// A setting is refused, or the call does not fit the settings.
    Config = 1,
    /// The store was never connected, or was disconnected.
    NotConnected = 2,
    /// No lease became free before the call's deadline.
    PoolTimeout = 3,
    /// Connecting failed: no contact point answers, or their names do not resolve.
    Unreachable = 4,
    /// The server refused the credentials, or the role lacks the permission.
    Authentication = 5,
    /// The encrypted connection could not be set up.
    Tls = 6,
    /// Too few replicas are alive, or there is no live connection.
    Unavailable = 7,
    /// No answer came in time, or the connection died under the request.
    Timeout = 8,
    /// The server, or the queue of the driver, accepts no more requests.
    Overloaded = 9,
    /// The condition of a conditional write did not hold.
    Conflict = 10,
    /// The state or key is refused: by this crate before anything was sent, or by the server as invalid.
    InvalidState = 11,
    /// The stored row cannot be read as a state.
    Corrupt = 12,
    /// Keyspace, table, column, key or index is missing or different from what the store needs.
    Schema = 13,
    /// The server failed while it worked on the request.
    Server = 14,
    /// A bug of this crate, or a panic that was caught around the driver.
    Internal = 15,
    /// Another store has claimed the entity; this one may not write it any more.
    Fenced = 16,
}

impl ErrorKind {
    /// The name of the kind in labels of metrics and in events, such as `pool_timeout`. It never changes.
    ///
    /// ```
    /// use durable_store::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::PoolTimeout.as_str(), "pool_timeout");
    /// assert_eq!(ErrorKind::PoolTimeout.to_string(), "no free lease in time");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::NotConnected => "not_connected",
            Self::PoolTimeout => "pool_timeout",
            Self::Unreachable => "unreachable",
            Self::Authentication => "authentication",
            Self::Tls => "tls",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Overloaded => "overloaded",
            Self::Conflict => "conflict",
            Self::InvalidState => "invalid_state",
            Self::Corrupt => "corrupt",
            Self::Schema => "schema",
            Self::Server => "server",
            Self::Internal => "internal",
            Self::Fenced => "fenced",
        }
    }

    /// Whether the same call may succeed later.
    pub(super) fn is_retryable(self) -> bool {
        matches!(self, Self::PoolTimeout | Self::Unreachable | Self::Unavailable | Self::Timeout | Self::Overloaded)
    }
}

impl fmt::Display for ErrorKind {
    /// A few words for people, such as `no free lease in time`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "refused setting",
            Self::NotConnected => "not connected",
            Self::PoolTimeout => "no free lease in time",
            Self::Unreachable => "cluster unreachable",
            Self::Authentication => "access refused",
            Self::Tls => "TLS failure",
            Self::Unavailable => "too few replicas available",
            Self::Timeout => "no answer in time",
            Self::Overloaded => "overloaded",
            Self::Conflict => "condition not met",
            Self::InvalidState => "invalid state or key",
            Self::Corrupt => "unreadable row",
            Self::Schema => "unsuitable schema",
            Self::Server => "server failure",
            Self::Internal => "internal failure",
            Self::Fenced => "entity claimed by another store",
        })
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ErrorKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_variant_name_in_snake_case() {
        use ErrorKind::*;
        for kind in [
            Config,
            NotConnected,
            PoolTimeout,
            Unreachable,
            Authentication,
            Tls,
            Unavailable,
            Timeout,
            Overloaded,
            Conflict,
            InvalidState,
            Corrupt,
            Schema,
            Server,
            Internal,
            Fenced,
        ] {
            let words = kind.as_str().split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
            assert_eq!(words.collect::<String>(), format!("{kind:?}"));
        }
    }
}
