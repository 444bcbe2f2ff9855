//! Numbers and ids at the edges of what they can be.

use durable_store::{DurableStore, ErrorKind, Layout, Replication, SchemaOptions, Sharding};

use crate::harness::{BOTH_LAYOUTS, Keyspace, account};

/// Go's zero time, in nanoseconds since 1970.
const GO_ZERO_TIME: i64 = -6_795_364_578_871_345_152;

/// What an id may have at most where reads go through an index, and otherwise.
pub(crate) const LONGEST_INDEXED: usize = 8_192;
pub(crate) const LONGEST: usize = 65_535;

/// A version number, a timestamp and a shard each.
pub(crate) const NUMBERS: [(u64, i64, u64); 5] = [
    (0, 0, 0),
    (MIDDLE - 1, i64::MAX, MIDDLE - 1),
    (MIDDLE, i64::MIN, MIDDLE),
    (MIDDLE + 5, GO_ZERO_TIME, 26),
    (u64::MAX, -1, u64::MAX),
];

/// The first number that wraps in a bigint.
const MIDDLE: u64 = 1 << 63;

pub(crate) const IDS: [&str; 15] = [
    " ",
    "'",
    "\"",
    "''; DROP TABLE states_store; --",
    "a?b",
    "a;b",
    "a\0b",
    "\0",
    "a\nb\r\tc",
    "счёт-42",
    "🚀☃",
    "e\u{301}",
    "\u{e9}",
    "\u{feff}a\u{202e}",
    "null",
];

#[test]
fn numbers_come_back_from_one_end_of_their_range_to_the_other() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        for (version, timestamp, shard) in NUMBERS {
            let id = format!("account-{version}");
            let state = account(&id, version, i64::MIN).with_timestamp(timestamp).with_shard(shard);
            store.write_state(&state).unwrap();
            for read in [store.get_latest_state(&id), store.get_latest_state(&state)] {
                assert_eq!(read.unwrap().as_ref(), Some(&state), "{layout:?}");
            }
        }
    }
}

#[test]
fn any_text_is_an_id() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        for (version, id) in (1..).zip(IDS) {
            assert_eq!(store.get_latest_state(id).unwrap(), None, "{layout:?} {id:?}");
            store.write_state(&account(id, version, 1)).unwrap();
        }
        for (version, id) in (1..).zip(IDS) {
            let state = store.get_latest_state(id).unwrap().unwrap();
            assert_eq!((state.persistence_id.as_str(), state.version_number), (id, version), "{layout:?}");
        }
        assert_eq!(keyspace.rows().len(), IDS.len());
    }
}

#[test]
fn ids_are_limited_by_the_index_if_reads_use_it() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    assert_longest(&store, LONGEST_INDEXED);
    // Not through the index: up to what a key can have.
    let read = |bytes: usize| store.get_latest_state((0, "x".repeat(bytes).as_str()));
    assert!(read(LONGEST_INDEXED).unwrap().is_some());
    assert_eq!(read(LONGEST_INDEXED + 1).unwrap(), None);
    assert_eq!(read(LONGEST).unwrap(), None);
    assert_eq!(read(LONGEST + 1).unwrap_err().kind(), ErrorKind::InvalidState);
    // What a store that needs no index wrote is there all the same.
    let state = account(&"x".repeat(LONGEST_INDEXED + 1), 1, 1);
    keyspace.connected_with(|config| config.sharding(Sharding::Fixed(0))).write_state(&state).unwrap();
    assert_eq!(read(LONGEST_INDEXED + 1).unwrap(), Some(state));
}

#[test]
fn ids_are_as_long_as_a_key_can_be_where_reads_need_no_index() {
    let by_shard = Keyspace::with_schema(&SchemaOptions::new(Replication::Simple(1)).index(false));
    assert_longest(&by_shard.connected_with(|config| config.sharding(Sharding::Fixed(0))), LONGEST);
    let by_id = Keyspace::with_table(Layout::ById);
    assert_longest(&by_id.connected(), LONGEST);
}

/// Ids of `longest` bytes are written and read; one byte more, and both are refused.
#[track_caller]
fn assert_longest(store: &DurableStore, longest: usize) {
    let state = account(&"x".repeat(longest), 1, 1);
    store.write_state(&state).unwrap();
    assert_eq!(store.get_latest_state(&state.persistence_id).unwrap().as_ref(), Some(&state));

    let too_long = account(&"x".repeat(longest + 1), 1, 1);
    for error in
        [store.write_state(&too_long).unwrap_err(), store.get_latest_state(&too_long.persistence_id).unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
        assert_eq!(error.persistence_id(), Some(too_long.persistence_id.as_str()));
        let numbers = format!("{} bytes exceed {longest}", longest + 1);
        assert!(error.to_string().contains(&numbers), "{error}");
    }
}
