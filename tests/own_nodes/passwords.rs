//! A node that requires a password.

use std::time::{Duration, Instant};

use durable_store::{DurableStore, ErrorKind, Replication, SchemaOptions};

use crate::harness::{alone, assert_no_thread_is_left, config, nodes, threads};

#[test]
fn a_wrong_or_missing_password_is_refused_at_once() {
    let _alone = alone();
    let before = threads();
    let cluster = nodes().setting("authenticator", "PasswordAuthenticator").start().unwrap();
    let settings = config(&cluster);
    for refused in [settings.clone().credentials("cassandra", "wrong"), settings.clone()] {
        let store = DurableStore::new(refused.build().unwrap());
        // The first call ever, then the same again, by both ways to connect.
        for connect in [DurableStore::ping, DurableStore::connect] {
            let began = Instant::now();
            let error = connect(&store).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
            assert!(began.elapsed() < Duration::from_secs(1), "refused after {:?}", began.elapsed());
            assert!(!error.is_retryable() && !error.is_indeterminate());
            assert!(!format!("{error} {error:?}").contains("wrong"), "{error}");
        }
        assert_eq!(store.get_latest_state("a").unwrap_err().kind(), ErrorKind::NotConnected);
    }
    let store = DurableStore::new(settings.credentials("cassandra", "cassandra").build().unwrap());
    store.create_schema(&SchemaOptions::new(Replication::Simple(1))).unwrap();
    store.ping().unwrap();
    drop(store);
    drop(cluster);
    assert_no_thread_is_left(before);
}
