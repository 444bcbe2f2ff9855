use std::time::Duration;

use super::*;
use crate::{Consistency, ErrorKind, Pem, SerialConsistency, Sharding, Tls, TlsVerification, WriteMode};

#[track_caller]
fn read(text: &str) -> Config {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn assert_refused(text: &str, beginning: &str) -> String {
    let error = text.parse::<Config>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let shown = error.to_string();
    assert!(shown.starts_with(beginning), "{text}: {shown}");
    shown
}

#[test]
fn every_part_has_its_place() {
    let config = read(
        "cassandra://app:p%40ss%2Fword@10.0.0.1,db.example,[2001:db8::1]:9142/Bank?table=Accounts\
         &local_datacenter=dc%201&consistency=each_quorum&sharding=fixed:7&payload_format=message\
         &connect_timeout=1s&request_timeout=2s&call_timeout=1m30s&max_attempts=5&pool_size=8&io_threads=2\
         &core_connections_per_host=3&serial_consistency=serial&write_mode=versioned&max_in_flight=9&page_size=10&max_payload_bytes=1024&max_clock_drift=7s&slow_call=20ms&tls_ca=/etc/ca.pem&tls_certificate=c.pem\
         &tls_key=c.key&tls_verification=certificate_only",
    );
    let tls = Tls::new()
        .ca("/etc/ca.pem")
        .client_certificate("c.pem", "c.key")
        .verification(TlsVerification::CertificateOnly);
    let built = Config::builder()
        .credentials("app", "p@ss/word")
        .contact_points(["10.0.0.1", "db.example", "2001:db8::1"])
        .port(9142)
        .keyspace("bank")
        .table("accounts")
        .local_datacenter("dc 1")
        .consistency(Consistency::EachQuorum)
        .sharding(Sharding::Fixed(7))
        .payload_format(crate::PayloadFormat::Message)
        .connect_timeout(Duration::from_secs(1))
        .request_timeout(Duration::from_secs(2))
        .call_timeout(Duration::from_secs(90))
        .max_attempts(5)
        .pool_size(8)
        .io_threads(2)
        .core_connections_per_host(3)
        .serial_consistency(SerialConsistency::Serial)
        .write_mode(WriteMode::Versioned)
        .max_in_flight(9)
        .page_size(10)
        .max_payload_bytes(1024)
        .max_clock_drift(Duration::from_secs(7))
        .slow_call(Duration::from_millis(20))
        .tls(tls)
        .build()
        .unwrap();
    assert_eq!(config, built);
}

#[test]
fn a_shown_string_parses_to_the_same_settings_sans_password() {
    let inline = include_str!("../../../tests/support/certificates/rsa.pem");
    for text in [
        "cassandra://127.0.0.1",
        "CASSANDRA://127.0.0.1",
        "Cassandra://a:7,b:7/\"Ego\"?table=%22States%22",
        "cassandra://[::1]:7,b/%22Ego%22",
        "cassandra://127.0.0.1:1/ego?",
        "cassandra://[::1]",
        "cassandra://[2001:DB8:0::00A1],[::FFFF:10.0.0.1]",
        "cassandra:///?contact_points=a,b&port=7",
        "cassandra://%D1%91%3A%2F%40@a,[::1]:9043/Bank?table=t&sharding=fixed:0&local_datacenter=%26%3D%3F%23%25%2B%20",
        "cassandra://a?call_timeout=1500us&consistency=SERIAL&request_timeout=24h&pool_size=1",
        "cassandra://a?tls_ca=/a%20b/%D1%91.pem&tls_certificate=c&tls_key=k",
        "cassandra://a?tls_verification=danger_accept_any",
        &format!("cassandra://a?tls_ca={}", utf8_percent_encode(inline, NON_ALPHANUMERIC)),
    ] {
        let config = read(text);
        let shown = config.to_string();
        assert_eq!(read(&shown), config, "{text} is shown as {shown}");
        assert_eq!(read(&shown).to_string(), shown);
    }
    assert_eq!(read("cassandra://a?call_timeout=10s").to_string(), "cassandra://a:9042/ego");

    let secret = Config::builder().contact_points(["a"]).credentials("app", "secret").build().unwrap();
    assert_eq!(secret.to_string(), "cassandra://app@a:9042/ego");
    assert_eq!(read(&secret.to_string()).username(), Some("app"));
}

#[test]
fn neither_a_private_key_nor_a_function_is_shown() {
    let key = include_str!("../../../tests/support/certificates/rsa.pkcs1.key");
    let tls = Tls::new().ca("ca.pem").client_certificate(
        Pem::Inline(include_str!("../../../tests/support/certificates/rsa.pem").into()),
        Pem::Inline(key.into()),
    );
    let config = Config::builder().contact_points(["a"]).tls(tls).sharding(Sharding::by(|_| 1)).build().unwrap();
    let shown = format!("{config} {config:?}");
    assert!(!shown.contains("tls_key=") && !shown.contains("sharding="), "{shown}");
    assert!(!shown.contains(key.lines().nth(1).unwrap()), "{shown}");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest() {
    let shown =
        assert_refused("cassandra://a?consistancy=ONE", "connection string: there is no setting \"consistancy\"");
    assert!(shown.contains("did you mean consistency?"), "{shown}");
    for text in
        ["cassandra://a?pool_size=1&pool_size=2", "cassandra://a:1?pool_size=1&port=2", "cassandra://u@a?username=u"]
    {
        assert!(assert_refused(text, "").contains("is given twice"), "{text}");
    }
}

#[test]
fn a_refusal_names_the_setting() {
    for (text, setting) in [
        ("cassandra://", "contact_points"),
        ("cassandra:///ego", "contact_points"),
        ("cassandra://a:1,b:2", "contact_points"),
        ("cassandra://2001:db8::1", "contact_points"),
        ("cassandra://[::1", "contact_points"),
        ("cassandra://a:0", "port"),
        ("cassandra://a:65536", "port"),
        ("cassandra://a:", "port"),
        ("cassandra://a/b/c", "keyspace"),
        ("cassandra://:p@a", "username"),
        ("cassandra://a?password=p", "username"),
        ("cassandra://a?pool_size=many", "pool_size"),
        ("cassandra://a?call_timeout=5", "call_timeout"),
        ("cassandra://a?call_timeout=0s", "call_timeout"),
        ("cassandra://a?consistency=ANY", "consistency"),
        ("cassandra://a?sharding=by", "sharding"),
        ("cassandra://a?table=%2", "table"),
        ("cassandra://a?table=%ff", "table"),
        ("cassandra://a?tls_key=k", "tls_ca"),
        ("cassandra://a?tls_ca=c&tls_key=k", "tls_certificate"),
        ("cassandra://a?tls_verification=none", "tls_verification"),
    ] {
        assert_refused(text, &format!("{setting}: "));
    }
    for text in ["", "a", "http://a", "cassandra:a", "cassandrа://a", "cassandra://a?table", "cassandra://a?table#x"] {
        assert_refused(text, "connection string: ");
    }
}

/// A password in which something was not encoded, or whose host was forgotten, is taken apart at the wrong place.
#[test]
fn no_refusal_shows_a_password() {
    for text in [
        "cassandra://app:sec/ret@a",
        "cassandra://app:sec?ret@a",
        "cassandra://app:sec#ret@a",
        "cassandra://app:sec@ret/x@a",
        "cassandra://app:secret%@a",
        "cassandra://app:secret%zz@a",
        "cassandra://app:secret",
        "cassandra://app:sec]ret/",
        "cassandra://app:sec:9042",
        "cassandra://app:sec,b:9042",
        "cassandra://a[pp:sec",
        "cassandra://[app:sec",
        "cassandra://app:sec,[ret/",
        "postgres://app:secret@a",
        "cassandra://a&password=secret",
        "cassandra://a/ego&password=secret",
        "cassandra://a?password=secret%",
        "cassandra://app:secret@a?nothing=1",
        "cassandra://app:secret@a:x",
        "cassandra://app:secret\0@a",
    ] {
        let error = text.parse::<Config>().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("sec") && !shown.contains("ret@") && !shown.contains("ret/"), "{text}: {shown}");
    }
    // Not encoded, but not misread either.
    assert_eq!(read("cassandra://app:se@c:ret@a").contact_points(), ["a"]);
}

#[test]
fn a_string_sets_what_it_contains_over_what_a_builder_has() {
    let before = Config::builder().keyspace("before").pool_size(8).sharding(Sharding::by(|_| 7));
    let config = before.connection_string("cassandra://a:7/bank").unwrap().table("after").build().unwrap();
    assert_eq!((config.keyspace(), config.table(), config.port()), ("bank", "after", 7));
    assert_eq!(config.pool_size(), 8);
    assert!(matches!(config.sharding(), Sharding::By(_)));
    let error = Config::builder().connection_string("cassandra://a?pool_size=x").unwrap_err();
    assert!(error.to_string().starts_with("pool_size: "), "{error}");
    // The port of a string is one that was set.
    let conflict = Config::builder().connection_string("cassandra://a:7").unwrap().contact_points(["b:8"]).build();
    assert!(conflict.unwrap_err().to_string().starts_with("port: 7 was set"));
}
