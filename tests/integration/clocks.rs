//! Processes whose clocks differ, in last-write-wins mode: a write replaces what its process has read.

use std::time::Duration;

use durable_store::{DurableStore, Layout, PayloadFormat};
use tracing::Level;

use crate::{
    harness::{BOTH_LAYOUTS, Keyspace, RawRow, StoreProcess, account, events},
    observability::{assert_number, counted},
};

const ENTITIES: usize = 200;

/// In microseconds since 1970: the year 2100.
const YEAR_2100: i64 = 4_102_444_800_000_000;

fn ids(prefix: &str) -> Vec<String> {
    (0..ENTITIES).map(|number| format!("{prefix}-{number}")).collect()
}

/// The answer to a bulk request in which all items have the same outcome.
fn each(outcome: &str) -> String {
    [outcome; ENTITIES].join(" ")
}

#[test]
fn a_write_replaces_what_was_read_from_a_clock_5_s_ahead() {
    for layout in BOTH_LAYOUTS {
        for format in [PayloadFormat::Any, PayloadFormat::Message] {
            let keyspace = Keyspace::with_table(layout);
            let store = keyspace.store_with(|config| config.payload_format(format));
            let (mut ahead, mut reader) = (StoreProcess::start(&store, 5), StoreProcess::start(&store, 0));
            let (single, bulk) = (ids("single"), ids("bulk").join(" "));
            for id in &single {
                assert_eq!(ahead.ask(&format!("write_state 10 {id}")), "done");
                assert_eq!(reader.ask(&format!("get_latest_state {id}")), "10");
                assert_eq!(reader.ask(&format!("write_state 11 {id}")), "done");
            }
            assert_eq!(ahead.ask(&format!("get_latest_states {}", single.join(" "))), each("11"));
            assert_eq!(ahead.ask(&format!("write_states 10 {bulk}")), each("done"));
            assert_eq!(reader.ask(&format!("get_latest_states {bulk}")), each("10"));
            assert_eq!(reader.ask(&format!("write_states 11 {bulk}")), each("done"));
            assert_eq!(ahead.ask(&format!("get_latest_states {bulk}")), each("11"), "{layout:?} {format:?}");
        }
    }
}

#[test]
fn a_scan_is_a_read_whose_states_a_write_replaces() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.store();
        let (mut ahead, mut reader) = (StoreProcess::start(&store, 5), StoreProcess::start(&store, 0));
        assert_eq!(ahead.ask("write_state 10 account-42"), "done");
        assert_eq!(reader.ask("all_states"), "1");
        assert_eq!(reader.ask("write_state 11 account-42"), "done");
        assert_eq!(ahead.ask("get_latest_state account-42"), "11");
    }
}

#[test]
fn a_delete_removes_what_was_read_from_a_clock_5_s_ahead() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.store();
        let (mut ahead, mut reader) = (StoreProcess::start(&store, 5), StoreProcess::start(&store, 0));
        assert_eq!(ahead.ask("write_state 10 account-42"), "done");
        assert_eq!(reader.ask("get_latest_state account-42"), "10");
        assert_eq!(reader.ask("delete_state account-42"), "done");
        assert_eq!(ahead.ask("get_latest_state account-42"), "none", "{layout:?}");
    }
    // Through the index a delete reads the rows of the id itself.
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.store();
    let (mut ahead, mut other) = (StoreProcess::start(&store, 5), StoreProcess::start(&store, 0));
    assert_eq!(ahead.ask("write_state 10 account-42"), "done");
    assert_eq!(other.ask("delete_state account-42"), "done");
    assert_eq!(ahead.ask("get_latest_state account-42"), "none");
}

/// As the documentation of `max_clock_drift` says.
#[test]
fn a_clock_behind_by_more_than_the_drift_loses_its_writes() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let mut on_time = StoreProcess::start(&keyspace.store(), 0);
    let mut behind = StoreProcess::start(&keyspace.store(), -15);
    let tolerant = keyspace.store_with(|config| config.max_clock_drift(Duration::from_secs(30)));
    let mut tolerant = StoreProcess::start(&tolerant, -15);
    for (process, stored) in [(&mut behind, "10"), (&mut tolerant, "11")] {
        assert_eq!(on_time.ask("write_state 10 account-42"), "done");
        assert_eq!(process.ask("get_latest_state account-42"), "10");
        assert_eq!(process.ask("write_state 11 account-42"), "done");
        assert_eq!(on_time.ask("get_latest_state account-42"), stored);
    }
}

#[test]
fn a_row_70_years_ahead_is_returned_reported_and_harms_no_other() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let (future, other) = (format!("future-{}", keyspace.name()), "account-42");
        keyspace.insert_at(YEAR_2100, &RawRow { version_number: Some(7), ..RawRow::of(&future) });
        events::collect();
        let store = keyspace.connected();
        let version = |store: &DurableStore, id: &str| store.get_latest_state(id).unwrap().unwrap().version_number;
        let numbers = counted(|| {
            assert_eq!(version(&store, &future), 7);
            assert_eq!(store.get_latest_states([&future]).remove(0).unwrap().unwrap().version_number, 7);
            assert_eq!(store.all_states().count(), 1);
        });
        assert_number(&numbers, "future_rows_total{table=states_store}", 3.0);
        let seen = events::seen(|event| event.field("persistence_id") == Some(&future));
        assert_eq!(seen.len(), 3, "{seen:?}");
        for event in seen {
            assert_eq!((event.level, event.names()), (Level::WARN, vec!["table", "persistence_id", "ahead_ms"]));
            assert!(event.message().contains("ahead of this clock by more than `max_clock_drift`"), "{event:?}");
            assert!(event.field("ahead_ms").unwrap().parse::<u64>().unwrap() > 70 * 365 * 24 * 3_600_000, "{event:?}");
        }
        // Its own writes are hidden. Those of others are not, and not written ahead either.
        store.write_state(&account(&future, 8, 1)).unwrap();
        assert_eq!(version(&store, &future), 7);
        store.write_state(&account(other, 1, 1)).unwrap();
        let written_at = keyspace.cql("SELECT persistence_id, WRITETIME(version_number) FROM {table}");
        let row = (0..2).find(|row| written_at.text(*row, 0).as_deref() == Some(other)).unwrap();
        assert!(written_at.text(row, 1).unwrap().parse::<i64>().unwrap() < YEAR_2100 / 2, "{layout:?}");
        assert_eq!(version(&store, other), 1);
    }
}
