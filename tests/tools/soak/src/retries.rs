//! Which calls made more than one attempt: the store tells it by an event, on the thread that calls.

use std::cell::Cell;

use anyhow::{Context, Result};
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

thread_local! {
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// From now on they are counted.
///
/// # Errors
/// When something else takes the events of this process.
pub(crate) fn watch() -> Result<()> {
    tracing::subscriber::set_global_default(Watch).context("watching for retries")
}

/// How many attempts failed and were made again in the calls of this thread.
pub(crate) fn made() -> u64 {
    MADE.get()
}

struct Watch;

impl Subscriber for Watch {
    /// Only the event that a failed attempt is made again has this field.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "durable_store" && metadata.fields().field("attempt").is_some()
    }

    fn event(&self, _: &Event<'_>) {
        MADE.set(MADE.get() + 1);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_event_of_a_retry_counts_and_only_on_its_thread() {
        tracing::subscriber::with_default(Watch, || {
            tracing::debug!(target: "durable_store", operation = "write_state", "a call is slow");
            tracing::debug!(target: "elsewhere", attempt = 1, "an attempt failed and is made again");
            assert_eq!(made(), 0);
            tracing::debug!(target: "durable_store", attempt = 1, "an attempt failed and is made again");
            assert_eq!(made(), 1);
        });
        assert_eq!(std::thread::spawn(made).join().unwrap(), 0);
    }
}
