//! Asks the server what there is: keyspaces, columns, indexes, and whether its nodes agree on them.

use std::time::Instant;

use crate::{
    Config, Consistency, Result,
    block_on::block_on,
    driver::{Request, Rows, Session, Value},
    table::{
        check::{self, Column},
        cql,
    },
};

/// Runs a statement once, on whichever node: system tables are local to each.
pub(crate) fn ask(session: &Session, cql: &str, values: &[Value<'_>], deadline: Instant) -> Result<Rows> {
    block_on(session.query(cql, &Request::new(values, Consistency::LocalOne, deadline)))
}

pub(crate) fn keyspace_exists(session: &Session, config: &Config, deadline: Instant) -> Result<bool> {
    let keyspace = [Value::Text(config.keyspace())];
    Ok(!ask(session, cql::KEYSPACE, &keyspace, deadline)?.is_empty())
}

/// The columns of the table; none where there is no table.
pub(crate) fn columns(session: &Session, config: &Config, deadline: Instant) -> Result<Vec<Column>> {
    ask(session, cql::COLUMNS, &table_name(config), deadline)?.map(|row| {
        Ok(Column {
            name: row.text(0)?.unwrap_or_default(),
            kind: row.text(1)?.unwrap_or_default(),
            position: row.int(2)?.unwrap_or_default(),
            cql_type: row.text(3)?.unwrap_or_default(),
        })
    })
}

/// The comment of the table; empty where there is none.
pub(crate) fn comment(session: &Session, config: &Config, deadline: Instant) -> Result<String> {
    let comment = ask(session, cql::TABLE_COMMENT, &table_name(config), deadline)?.first(|row| row.text(0))?;
    Ok(comment.flatten().unwrap_or_default())
}

/// Whether the table holds any state, as far as a quorum knows.
pub(crate) fn has_states(session: &Session, config: &Config, deadline: Instant) -> Result<bool> {
    let request = Request::new(&[], config.consistency(), deadline);
    Ok(!block_on(session.query(&cql::any_state(config), &request))?.is_empty())
}

/// Whether reads by id have an index to go through: judged by its target and table, since an index of the expected name
/// may be on another table.
pub(crate) fn has_index(session: &Session, config: &Config, deadline: Instant) -> Result<bool> {
    let targets = ask(session, cql::INDEXES, &table_name(config), deadline)?.map(|row| row.map_entry(1, "target"))?;
    Ok(targets.iter().flatten().any(|target| target.trim_matches('"') == "persistence_id"))
}

/// Whether the node that answers has heard of one version of the schema only, and of how many nodes.
pub(crate) fn agreement(session: &Session, deadline: Instant) -> Result<Agreement> {
    let mut versions = Vec::new();
    for statement in [cql::LOCAL_SCHEMA_VERSION, cql::PEER_SCHEMA_VERSIONS] {
        versions.extend(ask(session, statement, &[], deadline)?.map(|row| row.uuid(0))?);
    }
    let nodes = versions.len();
    versions.dedup();
    Ok(Agreement { nodes, agreed: versions.len() == 1 })
}

/// What one node knows of the schema of all.
pub(crate) struct Agreement {
    pub(crate) nodes: usize,
    pub(crate) agreed: bool,
}

/// The largest write the server takes, where it says so: versions before 4.0, and roles that may not look, leave it
/// unknown, which is no reason not to connect.
pub(crate) fn max_mutation_bytes(session: &Session, deadline: Instant) -> Option<usize> {
    let setting = |name: &str| {
        let rows = ask(session, cql::SETTING, &[Value::Text(name)], deadline).ok()?;
        rows.first(|row| row.text(0)).ok()??
    };
    // Unset, it is half of a commit log segment.
    let explicit = setting("max_mutation_size").and_then(|size| check::bytes_of(&size));
    explicit.or_else(|| setting("commitlog_segment_size").and_then(|size| check::bytes_of(&size)).map(|size| size / 2))
}

fn table_name(config: &Config) -> [Value<'_>; 2] {
    [Value::Text(config.keyspace()), Value::Text(config.table())]
}
