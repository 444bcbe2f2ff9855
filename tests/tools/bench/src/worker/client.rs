//! The operations of a contender that is written in Rust.

use anyhow::{Result, bail, ensure};
use durable_store::{DurableState, prost_types::Any};

/// A connected session. The states are those of the store, so that each contender begins and ends with the same values.
pub(super) trait Client: Sync {
    fn write(&self, state: &DurableState) -> Result<()>;

    fn read(&self, persistence_id: &str) -> Result<Option<DurableState>>;

    /// Does what has to be done once before these ids are written.
    fn prepare(&self, _: &[String]) -> Result<()> {
        Ok(())
    }

    fn write_versioned(&self, _: &DurableState) -> Result<()> {
        bail!("this contender has no versioned writes")
    }

    /// Writes all, with many in flight.
    fn write_all(&self, _: &[DurableState]) -> Result<()> {
        bail!("this contender has no bulk writes")
    }

    /// Reads all, with many in flight; gives what is there.
    fn read_all(&self, _: &[String]) -> Result<Vec<DurableState>> {
        bail!("this contender has no bulk reads")
    }

    /// Reads the whole table; gives how many states there are.
    fn scan(&self) -> Result<u64> {
        bail!("this contender has no scan")
    }
}

/// A state as all contenders write it.
pub(crate) fn state(id: u64, shard: u64, payload: usize) -> DurableState {
    let value = (0..payload).map(|n| (n * 31 % 251) as u8).collect();
    let any = Any { type_url: "type.googleapis.com/bench.State".to_owned(), value };
    DurableState {
        persistence_id: name(id),
        version_number: 1,
        resulting_state: Some(any),
        timestamp: 1_700_000_000_000,
        shard,
    }
}

/// An id.
pub(super) fn name(id: u64) -> String {
    format!("bench-{id}")
}

/// Refuses a read that found something else than what is there.
pub(super) fn check(found: Option<&DurableState>, id: &str) -> Result<()> {
    let Some(state) = found else { bail!("{id} is not there") };
    ensure!(state.persistence_id == id, "{id} was read as {}", state.persistence_id);
    ensure!(state.resulting_state.is_some(), "{id} has no resulting state");
    Ok(())
}
