//! A call of a public method, from its start to its outcome.

use std::time::{Duration, Instant};

use crate::{
    Error, Result,
    telemetry::{self, Operation, TableMetrics},
};

/// A call of a public method that is under way.
pub(crate) struct Call<'c> {
    table: &'c TableMetrics,
    operation: &'static Operation,
    persistence_id: Option<&'c str>,
    started: Instant,
}

impl<'c> Call<'c> {
    /// Starts a call now.
    pub(crate) fn begin(
        table: &'c TableMetrics,
        operation: &'static Operation,
        persistence_id: Option<&'c str>,
    ) -> Self {
        Self { table, operation, persistence_id, started: Instant::now() }
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Records that an attempt, counted from 1, failed and that another follows after `pause`.
    pub(crate) fn retries(&self, attempt: u32, error: &Error, pause: Duration) {
        telemetry::attempt_failed(self.table, self.operation, self.persistence_id, attempt, error, pause);
    }

    /// Records the outcome of the call, and adds to an error which call failed.
    pub(crate) fn end<T>(self, outcome: Result<T>, slow_call: Duration) -> Result<T> {
        let failure = outcome.as_ref().err().map(Error::kind);
        telemetry::call_ended(
            self.table,
            self.operation,
            self.persistence_id,
            failure,
            self.started.elapsed(),
            slow_call,
        );
        outcome.map_err(|error| error.with_operation(self.operation.name, self.persistence_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, telemetry::WRITE_STATE};

    #[test]
    fn a_call_that_failed_says_which_it_was() {
        let refused = Err::<(), _>(Error::new(ErrorKind::InvalidState, "no"));
        let table = TableMetrics::new("states_store");
        let error =
            Call::begin(&table, &WRITE_STATE, Some("account-42")).end(refused, Duration::from_secs(1)).unwrap_err();
        assert_eq!((error.operation(), error.persistence_id()), (Some("write_state"), Some("account-42")));
    }
}
