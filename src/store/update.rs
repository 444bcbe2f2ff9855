//! Reads a state, has the caller change it, and writes it if it is still the same.

use std::{cell::RefCell, thread, time::Duration};

use super::{
    DurableStore,
    write::{Write, check_consistency},
};
use crate::{
    DurableState, Error, ErrorKind, Layout, Result, StateKey, WriteCondition,
    call::{Call, retry, write_condition},
    state::limits,
    table::row::StoredRow,
    telemetry,
};

/// The longest pause after the first conflict. It doubles with each one, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// After how many conflicts a store without a deadline gives an update up.
pub(super) const MOST_CONFLICTS: u32 = 100;

pub(super) const KEPT_CHANGING: &str = "other writers kept changing the entity";

impl DurableStore {
    /// Reads the state of an entity, has `change` make the next one of it, and writes that if what is stored is still what
    /// was read, in every column; otherwise begins again. Returns what is stored in the end. Not in [`WriteMode::LastWriteWins`](crate::WriteMode::LastWriteWins).
    ///
    /// `change` gets `None` if there is no state. It returns the next state, with a higher version number, or `None` to
    /// leave everything as it is. It may be called several times, and without a lease: it may call the store.
    ///
    /// All of it takes at most [`call_timeout`](crate::ConfigBuilder::call_timeout), except for the time that `change` itself
    /// takes, which cannot be cut short: if no time is left when it returns, nothing is written. In mode owned the entity
    /// is claimed if this store has not claimed it.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableState, DurableStore, WriteMode, prost_types::Timestamp};
    /// # let config = Config::builder().contact_points(["127.0.0.1"]).write_mode(WriteMode::Versioned).build()?;
    /// # let store = config.connect()?;
    /// let updated = store.update("account-42", |state| {
    ///     let (version, mut time) = match &state {
    ///         Some(state) => (state.version_number, state.to_msg::<Timestamp>()?),
    ///         None => (0, Timestamp::default()),
    ///     };
    ///     time.seconds += 1;
    ///     Ok(Some(DurableState::new("account-42", version + 1, &time)))
    /// })?;
    /// println!("stored: version {:?}", updated.map(|state| state.version_number));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// - The error of `change`, as it is. Nothing was written; the call counts as `ok` in the metrics.
    /// - Any kind, if [`is_indeterminate`](Error::is_indeterminate): whether the state was written is unknown, and `change`
    ///   is not called again.
    /// - [`Timeout`](ErrorKind::Timeout): also if other writers kept changing the entity, or `change` took too long.
    /// - [`Conflict`](ErrorKind::Conflict): the entity was deleted at a version that is not below the new one.
    /// - [`InvalidState`](ErrorKind::InvalidState): see [`write_state_if`](DurableStore::write_state_if); also if the new
    ///   state is of another entity.
    /// - Everything else [`write_state_if`](DurableStore::write_state_if) returns.
    pub fn update<'k>(
        &self,
        key: impl Into<StateKey<'k>>,
        mut change: impl FnMut(Option<DurableState>) -> Result<Option<DurableState>>,
    ) -> Result<Option<DurableState>> {
        let key = key.into();
        let id = key.persistence_id();
        self.run_call(&telemetry::UPDATE, Some(id), |call| {
            limits::check_persistence_id(id)?;
            check_consistency(self)?;
            write_condition::check_mode(self.config().write_mode(), "update")?;
            // What was read, and the epoch that the store held then.
            let read = RefCell::new((StoredRow::default(), None));
            let mut conflicts = 0;
            let steps = Steps {
                read: || {
                    let row = self.with_lease(call, async |context| {
                        let (row, right) = context.row_to_change(id).await?;
                        Ok((row, right.map(|right| right.held())))
                    })?;
                    self.note_timestamp(&row.0, id);
                    let state = self.decode(row.0.borrowed(), id, Layout::ById);
                    read.replace(row);
                    state
                },
                write: |state: &DurableState, condition, _: Option<&DurableState>| {
                    if self.limits(call).left().is_zero() {
                        let message =
                            "nothing was written: the change of the caller took until the end of `call_timeout`";
                        return Err(Error::timeout(message));
                    }
                    let (row, held) = &*read.borrow();
                    let right = held.map(|held| self.table.claims.owner_since(id, held));
                    let write = Write::of_update(self, state, condition, row, right)?;
                    self.with_lease(call, async |context| context.write(&write).await)
                },
                pause: |conflict| self.pause_after(call, &mut conflicts, conflict),
            };
            steps.run(id, &mut change)
        })?
    }

    fn pause_after(&self, call: &Call<'_>, conflicts: &mut u32, conflict: Error) -> Result<()> {
        let pause = pause_after(*conflicts);
        *conflicts += 1;
        if pause >= self.limits(call).left() {
            return Err(Error::timeout(KEPT_CHANGING).with_source(conflict));
        }
        call.retries(*conflicts, &conflict, pause);
        thread::sleep(pause);
        Ok(())
    }
}

/// The pause after a conflict that came after this many others.
fn pause_after(conflicts: u32) -> Duration {
    retry::doubled(FIRST_PAUSE, LONGEST_PAUSE, conflicts).mul_f64(fastrand::f64())
}

/// How a store without a deadline pauses after a conflict, and gives up after this many of them.
pub(super) fn pause_at_most(most: u32) -> impl FnMut(Error) -> Result<()> {
    let mut conflicts = 0;
    move |conflict| {
        if conflicts == most {
            return Err(Error::timeout(KEPT_CHANGING).with_source(conflict));
        }
        thread::sleep(pause_after(conflicts));
        conflicts += 1;
        Ok(())
    }
}

/// What an update is made of: how a store reads, how it writes under a condition what replaces the state that was read, and
/// how it pauses after a conflict.
pub(super) struct Steps<R, W, P> {
    pub(super) read: R,
    pub(super) write: W,
    pub(super) pause: P,
}

impl<R, W, P> Steps<R, W, P>
where
    R: FnMut() -> Result<Option<DurableState>>,
    W: FnMut(&DurableState, WriteCondition, Option<&DurableState>) -> Result<()>,
    P: FnMut(Error) -> Result<()>,
{
    /// Runs them until the state is written, or left as it is. The inner result is that of `change`.
    pub(super) fn run(
        mut self,
        persistence_id: &str,
        change: &mut dyn FnMut(Option<DurableState>) -> Result<Option<DurableState>>,
    ) -> Result<Result<Option<DurableState>>> {
        let mut refused: Option<Error> = None;
        loop {
            let current = (self.read)()?;
            let new = match change(current.clone()) {
                Ok(Some(new)) => new,
                Ok(None) => return Ok(Ok(current)),
                Err(error) => return Ok(Err(error)),
            };
            if new.persistence_id != persistence_id {
                let reason = format!("the new state is of {:?}, another entity", new.persistence_id);
                return Err(Error::field("persistence_id", reason));
            }
            // Again no state, though the first one was refused: the entity was deleted at this version or a higher one.
            if let Some(error) = refused.take()
                && current.is_none()
                && error.stored_version() >= Some(new.version_number)
            {
                return Err(error);
            }
            let condition = match &current {
                Some(current) => WriteCondition::IfVersion(current.version_number),
                None => WriteCondition::IfAbsent,
            };
            match (self.write)(&new, condition, current.as_ref()) {
                Ok(()) => {
                    let resulting_state = Some(new.resulting_state.unwrap_or_default());
                    return Ok(Ok(Some(DurableState { resulting_state, ..new })));
                }
                Err(error) if error.kind() == ErrorKind::Conflict && !error.is_indeterminate() => {
                    refused = current.is_none().then(|| error.clone());
                    (self.pause)(error)?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_without_a_deadline_gives_up_after_the_last_pause() {
        let mut pause = pause_at_most(2);
        assert!(pause(Error::conflict(Some(7))).is_ok());
        assert!(pause(Error::conflict(Some(8))).is_ok());
        let error = pause(Error::conflict(Some(9))).unwrap_err();
        assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, false));
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("version 9"), "{error}");
    }
}
