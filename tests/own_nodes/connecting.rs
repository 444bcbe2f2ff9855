//! Addresses to which no connection can be made.

use std::{
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use durable_store::{Config, ConfigBuilder, DurableStore, ErrorKind};

use crate::harness::{MARGIN, alone, assert_no_thread_is_left, config, node_with_table, threads};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

#[track_caller]
fn assert_unreachable(settings: ConfigBuilder, part: &str) {
    let before = threads();
    let store = DurableStore::new(settings.connect_timeout(CONNECT_TIMEOUT).build().unwrap());
    for connect in [DurableStore::ping, DurableStore::connect] {
        let began = Instant::now();
        let error = connect(&store).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert!(error.is_retryable() && !error.is_indeterminate());
        assert!(error.to_string().contains(part), "{error}");
        assert!(began.elapsed() < CONNECT_TIMEOUT + MARGIN, "{:?}: {error}", began.elapsed());
    }
    drop(store);
    assert_no_thread_is_left(before);
}

#[test]
fn a_closed_port_is_unreachable() {
    let _alone = alone();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_unreachable(Config::builder().contact_points(["127.0.0.1"]).port(port), "127.0.0.1");
}

#[test]
fn a_mute_port_is_unreachable() {
    let _alone = alone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Accepted, so that the silence is the server's.
    thread::spawn(move || listener.incoming().take(20).collect::<Vec<_>>());
    let settings = Config::builder().contact_points(["127.0.0.1"]).port(port);
    thread::sleep(Duration::from_millis(100));
    assert_unreachable(settings, "127.0.0.1");
}

#[test]
fn a_name_that_does_not_resolve_is_unreachable() {
    let _alone = alone();
    let settings = Config::builder().contact_points(["no-such-host.invalid"]);
    // The first look-up of a process starts the driver's resolver threads, which stay.
    DurableStore::new(settings.clone().build().unwrap()).ping().unwrap_err();
    assert_unreachable(settings, "no-such-host.invalid");
}

#[test]
fn a_wrong_datacenter_is_named() {
    let _alone = alone();
    let cluster = node_with_table();
    assert_unreachable(config(&cluster).local_datacenter("nowhere"), "nowhere");
}
