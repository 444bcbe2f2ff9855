//! Updates while the node is restarted.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use durable_store::{DurableState, Result, WriteMode};

use crate::harness::{alone, config, connected, make_table_with, nodes};

const WRITERS: u8 = 16;
const ADDITIONS: u8 = 50;
const ID: &str = "counter";

/// The state that follows, in which each writer has the number of its last addition. `None` if this addition is in it.
fn added(state: Option<&DurableState>, writer: u8, addition: u8) -> Result<Option<DurableState>> {
    let mut additions = state.map_or_else(|| Ok(vec![0; usize::from(WRITERS)]), DurableState::to_msg::<Vec<u8>>)?;
    if std::mem::replace(&mut additions[usize::from(writer)], addition) == addition {
        return Ok(None);
    }
    let version = state.map_or(0, |state| state.version_number);
    Ok(Some(DurableState::new(ID, version + 1, &additions)))
}

#[test]
fn additions_count_once_while_the_node_is_restarted() {
    let _alone = alone();
    let cluster = nodes().setting("commitlog_sync", "batch").setting("commitlog_sync_period", "").start().unwrap();
    let settings = || config(&cluster).write_mode(WriteMode::Versioned).call_timeout(Duration::from_secs(4));
    make_table_with(settings());
    let store = connected(settings());
    let (unknown, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, unknown, done) = (&store, &unknown, &done);
            scope.spawn(move || {
                for addition in 1..=ADDITIONS {
                    let deadline = Instant::now() + Duration::from_secs(120);
                    while let Err(error) = store.update(ID, |state| added(state.as_ref(), writer, addition)) {
                        assert!(error.is_retryable() || error.is_indeterminate(), "{error}");
                        assert!(Instant::now() < deadline, "the node does not answer again: {error}");
                        unknown.fetch_add(usize::from(error.is_indeterminate()), Ordering::Relaxed);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Killed twice in the middle of them.
        for reached in [100, 300] {
            while done.load(Ordering::Relaxed) < reached {
                thread::sleep(Duration::from_millis(5));
            }
            cluster.node(0).kill().unwrap();
            cluster.node(0).start().unwrap();
        }
    });
    let last = store.get_latest_state(ID).unwrap().unwrap();
    // Each addition is one version.
    let total = u64::from(WRITERS) * u64::from(ADDITIONS);
    assert_eq!(last.version_number, total, "{} outcomes were unknown", unknown.into_inner());
    assert_eq!(last.to_msg::<Vec<u8>>().unwrap(), vec![ADDITIONS; usize::from(WRITERS)]);
}
