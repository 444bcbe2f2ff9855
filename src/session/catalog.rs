//! Reads the server's catalog: keyspaces, columns, indexes, and whether its nodes agree on them.

use std::time::Instant;

use crate::{
    Config, Consistency, Result,
    driver::{Request, Rows, Session, Value},
    table::{
        check::{self, Column},
        cql,
    },
};

/// Runs a statement once, on whichever node: system tables are local to each.
pub(super) async fn ask(session: &Session, cql: &str, values: &[Value<'_>], deadline: Instant) -> Result<Rows> {
    session.query(cql, &Request::new(values, Consistency::LocalOne, deadline)).await
}

pub(super) async fn keyspace_exists(session: &Session, config: &Config, deadline: Instant) -> Result<bool> {
    let keyspace = [Value::Text(config.keyspace())];
    Ok(!ask(session, cql::SELECT_KEYSPACE, &keyspace, deadline).await?.is_empty())
}

/// The columns of the table; none where there is no table.
pub(super) async fn columns(session: &Session, config: &Config, deadline: Instant) -> Result<Vec<Column>> {
    ask(session, cql::SELECT_COLUMNS, &table_name(config), deadline).await?.map(|row| {
        Ok(Column {
            name: row.text(0)?.unwrap_or_default(),
            kind: row.text(1)?.unwrap_or_default(),
            position: row.int(2)?.unwrap_or_default(),
            cql_type: row.text(3)?.unwrap_or_default(),
            clustering_order: row.text(4)?.unwrap_or_default(),
        })
    })
}

/// The comment of the table, or an empty text.
pub(super) async fn comment(session: &Session, config: &Config, deadline: Instant) -> Result<String> {
    let comment =
        ask(session, cql::SELECT_TABLE_COMMENT, &table_name(config), deadline).await?.first(|row| row.text(0))?;
    Ok(comment.flatten().unwrap_or_default())
}

/// Whether the table holds any state, as far as a quorum knows.
pub(super) async fn has_states(session: &Session, config: &Config, deadline: Instant) -> Result<bool> {
    let request = Request::new(&[], config.consistency(), deadline);
    Ok(!session.query(&cql::any_state(config), &request).await?.is_empty())
}

/// Whether reads by id have an index to go through: judged by its target and table, since an index of the expected name
/// may be on another table.
pub(super) async fn has_index(session: &Session, config: &Config, deadline: Instant) -> Result<bool> {
    let targets = ask(session, cql::SELECT_INDEXES, &table_name(config), deadline)
        .await?
        .map(|row| row.map_entry(1, "target"))?;
    Ok(targets.iter().flatten().any(|target| target.trim_matches('"') == "persistence_id"))
}

/// Whether the node that answers sees the same schema version on all nodes, and how many nodes it sees.
pub(super) async fn agreement(session: &Session, deadline: Instant) -> Result<Agreement> {
    let mut versions = Vec::new();
    for statement in [cql::SELECT_LOCAL_SCHEMA_VERSION, cql::SELECT_PEER_SCHEMA_VERSIONS] {
        versions.extend(ask(session, statement, &[], deadline).await?.map(|row| row.uuid(0))?);
    }
    let nodes = versions.len();
    versions.dedup();
    Ok(Agreement { nodes, agreed: versions.len() == 1 })
}

/// What one node knows of the schema versions of all.
pub(super) struct Agreement {
    pub(super) nodes: usize,
    pub(super) agreed: bool,
}

/// The largest write that the server accepts, in bytes. Unknown before Cassandra 4.0, and for roles that may not read it.
pub(super) async fn max_mutation_bytes(session: &Session, deadline: Instant) -> Option<usize> {
    let setting = async |name: &str| {
        let rows = ask(session, cql::SELECT_SETTING, &[Value::Text(name)], deadline).await.ok()?;
        check::bytes_of(&rows.first(|row| row.text(0)).ok()???)
    };
    match setting("max_mutation_size").await {
        // Unset, it is half of a commit log segment.
        None => setting("commitlog_segment_size").await.map(|size| size / 2),
        explicit => explicit,
    }
}

fn table_name(config: &Config) -> [Value<'_>; 2] {
    [Value::Text(config.keyspace()), Value::Text(config.table())]
}
