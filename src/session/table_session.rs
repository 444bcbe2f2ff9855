//! A session together with what was learned of one table.

use std::{sync::Arc, time::Instant};

use super::{catalog, cluster_session::ClusterSession};
use crate::{
    Config, Layout, Result,
    driver::{Request, Rows},
    table::{
        check,
        cql::{Statement, TableStatements},
    },
};

/// What a call works with: the session, the layout of the handle's table, and the statements that fit it.
pub(crate) struct TableSession {
    pub(crate) cluster: Arc<ClusterSession>,
    pub(crate) layout: Layout,
    pub(crate) statements: TableStatements,
}

impl TableSession {
    /// Looks at the table of these settings. `number` is the table's number among those of the store.
    pub(super) async fn open(cluster: Arc<ClusterSession>, config: &Config, number: usize) -> Result<Self> {
        let deadline = Instant::now() + config.connect_timeout();
        let driver = &cluster.driver;
        let columns = catalog::columns(driver, config, deadline).await?;
        if columns.is_empty() && !catalog::keyspace_exists(driver, config, deadline).await? {
            return Err(check::keyspace_missing(config));
        }
        let layout = check::layout_of(&columns, config)?;
        let comment = catalog::comment(driver, config, deadline).await?;
        check::check_write_mode(&columns, &comment, layout, config)?;
        let statements = TableStatements::new(config, layout, check::clustering_order_of(&columns), number);
        Ok(Self { cluster, layout, statements })
    }

    pub(crate) fn execute<'r>(
        &'r self,
        statement: &'r Statement,
        request: &'r Request<'_>,
    ) -> impl Future<Output = Result<Rows>> + 'r {
        self.cluster.driver.execute(statement, request)
    }
}
