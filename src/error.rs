//! The error of every method that can fail: an opaque [`Error`] with its [`ErrorKind`] (`kind`). The errors that this
//! crate makes have named constructors (`named`).

mod kind;
mod named;

use std::{borrow::Cow, error, fmt, ops::Deref, sync::Arc};

pub use kind::ErrorKind;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many replicas had to answer, and how many did, as the server counted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replicas {
    Alive { required: u32, alive: u32 },
    Received { required: u32, received: u32 },
}

/// Why an error happened, beyond its kind, to decide whether to try again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RetryHint {
    #[default]
    None,
    /// The table may exist: the node may not have learned of a new table yet.
    MissingTable,
    /// The driver has no connection to any node: nothing was sent.
    NoLiveConnection,
    /// The node is shutting down, and refuses requests until its connections are closed.
    NodeShuttingDown,
    /// The prepared statement no longer fits the table.
    StaleStatement,
    /// The statement would need an index that is not there.
    NoIndex,
    /// The same request fails until something is changed.
    Lasting,
}

/// An error of the store: what happened, in which operation, to which entity, and what that means for the caller.
///
/// [`kind`](Error::kind) tells what to do next, [`is_retryable`](Error::is_retryable) whether calling again can help, and
/// [`is_indeterminate`](Error::is_indeterminate) whether a write may have been applied despite the error.
///
/// Passwords and payloads never appear in it.
///
/// ```
/// use durable_store::{Config, ErrorKind};
///
/// let error = Config::builder().build().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert!(!error.is_retryable() && !error.is_indeterminate());
/// ```
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{message}{}{}", self.call(), self.counts(), self.doubt())]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    persistence_id: Option<String>,
    stored_version: Option<u64>,
    replicas: Option<Replicas>,
    indeterminate: bool,
    retry_hint: RetryHint,
    source: Option<Source>,
}

/// A shared source. `Arc<dyn Error>` is an error itself: `source()` would return the `Arc`, and a downcast to the type of
/// the source would fail.
#[derive(Clone)]
struct Source(Arc<dyn error::Error + Send + Sync>);

impl Deref for Source {
    type Target = dyn error::Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The parts of the text around the message.
impl Inner {
    /// The operation that failed, and the entity it was about.
    fn call(&self) -> String {
        match (self.operation, &self.persistence_id) {
            (None, _) => String::new(),
            (Some(operation), None) => format!("{operation}: "),
            (Some(operation), Some(id)) => format!("{operation} {:?}: ", shortened(id)),
        }
    }

    fn counts(&self) -> String {
        match self.replicas {
            Some(Replicas::Alive { required, alive }) => format!(" ({required} replicas required, {alive} alive)"),
            Some(Replicas::Received { required, received }) => {
                format!(" ({required} answers required, {received} received)")
            }
            None => String::new(),
        }
    }

    fn doubt(&self) -> &'static str {
        if self.indeterminate { "; the write may have been applied" } else { "" }
    }
}

impl Error {
    /// An error of a store of your own: what went wrong, and what that means for the caller. It names no operation, no
    /// entity and no stored version, and is not indeterminate; the `with_…` methods change that.
    ///
    /// ```
    /// use durable_store::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Conflict, "refused: version 7 is stored")
    ///     .with_stored_version(Some(7))
    ///     .with_operation("write_state_if", Some("account-42"));
    /// assert_eq!(error.to_string(), "write_state_if \"account-42\": refused: version 7 is stored");
    /// assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(7)));
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            persistence_id: None,
            stored_version: None,
            replicas: None,
            indeterminate: false,
            retry_hint: RetryHint::None,
            source: None,
        }))
    }

    /// Returns what went wrong, in terms of what to do next. See [`Error::new`] for an example.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the method that failed, such as `"write_state"`. `None` if no call was under way, as when a
    /// [`Config`](crate::Config) is built. See [`with_operation`](Error::with_operation) for an example.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the persistence id of the failed call. See [`with_operation`](Error::with_operation) for an example.
    pub fn persistence_id(&self) -> Option<&str> {
        self.0.persistence_id.as_deref()
    }

    /// Returns the version number that a write or delete found when it was refused ([`ErrorKind::Conflict`]): that of the
    /// stored state or, if the entity was deleted, the one at which it was deleted. `None` if neither was found, and for
    /// every other kind. See [`Error::new`] for an example.
    pub fn stored_version(&self) -> Option<u64> {
        self.0.stored_version
    }

    /// Returns how many replicas had to be alive or to answer, if the server reported it.
    ///
    /// ```
    /// # use durable_store::Error;
    /// fn print(error: &Error) {
    ///     if let (Some(required), Some(alive)) = (error.required(), error.alive()) {
    ///         eprintln!("{alive} of {required} replicas are alive");
    ///     }
    /// }
    /// ```
    pub fn required(&self) -> Option<u32> {
        self.0.replicas.map(|replicas| match replicas {
            Replicas::Alive { required, .. } | Replicas::Received { required, .. } => required,
        })
    }

    /// Returns how many replicas were known to be alive, if the server refused the request because they were too few. See
    /// [`required`](Error::required) for an example.
    pub fn alive(&self) -> Option<u32> {
        match self.0.replicas {
            Some(Replicas::Alive { alive, .. }) => Some(alive),
            _ => None,
        }
    }

    /// Returns how many replicas answered before the server gave up waiting or failed. See [`required`](Error::required) for an
    /// example of such numbers.
    pub fn received(&self) -> Option<u32> {
        match self.0.replicas {
            Some(Replicas::Received { received, .. }) => Some(received),
            _ => None,
        }
    }

    /// Returns whether the same call may succeed later. A new plain write has a new timestamp.
    ///
    /// ```
    /// use durable_store::{Error, ErrorKind};
    ///
    /// assert!(Error::new(ErrorKind::Timeout, "no answer in time").is_retryable());
    /// assert!(!Error::new(ErrorKind::Conflict, "refused").is_retryable());
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }

    /// Returns whether the write or delete may have been applied, or may be applied later, although the call failed.
    ///
    /// ```
    /// use durable_store::{Error, ErrorKind};
    ///
    /// let lost = Error::new(ErrorKind::Timeout, "no answer in time").with_indeterminate(true);
    /// assert!(lost.is_indeterminate());
    /// ```
    ///
    /// If the outcome of any attempt of the call is unknown, this is `true`, independent of the last attempt. `false` means that
    /// nothing was written. Always `false` for reads.
    pub fn is_indeterminate(&self) -> bool {
        self.0.indeterminate
    }

    /// Returns the same error with the call that failed. Keeps values that are already set: the innermost call wins.
    ///
    /// ```
    /// use durable_store::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Timeout, "no answer in time").with_operation("write_state", Some("door-7"));
    /// assert_eq!((error.operation(), error.persistence_id()), (Some("write_state"), Some("door-7")));
    /// ```
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str, persistence_id: Option<&str>) -> Self {
        self.0.operation.get_or_insert(operation);
        if self.0.persistence_id.is_none() {
            self.0.persistence_id = persistence_id.map(str::to_owned);
        }
        self
    }

    pub(crate) fn with_replicas(mut self, replicas: Replicas) -> Self {
        self.0.replicas = Some(replicas);
        self
    }

    /// Returns the same error, marked as indeterminate or not: whether the write or delete may have been applied. Defaults to
    /// `false`. See [`is_indeterminate`](Error::is_indeterminate) for an example.
    #[must_use]
    pub fn with_indeterminate(mut self, indeterminate: bool) -> Self {
        self.0.indeterminate = indeterminate;
        self
    }

    /// Returns the same error, marked as indeterminate if an earlier attempt was.
    pub(crate) fn or_indeterminate(self, earlier: bool) -> Self {
        let indeterminate = earlier || self.is_indeterminate();
        self.with_indeterminate(indeterminate)
    }

    /// Returns the same error with the stored version number that was found. Defaults to `None`, which means that there is
    /// no state. See [`Error::new`] for an example.
    #[must_use]
    pub fn with_stored_version(mut self, version: Option<u64>) -> Self {
        self.0.stored_version = version;
        self
    }

    pub(crate) fn retry_hint(&self) -> RetryHint {
        self.0.retry_hint
    }

    pub(crate) fn with_retry_hint(mut self, hint: RetryHint) -> Self {
        self.0.retry_hint = hint;
        self
    }

    /// Returns the same error with its cause, whose text the message must not repeat. Defaults to none.
    ///
    /// ```
    /// use durable_store::{Error, ErrorKind};
    ///
    /// let cause = std::io::Error::other("disk full");
    /// let error = Error::new(ErrorKind::Server, "the write failed").with_source(cause);
    /// assert_eq!(std::error::Error::source(&error).map(ToString::to_string), Some("disk full".into()));
    /// ```
    #[must_use]
    pub fn with_source(mut self, source: impl error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Source(Arc::new(source)));
        self
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("operation", &inner.operation)
            .field("persistence_id", &inner.persistence_id)
            .field("stored_version", &inner.stored_version)
            .field("replicas", &inner.replicas)
            .field("indeterminate", &inner.indeterminate)
            .field("source", &inner.source)
            .finish()
    }
}

/// Ids can be tens of thousands of bytes long; errors and events show this many characters of one.
const SHOWN_CHARACTERS: usize = 64;

/// A persistence id as errors and events show it.
pub(crate) fn shortened(persistence_id: &str) -> Cow<'_, str> {
    match persistence_id.char_indices().nth(SHOWN_CHARACTERS) {
        Some(_) => Cow::Owned(persistence_id.chars().take(SHOWN_CHARACTERS).chain(['…']).collect()),
        None => Cow::Borrowed(persistence_id),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_is_one_pointer_wide_and_crosses_threads() {
        fn crosses_threads<T: Send + Sync + 'static>() {}
        crosses_threads::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
    }

    #[test]
    fn the_text_has_operation_id_numbers_and_doubt_but_no_source() {
        let error = Error::new(ErrorKind::Unavailable, "too few replicas are alive")
            .with_replicas(Replicas::Alive { required: 2, alive: 1 })
            .with_indeterminate(true)
            .with_source(Error::new(ErrorKind::Timeout, "the cause"))
            .with_operation("write_state", Some("account-42"));
        assert_eq!(
            error.to_string(),
            "write_state \"account-42\": too few replicas are alive (2 replicas required, 1 alive); \
             the write may have been applied"
        );
        assert_eq!(error.source().unwrap().to_string(), "the cause");
        let source: &Error = error.source().and_then(|source| source.downcast_ref()).unwrap();
        assert_eq!(source.kind(), ErrorKind::Timeout);
        assert_eq!((error.required(), error.alive(), error.received()), (Some(2), Some(1), None));
        assert!(error.is_retryable() && error.is_indeterminate());
    }

    #[test]
    fn a_long_id_is_shortened_in_the_text_and_whole_in_the_accessor() {
        let id = "ы".repeat(1_000);
        let error = Error::new(ErrorKind::Timeout, "late").with_operation("ping", Some(&id));
        assert!(error.to_string().chars().count() < 100);
        assert_eq!(error.persistence_id(), Some(id.as_str()));
    }

    #[test]
    fn the_innermost_operation_stays() {
        let error = Error::new(ErrorKind::Timeout, "late")
            .with_operation("connect", None)
            .with_operation("write_state", Some("a"));
        assert_eq!((error.operation(), error.persistence_id()), (Some("connect"), Some("a")));
    }
}
