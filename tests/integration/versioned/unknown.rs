//! Transactions whose answer is lost: the caller learns the outcome, or that it is unknown.

use std::time::Duration;

use durable_store::{DurableStore, Error, ErrorKind, WriteCondition::IfVersion};

use crate::harness::{
    BEFORE, Transaction, account,
    proxy::{Action, Passing, Proxied, forged, opcode},
    versioned,
};

/// Of every call here.
const ATTEMPTS: u32 = 3;

/// More than are cut in one test: what comes after a cut does not depend on how soon the driver reconnects.
const CONNECTIONS: u32 = 32;

fn proxied() -> Proxied {
    Proxied::versioned(|config| config.max_attempts(ATTEMPTS).core_connections_per_host(CONNECTIONS))
}

/// Another writer, who is not disturbed.
fn rival(proxied: &Proxied) -> DurableStore {
    proxied.keyspace.connected_with(versioned)
}

/// Where the one attempt is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// The server never gets it.
    Before,
    /// The server has carried it out.
    After,
}

const BOTH: [Lost; 2] = [Lost::Before, Lost::After];

impl Lost {
    /// Has the connection cut at the EXECUTE, or its answer, that decides the transaction, having done `meanwhile`; what
    /// comes later meets `then`.
    fn prepare(
        self,
        proxied: &Proxied,
        transaction: Transaction,
        mut meanwhile: impl FnMut() + Send + 'static,
        then: impl Fn(&Passing<'_>) -> Action + Send + 'static,
    ) {
        let deciding = transaction.reads() + transaction.executes();
        let (mut requests, mut answers) = (0, 0);
        proxied.proxy.hook(move |passing| {
            requests += usize::from(passing.is_request(opcode::EXECUTE));
            answers += usize::from(passing.is_answer_to(opcode::EXECUTE));
            let decides = match self {
                Self::Before => passing.is_request(opcode::EXECUTE) && requests == deciding,
                Self::After => passing.is_answer_to(opcode::EXECUTE) && answers == deciding,
            };
            if decides {
                meanwhile();
                Action::Close
            } else if passing.request == opcode::EXECUTE && requests > deciding {
                then(passing)
            } else {
                Action::Pass
            }
        });
    }
}

fn pass(_: &Passing<'_>) -> Action {
    Action::Pass
}

#[test]
fn a_lost_answer_of_an_applied_transaction_is_read_back() {
    let proxied = proxied();
    for transaction in Transaction::ALL {
        let id = transaction.prepare(&proxied.store, "after");
        Lost::After.prepare(&proxied, transaction, || {}, pass);
        let (outcome, executes) = proxied.count_executes(|| transaction.make(&proxied.store, &id));
        assert!(outcome.is_ok(), "{transaction:?}: {outcome:?}");
        assert_eq!(executes, transaction.reads() + transaction.executes() + 1, "{transaction:?}");
        transaction.assert_applied(&proxied.store, &id);
    }
}

#[test]
fn a_lost_request_is_repeated_when_the_read_allows() {
    let proxied = proxied();
    for transaction in Transaction::ALL {
        let id = transaction.prepare(&proxied.store, "before");
        Lost::Before.prepare(&proxied, transaction, || {}, pass);
        let (outcome, executes) = proxied.count_executes(|| transaction.make(&proxied.store, &id));
        assert!(outcome.is_ok(), "{transaction:?}: {outcome:?}");
        assert_eq!(executes, transaction.reads() + 2 * transaction.executes() + 1, "{transaction:?}");
        transaction.assert_applied(&proxied.store, &id);
    }
}

/// A timeout instead of a connection that breaks: the call still has time to read.
#[test]
fn an_answer_that_never_comes_leaves_time_for_the_read() {
    let proxied = Proxied::versioned(|config| config.max_attempts(1).request_timeout(Duration::from_secs(1)));
    let id = Transaction::IfVersion.prepare(&proxied.store, "mute");
    proxied.proxy.on_answers([Action::Swallow]);
    Transaction::IfVersion.make(&proxied.store, &id).unwrap();
    Transaction::IfVersion.assert_applied(&proxied.store, &id);
}

#[test]
fn the_outcome_is_unknown_when_every_attempt_is_lost() {
    let proxied = proxied();
    for transaction in Transaction::ALL {
        let id = transaction.prepare(&proxied.store, "all");
        // Attempts and reads alternate.
        let (before, once, lost) = (transaction.reads(), transaction.executes(), ATTEMPTS as usize);
        let mut request = 0;
        proxied.proxy.hook(move |passing| {
            if !passing.is_request(opcode::EXECUTE) {
                return Action::Pass;
            }
            request += 1;
            if request > before && (request - before) % (once + 1) == once { Action::Close } else { Action::Pass }
        });
        let (outcome, executes) = proxied.count_executes(|| transaction.make(&proxied.store, &id));
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true), "{transaction:?}: {error}");
        assert!(error.is_retryable(), "{error}");
        assert_eq!(error.persistence_id(), Some(id.as_str()));
        assert_eq!(executes, before + lost * (once + 1), "{transaction:?}");
        proxied.proxy.pass();
        transaction.assert_not_applied(&proxied.store, &id);
    }
}

#[track_caller]
fn assert_overtaken(error: &Error, stored: Option<u64>) {
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, stored), "{error}");
    assert!(error.is_indeterminate(), "{error}");
    assert!(error.to_string().ends_with("the write may have been applied"), "{error}");
}

/// Whether it was applied before the other writer came cannot be told, and is not pretended.
#[test]
fn a_writer_overtaken_in_doubt_gets_an_indeterminate_conflict() {
    const NEWER: u64 = 9;
    let proxied = proxied();
    let rival = rival(&proxied);
    // Those two remove any state that they find.
    let removes_any = |transaction| matches!(transaction, Transaction::Delete | Transaction::Forget);
    for transaction in Transaction::ALL.into_iter().filter(|each| !removes_any(*each)) {
        for lost in BOTH {
            let id = transaction.prepare(&proxied.store, &format!("overtaken-{lost:?}"));
            let theirs = account(&id, NEWER, -1);
            let (rival, written) = (rival.clone(), theirs.clone());
            lost.prepare(&proxied, transaction, move || rival.write_state(&written).unwrap(), pass);
            let (outcome, executes) = proxied.count_executes(|| transaction.make(&proxied.store, &id));
            assert_overtaken(&outcome.unwrap_err(), Some(NEWER));
            assert_eq!(executes, transaction.reads() + transaction.executes() + 1, "{transaction:?} {lost:?}");
            assert_eq!(proxied.store.get_latest_state(&id).unwrap(), Some(theirs), "{transaction:?} {lost:?}");
        }
    }
}

#[test]
fn a_writer_overtaken_by_a_delete_gets_the_deleted_version() {
    let proxied = proxied();
    let rival = rival(&proxied);
    for lost in BOTH {
        let transaction = Transaction::IfVersion;
        let id = transaction.prepare(&proxied.store, &format!("deleted-{lost:?}"));
        let (other, deleted) = (rival.clone(), id.clone());
        lost.prepare(&proxied, transaction, move || other.delete_state(&deleted).unwrap(), pass);
        let stored = if lost == Lost::Before { BEFORE } else { 5 };
        assert_overtaken(&transaction.make(&proxied.store, &id).unwrap_err(), Some(stored));

        let id = transaction.prepare(&proxied.store, &format!("forgotten-{lost:?}"));
        let (other, forgotten) = (rival.clone(), id.clone());
        lost.prepare(&proxied, transaction, move || other.forget_state(&forgotten).unwrap(), pass);
        assert_overtaken(&transaction.make(&proxied.store, &id).unwrap_err(), None);
    }
}

/// A delete at the version that the attempt writes, or above it, hides whether the attempt was applied.
#[test]
fn a_creation_overtaken_by_a_delete_depends_on_its_version() {
    let proxied = proxied();
    let rival = rival(&proxied);
    for transaction in
        [Transaction::WriteFirst, Transaction::WriteDeleted, Transaction::IfAbsent, Transaction::IfAbsentDeleted]
    {
        for (deleted, is_repeated) in [(BEFORE, true), (5, false), (9, false)] {
            let id = transaction.prepare(&proxied.store, &format!("below-{deleted}"));
            let (rival, theirs) = (rival.clone(), account(&id, deleted, -1));
            let meanwhile = move || {
                // What is deleted already at that version stays as it is.
                let _ = rival.write_state(&theirs);
                rival.delete_state(&theirs).unwrap();
            };
            Lost::Before.prepare(&proxied, transaction, meanwhile, pass);
            match transaction.make(&proxied.store, &id) {
                Ok(()) => assert!(is_repeated, "{transaction:?} {deleted}"),
                Err(error) => {
                    assert!(!is_repeated, "{transaction:?} {deleted}: {error}");
                    assert_overtaken(&error, Some(deleted));
                }
            }
        }
    }
}

#[test]
fn a_delete_that_was_overtaken_deletes_what_it_finds() {
    let proxied = proxied();
    let rival = rival(&proxied);
    for lost in BOTH {
        let id = Transaction::Delete.prepare(&proxied.store, &format!("{lost:?}"));
        let (rival, theirs) = (rival.clone(), account(&id, 9, -1));
        lost.prepare(&proxied, Transaction::Delete, move || rival.write_state(&theirs).unwrap(), pass);
        Transaction::Delete.make(&proxied.store, &id).unwrap();
        assert_eq!(proxied.store.get_latest_state(&id).unwrap(), None, "{lost:?}");
    }
}

#[test]
fn two_writers_of_the_very_same_state_both_succeed() {
    let proxied = proxied();
    let rival = rival(&proxied);
    for transaction in [Transaction::IfAbsent, Transaction::IfVersion] {
        let id = transaction.prepare(&proxied.store, "same");
        let (rival, same) = (rival.clone(), id.clone());
        Lost::Before.prepare(&proxied, transaction, move || transaction.make(&rival, &same).unwrap(), pass);
        transaction.make(&proxied.store, &id).unwrap();
        transaction.assert_applied(&proxied.store, &id);
    }
}

/// What arrives between the read and the second attempt refuses it: the caller's own state.
#[test]
fn a_refusal_in_doubt_is_verified_by_a_read() {
    let proxied = proxied();
    let rival = rival(&proxied);
    for transaction in [Transaction::WriteFirst, Transaction::IfAbsent, Transaction::IfVersion] {
        for (ours, version) in [(true, 5), (false, 9)] {
            let id = transaction.prepare(&proxied.store, &format!("refused-{ours}"));
            let rival = rival.clone();
            let (first, theirs) = (transaction.executes(), account(&id, version, -1));
            let arrives = if ours { Transaction::state(&id) } else { theirs.clone() };
            let mut request = 0;
            proxied.proxy.hook(move |passing| {
                if passing.is_request(opcode::EXECUTE) {
                    request += 1;
                    if request == first {
                        return Action::Close;
                    }
                    // After the read.
                    if request == first + 2 {
                        rival.write_state(&arrives).unwrap();
                    }
                }
                Action::Pass
            });
            let outcome = transaction.make(&proxied.store, &id);
            if ours {
                assert!(outcome.is_ok(), "{transaction:?}: {outcome:?}");
                transaction.assert_applied(&proxied.store, &id);
            } else {
                assert_overtaken(&outcome.unwrap_err(), Some(version));
                assert_eq!(proxied.store.get_latest_state(&id).unwrap(), Some(theirs));
            }
        }
    }
}

#[test]
fn when_the_read_fails_too_the_outcome_is_unknown() {
    let proxied = proxied();
    for transaction in Transaction::ALL {
        for lost in BOTH {
            let id = transaction.prepare(&proxied.store, &format!("unread-{lost:?}"));
            lost.prepare(
                &proxied,
                transaction,
                || {},
                |passing| {
                    if passing.is_request(opcode::EXECUTE) { forged::read_timeout(1, 0) } else { Action::Pass }
                },
            );
            let (outcome, executes) = proxied.count_executes(|| transaction.make(&proxied.store, &id));
            let error = outcome.unwrap_err();
            // It tells of the transaction, not of the read.
            assert_eq!((error.kind(), error.received()), (ErrorKind::Timeout, None), "{error}");
            assert!(error.is_indeterminate() && error.is_retryable(), "{error}");
            let attempt = transaction.reads() + transaction.executes();
            assert_eq!(executes, attempt + ATTEMPTS as usize, "{transaction:?} {lost:?}");
            proxied.proxy.pass();
            match lost {
                Lost::Before => transaction.assert_not_applied(&proxied.store, &id),
                Lost::After => transaction.assert_applied(&proxied.store, &id),
            }
        }
    }
}

#[test]
fn a_read_that_fails_once_is_made_again() {
    let proxied = proxied();
    let id = Transaction::IfVersion.prepare(&proxied.store, "again");
    let mut failed = false;
    let mut request = 0;
    proxied.proxy.hook(move |passing| {
        request += usize::from(passing.is_request(opcode::EXECUTE));
        if passing.is_answer_to(opcode::EXECUTE) && request == 1 {
            return Action::Close;
        }
        if passing.is_request(opcode::EXECUTE) && request == 2 && !std::mem::replace(&mut failed, true) {
            return forged::unavailable(1, 0);
        }
        Action::Pass
    });
    Transaction::IfVersion.make(&proxied.store, &id).unwrap();
    Transaction::IfVersion.assert_applied(&proxied.store, &id);
}

#[test]
fn bulk_states_of_an_entity_keep_their_order_despite_losses() {
    let proxied = proxied();
    let states: Vec<_> = (1..=6).map(|version| account("account-42", version, 1)).collect();
    let mut frame = 0;
    proxied.proxy.hook(move |passing| {
        if passing.request != opcode::EXECUTE {
            return Action::Pass;
        }
        frame += 1;
        if frame % 7 == 0 { Action::Close } else { Action::Pass }
    });
    for (state, outcome) in states.iter().zip(proxied.store.write_states(&states)) {
        assert!(outcome.is_ok(), "version {}: {outcome:?}", state.version_number);
    }
    proxied.proxy.pass();
    assert_eq!(proxied.store.get_latest_state("account-42").unwrap().as_ref(), states.last());
}

#[test]
fn a_caller_in_doubt_finds_out_by_claiming_the_next_version() {
    let proxied = Proxied::versioned(|config| config.max_attempts(1).core_connections_per_host(CONNECTIONS));
    let transaction = Transaction::IfVersion;
    let id = transaction.prepare(&proxied.store, "claimed");
    Lost::Before.prepare(&proxied, transaction, || {}, pass);
    let error = transaction.make(&proxied.store, &id).unwrap_err();
    assert!(error.is_indeterminate(), "{error}");
    // The same condition: at most one of the two is ever applied.
    let second = account(&id, 5, 2);
    proxied.store.write_state_if(&second, IfVersion(BEFORE)).unwrap();
    assert_eq!(proxied.store.get_latest_state(&id).unwrap(), Some(second));
}
