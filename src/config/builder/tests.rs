use super::*;
use crate::ErrorKind;

fn local() -> ConfigBuilder {
    Config::builder().contact_points(["127.0.0.1"])
}

#[track_caller]
fn assert_refused(builder: ConfigBuilder, setting: &str) {
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().starts_with(&format!("{setting}: ")), "{error}");
}

#[test]
fn contact_points_are_trimmed_and_at_least_one_is_needed() {
    let config = Config::builder().contact_points([" 10.0.0.1 ", "", "db.example", "[::1]"]).build().unwrap();
    assert_eq!(config.contact_points(), ["10.0.0.1", "db.example", "::1"]);
    assert_refused(Config::builder(), "contact_points");
    assert_refused(Config::builder().contact_points([" ", "\t"]), "contact_points");
    assert_refused(Config::builder().contact_points([] as [&str; 0]), "contact_points");
}

#[test]
fn hosts_the_driver_would_misread_are_refused() {
    for host in ["a,b", "a b", "10.0.0.1:9042", "::1:zz", "a\0b", "[::1]:9042", "https://a"] {
        assert_refused(Config::builder().contact_points([host]), "contact_points");
    }
    let error = Config::builder().contact_points(["10.0.0.1:9042"]).build().unwrap_err();
    assert!(error.to_string().contains("`port`"), "{error}");
}

#[test]
fn identifiers_are_folded_once_and_checked() {
    let longest = "a".repeat(48);
    for (given, folded) in [("Ego", "ego"), ("states_Store2", "states_store2"), (&longest, &longest)] {
        let config = local().keyspace(given).table(given).build().unwrap();
        assert_eq!((config.keyspace(), config.table()), (folded, folded));
    }
    let too_long = "a".repeat(49);
    for name in ["", "2a", "_a", "a-b", "a.b", "a\"b", "a b", "ё", "a\0", "a;drop", &too_long] {
        assert_refused(local().keyspace(name), "keyspace");
        assert_refused(local().table(name), "table");
    }
}

#[test]
fn numbers_and_durations_have_bounds_and_zero_is_refused() {
    let too_short = Duration::from_micros(999);
    for timeout in [Duration::ZERO, too_short, Duration::MAX] {
        assert_refused(local().connect_timeout(timeout), "connect_timeout");
        assert_refused(local().request_timeout(timeout), "request_timeout");
        assert_refused(local().call_timeout(timeout), "call_timeout");
        assert_refused(local().slow_call(timeout), "slow_call");
    }
    assert_refused(local().port(0), "port");
    assert_refused(local().max_attempts(0), "max_attempts");
    assert_refused(local().pool_size(0), "pool_size");
    assert_refused(local().pool_size(u32::MAX), "pool_size");
    assert_refused(local().io_threads(0), "io_threads");
    assert_refused(local().core_connections_per_host(0), "core_connections_per_host");
    assert_refused(local().max_in_flight(0), "max_in_flight");
    assert_refused(local().max_in_flight(10_001), "max_in_flight");
    assert_refused(local().page_size(0), "page_size");
    assert_refused(local().page_size(100_001), "page_size");
    assert_refused(local().max_payload_bytes(0), "max_payload_bytes");
    assert_refused(local().max_payload_bytes(15 * MIB + 1), "max_payload_bytes");
}

#[test]
fn texts_are_checked_and_the_password_is_hidden() {
    assert_refused(local().local_datacenter(" "), "local_datacenter");
    assert_refused(local().credentials("", "secret"), "username");
    assert_refused(local().credentials("ego", "sec\0ret"), "password");
    let builder = local().credentials("ego", "secret");
    assert!(!format!("{builder:?}").contains("secret"));
    let config = builder.build().unwrap();
    let shown = format!("{config:?} {config:#?}");
    assert!(shown.contains("ego:***") && !shown.contains("secret"), "{shown}");
    assert_eq!(config.username(), Some("ego"));
}
