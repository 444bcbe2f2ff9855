//! Connections that break during a request, or stop answering.

use durable_store::ErrorKind;

use crate::harness::{
    account,
    proxy::{Action, BOTH_CALLS, Proxied, Proxy, StoreCall, opcode},
};

/// More than are cut in one test: what comes after a cut does not depend on how soon the driver reconnects.
const MANY: u32 = 16;

/// Where a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    BeforeTheRequest,
    InsideTheRequest,
    BeforeTheAnswer,
    InsideTheAnswer,
    AfterTheAnswer,
}

impl Cut {
    const UNDER_A_REQUEST: [Self; 4] =
        [Self::BeforeTheRequest, Self::InsideTheRequest, Self::BeforeTheAnswer, Self::InsideTheAnswer];

    /// Has the proxy cut the connection of the next EXECUTE.
    fn prepare(self, proxy: &Proxy) {
        match self {
            Self::BeforeTheRequest => proxy.on_executes([Action::Close]),
            Self::InsideTheRequest => proxy.on_executes([Action::CutInside]),
            Self::BeforeTheAnswer => proxy.on_answers([Action::Close]),
            Self::InsideTheAnswer => proxy.on_answers([Action::CutInside]),
            Self::AfterTheAnswer => proxy.on_answers([Action::PassAndClose]),
        }
    }

    /// Whether the server has carried out the request.
    fn is_applied(self) -> bool {
        matches!(self, Self::BeforeTheAnswer | Self::InsideTheAnswer | Self::AfterTheAnswer)
    }
}

#[test]
fn a_connection_that_breaks_under_a_request_costs_one_attempt() {
    let proxied = Proxied::connected(|config| config.max_attempts(3).core_connections_per_host(MANY));
    for cut in Cut::UNDER_A_REQUEST {
        for call in BOTH_CALLS {
            cut.prepare(&proxied.proxy);
            let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
            assert!(outcome.is_ok(), "{call:?} cut {cut:?}: {outcome:?}");
            assert_eq!(executes, 2, "{call:?} cut {cut:?}");
        }
    }
    proxied.assert_heals();
}

#[test]
fn a_break_during_the_only_attempt_leaves_the_outcome_unknown() {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    for cut in Cut::UNDER_A_REQUEST {
        let id = format!("account-{cut:?}");
        for call in BOTH_CALLS {
            cut.prepare(&proxied.proxy);
            let error = call.make(&proxied.store, &id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{cut:?}: {error}");
            assert_eq!(error.is_indeterminate(), call == StoreCall::Write, "{cut:?}: {error}");
            assert!(error.is_retryable(), "{cut:?}: {error}");
            assert_eq!((error.operation(), error.persistence_id()), (Some(call.operation()), Some(id.as_str())));
            proxied.assert_heals();
        }
        let stored = proxied.store.get_latest_state(&id).unwrap();
        assert_eq!(stored.is_some(), cut.is_applied(), "{cut:?}");
    }
}

#[test]
fn a_connection_that_breaks_after_the_answer_costs_nothing() {
    let proxied = Proxied::connected(|config| config.max_attempts(1).core_connections_per_host(MANY));
    for call in BOTH_CALLS {
        Cut::AfterTheAnswer.prepare(&proxied.proxy);
        let (outcome, executes) = proxied.count_executes(|| call.make(&proxied.store, "account-42"));
        assert!(outcome.is_ok(), "{call:?}: {outcome:?}");
        assert_eq!(executes, 1);
        proxied.assert_heals();
    }
    assert!(proxied.store.get_latest_state("account-42").unwrap().is_some());
}

#[test]
fn losing_the_control_connection_disturbs_no_call() {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    let accepted = proxied.proxy.accepted();
    // Its next heartbeat is its end.
    let mut cut = false;
    proxied.proxy.hook(move |passing| {
        let close = passing.control && !cut;
        cut |= close;
        if close { Action::Close } else { Action::Pass }
    });
    let mut version = 0;
    while proxied.proxy.accepted() == accepted {
        version += 1;
        proxied.store.write_state(&account("account-42", version, 1)).unwrap();
        assert_eq!(proxied.store.get_latest_state("account-42").unwrap().unwrap().version_number, version);
    }
}

#[test]
fn a_mute_connection_is_given_up_and_the_request_repeated() {
    let proxied = Proxied::connected(|config| config.max_attempts(3));
    // The one that the next EXECUTE comes on: it stays open, but nothing passes any more, no heartbeat either.
    let mut mute = None;
    proxied.proxy.hook(move |passing| {
        if passing.is_request(opcode::EXECUTE) {
            mute.get_or_insert(passing.connection);
        }
        if mute == Some(passing.connection) { Action::Swallow } else { Action::Pass }
    });
    let (outcome, executes) = proxied.count_executes(|| StoreCall::Write.make(&proxied.store, "account-42"));
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(executes > 1, "{executes}");
    assert!(proxied.store.get_latest_state("account-42").unwrap().is_some());
}
