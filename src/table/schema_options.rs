//! Options of the schema that `create_schema` creates.

use crate::{Error, Layout, Result};

/// How many copies of each row the keyspace keeps, and where: Cassandra's replication strategies.
///
/// ```
/// use durable_store::Replication;
///
/// let production = Replication::network_topology([("dc1", 3), ("dc2", 3)]);
/// let development = Replication::simple(1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replication {
    /// This many copies on any nodes: `SimpleStrategy`. For development; in production name the datacenters.
    Simple(u32),
    /// This many copies per datacenter: `NetworkTopologyStrategy`.
    NetworkTopology(Vec<(String, u32)>),
}

impl Replication {
    /// Keeps this many copies on any nodes. For development; in production name the datacenters.
    ///
    /// ```
    /// use durable_store::Replication;
    ///
    /// assert_eq!(Replication::simple(1), Replication::Simple(1));
    /// ```
    pub fn simple(copies: u32) -> Self {
        Self::Simple(copies)
    }

    /// Keeps this many copies in each of these datacenters.
    ///
    /// ```
    /// use durable_store::Replication;
    ///
    /// let replication = Replication::network_topology([("dc1", 3)]);
    /// assert_eq!(replication, Replication::NetworkTopology(vec![("dc1".into(), 3)]));
    /// ```
    pub fn network_topology<D: Into<String>>(copies: impl IntoIterator<Item = (D, u32)>) -> Self {
        Self::NetworkTopology(copies.into_iter().map(|(datacenter, copies)| (datacenter.into(), copies)).collect())
    }
}

/// Options of the schema that [`DurableStore::create_schema`](crate::DurableStore::create_schema) creates. The names of
/// keyspace and table come from the [`Config`](crate::Config).
///
/// ```
/// use durable_store::{Layout, Replication, SchemaOptions};
///
/// let options = SchemaOptions::new(Replication::network_topology([("dc1", 3)])).layout(Layout::ById);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct SchemaOptions {
    pub(crate) replication: Replication,
    pub(crate) layout: Layout,
    pub(crate) index: bool,
}

impl SchemaOptions {
    /// Returns the options of a table keyed by shard with an index on `persistence_id`, in a keyspace with this
    /// replication. An existing keyspace is not changed.
    ///
    /// ```
    /// use durable_store::{Replication, SchemaOptions};
    ///
    /// let options = SchemaOptions::new(Replication::simple(1));
    /// ```
    pub fn new(replication: Replication) -> Self {
        Self { replication, layout: Layout::default(), index: true }
    }

    /// Sets how the table is keyed. Defaults to [`Layout::ByShard`].
    ///
    /// ```
    /// use durable_store::{Layout, Replication, SchemaOptions};
    ///
    /// let options = SchemaOptions::new(Replication::simple(1)).layout(Layout::ById);
    /// ```
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Sets whether a table keyed by shard gets an index on `persistence_id`. Reads by id need it, unless
    /// [`sharding`](crate::ConfigBuilder::sharding) computes the shard from the id. Defaults to `true`; has no effect on a
    /// table keyed by id.
    ///
    /// ```
    /// use durable_store::{Replication, SchemaOptions};
    ///
    /// let options = SchemaOptions::new(Replication::simple(1)).index(false);
    /// ```
    pub fn index(mut self, index: bool) -> Self {
        self.index = index;
        self
    }

    pub(crate) fn has_index(&self) -> bool {
        self.index && self.layout == Layout::ByShard
    }

    pub(crate) fn check(&self) -> Result<()> {
        let refused = |reason: &str| Err(Error::setting("replication", reason));
        let factors: Vec<u32> = match &self.replication {
            Replication::Simple(factor) => vec![*factor],
            Replication::NetworkTopology(datacenters) => {
                if datacenters.iter().any(|(name, _)| name.trim().is_empty() || name.contains('\0')) {
                    return refused("a datacenter has no name");
                }
                datacenters.iter().map(|(_, factor)| *factor).collect()
            }
        };
        if factors.is_empty() {
            return refused("names no datacenter");
        }
        if factors.iter().any(|factor| !(1..=100).contains(factor)) {
            return refused("a replication factor must be from 1 to 100");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn replication_that_keeps_no_copy_is_refused() {
        for replication in [
            Replication::Simple(0),
            Replication::Simple(101),
            Replication::NetworkTopology(vec![]),
            Replication::NetworkTopology(vec![("dc1".into(), 0)]),
            Replication::NetworkTopology(vec![(" ".into(), 3)]),
        ] {
            let error = SchemaOptions::new(replication).check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with("replication: "), "{error}");
        }
        assert!(SchemaOptions::new(Replication::NetworkTopology(vec![("dc1".into(), 3)])).check().is_ok());
    }
}
