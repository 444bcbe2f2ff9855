//! Reading all states of a shard or of the table: each exactly once.

mod resumed;

use durable_store::{DurableState, DurableStore, ErrorKind, Layout, States};

use crate::harness::{
    BOTH_LAYOUTS, Keyspace, RawRow, account,
    proxy::{Proxied, forged},
};

/// The key of a state: its shard, as far as the layout has one, and its persistence id.
pub(crate) type Key = (u64, String);

pub(crate) fn key(state: &DurableState) -> Key {
    (state.shard, state.persistence_id.clone())
}

/// One shard with several pages, one with a page and a bit, and many with one row, the highest there is among them. In
/// order.
pub(crate) fn fill(store: &DurableStore) -> Vec<Key> {
    let sizes = [(0, 23), (1, 1), (7, 8), (u64::MAX, 1)].into_iter().chain((100..120).map(|shard| (shard, 1)));
    let of_shard =
        |(shard, size)| (0..size).map(move |n| account(&format!("account-{shard}-{n:02}"), n, 1).with_shard(shard));
    let states: Vec<_> = sizes.flat_map(of_shard).collect();
    for outcome in store.write_states(&states) {
        outcome.unwrap();
    }
    in_order(states)
}

/// The keys in order: no key is lost where one comes twice.
#[track_caller]
pub(crate) fn in_order(states: impl IntoIterator<Item = DurableState>) -> Vec<Key> {
    let mut keys: Vec<Key> = states.into_iter().map(|state| key(&state)).collect();
    keys.sort();
    keys
}

#[track_caller]
fn all_of(states: States) -> Vec<DurableState> {
    states.collect::<Result<_, _>>().unwrap()
}

/// Every kind of scan ends with this error and says nothing more.
#[track_caller]
fn assert_only_item(mut states: States, kind: ErrorKind, operation: &str, part: &str) {
    let error = states.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (kind, Some(operation)), "{error}");
    assert!(error.to_string().contains(part), "{error}");
    for _ in 0..3 {
        assert!(states.next().is_none());
    }
}

#[test]
fn every_state_is_returned_once_for_any_page_size() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        assert_eq!(store.all_states().count(), 0);
        let filled = fill(&store);
        for rows in [1, 7, 500] {
            let states = all_of(store.all_states().page_size(rows));
            assert_eq!(in_order(states), filled, "{layout:?}, {rows} rows a page");
        }
    }
}

#[test]
fn a_scan_gives_states_as_they_were_written() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let state = account("account-42", u64::MAX, 4200).with_shard(3).with_timestamp(-7);
        store.write_state(&state).unwrap();
        assert_eq!(all_of(store.all_states()), [state]);
    }
}

#[test]
fn a_shard_comes_in_the_order_of_its_ids_and_alone() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    let filled = fill(&store);
    for rows in [1, 7, 500] {
        for shard in [0, 1, 7, 105, u64::MAX, 99] {
            let states: Vec<_> = all_of(store.shard_states(shard).page_size(rows)).iter().map(key).collect();
            let of_shard: Vec<_> = filled.iter().filter(|key| key.0 == shard).cloned().collect();
            assert_eq!(states, of_shard, "shard {shard}, {rows} rows a page");
        }
    }
}

#[test]
fn an_entity_in_several_shards_comes_once_for_each() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    for shard in 0..10 {
        store.write_state(&account("account-42", shard, 1).with_shard(shard)).unwrap();
    }
    let mut shards: Vec<_> = all_of(store.all_states().page_size(3)).iter().map(|state| state.shard).collect();
    shards.sort_unstable();
    assert_eq!(shards, (0..10).collect::<Vec<_>>());
}

#[test]
fn a_table_keyed_by_id_has_no_shards() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    fill(&store);
    assert_only_item(store.shard_states(0), ErrorKind::Config, "shard_states", "keyed by id");
}

#[test]
fn a_scan_without_a_session_or_with_a_bad_setting_is_one_error() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.store();
    assert_only_item(store.all_states(), ErrorKind::NotConnected, "all_states", "");
    assert_only_item(store.shard_states(0), ErrorKind::NotConnected, "shard_states", "");
    store.connect().unwrap();
    fill(&store);
    assert_only_item(store.all_states().page_size(0), ErrorKind::Config, "all_states", "page_size");
    assert_only_item(store.shard_states(0).page_size(u32::MAX), ErrorKind::Config, "shard_states", "page_size");
}

#[test]
fn nothing_is_read_before_it_is_needed_and_then_a_page() {
    let proxied = Proxied::connected(|config| config.page_size(10));
    fill(&proxied.store);
    let (mut states, reads) = proxied.count_executes(|| proxied.store.all_states());
    assert_eq!(reads, 0);
    let reads = (0..11).map(|_| proxied.count_executes(|| states.next().unwrap().unwrap()).1);
    assert_eq!(reads.collect::<Vec<_>>(), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn a_page_that_fails_is_read_again() {
    let proxied = Proxied::connected(|config| config.page_size(10));
    let before = proxied.store.all_states().count();
    let filled = fill(&proxied.store);
    let mut seen = Vec::new();
    for state in proxied.store.all_states() {
        seen.push(state.unwrap());
        proxied.proxy.on_executes([forged::unavailable(2, 1)]);
    }
    assert_eq!(seen.len(), before + filled.len());
}

#[test]
fn a_failed_page_ends_the_scan_and_its_token_resumes_it() {
    let proxied = Proxied::connected(|config| config.page_size(10).max_attempts(1));
    let whole = proxied.store.all_states().count() + fill(&proxied.store).len();
    let mut states = proxied.store.all_states();
    let mut seen: Vec<_> = states.by_ref().take(10).map(Result::unwrap).collect();
    proxied.proxy.on_executes([forged::unavailable(2, 1)]);
    let error = states.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unavailable, Some("all_states")));
    assert!(states.next().is_none());
    seen.extend(all_of(proxied.store.all_states().resume_from(states.resume_token())));
    let keys = in_order(seen);
    assert_eq!(keys.len(), whole);
    assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
}

#[test]
fn rows_with_nothing_but_their_key_are_no_states() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let filled = fill(&store);
        for number in 0..20 {
            let shard_number = (layout == Layout::ByShard).then_some(number);
            keyspace.insert(&RawRow { shard_number, ..RawRow::key(&format!("key-{number}")) });
        }
        for rows in [1, 7, 500] {
            assert_eq!(in_order(all_of(store.all_states().page_size(rows))), filled, "{layout:?}, {rows} rows a page");
        }
    }
}

#[test]
fn an_unreadable_row_is_named_and_the_resumed_scan_skips_it() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let filled = fill(&store);
        let unreadable = ["account-0-07x", "account-0-2x", "zz"];
        for id in unreadable {
            keyspace.insert(&RawRow { state_manifest: Some("no name".into()), ..RawRow::of(id) });
        }
        // The whole table, and where there are shards, the one they are all in.
        let shards: &[Option<u64>] = if layout == Layout::ByShard { &[None, Some(0)] } else { &[None] };
        for shard in shards.iter().copied() {
            let scan = || shard.map_or_else(|| store.all_states(), |shard| store.shard_states(shard)).page_size(5);
            let (mut token, mut seen, mut named) = (scan().resume_token(), Vec::new(), Vec::new());
            loop {
                let mut states = scan().resume_from(token.clone());
                let Some(error) = states.find_map(|state| state.map(|state| seen.push(state)).err()) else { break };
                assert!(states.next().is_none());
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
                assert!(error.to_string().contains("column state_manifest "), "{error}");
                let operation = if shard.is_some() { "shard_states" } else { "all_states" };
                assert_eq!(error.operation(), Some(operation));
                named.push(error.persistence_id().unwrap().to_owned());
                token = states.resume_token();
            }
            named.sort();
            assert_eq!(named, unreadable, "{layout:?}");
            let wanted = filled.iter().filter(|key| shard.is_none_or(|shard| key.0 == shard)).cloned();
            assert_eq!(in_order(seen), wanted.collect::<Vec<_>>(), "{layout:?}");
        }
    }
}

#[test]
fn what_stays_is_seen_once_while_rows_come_and_go_between_pages() {
    const EACH: usize = 40;
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let row = |kind: &str, n: usize| account(&format!("{kind}-{n:02}"), 1, 1).with_shard(n as u64 / 15);
        for outcome in store.write_states((0..EACH).flat_map(|n| [row("stays", n), row("goes", n)])) {
            outcome.unwrap();
        }
        let mut seen = Vec::new();
        for (n, state) in store.all_states().page_size(7).enumerate() {
            seen.push(state.unwrap());
            if n < EACH {
                store.write_state(&row("comes", n)).unwrap();
                store.delete_state(&row("goes", EACH - 1 - n)).unwrap();
            }
        }
        let keys = in_order(seen);
        assert!(keys.is_sorted_by(|a, b| a < b), "{layout:?}: one came twice: {keys:?}");
        let stayed = keys.iter().filter(|key| key.1.starts_with("stays"));
        assert_eq!(stayed.count(), EACH, "{layout:?}: {keys:?}");
    }
}
