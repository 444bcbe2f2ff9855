//! How a store failed a case, and what the cases share: ids of their own, and checks of what they saw.

use std::{
    any::Any as Panic,
    fmt, process,
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use prost_types::Any;

use crate::{DurableState, Error, ErrorKind, Result, StateStore, error::shortened, state::type_url};

/// How a store failed a case: what was expected, and what was seen.
///
/// ```
/// use durable_store::{conformance, MemoryStore};
///
/// for case in conformance::state_store() {
///     let outcome: Result<(), conformance::Breach> = case.run(&MemoryStore::new());
///     assert!(outcome.is_ok());
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, saw {seen}")]
pub struct Breach {
    expected: String,
    seen: String,
}

pub(super) type Outcome<T = ()> = std::result::Result<T, Breach>;

/// Threads that write at once: enough to collide, few enough for lightweight transactions on one row to be decided well
/// within the default deadline.
const WRITERS: u64 = 8;

impl Breach {
    pub(super) fn new(expected: impl fmt::Display, seen: impl fmt::Display) -> Self {
        Self { expected: expected.to_string(), seen: seen.to_string() }
    }

    /// What the case expected.
    ///
    /// ```
    /// # use durable_store::conformance::Breach;
    /// fn print(breach: &Breach) {
    ///     println!("expected: {}\nseen: {}", breach.expected(), breach.seen());
    /// }
    /// ```
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What the case saw instead. See [`expected`](Breach::expected) for an example.
    pub fn seen(&self) -> &str {
        &self.seen
    }

    pub(super) fn of_panic(panic: &(dyn Panic + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        Self::new("no panic", format!("one: {}", text.unwrap_or("no text")))
    }
}

/// A call that had to succeed did not.
impl From<Error> for Breach {
    fn from(error: Error) -> Self {
        Self::new("success", format!("{:?}: {error}", error.kind()))
    }
}

/// A persistence id that no other run of any case uses, in this process or another.
pub(super) fn new_id(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("conformance/{:x}-{since_1970:x}-{count:x}/{name}", process::id())
}

/// A state in shard 0 whose payload and timestamp say which writer it is from.
pub(super) fn state_by(writer: u64, persistence_id: &str, version_number: u64) -> DurableState {
    DurableState {
        persistence_id: persistence_id.to_owned(),
        version_number,
        resulting_state: Some(message(&writer.to_be_bytes())),
        timestamp: 1_700_000_000_000 + writer.cast_signed(),
        shard: 0,
    }
}

/// A state in shard 0 for a case to which its contents do not matter.
pub(super) fn state(persistence_id: &str, version_number: u64) -> DurableState {
    state_by(1, persistence_id, version_number)
}

/// The state of a message with these bytes. The store never decodes them.
pub(super) fn message(bytes: &[u8]) -> Any {
    Any { type_url: type_url::type_url("conformance.State"), value: bytes.to_vec() }
}

/// Connects the store, by a ping if need be: that each of the two works has cases of its own.
pub(super) fn ready<S: StateStore + ?Sized>(store: &S) -> Outcome {
    Ok(store.connect().or_else(|_| store.ping())?)
}

/// The state of an entity that has one.
pub(super) fn stored<S: StateStore + ?Sized>(store: &S, persistence_id: &str) -> Outcome<DurableState> {
    let state = store.get_latest_state(persistence_id)?;
    state.ok_or_else(|| Breach::new(format_args!("a state of {:?}", shortened(persistence_id)), "none"))
}

/// Which version is stored, or none.
pub(super) fn expect_version<S: StateStore + ?Sized>(
    store: &S,
    persistence_id: &str,
    expected: Option<u64>,
) -> Outcome {
    let seen = store.get_latest_state(persistence_id)?.map(|state| state.version_number);
    expect("the stored version number", &expected, &seen)
}

pub(super) fn expect<T: PartialEq + fmt::Debug>(what: impl fmt::Display, expected: &T, seen: &T) -> Outcome {
    if expected == seen {
        return Ok(());
    }
    Err(Breach::new(format_args!("{what} to be {expected:?}"), format_args!("{seen:?}")))
}

/// Like [`expect`], for a value that is too large or too secret to print.
pub(super) fn expect_state(what: impl fmt::Display, expected: &Any, seen: &DurableState) -> Outcome {
    if seen.resulting_state.as_ref() == Some(expected) {
        return Ok(());
    }
    let shown = |any: &Any| format!("{:?} with {} bytes", any.type_url, any.value.len());
    let seen = seen.resulting_state.as_ref().map_or("none at all".to_owned(), |seen| match shown(seen) {
        same if same == shown(expected) => format!("{same}, but other ones"),
        other => other,
    });
    Err(Breach::new(format_args!("{what} to be {}", shown(expected)), seen))
}

/// A call that had to be refused, with an error of this kind.
pub(super) fn expect_refused<T>(what: impl fmt::Display, kind: ErrorKind, seen: Result<T>) -> Outcome {
    let expected = format!("{what} to be refused with {kind:?}");
    match seen {
        Ok(_) => Err(Breach::new(expected, "success")),
        Err(error) if error.kind() != kind => Err(Breach::new(expected, format!("{:?}: {error}", error.kind()))),
        Err(_) => Ok(()),
    }
}

/// If a call was refused, the error has to say which call and which entity. That it has to be refused is another case.
pub(super) fn expect_named<T>(operation: &str, persistence_id: &str, seen: Result<T>) -> Outcome {
    let Err(error) = seen else { return Ok(()) };
    expect(format_args!("the operation of {error}"), &Some(operation), &error.operation())?;
    if error.persistence_id() == Some(persistence_id) {
        return Ok(());
    }
    let seen = error.persistence_id().map(shortened);
    Err(Breach::new(
        format_args!("the entity of {error} to be {:?}", shortened(persistence_id)),
        format_args!("{seen:?}"),
    ))
}

/// If a call was refused, nothing may have been written.
pub(super) fn expect_certain<T>(seen: Result<T>) -> Outcome {
    seen.err()
        .map_or(Ok(()), |error| expect(format_args!("is_indeterminate of {error}"), &false, &error.is_indeterminate()))
}

/// If a call was refused for bad input, the error has to say which field is bad.
pub(super) fn expect_field<T>(field: &str, seen: Result<T>) -> Outcome {
    match seen {
        Err(error) if error.kind() == ErrorKind::InvalidState && !error.to_string().contains(field) => {
            Err(Breach::new(format_args!("an error that names {field}"), error))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The outcomes of several writers, numbered from 1, that begin at once.
pub(super) fn at_once<T: Send>(call: impl Fn(u64) -> T + Sync) -> Outcome<Vec<(u64, T)>> {
    let begin = Barrier::new(usize::try_from(WRITERS).unwrap_or_default());
    thread::scope(|scope| {
        let writers = (1..=WRITERS).map(|writer| {
            let (begin, call) = (&begin, &call);
            let thread = scope.spawn(move || {
                begin.wait();
                call(writer)
            });
            (writer, thread)
        });
        // All are spawned before one is waited for.
        let writers: Vec<_> = writers.collect();
        let ended = writers.into_iter().map(|(writer, thread)| (writer, thread.join()));
        let ended: Vec<_> = ended.collect();
        ended
            .into_iter()
            .map(|(writer, ended)| ended.map(|seen| (writer, seen)).map_err(|panic| Breach::of_panic(&*panic)))
            .collect()
    })
}
