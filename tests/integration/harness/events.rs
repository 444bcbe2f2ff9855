//! The events of the whole test binary, for tests that look for their own among them.

use std::{fmt, sync::OnceLock};

use parking_lot::Mutex;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

static SEEN: Mutex<Vec<Seen>> = Mutex::new(Vec::new());

/// Decides at which events the subscriber panics.
static BOMB: Mutex<fn(&Seen) -> bool> = Mutex::new(|_| false);

/// An event as a subscriber gets it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) level: Level,
    pub(crate) target: &'static str,
    /// With the message, as the field `message`.
    fields: Vec<(&'static str, String)>,
}

impl Seen {
    /// The value of a field; texts as they are.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn message(&self) -> &str {
        self.field("message").unwrap_or_default()
    }

    /// The fields beside the message, in order.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(name, _)| *name).filter(|name| *name != "message").collect()
    }
}

impl Visit for Seen {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }
}

/// Keeps what the store and its driver tell.
struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("durable_store")
    }

    fn event(&self, event: &Event<'_>) {
        let mut seen = Seen { level: *event.metadata().level(), target: event.metadata().target(), fields: Vec::new() };
        event.record(&mut seen);
        let explodes = (*BOMB.lock())(&seen);
        SEEN.lock().push(seen);
        assert!(!explodes, "this subscriber panics, as its test wants it to");
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Begins to collect events, of all tests, if that has not begun.
pub(crate) fn collect() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| tracing::subscriber::set_global_default(Collector).expect("no other subscriber"));
}

/// The events so far for which this holds.
pub(crate) fn seen(matches: impl Fn(&Seen) -> bool) -> Vec<Seen> {
    SEEN.lock().iter().filter(|seen| matches(seen)).cloned().collect()
}

/// From now on the subscriber panics at events for which this holds, having kept them.
pub(crate) fn panic_at(explodes: fn(&Seen) -> bool) {
    *BOMB.lock() = explodes;
}
