//! One id in several shards of a table keyed by shard, and the shard on a table keyed by id.

use durable_store::{DurableState, Layout};

use crate::harness::{Keyspace, RawRow, account};

const BIGINT_RANGE: u64 = 1 << 63;

#[test]
fn across_shards_the_highest_version_wins() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    for (older, newer) in [(1, 2), (5, BIGINT_RANGE + 5), (BIGINT_RANGE + 5, u64::MAX)] {
        for newer_first in [false, true] {
            let id = format!("account-{newer}-{newer_first}");
            let (older, newer) = (account(&id, older, 1).with_shard(8), account(&id, newer, 2).with_shard(3));
            let order = if newer_first { [&newer, &older] } else { [&older, &newer] };
            for state in order {
                store.write_state(state).unwrap();
            }
            assert_eq!(store.get_latest_state(&id).unwrap(), Some(newer));
        }
    }
}

/// What decides between two rows of one id.
#[derive(Clone, Copy, Debug)]
struct Age {
    version: u64,
    timestamp: i64,
    written_at: i64,
    shard: u64,
}

impl Age {
    const fn new(version: u64, timestamp: i64, written_at: i64, shard: u64) -> Self {
        Self { version, timestamp, written_at, shard }
    }

    fn insert(self, keyspace: &Keyspace, id: &str) {
        let row = RawRow {
            version_number: Some(self.version.cast_signed()),
            timestamp: Some(self.timestamp),
            shard_number: Some(self.shard.cast_signed()),
            ..RawRow::of(id)
        };
        keyspace.insert_at(self.written_at, &row);
    }
}

#[test]
fn rows_are_ordered_by_version_timestamp_writetime_and_shard() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    let cases = [
        ("version", Age::new(1, 9, 9, 9), Age::new(2, 0, 1, 0)),
        ("version as u64", Age::new(5, 9, 9, 9), Age::new(BIGINT_RANGE + 5, 0, 1, 0)),
        ("timestamp", Age::new(2, 1, 9, 9), Age::new(2, 2, 1, 0)),
        ("timestamp with its sign", Age::new(2, -1, 9, 9), Age::new(2, 0, 1, 0)),
        ("writetime", Age::new(2, 2, 1, 9), Age::new(2, 2, 2, 0)),
        ("shard", Age::new(2, 2, 2, 1), Age::new(2, 2, 2, 2)),
        ("shard as u64", Age::new(2, 2, 2, 2), Age::new(2, 2, 2, u64::MAX)),
    ];
    for (rule, older, newer) in cases {
        for (order, rows) in [("older first", [older, newer]), ("newer first", [newer, older])] {
            let id = format!("{rule}, {order}");
            for row in rows {
                row.insert(&keyspace, &id);
            }
            let found = store.get_latest_state(&id).unwrap().unwrap();
            let found = (found.version_number, found.timestamp, found.shard);
            assert_eq!(found, (newer.version, newer.timestamp, newer.shard), "{id}");
        }
    }
}

#[test]
fn within_a_shard_the_last_write_wins() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    for version in [7, 9, 2, 0] {
        let state = account("account-42", version, 1).with_shard(3);
        store.write_state(&state).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
    }
}

#[test]
fn a_key_with_a_shard_reads_exactly_that_row() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    let states: Vec<DurableState> = [(0, 3), (1, 9), (u64::MAX, 1)]
        .map(|(shard, version)| account("account-42", version, 1).with_shard(shard))
        .into();
    for state in &states {
        store.write_state(state).unwrap();
    }
    for state in &states {
        assert_eq!(store.get_latest_state((state.shard, "account-42")).unwrap().as_ref(), Some(state));
        assert_eq!(store.get_latest_state(state).unwrap().as_ref(), Some(state));
    }
    assert_eq!(store.get_latest_state((2, "account-42")).unwrap(), None);
}

#[test]
fn the_newest_row_is_found_on_whichever_page_it_is() {
    const SHARDS: u64 = 1_100;
    let keyspace = Keyspace::with_table(Layout::ByShard);
    for chunk in (0..SHARDS).collect::<Vec<_>>().chunks(100) {
        let insert = |shard| {
            format!(
                "INSERT INTO {{table}} (shard_number, persistence_id, version_number, state_manifest)
                 VALUES ({shard}, 'account-42', 1, 'google.protobuf.Any');"
            )
        };
        let inserts: String = chunk.iter().map(insert).collect();
        keyspace.cql(&format!("BEGIN UNLOGGED BATCH {inserts} APPLY BATCH"));
    }
    let in_order = keyspace.cql("SELECT shard_number FROM {table}");
    assert_eq!(in_order.rows.len(), SHARDS as usize);
    let store = keyspace.connected();
    // In the first page of 500 rows, the second, the third and last.
    for (version, place) in [(2, 0), (3, 499), (4, 500), (5, 750), (6, 1_099)] {
        let shard = in_order.text(place, 0).unwrap().parse().unwrap();
        let newest = account("account-42", version, 1).with_shard(shard);
        store.write_state(&newest).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), Some(newest), "row {place}");
    }
}

#[test]
fn on_a_table_keyed_by_id_the_shard_is_a_plain_column() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    let before = account("account-42", 9, 1).with_shard(u64::MAX);
    let after = account("account-42", 2, 2).with_shard(3);
    for state in [&before, &after] {
        store.write_state(state).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(state));
    }
    assert_eq!(keyspace.rows().len(), 1);
    // Whatever shard the key carries, it is the same row.
    for shard in [0, 3, u64::MAX] {
        assert_eq!(store.get_latest_state((shard, "account-42")).unwrap().as_ref(), Some(&after));
    }
}
