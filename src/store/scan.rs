//! Scans: reads of all states in a shard or in the table, page by page.

use std::{collections::VecDeque, fmt, iter::FusedIterator};

mod resume_token;

pub use resume_token::ResumeToken;
use resume_token::{Extent, Position};

use super::{CallContext, DurableStore, read::stored_row};
use crate::{
    DurableState, Error, ErrorKind, Layout, Result,
    call::retry::Effect,
    session::{Request, Row, TableSession, Value},
    table::row::StoredRow,
    telemetry::{self, Operation},
};

impl DurableStore {
    /// Reads all states in a shard, on a table keyed by shard, ordered by persistence id: ascending, unless the table was
    /// made `WITH CLUSTERING ORDER BY (persistence_id DESC)`. Nothing is read before the first state is asked for.
    ///
    /// Each page is a call of its own, with its own `call_timeout`. States that are written or deleted during the scan may
    /// or may not be returned; each of the others is returned exactly once.
    ///
    /// On a table keyed by id there are no shards: the only item is an error of kind [`Config`](ErrorKind::Config).
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// store.connect()?;
    /// for state in store.shard_states(7) {
    ///     println!("{}", state?.persistence_id);
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn shard_states(&self, shard: u64) -> States {
        States::new(self, &telemetry::SHARD_STATES, Extent::Shard(shard))
    }

    /// Reads all states in the table, in unspecified order; see [`shard_states`](DurableStore::shard_states) for
    /// everything else. On a table keyed by shard, an entity with rows in several shards is returned once per row.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let mut states = store.all_states();
    /// while let Some(state) = states.next().transpose()? {
    ///     println!("{}: version {}", state.persistence_id, state.version_number);
    ///     // Saved as text, it lets another process continue here.
    ///     let token = states.resume_token().to_string();
    /// }
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn all_states(&self) -> States {
        States::new(self, &telemetry::ALL_STATES, Extent::Table)
    }
}

/// The states of a scan, an iterator; returned by [`DurableStore::shard_states`] and [`DurableStore::all_states`].
///
/// See [`all_states`](DurableStore::all_states) for an example. It ends after the first error. [`resume_token`](States::resume_token) then tells how far it came, and another scan can
/// continue there. A row that cannot be read ([`Corrupt`](ErrorKind::Corrupt), the error names it) counts as returned: the
/// scan that continues begins after it.
#[must_use = "nothing is read before the first state is asked for"]
pub struct States {
    store: DurableStore,
    operation: &'static Operation,
    extent: Extent,
    /// After the row that was returned last.
    position: Position,
    /// Rows that were read and not yet returned.
    page: VecDeque<ScannedRow>,
    /// How the next page is read; `None` at the end.
    next_page: Option<PageStart>,
    /// Why nothing can be read, if a setting was refused.
    refused: Option<Error>,
    failed: bool,
}

/// A row as it was read.
struct ScannedRow {
    layout: Layout,
    /// The token of its partition.
    token: i64,
    persistence_id: String,
    row: StoredRow<'static>,
}

impl ScannedRow {
    fn shard(&self) -> u64 {
        shard_of(&self.row)
    }
}

fn shard_of(row: &StoredRow<'_>) -> u64 {
    row.shard_number.unwrap_or_default().cast_unsigned()
}

/// Where a page begins.
enum PageStart {
    /// After the position of the scan.
    Position,
    /// In the middle of a query: the position where the query began, and the driver's paging state.
    Continued(ScanQuery, Position, Vec<u8>),
    /// In the shard that follows the one that was just read to its end, on a table keyed by shard.
    NextShard,
}

#[derive(Clone, Copy, PartialEq)]
enum ScanQuery {
    Table,
    /// The partitions from the one of the position on.
    TableFromPosition,
    Shard,
    /// The rows of the position's shard that follow it.
    RestOfShard,
}

/// The rows of a page, and where the next page begins.
struct ScannedPage {
    rows: Vec<ScannedRow>,
    next: Option<PageStart>,
}

impl States {
    fn new(store: &DurableStore, operation: &'static Operation, extent: Extent) -> Self {
        Self {
            store: store.clone(),
            operation,
            extent,
            position: Position::Start,
            page: VecDeque::new(),
            next_page: Some(PageStart::Position),
            refused: None,
            failed: false,
        }
    }

    /// Sets how many rows are read at once. Defaults to the setting [`page_size`](crate::ConfigBuilder::page_size), and has
    /// its bounds: otherwise the first item is an error of kind [`Config`](ErrorKind::Config).
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let states = store.all_states().page_size(100);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn page_size(mut self, rows: u32) -> Self {
        self.store = self.store.with_page_size(rows);
        self
    }

    /// Returns how far the scan has come: after the state that was returned last.
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// assert_eq!(store.all_states().resume_token().to_string(), "durable-store-scan-1:table:start");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn resume_token(&self) -> ResumeToken {
        ResumeToken { extent: self.extent, position: self.position.clone() }
    }

    /// Continues where another scan of the same shard, or of the same table, had come to: takes its [`ResumeToken`], or the
    /// text of one. If the token is damaged or of another scan, the first item is an error of kind
    /// [`Config`](ErrorKind::Config).
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let mut first = store.all_states();
    /// first.next();
    /// let rest = store.all_states().resume_from(first.resume_token());
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn resume_from(mut self, token: impl TryInto<ResumeToken, Error: Into<Error>>) -> Self {
        let position = token.try_into().map_err(Into::into).and_then(|token| token.position_in(self.extent));
        match position {
            Ok(position) => {
                self.next_page = (position != Position::End).then_some(PageStart::Position);
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
                if let Some(state) = self.decode_next(scanned)? {
                    return Ok(Some(state));
                }
            }
            let Some(start) = &self.next_page else {
                self.position = Position::End;
                return Ok(None);
            };
            let (extent, position) = (self.extent, &self.position);
            let page = self.store.run_call(self.operation, None, |call| {
                self.store.with_lease(call, async |context| context.page(extent, position, start).await)
            })?;
            self.page = page.rows.into();
            self.next_page = page.next;
        }
    }

    /// The state in a row; `None` if nothing but its key is left.
    fn decode_next(&mut self, scanned: ScannedRow) -> Result<Option<DurableState>> {
        let ScannedRow { layout, token, persistence_id, row } = scanned;
        let shard = shard_of(&row);
        self.store.note_timestamp(&row, &persistence_id);
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
    async fn page(&self, extent: Extent, position: &Position, start: &PageStart) -> Result<ScannedPage> {
        self.with_retries(Effect::Read, async |table, deadline| {
            if extent != Extent::Table && table.layout == Layout::ById {
                return Err(Error::new(ErrorKind::Config, "the table is keyed by id: it has no shards"));
            }
            let (query, began, page) = match start {
                PageStart::Continued(query, began, page) => (*query, began, Some(page.clone())),
                PageStart::NextShard => (ScanQuery::TableFromPosition, position, None),
                PageStart::Position => (first_query(extent, position, table.layout), position, None),
            };
            let request = Request { page, ..self.request(&[], deadline) };
            let (rows, paging_state) = self.query(query, extent, began, table, request).await?;
            let next = match paging_state {
                Some(page) => Some(PageStart::Continued(query, began.clone(), page)),
                None if query == ScanQuery::RestOfShard && extent == Extent::Table => Some(PageStart::NextShard),
                None => None,
            };
            Ok(ScannedPage { rows, next })
        })
        .await
    }

    /// Reads one page of a query that began at a position, and returns the state of paging for the next.
    async fn query(
        &self,
        query: ScanQuery,
        extent: Extent,
        began: &Position,
        table: &TableSession,
        request: Request<'_>,
    ) -> Result<(Vec<ScannedRow>, Option<Vec<u8>>)> {
        let (scans, layout) = (&table.statements.scans, table.layout);
        let (token, shard_of_position, id) = began.key();
        let shard = match extent {
            Extent::Shard(shard) => shard,
            Extent::Table => shard_of_position,
        };
        let (from, key) = ([Value::Bigint(token)], [Value::Bigint(shard.cast_signed()), Value::Text(id)]);
        let (statement, values) = match query {
            ScanQuery::Table => (&scans.table, &[][..]),
            ScanQuery::TableFromPosition => (&scans.table_from, &from[..]),
            ScanQuery::Shard => (&scans.shard, &key[..1]),
            ScanQuery::RestOfShard => (&scans.shard_after, &key[..]),
        };
        let rows = table.execute(statement, &Request { values, ..request }).await?;
        let mut scanned = rows.map(|row| scanned(row, layout))?;
        if query == ScanQuery::TableFromPosition {
            scanned.retain(|row| !began.is_behind((row.token, row.shard(), &row.persistence_id), layout));
        }
        Ok((scanned, rows.next_page()?))
    }
}

fn scanned(row: &Row<'_>, layout: Layout) -> Result<ScannedRow> {
    Ok(ScannedRow {
        layout,
        token: row.bigint(0)?.unwrap_or_default(),
        persistence_id: row.text(1)?.unwrap_or_default(),
        row: stored_row(row, 2)?.into_owned(),
    })
}

fn first_query(extent: Extent, position: &Position, layout: Layout) -> ScanQuery {
    match (extent, position, layout) {
        (Extent::Table, Position::After { .. }, Layout::ById) => ScanQuery::TableFromPosition,
        (Extent::Table, Position::After { .. }, Layout::ByShard) | (Extent::Shard(_), Position::After { .. }, _) => {
            ScanQuery::RestOfShard
        }
        (Extent::Table, ..) => ScanQuery::Table,
        (Extent::Shard(_), ..) => ScanQuery::Shard,
    }
}
