//! Translates every error of the driver and the server. The only place that names their codes.

use cassandra_cpp::{CassErrorCode as Code, ErrorKind as DriverKind};

use crate::{
    Config, Error, ErrorKind,
    driver::{
        failure_reason::{FailureReason, failure_reason},
        reachability::unreachable_contact_points,
    },
    error::{Replicas, RetryHint},
};

/// Whether the server may have executed the request despite the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applied {
    No,
    Unknown,
}

/// What each code means for a request that was being executed, in the order of the codes.
const TABLE: &[(Code, ErrorKind, Applied)] = {
    use Applied::{No, Unknown};
    use ErrorKind as K;
    &[
        (Code::LIB_BAD_PARAMS, K::Internal, No),
        // Every stream of every connection is in use.
        (Code::LIB_NO_STREAMS, K::Overloaded, No),
        (Code::LIB_UNABLE_TO_INIT, K::Internal, No),
        (Code::LIB_MESSAGE_ENCODE, K::Internal, No),
        (Code::LIB_HOST_RESOLUTION, K::Unreachable, No),
        // An answer that does not fit the request, or does not parse.
        (Code::LIB_UNEXPECTED_RESPONSE, K::Server, Unknown),
        (Code::LIB_REQUEST_QUEUE_FULL, K::Overloaded, No),
        (Code::LIB_NO_AVAILABLE_IO_THREAD, K::Overloaded, No),
        // The connection broke while the request was written.
        (Code::LIB_WRITE_ERROR, K::Timeout, Unknown),
        // No connection to any node: nothing was sent.
        (Code::LIB_NO_HOSTS_AVAILABLE, K::Unavailable, No),
        (Code::LIB_INDEX_OUT_OF_BOUNDS, K::Internal, No),
        (Code::LIB_INVALID_ITEM_COUNT, K::Internal, No),
        (Code::LIB_INVALID_VALUE_TYPE, K::Internal, No),
        // Also if the connection broke during the request, before any timeout.
        (Code::LIB_REQUEST_TIMED_OUT, K::Timeout, Unknown),
        (Code::LIB_UNABLE_TO_SET_KEYSPACE, K::Schema, No),
        (Code::LIB_CALLBACK_ALREADY_SET, K::Internal, Unknown),
        (Code::LIB_INVALID_STATEMENT_TYPE, K::Internal, No),
        (Code::LIB_NAME_DOES_NOT_EXIST, K::Internal, No),
        (Code::LIB_UNABLE_TO_DETERMINE_PROTOCOL, K::Unreachable, No),
        // The request succeeded, but its answer cannot be read.
        (Code::LIB_NULL_VALUE, K::Internal, Unknown),
        (Code::LIB_NOT_IMPLEMENTED, K::Internal, No),
        (Code::LIB_UNABLE_TO_CONNECT, K::Unreachable, No),
        (Code::LIB_UNABLE_TO_CLOSE, K::Internal, No),
        (Code::LIB_NO_PAGING_STATE, K::Internal, No),
        (Code::LIB_PARAMETER_UNSET, K::Internal, No),
        (Code::LIB_INVALID_ERROR_RESULT_TYPE, K::Internal, Unknown),
        (Code::LIB_INVALID_FUTURE_TYPE, K::Internal, Unknown),
        (Code::LIB_INTERNAL_ERROR, K::Internal, Unknown),
        (Code::LIB_INVALID_CUSTOM_TYPE, K::Internal, No),
        (Code::LIB_INVALID_DATA, K::Internal, Unknown),
        (Code::LIB_NOT_ENOUGH_DATA, K::Internal, Unknown),
        (Code::LIB_INVALID_STATE, K::Internal, No),
        (Code::LIB_NO_CUSTOM_PAYLOAD, K::Internal, Unknown),
        (Code::LIB_EXECUTION_PROFILE_INVALID, K::Internal, No),
        (Code::LIB_NO_TRACING_ID, K::Internal, Unknown),
        (Code::SERVER_SERVER_ERROR, K::Server, Unknown),
        (Code::SERVER_PROTOCOL_ERROR, K::Server, Unknown),
        (Code::SERVER_BAD_CREDENTIALS, K::Authentication, No),
        (Code::SERVER_UNAVAILABLE, K::Unavailable, No),
        (Code::SERVER_OVERLOADED, K::Overloaded, Unknown),
        (Code::SERVER_IS_BOOTSTRAPPING, K::Unavailable, No),
        (Code::SERVER_TRUNCATE_ERROR, K::Server, Unknown),
        (Code::SERVER_WRITE_TIMEOUT, K::Timeout, Unknown),
        (Code::SERVER_READ_TIMEOUT, K::Timeout, Unknown),
        (Code::SERVER_READ_FAILURE, K::Timeout, Unknown),
        (Code::SERVER_FUNCTION_FAILURE, K::Server, Unknown),
        (Code::SERVER_WRITE_FAILURE, K::Server, Unknown),
        (Code::SERVER_SYNTAX_ERROR, K::Internal, No),
        (Code::SERVER_UNAUTHORIZED, K::Authentication, No),
        // `Schema` if the text names a table or column; see below.
        (Code::SERVER_INVALID_QUERY, K::InvalidState, No),
        (Code::SERVER_CONFIG_ERROR, K::Config, No),
        (Code::SERVER_ALREADY_EXISTS, K::Schema, No),
        // The driver prepares again by itself: the server forgot the statement again at once.
        (Code::SERVER_UNPREPARED, K::Server, No),
        (Code::SSL_INVALID_CERT, K::Tls, No),
        (Code::SSL_INVALID_PRIVATE_KEY, K::Tls, No),
        (Code::SSL_NO_PEER_CERT, K::Tls, No),
        (Code::SSL_INVALID_PEER_CERT, K::Tls, No),
        (Code::SSL_IDENTITY_MISMATCH, K::Tls, No),
        (Code::SSL_PROTOCOL_ERROR, K::Tls, No),
        (Code::SSL_CLOSED, K::Tls, No),
    ]
};

/// Texts of the server for a table or keyspace that does not exist, in the versions from 3.11 to 5.0: the first two for a
/// read or write, the third to a CREATE.
const MISSING: &[&str] = &["unconfigured table", "does not exist", "doesn't exist"];

/// Its text for a SELECT by a column that is neither key nor indexed.
const NO_INDEX: &str = "ALLOW FILTERING";

/// Other texts, with the same code, for a schema that does not fit the statement.
const DIFFERENT: &[&str] = &[
    "Undefined column name",
    "Unknown identifier",
    "PRIMARY KEY",
    "primary key",
    "partition key",
    "clustering column",
    "secondary index",
    "Expected 8 or 0 byte",
];

/// The text of a node that was told to stop. It answers every request like this until it closes its connections.
const SHUTTING_DOWN: &str = "shutting down";

/// The error of a request.
pub(super) fn from_driver(error: cassandra_cpp::Error) -> Error {
    match error.kind() {
        DriverKind::CassError(code, text) => from_code(*code, text),
        DriverKind::CassErrorResult(code, text, _, actual, required, ..) => {
            let count = |number: i32| u32::try_from(number).unwrap_or(0);
            let (required, actual) = (count(*required), count(*actual));
            let error = from_code(*code, text);
            match code {
                Code::SERVER_UNAVAILABLE => error.with_replicas(Replicas::Alive { required, alive: actual }),
                Code::SERVER_WRITE_TIMEOUT
                | Code::SERVER_READ_TIMEOUT
                | Code::SERVER_WRITE_FAILURE
                | Code::SERVER_READ_FAILURE => error.with_replicas(Replicas::Received { required, received: actual }),
                _ => error,
            }
        }
        _ => Error::internal(format!("the Cassandra binding failed: {error}")),
    }
}

/// The error of connecting: the same codes, but no request was under way that could have been applied. The text adds what
/// the driver leaves out: where it connected to, and which setting is the likely cause.
pub(super) fn from_connect(error: cassandra_cpp::Error, config: &Config) -> Error {
    let DriverKind::CassError(code, text) = error.kind() else {
        return from_driver(error).with_indeterminate(false);
    };
    let kind = match code {
        Code::LIB_NO_HOSTS_AVAILABLE | Code::LIB_REQUEST_TIMED_OUT => ErrorKind::Unreachable,
        _ => from_code(*code, text).kind(),
    };
    if !matches!(kind, ErrorKind::Unreachable | ErrorKind::Authentication | ErrorKind::Tls) {
        return from_code(*code, text).with_indeterminate(false);
    }
    let datacenter = config.local_datacenter().map_or(String::new(), |name| format!(", local datacenter {name}"));
    let (hosts, port) = (config.contact_points().join(", "), config.port());
    let hint = hint(*code, text, config).map(str::to_owned);
    let unreachable = if kind == ErrorKind::Unreachable { unreachable_contact_points(config) } else { Vec::new() };
    let advice: String = hint.into_iter().chain(unreachable).map(|advice| format!("; {advice}")).collect();
    Error::new(kind, format!("cannot connect to {hosts}, port {port}{datacenter}: {text} ({code:?}){advice}"))
}

/// Texts of the driver for a server that refuses during the handshake. With TLS 1.3, and without TLS, the server hangs up,
/// before or while the driver sends its first request; with TLS 1.2 it sends an alert, which rarely names the reason.
const REFUSED: &[&str] = &["closed prematurely", "Unable to write to socket", "SSL alert number"];

/// The text of an alert with another cause.
const NO_COMMON_VERSION: &str = "alert protocol version";

/// Texts of OpenSSL, in the versions from 1.1.1 to 3, for a certificate whose signer is not trusted.
const UNTRUSTED: &[&str] = &["issuer certificate", "verify the first certificate", "self signed", "self-signed"];

/// The text of OpenSSL for an answer that is not TLS.
const NOT_TLS: &str = "wrong version number";

/// Which setting, or which side, a refusal is probably about. The driver does not report it.
fn hint(code: Code, text: &str, config: &Config) -> Option<&'static str> {
    match code {
        Code::SSL_INVALID_PEER_CERT if UNTRUSTED.iter().any(|part| text.contains(part)) => {
            Some("the server's certificate has to be signed by one in `tls_ca`")
        }
        Code::SSL_IDENTITY_MISMATCH => Some(
            "the server's certificate has to name this address among its IP addresses; host names do not count: see \
             `tls_verification`",
        ),
        Code::SSL_PROTOCOL_ERROR if text.contains(NOT_TLS) => Some("a server without TLS answers like this"),
        Code::SERVER_BAD_CREDENTIALS if config.username().is_none() => {
            Some("the server wants a user name and password: see `credentials`")
        }
        _ if text.contains(NO_COMMON_VERSION) => None,
        _ => REFUSED.iter().any(|part| text.contains(part)).then(|| why_refused(config)),
    }
}

/// Why the server may have refused the handshake.
fn why_refused(config: &Config) -> &'static str {
    match config.tls() {
        None => "a server that wants TLS refuses like this: see `tls`",
        Some(tls) if tls.client_pem().is_none() => {
            "a server that wants a client certificate refuses like this: see `tls_certificate`"
        }
        Some(_) => {
            "a server refuses like this when the certificate in `tls_certificate` has expired, or its signer is not trusted"
        }
    }
}

/// The error of a certificate or key that the driver refuses. It reports no reason.
pub(super) fn refused_by_driver(setting: &str, error: cassandra_cpp::Error) -> Error {
    Error::setting(setting, "the driver refused it").with_source(from_driver(error))
}

fn from_code(code: Code, text: &str) -> Error {
    let row = TABLE.iter().find(|(known, ..)| *known == code);
    let (kind, applied) = row.map_or((ErrorKind::Internal, Applied::Unknown), |(_, kind, applied)| (*kind, *applied));
    let (kind, detail) = match code {
        Code::SERVER_INVALID_QUERY if MISSING.iter().any(|part| text.contains(part)) => {
            (ErrorKind::Schema, RetryHint::MissingTable)
        }
        Code::SERVER_INVALID_QUERY if text.contains(NO_INDEX) => (ErrorKind::Schema, RetryHint::NoIndex),
        Code::SERVER_INVALID_QUERY if DIFFERENT.iter().any(|part| text.contains(part)) => {
            (ErrorKind::Schema, RetryHint::None)
        }
        Code::LIB_UNEXPECTED_RESPONSE if text.contains("ID mismatch") => (kind, RetryHint::StaleStatement),
        Code::SERVER_OVERLOADED if text.contains(SHUTTING_DOWN) => (kind, RetryHint::NodeShuttingDown),
        Code::LIB_NO_HOSTS_AVAILABLE => (kind, RetryHint::NoLiveConnection),
        _ => (kind, RetryHint::None),
    };
    let reason = match code {
        Code::SERVER_READ_FAILURE | Code::SERVER_WRITE_FAILURE => failure_reason(text),
        _ => None,
    };
    let (kind, detail, advice) = match reason {
        Some(FailureReason::Passes(advice)) => (ErrorKind::Timeout, detail, advice),
        Some(FailureReason::Lasts(advice)) => (ErrorKind::Server, RetryHint::Lasting, advice),
        None => (kind, detail, ""),
    };
    let advice = if advice.is_empty() { String::new() } else { format!("; {advice}") };
    Error::new(kind, format!("{text} ({code:?}){advice}"))
        .with_retry_hint(detail)
        .with_indeterminate(applied == Applied::Unknown)
}

#[cfg(test)]
mod tests;
