//! A session together with what was learned of the table when it was opened.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use crate::{
    Config, Consistency, Error, Layout, Result,
    driver::{Closing, Request, Rows, Session},
    session::catalog,
    table::{
        check,
        cql::{self, Statement, TableStatements},
    },
};

/// What a call works with: a session, the layout of the table, and the statements that fit it.
pub(crate) struct TableSession {
    session: Session,
    pub(crate) layout: Layout,
    pub(crate) statements: TableStatements,
    /// The largest write the server takes, where it says so.
    pub(crate) max_mutation_bytes: Option<usize>,
}

impl TableSession {
    /// Connects and finds out what the table looks like.
    fn open(config: &Config) -> Result<Self> {
        let session = Session::connect(config)?;
        let deadline = Instant::now() + config.connect_timeout();
        let columns = catalog::columns(&session, config, deadline)?;
        if columns.is_empty() && !catalog::keyspace_exists(&session, config, deadline)? {
            return Err(check::keyspace_missing(config));
        }
        let layout = check::layout_of(&columns, config)?;
        let comment = catalog::comment(&session, config, deadline)?;
        check::check_write_mode(&comment, layout, config)?;
        let statements = TableStatements::new(config, layout);
        let max_mutation_bytes = catalog::max_mutation_bytes(&session, deadline);
        Ok(Self { session, layout, statements, max_mutation_bytes })
    }

    /// As [`open`](TableSession::open), for threads of our own: whoever waits for them must hear of a panic. Whatever
    /// fails, nothing was written.
    pub(crate) fn open_guarded(config: &Config) -> Result<Self> {
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open(config)));
        let opened = opened.unwrap_or_else(|_| Err(Error::internal("connecting panicked")));
        opened.map_err(|error| error.with_indeterminate(false))
    }

    pub(crate) fn execute<'r>(
        &'r self,
        statement: &'r Statement,
        request: &'r Request<'_>,
    ) -> impl Future<Output = Result<Rows>> + 'r {
        self.session.execute(statement, request)
    }

    /// Tells, after the connection was dropped, when its session is closed.
    pub(crate) fn closing(&self) -> Closing {
        self.session.closing()
    }

    /// A round trip that touches no table of ours.
    pub(crate) async fn ping(&self, deadline: Instant) -> Result<()> {
        let request = Request::new(&[], Consistency::LocalOne, deadline);
        self.session.query(cql::PING, &request).await.map(drop)
    }
}
