//! Creates keyspace, table and index.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::catalog;
use crate::{
    Config, Error, ErrorKind, Result, SchemaOptions,
    block_on::block_on,
    driver::{Request, Session, Value},
    error::RetryHint,
    table::{
        ClusteringOrder, check,
        cql::{self, TableStatements},
    },
};

/// Making a schema is slow, and slower on a busy cluster: it has a deadline of its own.
const DEADLINE: Duration = Duration::from_secs(60);

/// Nodes agree for a moment and part again while several clients make the same table.
const AGREEMENTS_IN_A_ROW: u32 = 10;
const BETWEEN_POLLS: Duration = Duration::from_millis(100);

/// Creates what is missing of keyspace, table and index, on a session of its own.
pub(crate) fn create_schema(config: &Config, options: &SchemaOptions) -> Result<()> {
    let setup = SchemaSetup { config, options, deadline: Instant::now() + DEADLINE };
    setup.run().map_err(|error| error.with_indeterminate(false))
}

struct SchemaSetup<'s> {
    config: &'s Config,
    options: &'s SchemaOptions,
    deadline: Instant,
}

impl SchemaSetup<'_> {
    fn run(&self) -> Result<()> {
        self.options.check()?;
        check::check_layout_of_mode(self.options.layout, self.config)?;
        let session = Session::connect(self.config)?;
        let closing = session.closing();
        let made = self.make(&session);
        drop(session);
        closing.wait(self.config.call_timeout());
        made
    }

    fn make(&self, session: &Session) -> Result<()> {
        if !block_on(catalog::keyspace_exists(session, self.config, self.deadline))? {
            self.change(session, &cql::create_keyspace(self.config, &self.options.replication))?;
        }
        self.change(session, &cql::create_table(self.config, self.options.layout))?;
        self.check_layout(session)?;
        self.record_write_mode(session)?;
        if self.options.has_index() {
            self.make_index(session)?;
        }
        Ok(())
    }

    /// Gives a table that was there before the write mode of the settings, if it holds no states. The mode of a table with
    /// states stays: its other writers are not known here.
    fn record_write_mode(&self, session: &Session) -> Result<()> {
        let Err(error) = self.check_write_mode(session) else { return Ok(()) };
        if block_on(catalog::has_states(session, self.config, self.deadline))? {
            return Err(error);
        }
        let wanted = self.config.write_mode().uses_transactions();
        if self.has_owner_epoch(session)? != wanted {
            let add_or_drop = if wanted { cql::add_owner_epoch } else { cql::drop_owner_epoch };
            let changed = self.change(session, &add_or_drop(self.config));
            // It fails if another creator has changed the column in between.
            if self.has_owner_epoch(session)? != wanted {
                changed?;
            }
        }
        let comment = block_on(catalog::comment(session, self.config, self.deadline))?;
        self.change(session, &cql::name_write_mode(self.config, &comment))?;
        self.check_write_mode(session)
    }

    fn has_owner_epoch(&self, session: &Session) -> Result<bool> {
        Ok(check::has_owner_epoch(&block_on(catalog::columns(session, self.config, self.deadline))?))
    }

    fn check_write_mode(&self, session: &Session) -> Result<()> {
        let columns = block_on(catalog::columns(session, self.config, self.deadline))?;
        let comment = block_on(catalog::comment(session, self.config, self.deadline))?;
        check::check_write_mode(&columns, &comment, self.options.layout, self.config)
    }

    fn make_index(&self, session: &Session) -> Result<()> {
        if !block_on(catalog::has_index(session, self.config, self.deadline))? {
            self.change(session, &cql::create_index(self.config))?;
            if !block_on(catalog::has_index(session, self.config, self.deadline))? {
                let message = format!(
                    "the index was not created: its name is taken in keyspace {}; create one with another name by CREATE INDEX",
                    self.config.keyspace()
                );
                return Err(Error::schema(message));
            }
        }
        self.await_index(session)
    }

    /// Runs one statement and waits for all nodes to have heard of it. `IF NOT EXISTS` alone is not safe for several
    /// creators: on three nodes eight of them made two tables of one name, and writes to one of the two were lost.
    fn change(&self, session: &Session, cql: &str) -> Result<()> {
        loop {
            match block_on(catalog::ask(session, cql, &[], self.deadline)) {
                Ok(_) => return self.await_agreement(session),
                // Another node, which has not yet heard of the keyspace or table that was made just before.
                Err(error) if error.retry_hint() == RetryHint::MissingTable || error.is_retryable() => {
                    self.pause(error)?
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn await_agreement(&self, session: &Session) -> Result<()> {
        let mut in_a_row = 0;
        while in_a_row < AGREEMENTS_IN_A_ROW {
            let agreement = block_on(catalog::agreement(session, self.deadline))?;
            if agreement.nodes == 1 {
                return Ok(());
            }
            in_a_row = if agreement.agreed { in_a_row + 1 } else { 0 };
            self.pause(Error::timeout("the nodes do not agree on the schema; is one of them down?"))?;
        }
        Ok(())
    }

    fn check_layout(&self, session: &Session) -> Result<()> {
        let found = check::layout_of(&block_on(catalog::columns(session, self.config, self.deadline))?, self.config)?;
        if found == self.options.layout {
            return Ok(());
        }
        let (keyspace, table) = (self.config.keyspace(), self.config.table());
        let (found, wanted) = (found.primary_key(), self.options.layout.primary_key());
        Err(Error::schema(format!("table {keyspace}.{table} exists with {found}, expected {wanted}")))
    }

    /// A new index refuses reads until it is built.
    fn await_index(&self, session: &Session) -> Result<()> {
        let statements = TableStatements::new(self.config, self.options.layout, ClusteringOrder::Ascending, 0);
        loop {
            let key = [Value::Text("durable_store asks whether the index answers")];
            let read = Request::new(&key, self.config.consistency(), self.deadline);
            match block_on(session.query(&statements.select_by_id.text, &read)) {
                Ok(_) => return Ok(()),
                Err(error) if error.is_retryable() || error.kind() == ErrorKind::Schema => self.pause(error)?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the next poll, or gives up with `error`.
    fn pause(&self, error: Error) -> Result<()> {
        if self.deadline.saturating_duration_since(Instant::now()) <= BETWEEN_POLLS {
            return Err(error);
        }
        thread::sleep(BETWEEN_POLLS);
        Ok(())
    }
}
