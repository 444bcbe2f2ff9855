//! The server's limit for writes.

use durable_store::{DurableState, ErrorKind, prost_types::Any};

use crate::harness::{alone, config, connected, make_table, nodes};

const KIB: usize = 1024;

fn state_of(bytes: usize) -> DurableState {
    let any = Any { type_url: "type.googleapis.com/bank.AccountState".into(), value: vec![7; bytes] };
    DurableState { persistence_id: "account-42".into(), resulting_state: Some(any), ..Default::default() }
}

#[test]
fn a_payload_near_the_mutation_limit_is_refused_before_io() {
    let _alone = alone();
    let cluster = nodes().setting("max_mutation_size", "1024KiB").start().unwrap();
    make_table(&cluster);
    let store = connected(config(&cluster));
    let near = state_of(800 * KIB);
    let error = store.write_state(&near).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    assert!(error.to_string().contains("max_mutation_size"), "{error}");
    assert!(!error.is_indeterminate() && !error.is_retryable());
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    let below = state_of(700 * KIB);
    store.write_state(&below).unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), Some(below));
}
