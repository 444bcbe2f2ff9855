//! Mode owned: a store claims an entity before it writes it, and writes only as long as no other store has claimed it.

use std::time::{Duration, Instant};

use super::{CallContext, DurableStore};
use crate::{
    Error, Layout, Result, WriteMode, block_on,
    call::{
        retry::Effect,
        timestamp,
        transaction::{Answer, Found},
    },
    session::{TableSession, Value},
    table::row::{self, StoredRow},
};

/// The longest pause before a claim is made again that another one was faster than.
const LONGEST_PAUSE: Duration = Duration::from_millis(40);

/// The pause before a write is made again while the store itself claims the entity.
const OWN_CLAIM_PAUSE: Duration = Duration::from_millis(5);

impl DurableStore {
    /// Forgets that this store has claimed an entity, in [`WriteMode::Owned`]. Does no I/O: the table keeps the claim until
    /// another store makes one. Writes of the entity fail with [`InvalidState`](crate::ErrorKind::InvalidState) until
    /// [`get_latest_state`](DurableStore::get_latest_state) claims it again.
    ///
    /// A store keeps about 100 bytes per claimed entity: release those that are not written any more. Does nothing in the
    /// other modes.
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// store.release("account-42");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn release(&self, persistence_id: &str) {
        self.table.claims.release(persistence_id);
    }

    /// Refuses a write of an entity that was not claimed.
    pub(super) fn check_claimed(&self, persistence_id: &str) -> Result<()> {
        self.epoch(persistence_id).map(drop)
    }

    /// The epoch with which the store writes an entity; none in versioned mode.
    fn epoch(&self, persistence_id: &str) -> Result<Option<i64>> {
        if self.config.write_mode() != WriteMode::Owned {
            return Ok(None);
        }
        self.table.claims.epoch(persistence_id).map(Some).ok_or_else(Error::unclaimed)
    }

    /// Whether the owner of what was found is this store, or there is no owner because the mode is versioned.
    pub(super) fn may_own(&self, persistence_id: &str, found: Found) -> bool {
        self.config.write_mode() != WriteMode::Owned || self.table.claims.may_hold(persistence_id, found.owner_epoch)
    }

    /// The error of a write or delete that was refused because of what was found.
    pub(super) fn refusal(&self, persistence_id: &str, found: Found) -> Error {
        if self.may_own(persistence_id, found) { found.conflict() } else { Error::fenced(found.owner_epoch.is_some()) }
    }
}

impl CallContext<'_> {
    /// Makes this store the owner of an entity, and returns the row that it has now.
    pub(super) async fn claim(&self, persistence_id: &str) -> Result<StoredRow<'static>> {
        let claiming = self.store.table.claims.begin(persistence_id);
        // A read to the caller: it changes no state. If the answer to a claim is lost, another one is made, from what is
        // then stored: an epoch alone does not tell whose it is.
        let attempt = async |table: &TableSession, deadline| self.claim_once(table, persistence_id, deadline).await;
        let (row, epoch) = self.with_retries(Effect::Read, attempt).await?;
        claiming.succeeded(epoch);
        Ok(row)
    }

    /// The row of an entity that is to be changed. In mode owned the store claims the entity, unless it has.
    pub(super) async fn row_to_change(&self, persistence_id: &str) -> Result<StoredRow<'static>> {
        let is_owned = self.store.config.write_mode() == WriteMode::Owned;
        if is_owned && self.store.table.claims.epoch(persistence_id).is_none() {
            return self.claim(persistence_id).await;
        }
        let read = async |table: &TableSession, deadline| self.serial_row(table, persistence_id, deadline).await;
        self.with_retries(Effect::Read, read).await
    }

    /// Claims the entity as it is. Begins again if it is changed, or claimed, in between.
    async fn claim_once(
        &self,
        table: &TableSession,
        persistence_id: &str,
        deadline: Instant,
    ) -> Result<(StoredRow<'static>, i64)> {
        loop {
            let row = self.serial_row(table, persistence_id, deadline).await?;
            if !row.is_deleted() {
                // What cannot be read is not taken away from its owner.
                row::decode(row.clone(), persistence_id, Layout::ById)?;
            }
            let epoch = next_epoch(row.owner_epoch)?;
            let bigint = |number: Option<i64>| number.map_or(Value::Null, Value::Bigint);
            let values = [
                Value::Bigint(epoch),
                Value::Text(persistence_id),
                bigint(row.owner_epoch),
                bigint(row.version_number),
                row.state_payload.as_deref().map_or(Value::Null, |payload| Value::Blob(row::Payload::Bytes(payload))),
                row.state_manifest.as_deref().map_or(Value::Null, Value::Text),
                bigint(row.timestamp),
                bigint(row.shard_number),
            ];
            match self.transact(table, &table.statements.claim, &values, deadline).await? {
                Answer::Applied => return Ok((row, epoch)),
                Answer::Refused(_) if Instant::now() >= deadline => {
                    return Err(Error::timeout("not claimed in time: other stores kept changing the entity"));
                }
                Answer::Refused(_) => block_on::sleep(LONGEST_PAUSE.mul_f64(fastrand::f64())).await,
            }
        }
    }

    /// Runs an attempt of a transaction with the epoch of the store, which in versioned mode is none. Runs it again if it
    /// was refused because another call of this store has claimed the entity in between.
    pub(super) async fn as_owner(
        &self,
        persistence_id: &str,
        deadline: Instant,
        mut attempt: impl AsyncFnMut(Option<i64>) -> Result<Answer>,
    ) -> Result<Answer> {
        loop {
            let epoch = self.store.epoch(persistence_id)?;
            match attempt(epoch).await? {
                Answer::Refused(found)
                    if found.owner_epoch != epoch
                        && self.store.may_own(persistence_id, found)
                        && Instant::now() < deadline =>
                {
                    block_on::sleep(OWN_CLAIM_PAUSE).await;
                }
                answer => return Ok(answer),
            }
        }
    }
}

/// The epoch of the next claim: above the stored one, and the time in microseconds since 1970. Counting alone would begin
/// at 1 again after an entity was forgotten, and let an old owner with that epoch in.
fn next_epoch(stored: Option<i64>) -> Result<i64> {
    let above = stored.unwrap_or_default().checked_add(1);
    above.map(|above| above.max(timestamp::now())).ok_or_else(|| Error::corrupt("owner_epoch", "is the highest number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_epoch_is_above_the_stored_one_and_not_below_the_time() {
        let now = timestamp::now();
        for stored in [None, Some(0), Some(1), Some(now - 1_000_000)] {
            assert!(next_epoch(stored).unwrap() >= now, "{stored:?}");
        }
        assert_eq!(next_epoch(Some(now + 1_000_000_000)).unwrap(), now + 1_000_000_001);
        assert_eq!(next_epoch(Some(i64::MAX)).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
