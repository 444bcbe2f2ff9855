//! A restarted node has no prepared statements.

use std::time::{Duration, Instant};

use crate::harness::{alone, config, connected, node_with_table, state};

#[test]
fn statements_prepared_before_a_restart_work_after_it() {
    let _alone = alone();
    let cluster = node_with_table();
    let store = connected(config(&cluster));
    store.write_state(&state("a", 1)).unwrap();
    store.get_latest_state("a").unwrap();
    cluster.node(0).stop().unwrap();
    cluster.node(0).start().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = store.write_state(&state("a", 2)) {
        assert!(Instant::now() < deadline, "{error}");
    }
    assert_eq!(store.get_latest_state("a").unwrap().unwrap().version_number, 2);
}
