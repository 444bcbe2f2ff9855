//! This library and the Go program on the same ids.

use std::{
    collections::HashMap,
    sync::{Barrier, Mutex},
    thread,
};

use durable_store::{DurableState, Layout, prost::Message};

use crate::harness::{BOTH_LAYOUTS, Keyspace, Peer, PeerState, account, any_of, state_of};

const IDS: [&str; 3] = ["account-1", "account-2", "счёт-3"];
const SHARD: u64 = 26;

fn shard(layout: Layout) -> Option<u64> {
    (layout == Layout::ByShard).then_some(SHARD)
}

fn state_in(read: Option<PeerState>) -> DurableState {
    DurableState::decode(read.expect("Go finds it").wire.as_slice()).unwrap()
}

#[test]
fn go_and_rust_read_what_the_other_wrote_last() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let Some(mut peer) = Peer::start(&keyspace) else { return };
        let store = keyspace.connected();
        for version in (1..100).step_by(2) {
            for id in IDS {
                let of_go = account(id, version, -1).with_shard(SHARD);
                peer.write(&of_go);
                assert_eq!(store.get_latest_state(id).unwrap(), Some(of_go), "{layout:?}");
                let ours = account(id, version + 1, 1).with_shard(SHARD);
                store.write_state(&ours).unwrap();
                assert_eq!(state_in(peer.read(id, shard(layout))), ours, "{layout:?}");
            }
        }
        assert_eq!(keyspace.rows().len(), IDS.len());
    }
}

#[test]
fn what_we_delete_is_gone_for_go_until_it_writes_it_again() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let Some(mut peer) = Peer::start(&keyspace) else { return };
        let store = keyspace.connected();
        for version in 1..20 {
            let state = account("account-42", version, 1).with_shard(SHARD);
            peer.write(&state);
            assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state), "{layout:?}");
            store.delete_state((SHARD, "account-42")).unwrap();
            assert_eq!(peer.read("account-42", shard(layout)), None, "{layout:?}");
        }
    }
}

#[test]
fn rust_reads_the_newest_of_two_shards_and_go_the_one_it_names() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let Some(mut peer) = Peer::start(&keyspace) else { return };
    let store = keyspace.connected();
    let [fifth, sixth, seventh] =
        [(5, 1), (6, 2), (7, 1)].map(|(version, shard)| account("a", version, 1).with_shard(shard));
    peer.write(&fifth);
    store.write_state(&sixth).unwrap();
    assert_eq!(store.get_latest_state("a").unwrap().as_ref(), Some(&sixth));
    assert_eq!(state_in(peer.read("a", Some(1))), fifth);
    assert_eq!(state_in(peer.read("a", Some(2))), sixth);
    peer.write(&seventh);
    assert_eq!(store.get_latest_state("a").unwrap(), Some(seventh));
    assert_eq!(state_in(peer.read("a", Some(2))), sixth);
}

/// Who writes even versions and who odd ones.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Ours,
    Theirs,
}

impl Side {
    fn of(version: u64) -> Self {
        if version.is_multiple_of(2) { Self::Ours } else { Self::Theirs }
    }
}

/// A state all of which says its version. A larger version is larger in every cell: Cassandra decides cell by cell, for
/// the later timestamp, and of two writes in the same microsecond for the larger value, so one of the two wins whole.
fn numbered(id: &str, version: u64) -> DurableState {
    let value = any_of("type.googleapis.com/bank.Scan", &version.to_be_bytes());
    DurableState { version_number: version, timestamp: version.cast_signed(), ..state_of(id, Some(value)) }
        .with_shard(SHARD)
}

/// What one side has seen of each id.
struct Observer {
    side: Side,
    /// The last version of the other side.
    other: HashMap<&'static str, u64>,
}

impl Observer {
    fn of(side: Side) -> Self {
        Self { side, other: HashMap::new() }
    }

    /// Judges what this side reads right after it wrote `version`, while the other writes as well.
    fn judge(&mut self, id: &'static str, version: u64, read: &DurableState) {
        let found = read.version_number;
        assert_eq!(*read, numbered(id, found), "a mix of two states");
        if Side::of(found) == self.side {
            assert_eq!(found, version, "{id}: an acknowledged write of one's own is undone");
        } else {
            let before = self.other.insert(id, found).unwrap_or_default();
            assert!(before <= found, "{id}: the other's version {found} after its {before}");
        }
    }
}

#[test]
fn writers_at_once_leave_one_whole_state_that_both_read() {
    const LAST: u64 = 401;
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let Some(peer) = Peer::start(&keyspace) else { return };
        let (store, peer, barrier) = (keyspace.connected(), Mutex::new(peer), Barrier::new(2));
        let read_by_go = |id| state_in(peer.lock().unwrap().read(id, shard(layout)));
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut observer = Observer::of(Side::Ours);
                barrier.wait();
                for version in (2..LAST).step_by(2) {
                    for id in IDS {
                        store.write_state(&numbered(id, version)).unwrap();
                        observer.judge(id, version, &store.get_latest_state(id).unwrap().expect("it is there"));
                    }
                }
            });
            scope.spawn(|| {
                let mut observer = Observer::of(Side::Theirs);
                barrier.wait();
                for version in (1..=LAST).step_by(2) {
                    for id in IDS {
                        peer.lock().unwrap().write(&numbered(id, version));
                        observer.judge(id, version, &read_by_go(id));
                    }
                }
            });
        });
        for id in IDS {
            let ours = store.get_latest_state(id).unwrap().expect("it is there");
            assert_eq!(ours, read_by_go(id), "{layout:?}");
            assert_eq!(ours, numbered(id, ours.version_number), "{layout:?}: a mix of two states");
            assert!(ours.version_number >= LAST - 1, "{layout:?}: {} won", ours.version_number);
        }
    }
}
