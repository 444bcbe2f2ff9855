use std::collections::HashSet;

use super::*;
use crate::{ConfigBuilder, Tls};

fn error(code: Code, text: &str) -> Error {
    from_driver(DriverKind::CassError(code, text.into()).into())
}

/// What a caller hears of each code: the kind, and whether a write may have been applied.
#[test]
fn every_code_has_its_kind_and_its_doubt() {
    let groups: &[(ErrorKind, bool, &[Code])] = &[
        (
            ErrorKind::Unreachable,
            false,
            &[Code::LIB_HOST_RESOLUTION, Code::LIB_UNABLE_TO_DETERMINE_PROTOCOL, Code::LIB_UNABLE_TO_CONNECT],
        ),
        (ErrorKind::Authentication, false, &[Code::SERVER_BAD_CREDENTIALS, Code::SERVER_UNAUTHORIZED]),
        (
            ErrorKind::Tls,
            false,
            &[
                Code::SSL_INVALID_CERT,
                Code::SSL_INVALID_PRIVATE_KEY,
                Code::SSL_NO_PEER_CERT,
                Code::SSL_INVALID_PEER_CERT,
                Code::SSL_IDENTITY_MISMATCH,
                Code::SSL_PROTOCOL_ERROR,
                Code::SSL_CLOSED,
            ],
        ),
        (
            ErrorKind::Unavailable,
            false,
            &[Code::LIB_NO_HOSTS_AVAILABLE, Code::SERVER_UNAVAILABLE, Code::SERVER_IS_BOOTSTRAPPING],
        ),
        (
            ErrorKind::Timeout,
            true,
            &[
                Code::LIB_WRITE_ERROR,
                Code::LIB_REQUEST_TIMED_OUT,
                Code::SERVER_WRITE_TIMEOUT,
                Code::SERVER_READ_TIMEOUT,
                Code::SERVER_READ_FAILURE,
            ],
        ),
        (
            ErrorKind::Overloaded,
            false,
            &[Code::LIB_NO_STREAMS, Code::LIB_REQUEST_QUEUE_FULL, Code::LIB_NO_AVAILABLE_IO_THREAD],
        ),
        (ErrorKind::Overloaded, true, &[Code::SERVER_OVERLOADED]),
        (ErrorKind::InvalidState, false, &[Code::SERVER_INVALID_QUERY]),
        (ErrorKind::Config, false, &[Code::SERVER_CONFIG_ERROR]),
        (ErrorKind::Schema, false, &[Code::LIB_UNABLE_TO_SET_KEYSPACE, Code::SERVER_ALREADY_EXISTS]),
        (ErrorKind::Server, false, &[Code::SERVER_UNPREPARED]),
        (
            ErrorKind::Server,
            true,
            &[
                Code::LIB_UNEXPECTED_RESPONSE,
                Code::SERVER_SERVER_ERROR,
                Code::SERVER_PROTOCOL_ERROR,
                Code::SERVER_TRUNCATE_ERROR,
                Code::SERVER_FUNCTION_FAILURE,
                Code::SERVER_WRITE_FAILURE,
            ],
        ),
        (
            ErrorKind::Internal,
            false,
            &[
                Code::LIB_BAD_PARAMS,
                Code::LIB_UNABLE_TO_INIT,
                Code::LIB_MESSAGE_ENCODE,
                Code::LIB_INDEX_OUT_OF_BOUNDS,
                Code::LIB_INVALID_ITEM_COUNT,
                Code::LIB_INVALID_VALUE_TYPE,
                Code::LIB_INVALID_STATEMENT_TYPE,
                Code::LIB_NAME_DOES_NOT_EXIST,
                Code::LIB_NOT_IMPLEMENTED,
                Code::LIB_UNABLE_TO_CLOSE,
                Code::LIB_NO_PAGING_STATE,
                Code::LIB_PARAMETER_UNSET,
                Code::LIB_INVALID_CUSTOM_TYPE,
                Code::LIB_INVALID_STATE,
                Code::LIB_EXECUTION_PROFILE_INVALID,
                Code::SERVER_SYNTAX_ERROR,
            ],
        ),
        (
            ErrorKind::Internal,
            true,
            &[
                Code::LIB_CALLBACK_ALREADY_SET,
                Code::LIB_NULL_VALUE,
                Code::LIB_INVALID_ERROR_RESULT_TYPE,
                Code::LIB_INVALID_FUTURE_TYPE,
                Code::LIB_INTERNAL_ERROR,
                Code::LIB_INVALID_DATA,
                Code::LIB_NOT_ENOUGH_DATA,
                Code::LIB_NO_CUSTOM_PAYLOAD,
                Code::LIB_NO_TRACING_ID,
            ],
        ),
    ];
    let mut seen = HashSet::new();
    for (kind, indeterminate, codes) in groups {
        for code in *codes {
            let error = error(*code, "what the driver says");
            assert_eq!((error.kind(), error.is_indeterminate()), (*kind, *indeterminate), "{code:?}");
            let text = error.to_string();
            assert!(text.contains("what the driver says") && text.contains(&format!("{code:?}")), "{text}");
            seen.insert(*code);
        }
    }
    let table: HashSet<Code> = TABLE.iter().map(|(code, ..)| *code).collect();
    assert_eq!(seen, table);
    assert_eq!(TABLE.len(), table.len(), "a code stands in the table twice");
}

#[test]
fn an_invalid_query_is_told_apart_by_its_text() {
    for (text, kind, detail) in [
        ("unconfigured table states_store", ErrorKind::Schema, RetryHint::MissingTable),
        ("keyspace ego does not exist", ErrorKind::Schema, RetryHint::MissingTable),
        ("Keyspace 'ego' doesn't exist", ErrorKind::Schema, RetryHint::MissingTable),
        ("Table 'states_store' doesn't exist", ErrorKind::Schema, RetryHint::MissingTable),
        ("Undefined column name state_manifest in table ego.states_store", ErrorKind::Schema, RetryHint::None),
        (
            "Cannot execute this query as it might involve data filtering; use ALLOW FILTERING",
            ErrorKind::Schema,
            RetryHint::NoIndex,
        ),
        ("Some partition key parts are missing: shard_number", ErrorKind::Schema, RetryHint::None),
        ("Key may not be empty", ErrorKind::InvalidState, RetryHint::None),
    ] {
        let error = error(Code::SERVER_INVALID_QUERY, text);
        assert_eq!((error.kind(), error.retry_hint()), (kind, detail), "{text}");
        assert!(!error.is_indeterminate() && !error.is_retryable());
    }
}

#[test]
fn only_an_id_mismatch_makes_a_statement_stale() {
    let stale = error(Code::LIB_UNEXPECTED_RESPONSE, "ID mismatch while trying to prepare query");
    assert_eq!(stale.retry_hint(), RetryHint::StaleStatement);
    assert_eq!(error(Code::LIB_UNEXPECTED_RESPONSE, "Unexpected response").retry_hint(), RetryHint::None);
    let shutting_down = error(Code::SERVER_OVERLOADED, "Server is shutting down");
    assert_eq!(
        (shutting_down.kind(), shutting_down.retry_hint()),
        (ErrorKind::Overloaded, RetryHint::NodeShuttingDown)
    );
    assert_eq!(error(Code::SERVER_OVERLOADED, "Request queue is full").retry_hint(), RetryHint::None);
}

#[test]
fn connecting_is_unreachable_and_a_request_is_unavailable() {
    let config = Config::builder().contact_points(["10.0.0.1", "db.example"]).local_datacenter("dc1").build().unwrap();
    for code in [Code::LIB_NO_HOSTS_AVAILABLE, Code::LIB_REQUEST_TIMED_OUT] {
        let error = from_connect(DriverKind::CassError(code, "no".into()).into(), &config);
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Unreachable, false), "{code:?}");
        let text = error.to_string();
        assert!(text.contains("10.0.0.1, db.example, port 9042, local datacenter dc1: no"), "{text}");
    }
    let refused = from_connect(DriverKind::CassError(Code::SERVER_BAD_CREDENTIALS, "no".into()).into(), &config);
    assert_eq!(refused.kind(), ErrorKind::Authentication);
    let unresolved = from_connect(DriverKind::CassError(Code::LIB_HOST_RESOLUTION, "no".into()).into(), &config);
    assert_eq!(unresolved.kind(), ErrorKind::Unreachable);
}

/// The texts are those of the driver and of OpenSSL 1.1.1, as seen with a real server.
#[test]
fn a_refused_handshake_or_login_names_the_setting_or_side() {
    let of = |code, text: &str, config: ConfigBuilder| {
        from_connect(DriverKind::CassError(code, text.into()).into(), &config.build().unwrap())
    };
    let plain = Config::builder().contact_points(["10.0.0.1"]);
    let named = plain.clone().credentials("ego", "password");
    let without_own = plain.clone().tls(Tls::new().ca("ca.pem"));
    let tls = plain.clone().tls(Tls::new().ca("ca.pem").client_certificate("client.pem", "client.key"));
    let (closed, peer) = ("Connection closed prematurely", "Error verifying peer certificate");
    let no_signer = format!("{peer}: unable to verify the first certificate");
    let expired = format!("{peer}: certificate has expired");
    let unwritten = "Underlying connection error: Error: 'Unable to write to socket' (0x01000009)";
    let alert = "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40";
    let version = "error:1409442E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:SSL alert number 70";
    let not_tls = "error:1408F10B:SSL routines:ssl3_get_record:wrong version number";
    for (code, text, config, kind, part) in [
        (Code::SSL_INVALID_PEER_CERT, no_signer.as_str(), &tls, ErrorKind::Tls, Some("`tls_ca`")),
        (Code::SSL_INVALID_PEER_CERT, &expired, &tls, ErrorKind::Tls, None),
        (Code::SSL_IDENTITY_MISMATCH, peer, &tls, ErrorKind::Tls, Some("`tls_verification`")),
        (Code::SSL_PROTOCOL_ERROR, not_tls, &tls, ErrorKind::Tls, Some("without TLS")),
        (Code::SSL_PROTOCOL_ERROR, version, &tls, ErrorKind::Tls, None),
        (Code::SSL_PROTOCOL_ERROR, alert, &without_own, ErrorKind::Tls, Some("wants a client certificate")),
        (Code::SSL_PROTOCOL_ERROR, alert, &tls, ErrorKind::Tls, Some("`tls_certificate` has expired")),
        (
            Code::LIB_NO_HOSTS_AVAILABLE,
            unwritten,
            &without_own,
            ErrorKind::Unreachable,
            Some("wants a client certificate"),
        ),
        (Code::LIB_NO_HOSTS_AVAILABLE, closed, &plain, ErrorKind::Unreachable, Some("see `tls`")),
        (
            Code::LIB_NO_HOSTS_AVAILABLE,
            closed,
            &without_own,
            ErrorKind::Unreachable,
            Some("wants a client certificate"),
        ),
        (Code::LIB_NO_HOSTS_AVAILABLE, closed, &tls, ErrorKind::Unreachable, Some("`tls_certificate` has expired")),
        (Code::LIB_NO_HOSTS_AVAILABLE, "Connect error", &tls, ErrorKind::Unreachable, None),
        (Code::SERVER_BAD_CREDENTIALS, "no", &plain, ErrorKind::Authentication, Some("`credentials`")),
        (Code::SERVER_BAD_CREDENTIALS, "no", &named, ErrorKind::Authentication, None),
    ] {
        let error = of(code, text, config.clone());
        assert_eq!((error.kind(), error.is_indeterminate()), (kind, false), "{error}");
        let shown = error.to_string();
        assert!(shown.contains("10.0.0.1") && shown.contains(text), "{shown}");
        match part {
            Some(part) => assert!(shown.contains(part), "{shown}"),
            None => assert!(shown.ends_with(&format!("({code:?})")), "{shown}"),
        }
    }
}
