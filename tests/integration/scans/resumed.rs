//! Scans that continue where another one had come to, from its resume token.

use std::{
    env,
    process::{Command, Stdio},
};

use durable_store::{DurableStore, ErrorKind, Layout, ResumeToken, States};

use crate::{
    harness::{Keyspace, account},
    scans::{Key, fill, in_order, key},
};

/// A table in each layout, and one whose shards are in descending order.
fn tables() -> [(Layout, Keyspace); 3] {
    let descending = Keyspace::empty();
    let columns = "version_number bigint, persistence_id text, state_payload blob, state_manifest text, \
                   timestamp bigint, shard_number bigint, PRIMARY KEY (shard_number, persistence_id)";
    descending.cql(&format!("CREATE TABLE {{table}} ({columns}) WITH CLUSTERING ORDER BY (persistence_id DESC)"));
    let [by_shard, by_id] = [Layout::ByShard, Layout::ById].map(|layout| (layout, Keyspace::with_table(layout)));
    [by_shard, by_id, (Layout::ByShard, descending)]
}

/// Both kinds of scan on a table keyed by shard, the one there is on a table keyed by id.
fn scans(layout: Layout) -> Vec<fn(&DurableStore) -> States> {
    let table: fn(&DurableStore) -> States = |store| store.all_states();
    let shard: fn(&DurableStore) -> States = |store| store.shard_states(0);
    if layout == Layout::ByShard { vec![table, shard] } else { vec![table] }
}

#[test]
fn a_scan_goes_on_behind_every_row() {
    for (layout, keyspace) in tables() {
        let store = keyspace.connected();
        fill(&store);
        for scan in scans(layout) {
            let all: Vec<Key> = scan(&store).map(|state| key(&state.unwrap())).collect();
            assert!(!all.is_empty());
            for (rows, page_size) in [(1, 1), (1, 4), (3, 7), (7, 7), (10, 4), (1_000, 500)] {
                let (mut token, mut seen) = (scan(&store).resume_token(), Vec::new());
                loop {
                    let mut states = scan(&store).page_size(page_size).resume_from(token);
                    let taken: Vec<Key> = states.by_ref().take(rows).map(|state| key(&state.unwrap())).collect();
                    token = states.resume_token();
                    if taken.is_empty() {
                        break;
                    }
                    seen.extend(taken);
                }
                assert_eq!(seen, all, "{layout:?}: {rows} rows each time, {page_size} a page");
            }
        }
    }
}

#[test]
fn a_scan_goes_on_behind_a_row_that_is_gone() {
    for (layout, keyspace) in tables() {
        let store = keyspace.connected();
        fill(&store);
        for scan in scans(layout) {
            let all: Vec<Key> = scan(&store).map(|state| key(&state.unwrap())).collect();
            let mut states = scan(&store).page_size(4);
            let last = states.by_ref().take(5).last().unwrap().unwrap();
            store.delete_state(&last).unwrap();
            let rest = scan(&store).resume_from(states.resume_token());
            assert_eq!(rest.map(|state| key(&state.unwrap())).collect::<Vec<_>>(), all[5..], "{layout:?}");
            store.write_state(&last).unwrap();
        }
    }
}

#[test]
fn before_its_first_row_and_at_its_end_a_scan_has_a_token_too() {
    for (layout, keyspace) in tables() {
        let store = keyspace.connected();
        let filled = fill(&store);
        let unread = store.all_states().resume_token();
        let all = store.all_states().resume_from(unread).map(Result::unwrap);
        assert_eq!(in_order(all), filled);
        let mut read = store.all_states();
        assert_eq!(read.by_ref().count(), filled.len());
        // What comes now is not of that scan any more.
        let end = read.resume_token();
        store.write_state(&account("later", 1, 1)).unwrap();
        assert_eq!(store.all_states().resume_from(end.clone()).count(), 0, "{layout:?}");
        assert_eq!(store.all_states().resume_from(end.clone()).resume_token(), end);
    }
}

#[test]
fn a_token_that_is_damaged_or_of_another_scan_is_one_error() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    fill(&store);
    let token_of = |mut states: States| {
        states.next().unwrap().unwrap();
        states.resume_token().to_string()
    };
    let [table, shard] = [store.all_states(), store.shard_states(0)].map(token_of);
    let cut = &table[..table.len() - 1];
    for (mut states, token) in [
        (store.shard_states(0), table.as_str()),
        (store.all_states(), &shard),
        (store.shard_states(1), &shard),
        (store.all_states(), cut),
        (store.all_states(), ""),
        (store.all_states(), "42"),
    ]
    .map(|(states, token)| (states.resume_from(token), token))
    {
        let error = states.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{token}: {error}");
        assert!(error.to_string().contains("resume token: "), "{error}");
        assert!(states.next().is_none());
    }
}

#[test]
fn another_process_goes_on_from_a_token() {
    for (layout, keyspace) in tables() {
        let store = keyspace.connected();
        fill(&store);
        let all: Vec<Key> = store.all_states().map(|state| key(&state.unwrap())).collect();
        for taken in [1, 20] {
            let mut states = store.all_states().page_size(7);
            states.by_ref().take(taken).for_each(|state| drop(state.unwrap()));
            let output = Command::new(env::current_exe().unwrap())
                .args(["scans::resumed::the_other_process", "--exact", "--ignored", "--nocapture"])
                .env(KEYSPACE, keyspace.name())
                .env(TOKEN, states.resume_token().to_string())
                .stderr(Stdio::inherit())
                .output()
                .unwrap();
            assert!(output.status.success());
            let printed = String::from_utf8(output.stdout).unwrap();
            let scanned: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix(SCANNED)).collect();
            let rest: Vec<&str> = all[taken..].iter().map(|(_, id)| id.as_str()).collect();
            assert_eq!(scanned, rest, "{layout:?}");
        }
    }
}

const KEYSPACE: &str = "SCAN_KEYSPACE";
const TOKEN: &str = "SCAN_TOKEN";
const SCANNED: &str = "scanned: ";

#[test]
#[ignore = "what `another_process_goes_on_from_a_token` starts"]
fn the_other_process() {
    let (Ok(keyspace), Ok(token)) = (env::var(KEYSPACE), env::var(TOKEN)) else { return };
    // Its own line: the name of the test has no line break behind it.
    println!();
    let store = DurableStore::new(Keyspace::config_of(&keyspace).build().unwrap());
    store.connect().unwrap();
    for state in store.all_states().resume_from(token.parse::<ResumeToken>().unwrap()) {
        println!("{SCANNED}{}", state.unwrap().persistence_id);
    }
}

#[test]
fn a_scan_of_a_descending_table_resumes_after_each_row() {
    let [.., (_, keyspace)] = tables();
    let store = keyspace.connected();
    for number in 0..10 {
        store.write_state(&account(&format!("k{number}"), 1, 1)).unwrap();
    }
    let descending: Vec<String> = (0..10).rev().map(|number| format!("k{number}")).collect();
    let ids = |states: States| states.map(|state| state.unwrap().persistence_id).collect::<Vec<_>>();
    for scan in scans(Layout::ByShard) {
        for page_size in [1, 3, 10, 500] {
            assert_eq!(ids(scan(&store).page_size(page_size)), descending);
            for taken in 0..=10 {
                let mut states = scan(&store).page_size(page_size);
                assert_eq!(states.by_ref().take(taken).count(), taken);
                let rest = scan(&store).page_size(page_size).resume_from(states.resume_token());
                assert_eq!(ids(rest), descending[taken..], "{page_size} rows per page, {taken} taken");
            }
        }
    }
}
