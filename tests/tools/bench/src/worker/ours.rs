//! The store.

use std::{net::SocketAddr, thread};

use anyhow::{Result, anyhow};
use durable_store::{Config, DurableState, DurableStore, Sharding, WriteMode};

use super::client::Client;
use crate::protocol::{Layout, Target};

const CLAIMS_PER_THREAD: usize = 100;

pub(super) struct Ours(DurableStore);

impl Ours {
    pub(super) fn connect(address: SocketAddr, target: &Target) -> Result<Self> {
        let mut config = Config::builder()
            .contact_points([address.ip().to_string()])
            .port(address.port())
            .keyspace(&target.keyspace)
            .table(&target.table)
            .pool_size(target.pool_size)
            .io_threads(target.io_threads)
            .core_connections_per_host(target.core_connections)
            .max_in_flight(target.depth);
        if let (Layout::ByShard, Some(shard)) = (target.layout, target.shard) {
            config = config.sharding(Sharding::Fixed(shard));
        }
        if target.versioned {
            config = config.write_mode(if target.owned { WriteMode::Owned } else { WriteMode::Versioned });
        }
        let store = DurableStore::new(config.build()?);
        store.connect()?;
        Ok(Self(store))
    }
}

impl Client for Ours {
    fn write(&self, state: &DurableState) -> Result<()> {
        Ok(self.0.write_state(state)?)
    }

    fn read(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        Ok(self.0.get_latest_state(persistence_id)?)
    }

    fn write_versioned(&self, state: &DurableState) -> Result<()> {
        Ok(self.0.write_state(state)?)
    }

    /// In mode owned what is to be written is claimed first.
    fn prepare(&self, ids: &[String]) -> Result<()> {
        if self.0.config().write_mode() != WriteMode::Owned {
            return Ok(());
        }
        thread::scope(|scope| {
            let claim = |some: &[String]| some.iter().try_for_each(|id| self.0.get_latest_state(id).map(drop));
            let claims: Vec<_> = ids.chunks(CLAIMS_PER_THREAD).map(|some| scope.spawn(move || claim(some))).collect();
            claims.into_iter().try_for_each(|claim| Ok(claim.join().map_err(|_| anyhow!("a claim panicked"))??))
        })
    }

    fn write_all(&self, states: &[DurableState]) -> Result<()> {
        Ok(self.0.write_states(states).into_iter().collect::<durable_store::Result<()>>()?)
    }

    fn read_all(&self, ids: &[String]) -> Result<Vec<DurableState>> {
        let outcomes = self.0.get_latest_states(ids);
        let found: durable_store::Result<Vec<_>> = outcomes.into_iter().filter_map(Result::transpose).collect();
        Ok(found?)
    }

    fn scan(&self) -> Result<u64> {
        self.0.all_states().try_fold(0, |count, state| Ok(state.map(|_| count + 1)?))
    }
}
