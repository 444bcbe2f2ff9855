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
    for host in
        ["a,b", "a b", "10.0.0.1:", ":9042", "10.0.0.1:70000", "::1:zz", "a\0b", "[::1]:x", "[a]:1", "https://a"]
    {
        assert_refused(Config::builder().contact_points([host]), "contact_points");
    }
    let error = Config::builder().contact_points(["10.0.0.1:70000"]).build().unwrap_err();
    assert!(error.to_string().ends_with("a port is a number from 1 to 65535"), "{error}");
}

#[test]
fn a_port_may_follow_contact_points_if_all_ports_agree() {
    let built = |hosts: &[&str], port: Option<u16>| {
        let builder = Config::builder().contact_points(hosts);
        port.into_iter().fold(builder, ConfigBuilder::port).build()
    };
    for (hosts, port, expected) in [
        (&["10.0.0.1:9142", "[::1]:9142", "db.example:9142"][..], None, 9142),
        (&["10.0.0.1:9142", "::1", "db.example"], None, 9142),
        (&["10.0.0.1", "[::1]", "db.example:9142"], Some(9142), 9142),
        (&["10.0.0.1", "::1", "db.example"], Some(9142), 9142),
        (&["10.0.0.1", "::1", "db.example"], None, 9042),
    ] {
        let config = built(hosts, port).unwrap();
        assert_eq!(
            (config.contact_points(), config.port()),
            (&["10.0.0.1", "::1", "db.example"].map(String::from)[..], expected)
        );
        assert_eq!(config.to_builder().build().unwrap(), config);
    }
    for (hosts, port, expected) in [
        (&["a:1", "b", "c:2"][..], None, "contact_points: \"a:1\" and \"c:2\" have different ports"),
        (&["a:1", "b:1"], Some(2), "port: 2 was set, but contact_points contains \"a:1\""),
        (&["a:0"], None, "port: 0 is not between 1 and 65535"),
    ] {
        let error = built(hosts, port).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    // The builder of settings with the default port has no port that was set.
    let moved = built(&["a"], None).unwrap().to_builder().contact_points(["b:9142"]).build().unwrap();
    assert_eq!(moved.port(), 9142);
}

#[test]
fn a_name_in_double_quotes_keeps_its_case() {
    let longest = format!("\"{}\"", "A".repeat(48));
    for (given, name) in
        [("\"Ego\"", "Ego"), ("\"ego\"", "ego"), ("\"2A\"", "2A"), ("\"_\"", "_"), (&longest, &longest[1..49])]
    {
        let config = local().keyspace(given).table(given).build().unwrap();
        assert_eq!((config.keyspace(), config.table()), (name, name));
        assert_eq!(config.to_string().parse::<Config>().unwrap(), config, "{config}");
        assert_eq!(config.to_builder().build().unwrap(), config);
    }
    let too_long = format!("\"{}\"", "A".repeat(49));
    for name in ["\"\"", "\"", "\"a", "a\"", "\"a\"\"b\"", "\"a b\"", "\"ё\"", "\"a\" ", &too_long] {
        assert_refused(local().keyspace(name), "keyspace");
        assert_refused(local().table(name), "table");
    }
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
        assert_refused(local().max_clock_drift(timeout), "max_clock_drift");
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
