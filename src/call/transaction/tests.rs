use std::{borrow::Cow, cell::RefCell, collections::VecDeque, time::Duration};

use super::*;
use crate::{error::Replicas, table::row::Payload, telemetry};

fn cells(version_number: i64) -> Cells<'static> {
    Cells {
        version_number,
        persistence_id: "a",
        state_payload: Payload::Bytes(b"ours"),
        state_manifest: Cow::Borrowed("bank.AccountState"),
        timestamp: 7,
        shard_number: 3,
    }
}

fn row(version_number: i64) -> StoredRow<'static> {
    StoredRow {
        version_number: Some(version_number),
        state_payload: Some(b"ours".into()),
        state_manifest: Some("bank.AccountState".into()),
        timestamp: Some(7),
        shard_number: Some(3),
        written_at: None,
        owner_epoch: None,
    }
}

/// The entity was deleted at this version.
fn deleted(version: i64) -> StoredRow<'static> {
    StoredRow { version_number: Some(version), state_manifest: Some("".into()), ..StoredRow::default() }
}

fn overtaken(version: Option<u64>) -> Verdict {
    Verdict::Overtaken(Found { version, ..Found::default() })
}

fn overtaken_by_delete(version: u64) -> Verdict {
    Verdict::Overtaken(Found { version: Some(version), is_deleted: true, owner_epoch: None })
}

fn forgotten(row: &StoredRow<'_>) -> Goal<'static> {
    Goal::Forgotten(Found::from(row))
}

/// The table of the page `design`.
#[test]
fn the_stored_row_decides() {
    use Verdict::{Done, Possible};
    let ours = cells(5);
    let another = |version| StoredRow { state_payload: Some(b"theirs".into()), ..row(version) };
    let unreadable = || StoredRow { version_number: None, ..row(5) };
    let (absent, exactly) = (WriteCondition::IfAbsent, WriteCondition::IfVersion(4));
    for (goal, row, verdict) in [
        (Goal::Newest(&ours), Some(row(5)), Done),
        (Goal::Newest(&ours), None, Possible),
        (Goal::Newest(&ours), Some(another(4)), Possible),
        (Goal::Newest(&ours), Some(another(5)), overtaken(Some(5))),
        (Goal::Newest(&ours), Some(another(6)), overtaken(Some(6))),
        (Goal::Newest(&ours), Some(deleted(4)), Possible),
        (Goal::Newest(&ours), Some(deleted(5)), overtaken_by_delete(5)),
        (Goal::Newest(&ours), Some(deleted(6)), overtaken_by_delete(6)),
        (Goal::Newest(&ours), Some(unreadable()), overtaken(None)),
        (Goal::Conditional(&ours, absent), Some(row(5)), Done),
        (Goal::Conditional(&ours, absent), None, Possible),
        (Goal::Conditional(&ours, absent), Some(another(4)), overtaken(Some(4))),
        (Goal::Conditional(&ours, absent), Some(deleted(4)), Possible),
        (Goal::Conditional(&ours, absent), Some(deleted(5)), overtaken_by_delete(5)),
        (Goal::Conditional(&ours, absent), Some(unreadable()), overtaken(None)),
        (Goal::Conditional(&ours, exactly), Some(row(5)), Done),
        (Goal::Conditional(&ours, exactly), Some(another(4)), Possible),
        (Goal::Conditional(&ours, exactly), Some(another(5)), overtaken(Some(5))),
        (Goal::Conditional(&ours, exactly), Some(deleted(4)), overtaken_by_delete(4)),
        (Goal::Conditional(&ours, exactly), None, overtaken(None)),
        (Goal::Deleted(4), None, Done),
        (Goal::Deleted(4), Some(deleted(4)), Done),
        (Goal::Deleted(4), Some(deleted(5)), overtaken_by_delete(5)),
        (Goal::Deleted(4), Some(row(4)), Possible),
        (Goal::Deleted(4), Some(row(5)), overtaken(Some(5))),
        (forgotten(&row(5)), None, Done),
        (forgotten(&row(5)), Some(row(5)), Possible),
        (forgotten(&row(5)), Some(row(6)), overtaken(Some(6))),
        (forgotten(&row(5)), Some(deleted(5)), overtaken_by_delete(5)),
        (forgotten(&deleted(5)), Some(deleted(5)), Possible),
        (forgotten(&unreadable()), Some(unreadable()), Possible),
    ] {
        assert_eq!(goal.verdict(&row.clone().unwrap_or_default(), |_| true), verdict, "{goal:?} {row:?}");
    }
}

/// In mode owned: what is stored may be done, but only an owner may repeat it.
#[test]
fn a_store_that_may_not_own_the_entity_repeats_nothing() {
    let ours = cells(5);
    let owned = |row: StoredRow<'static>| StoredRow { owner_epoch: Some(9), ..row };
    let overtaken = |version, is_deleted| Verdict::Overtaken(Found { version, is_deleted, owner_epoch: Some(9) });
    let only_owned = || owned(StoredRow::default());
    for (goal, row, verdict) in [
        (Goal::Newest(&ours), owned(row(5)), Verdict::Done),
        (Goal::Newest(&ours), owned(row(4)), overtaken(Some(4), false)),
        (Goal::Newest(&ours), only_owned(), overtaken(None, false)),
        (Goal::Newest(&ours), owned(deleted(4)), overtaken(Some(4), true)),
        (Goal::Deleted(4), owned(deleted(4)), Verdict::Done),
        (Goal::Deleted(4), owned(row(4)), overtaken(Some(4), false)),
        (forgotten(&only_owned()), only_owned(), overtaken(None, false)),
        (forgotten(&only_owned()), StoredRow::default(), Verdict::Done),
    ] {
        assert_eq!(goal.verdict(&row, |_| false), verdict, "{goal:?} {row:?}");
    }
    assert_eq!(forgotten(&only_owned()).verdict(&only_owned(), |_| true), Verdict::Possible);
}

#[test]
fn a_row_is_ours_only_if_every_cell_is() {
    let ours = cells(5);
    for changed in [
        StoredRow { version_number: Some(6), ..row(5) },
        StoredRow { state_payload: None, ..row(5) },
        StoredRow { state_manifest: Some("other".into()), ..row(5) },
        StoredRow { timestamp: Some(8), ..row(5) },
        StoredRow { shard_number: Some(4), ..row(5) },
    ] {
        assert_ne!(Goal::Newest(&ours).verdict(&changed, |_| true), Verdict::Done, "{changed:?}");
    }
}

fn refused(version: u64) -> Answer {
    Answer::Refused(Found { version: Some(version), ..Found::default() })
}

fn failed(kind: ErrorKind, unknown: bool) -> Result<Answer> {
    Err(Error::new(kind, "failed").with_indeterminate(unknown))
}

/// Runs a transaction with three attempts whose attempts and judgements come out like this; gives the outcome and how
/// many of each were asked for.
fn run_with(answers: Vec<Result<Answer>>, verdicts: Vec<Result<Verdict>>) -> (Result<()>, usize, usize) {
    let limits = Limits {
        deadline: Instant::now() + Duration::from_secs(60),
        request_timeout: Duration::from_secs(60),
        max_attempts: 3,
    };
    let (given, judged) = (answers.len(), verdicts.len());
    let (answers, verdicts) = (RefCell::new(VecDeque::from(answers)), RefCell::new(VecDeque::from(verdicts)));
    let table = telemetry::TableMetrics::new("states_store");
    let call = Call::begin(&table, &telemetry::WRITE_STATE, Some("a"));
    let outcome = crate::block_on::block_on(run(
        &call,
        &limits,
        async |_| answers.borrow_mut().pop_front().expect("no further attempt"),
        async || verdicts.borrow_mut().pop_front().expect("no further read"),
        Found::conflict,
    ));
    (outcome, given - answers.into_inner().len(), judged - verdicts.into_inner().len())
}

#[test]
fn an_answer_without_doubt_is_taken_at_its_word() {
    let (outcome, ..) = run_with(vec![Ok(Answer::Applied)], vec![]);
    assert!(outcome.is_ok());
    let error = run_with(vec![Ok(refused(7))], vec![]).0.unwrap_err();
    assert_eq!((error.kind(), error.stored_version(), error.is_indeterminate()), (ErrorKind::Conflict, Some(7), false));
}

#[test]
fn what_was_surely_not_applied_is_tried_again_without_a_read() {
    let overloaded = || failed(ErrorKind::Overloaded, false);
    let (outcome, attempts, _) = run_with(vec![overloaded(), overloaded(), Ok(Answer::Applied)], vec![]);
    assert!(outcome.is_ok());
    assert_eq!(attempts, 3);
    let (outcome, attempts, _) = run_with(vec![failed(ErrorKind::Authentication, false)], vec![]);
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate(), attempts), (ErrorKind::Authentication, false, 1));
}

#[test]
fn after_a_lost_answer_the_read_decides() {
    let lost = || failed(ErrorKind::Timeout, true);
    assert!(run_with(vec![lost()], vec![Ok(Verdict::Done)]).0.is_ok());
    assert!(run_with(vec![lost(), Ok(Answer::Applied)], vec![Ok(Verdict::Possible)]).0.is_ok());
    // Too few live replicas is no proof that it was not applied.
    let unavailable =
        Error::new(ErrorKind::Unavailable, "few").with_replicas(Replicas::Alive { required: 2, alive: 1 });
    assert!(run_with(vec![Err(unavailable)], vec![Ok(Verdict::Done)]).0.is_ok());

    let error = run_with(vec![lost()], vec![Ok(overtaken(Some(9)))]).0.unwrap_err();
    assert_eq!((error.kind(), error.stored_version(), error.is_indeterminate()), (ErrorKind::Conflict, Some(9), true));
    let unread = || Err(Error::new(ErrorKind::Unavailable, "no read"));
    let error = run_with(vec![lost()], vec![unread()]).0.unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true));
}

#[test]
fn doubt_stays_whatever_comes_after() {
    let lost = || failed(ErrorKind::Timeout, true);
    let possible = || Ok(Verdict::Possible);
    // A refusal goes through the read too: it may be our own write that refuses us.
    assert!(run_with(vec![lost(), Ok(refused(5))], vec![possible(), Ok(Verdict::Done)]).0.is_ok());
    for (answers, verdicts, kind) in [
        (vec![lost(), lost(), lost()], vec![possible(), possible(), possible()], ErrorKind::Timeout),
        (vec![lost(), Ok(refused(6))], vec![possible(), Ok(overtaken(Some(6)))], ErrorKind::Conflict),
        (
            vec![lost(), failed(ErrorKind::Authentication, false)],
            vec![possible(), possible()],
            ErrorKind::Authentication,
        ),
        (
            vec![lost(), failed(ErrorKind::Overloaded, false), failed(ErrorKind::Overloaded, false)],
            vec![possible(), possible(), possible()],
            ErrorKind::Overloaded,
        ),
    ] {
        let error = run_with(answers, verdicts).0.unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (kind, true), "{error}");
    }
}
