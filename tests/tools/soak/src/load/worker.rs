//! One thread of the load: single calls.

use durable_store::{DurableStore, Error, WriteCondition};
use fastrand::Rng;

use super::{CALL_TIMEOUT, Load, ids, states};
use crate::{
    history::{Action, Condition, Entry, Id, Nanos, Outcome, Population, SECOND, Seen},
    options::Mode,
    retries,
};

pub(crate) struct Worker<'l> {
    pub(crate) load: &'l Load<'l>,
    pub(crate) store: &'l DurableStore,
    pub(crate) thread: u32,
    pub(crate) rng: Rng,
}

impl<'l> Worker<'l> {
    pub(crate) fn new(load: &'l Load<'l>, store: &'l DurableStore, thread: u32, rng: Rng) -> Self {
        Self { load, store, thread, rng }
    }

    /// In mode owned: claims an id before every other change of it. The others find out whose it is.
    fn claim_at_times(&mut self, id: Id) {
        if self.load.mode == Mode::Owned && self.rng.bool() {
            self.get_latest_state(id);
        }
    }

    /// Writes plainly; in mode versioned or owned at times under a condition.
    pub(crate) fn write(&mut self) {
        let now = self.load.recorder.now();
        let Some(id) = self.load.in_turn(ids::to_write(self.load.mode, now, &mut self.rng)) else { return };
        self.claim_at_times(id);
        if self.load.mode.uses_transactions() && id.population == Population::Deleted && self.rng.bool() {
            self.write_known(id);
        } else {
            let version = self.version(id, now);
            self.write_state(id, version, Condition::None);
        }
    }

    /// Goes one version up from what is stored.
    pub(crate) fn count(&mut self) {
        let id = ids::current(Population::Counter, self.load.recorder.now(), &mut self.rng);
        match self.get_latest_state(id) {
            Some(Some(Seen { version, .. })) => self.write_state(id, version + 1, Condition::IfVersion(version)),
            Some(None) => self.write_state(id, 1, Condition::IfAbsent),
            None => {}
        }
    }

    pub(crate) fn read(&mut self) {
        let id = ids::to_read(self.load.mode, self.load.recorder.now(), &mut self.rng);
        self.get_latest_state(id);
    }

    /// Deletes; in mode versioned or owned every other id only if its version is known.
    pub(crate) fn delete(&mut self) {
        let id = ids::current(Population::Deleted, self.load.recorder.now(), &mut self.rng);
        let Some(id) = self.load.in_turn(id) else { return };
        self.claim_at_times(id);
        let known = if self.load.mode.uses_transactions() && id.number % 2 == 1 {
            let Some(Some(Seen { version, .. })) = self.get_latest_state(id) else { return };
            Some(version)
        } else {
            None
        };
        self.call(id, Action::Delete(known), |store, id| {
            let deleted = match known {
                None => store.delete_state(id),
                Some(version) => store.delete_state_if_version(id, version),
            };
            deleted.map(|()| Outcome::Done)
        });
    }

    /// Writes what is newer than what is stored, if that stays so.
    fn write_known(&mut self, id: Id) {
        let Some(known) = self.get_latest_state(id) else { return };
        let version = self.load.next_version(id);
        let condition = known.map_or(Condition::IfAbsent, |known| Condition::IfVersion(known.version));
        // Another thread may have taken a higher version, and written it, meanwhile: the store would refuse this as bad input.
        if known.is_none_or(|known| known.version < version) {
            self.write_state(id, version, condition);
        }
    }

    /// The version of a plain write.
    pub(crate) fn version(&mut self, id: Id, now: Nanos) -> u64 {
        match (self.load.mode, id.population) {
            // It decides nothing: any will do.
            (Mode::LastWriteWins, _) => self.rng.u64(0..1_000),
            // The same for some seconds.
            (_, Population::Rewritten) => now / (5 * SECOND) + 1,
            (Mode::Versioned | Mode::Owned, _) => self.load.next_version(id),
        }
    }

    fn write_state(&mut self, id: Id, version: u64, condition: Condition) {
        let token = self.load.recorder.next_token();
        let state = states::state(id, version, token);
        self.call(id, Action::Write { version, token, condition }, |store, _| {
            let written = match condition {
                Condition::None => store.write_state(&state),
                Condition::IfAbsent => store.write_state_if(&state, WriteCondition::IfAbsent),
                Condition::IfVersion(version) => store.write_state_if(&state, WriteCondition::IfVersion(version)),
            };
            written.map(|()| Outcome::Done)
        });
    }

    /// What is stored, `None` if that is not to be known.
    fn get_latest_state(&mut self, id: Id) -> Option<Option<Seen>> {
        let read = |store: &DurableStore, id: &str| {
            let state = store.get_latest_state(id)?;
            Ok(Outcome::Read(state.as_ref().map(states::seen)))
        };
        self.call(id, Action::Read, read).read()
    }

    fn call(
        &mut self,
        id: Id,
        action: Action,
        call: impl FnOnce(&DurableStore, &str) -> Result<Outcome, Error>,
    ) -> Entry {
        let (recorder, name) = (self.load.recorder, id.to_string());
        let number = recorder.next_call();
        let retries = retries::made();
        let begin = recorder.now();
        let outcome = call(self.store, &name);
        let end = recorder.now();
        let entry = Entry {
            call: number,
            thread: self.thread,
            bulk: false,
            id,
            action,
            begin,
            stamped: end,
            end,
            deadline: begin + call_timeout(),
            outcome: outcome.unwrap_or_else(failure),
            retried: retries::made() > retries,
        };
        recorder.add(std::slice::from_ref(&entry));
        entry
    }
}

pub(crate) fn call_timeout() -> Nanos {
    CALL_TIMEOUT.as_secs() * SECOND
}

/// What the caller is told by an error.
pub(crate) fn failure(error: Error) -> Outcome {
    let kind = format!("{:?}", error.kind()).into_boxed_str();
    if error.is_indeterminate() { Outcome::Unknown(kind) } else { Outcome::Failed(kind) }
}
