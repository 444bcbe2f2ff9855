//! Reading all states of a shard or of the table, page by page.

use std::{collections::VecDeque, fmt, iter::FusedIterator};

mod position;

use position::{Extent, Position};

use super::{CallContext, DurableStore, read::stored_row};
use crate::{
    DurableState, Error, ErrorKind, Layout, Result,
    call::retry::Effect,
    session::TableSession,
    session::{Request, Row, Value},
    table::row::StoredRow,
    telemetry::{self, Operation},
};

impl DurableStore {
    /// All states in a shard, on a table keyed by shard, ordered by persistence id. Nothing is read before the first is
    /// asked for.
    ///
    /// Each page is a call of its own, with its own `call_timeout`. What is written or deleted meanwhile may or may not be
    /// seen; what stays is seen exactly once.
    ///
    /// On a table keyed by id there are no shards: the one item is a [`Config`](ErrorKind::Config) error.
    pub fn shard_states(&self, shard: u64) -> States {
        States::new(self, &telemetry::SHARD_STATES, Extent::Shard(shard))
    }

    /// All states in the table, in no order that means anything, otherwise as
    /// [`shard_states`](DurableStore::shard_states). On a table keyed by shard, an entity with rows in several shards comes
    /// once for each.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let mut states = store.all_states();
    /// while let Some(state) = states.next().transpose()? {
    ///     println!("{}: version {}", state.persistence_id, state.version_number);
    ///     // Kept somewhere, another process can go on from here.
    ///     let token = states.resume_token();
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn all_states(&self) -> States {
        States::new(self, &telemetry::ALL_STATES, Extent::Table)
    }
}

/// The states of a scan, an iterator; made by [`DurableStore::shard_states`] and [`DurableStore::all_states`].
///
/// It ends after the first error. [`resume_token`](States::resume_token) then says where it came to, and another scan,
/// in this process or another, can go on from there. A row that cannot be read
/// ([`Corrupt`](ErrorKind::Corrupt), which names it) counts as handed out: the scan that goes on is past it.
#[must_use = "nothing is read before the first state is asked for"]
pub struct States {
    store: DurableStore,
    operation: &'static Operation,
    extent: Extent,
    /// The row that was handed out last.
    position: Position,
    page: VecDeque<Scanned>,
    source: Source,
    /// Why nothing can be read, if a setting was refused.
    refused: Option<Error>,
    failed: bool,
}

/// A row as it was read.
struct Scanned {
    layout: Layout,
    /// Of its partition.
    token: i64,
    persistence_id: String,
    row: StoredRow<'static>,
}

impl Scanned {
    fn shard(&self) -> u64 {
        shard_of(&self.row)
    }
}

fn shard_of(row: &StoredRow<'_>) -> u64 {
    row.shard_number.unwrap_or_default().cast_unsigned()
}

/// Where the next page comes from.
enum Source {
    /// From the position on, whatever it is.
    Position,
    /// From a query under way: where it began, and where its next page begins.
    Query(Query, Position, Vec<u8>),
    /// On a table keyed by shard, from what follows the shard that was just read to its end.
    NextShard,
    None,
}

#[derive(Clone, Copy, PartialEq)]
enum Query {
    Table,
    /// The partitions from that of the position on.
    TableFromPosition,
    Shard,
    /// What of the position's shard follows it.
    RestOfShard,
}

/// One page, and where the next comes from.
struct Page {
    rows: Vec<Scanned>,
    next: Source,
}

impl States {
    fn new(store: &DurableStore, operation: &'static Operation, extent: Extent) -> Self {
        Self {
            store: store.clone(),
            operation,
            extent,
            position: Position::Start,
            page: VecDeque::new(),
            source: Source::Position,
            refused: None,
            failed: false,
        }
    }

    /// How many rows are read at once. Defaults to the setting [`page_size`](crate::ConfigBuilder::page_size), and has its
    /// bounds; a number out of them makes the first item a [`Config`](ErrorKind::Config) error.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.store = self.store.with_page_size(rows);
        self
    }

    /// Where the scan has come to, as text without blanks: behind the state that was handed out last.
    pub fn resume_token(&self) -> String {
        position::token(self.extent, &self.position)
    }

    /// Goes on where another scan of the same shard, or of the same table, had come to. A token that is damaged or of
    /// another scan makes the first item a [`Config`](ErrorKind::Config) error.
    pub fn resume_from(mut self, token: &str) -> Self {
        match position::parse(token, self.extent) {
            Ok(position) => {
                self.source = if position == Position::End { Source::None } else { Source::Position };
                self.position = position;
                self.page.clear();
            }
            Err(error) => drop(self.refused.get_or_insert(error)),
        }
        self
    }

    fn step(&mut self) -> Result<Option<DurableState>> {
        if let Some(error) = self.refused.take() {
            return Err(error.with_operation(self.operation.name, None));
        }
        loop {
            while let Some(scanned) = self.page.pop_front() {
                if let Some(state) = self.hand_out(scanned)? {
                    return Ok(Some(state));
                }
            }
            if matches!(self.source, Source::None) {
                self.position = Position::End;
                return Ok(None);
            }
            let (extent, position, source) = (self.extent, &self.position, &self.source);
            let page = self.store.observe(self.operation, None, |call| {
                self.store.call(call, async |work| work.page(extent, position, source).await)
            })?;
            self.page = page.rows.into();
            self.source = page.next;
        }
    }

    /// The state in a row; `None` if nothing but its key is left.
    fn hand_out(&mut self, scanned: Scanned) -> Result<Option<DurableState>> {
        let Scanned { layout, token, persistence_id, row } = scanned;
        let shard = shard_of(&row);
        let state = self.store.decode(row, &persistence_id, layout);
        let state = state.map_err(|error| error.with_operation(self.operation.name, Some(&persistence_id)));
        self.position = Position::After { token, shard, persistence_id };
        state
    }
}

impl Iterator for States {
    type Item = Result<DurableState>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let state = self.step();
        self.failed = state.is_err();
        state.transpose()
    }
}

impl FusedIterator for States {}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").field("resume_token", &self.resume_token()).finish_non_exhaustive()
    }
}

impl CallContext<'_> {
    async fn page(&self, extent: Extent, position: &Position, source: &Source) -> Result<Page> {
        self.attempts(Effect::Read, async |connection, deadline| {
            if extent != Extent::Table && connection.layout == Layout::ById {
                return Err(Error::new(ErrorKind::Config, "the table is keyed by id: it has no shards"));
            }
            let (query, began, page) = match source {
                Source::Query(query, began, page) => (*query, began, Some(page.clone())),
                Source::NextShard | Source::None => (Query::TableFromPosition, position, None),
                Source::Position => (first_query(extent, position, connection.layout), position, None),
            };
            let request = Request { page, ..self.request(&[], deadline) };
            let (rows, next) = self.query(query, extent, began, connection, request).await?;
            Ok(Page {
                rows,
                next: next.map_or_else(|| after(query, extent), |page| Source::Query(query, began.clone(), page)),
            })
        })
        .await
    }

    /// One page of a query that began at a position, and where its next one begins.
    async fn query(
        &self,
        query: Query,
        extent: Extent,
        began: &Position,
        connection: &TableSession,
        request: Request<'_>,
    ) -> Result<(Vec<Scanned>, Option<Vec<u8>>)> {
        let (scans, layout) = (&connection.statements.scans, connection.layout);
        let (token, shard, id) = began.key();
        let shard = match extent {
            Extent::Shard(shard) => shard,
            Extent::Table => shard,
        };
        let (from, key) = ([Value::Bigint(token)], [Value::Bigint(shard.cast_signed()), Value::Text(id)]);
        let (statement, values) = match query {
            Query::Table => (&scans.table, &[][..]),
            Query::TableFromPosition => (&scans.table_from, &from[..]),
            Query::Shard => (&scans.shard, &key[..1]),
            Query::RestOfShard => (&scans.shard_after, &key[..]),
        };
        let rows = connection.execute(statement, &Request { values, ..request }).await?;
        let mut scanned = rows.map(|row| scanned(row, layout))?;
        if query == Query::TableFromPosition {
            scanned.retain(|row| !began.is_behind((row.token, row.shard(), &row.persistence_id), layout));
        }
        Ok((scanned, rows.next_page()?))
    }
}

fn scanned(row: &Row<'_>, layout: Layout) -> Result<Scanned> {
    Ok(Scanned {
        layout,
        token: row.bigint(0)?.unwrap_or_default(),
        persistence_id: row.text(1)?.unwrap_or_default(),
        row: stored_row(row, 2)?.into_owned(),
    })
}

/// What follows a query that is at its end.
fn after(query: Query, extent: Extent) -> Source {
    if query == Query::RestOfShard && extent == Extent::Table { Source::NextShard } else { Source::None }
}

fn first_query(extent: Extent, position: &Position, layout: Layout) -> Query {
    match (extent, position, layout) {
        (Extent::Table, Position::After { .. }, Layout::ById) => Query::TableFromPosition,
        (Extent::Table, Position::After { .. }, Layout::ByShard) | (Extent::Shard(_), Position::After { .. }, _) => {
            Query::RestOfShard
        }
        (Extent::Table, ..) => Query::Table,
        (Extent::Shard(_), ..) => Query::Shard,
    }
}
