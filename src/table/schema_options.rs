//! What `create_schema` makes.

use crate::{Error, Layout, Result};

/// How many copies of each row the keyspace keeps, and where: Cassandra's replication strategies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replication {
    /// This many copies, wherever: `SimpleStrategy`. For development; in production name the datacenters.
    Simple(u32),
    /// For each datacenter named, this many copies: `NetworkTopologyStrategy`.
    NetworkTopology(Vec<(String, u32)>),
}

/// What [`DurableStore::create_schema`](crate::DurableStore::create_schema) makes. Keyspace and table come from the
/// [`Config`](crate::Config).
///
/// ```
/// use durable_store::{Layout, Replication, SchemaOptions};
///
/// let options = SchemaOptions::new(Replication::NetworkTopology(vec![("dc1".into(), 3)])).layout(Layout::ById);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct SchemaOptions {
    pub(crate) replication: Replication,
    pub(crate) layout: Layout,
    pub(crate) index: bool,
}

impl SchemaOptions {
    /// A table keyed by shard with an index on `persistence_id`, in a keyspace replicated like this. A keyspace that is
    /// already there is left as it is.
    pub fn new(replication: Replication) -> Self {
        Self { replication, layout: Layout::default(), index: true }
    }

    /// Keys the table like this. Defaults to [`Layout::ByShard`].
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Whether a table keyed by shard gets an index on `persistence_id`, which reads by id need unless
    /// [`sharding`](crate::ConfigBuilder::sharding) says how the shard follows from the id. Defaults to `true`; has no
    /// effect on a table keyed by id.
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
