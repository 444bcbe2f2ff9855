//! Owners in processes of their own, one of which is stopped.

use super::{ID, assert_stored};
use crate::harness::{Keyspace, StoreProcess, owned};

#[test]
fn an_owner_that_was_stopped_finds_itself_fenced() {
    let keyspace = Keyspace::versioned();
    let settings = keyspace.store_with(owned);
    let (mut first, mut second) = (StoreProcess::start(&settings, 0), StoreProcess::start(&settings, 0));
    assert_eq!(first.ask(&format!("get_latest_state {ID}")), "none");
    assert_eq!(first.ask(&format!("write_state 1 {ID}")), "done");
    for version in 2..12 {
        // In the middle of its writes, not waited for.
        first.send(&format!("write_state {version} {ID}"));
        first.stop();
        let found: u64 = second.ask(&format!("get_latest_state {ID}")).parse().unwrap();
        assert!(found == version - 1 || found == version, "{found} after {version}");
        // It writes the same version again, as an actor does that takes over.
        assert_eq!(second.ask(&format!("write_state {version} {ID}")), "done");
        first.resume();
        let answer = first.answer();
        let expected = if found == version { "done" } else { "Fenced" };
        assert!(answer == expected || answer == "Fenced", "{answer}, found {found} for {version}");
        assert_eq!(first.ask(&format!("write_state {} {ID}", version + 1)), "Fenced");
        assert_stored(&keyspace, version);
        // It takes the entity back.
        assert_eq!(first.ask(&format!("get_latest_state {ID}")), version.to_string());
        assert_eq!(second.ask(&format!("write_state {} {ID}", version + 1)), "Fenced");
    }
}

/// The time of their clocks decides nothing.
#[test]
fn stores_of_processes_with_other_clocks_take_turns() {
    let keyspace = Keyspace::versioned();
    let settings = keyspace.store_with(owned);
    let mut processes = [-3600, 0, 3600].map(|clock| StoreProcess::start(&settings, clock));
    for version in 1..=30 {
        let owner = version as usize % 3;
        let before = processes[owner].ask(&format!("get_latest_state {ID}"));
        assert_eq!(before, if version == 1 { "none".to_owned() } else { (version - 1).to_string() });
        for (number, process) in processes.iter_mut().enumerate() {
            let answer = process.ask(&format!("write_state {version} {ID}"));
            match answer.as_str() {
                "done" => assert_eq!(number, owner),
                // One that has not had its first turn has not claimed it.
                other => assert!(number != owner && (other == "Fenced" || version < 3), "{number}: {other}"),
            }
        }
    }
    assert_stored(&keyspace, 30);
}
