//! Creates the keyspace, the table and its index.

use std::{ffi::c_char, mem::MaybeUninit};

use super::{
    argument::{self, refused},
    bytes::OutBytes,
    call::call,
    constants::{DURABLE_STORE_BY_ID, DURABLE_STORE_BY_SHARD},
    error::ErrorHandle,
    handle::borrow,
    store::StoreHandle,
};
use crate::{Error, Layout, Replication, Result, SchemaOptions};

/// Creates keyspace, table and index as far as they are missing, and waits until all nodes have them and the index answers.
/// No other function creates anything. Needs no `durable_store_connect`: it opens and closes a session of its own. Any
/// number of programs may call it at once. Takes at most 60 seconds.
///
/// `replication`: the number of copies of each row, `3`, for development; in production the number per datacenter,
/// `dc1:3,dc2:2`. An existing keyspace is not changed. `layout`: `DURABLE_STORE_BY_ID`, which the modes versioned and owned need and
/// which is recommended for new tables, or `DURABLE_STORE_BY_SHARD`. `index`: whether a table keyed by shard gets the index that
/// reads by persistence id need there; has no effect on a table keyed by id.
///
/// Errors: `DURABLE_STORE_CONFIG` (the replication is refused; the table holds states and records another write mode),
/// `DURABLE_STORE_SCHEMA` (the table exists and is different), `DURABLE_STORE_AUTHENTICATION` (also: the role may not
/// create), `DURABLE_STORE_TIMEOUT` (the nodes did not agree in time), and everything `durable_store_connect` returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_create_schema(
    store: Option<&StoreHandle>,
    replication: *const c_char,
    replication_length: usize,
    layout: i32,
    index: bool,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let replication = unsafe { argument::text("replication", replication, replication_length) }?;
        store.create_schema(&options(replication, layout, index)?)
    })
}

/// Returns the CQL that `durable_store_create_schema` runs, to be run by hand. Does no I/O.
///
/// Puts it into `*cql` and `*cql_length`: UTF-8 without a NUL at its end, to be freed with `durable_store_bytes_free`; NULL
/// and 0 on failure.
///
/// Errors: `DURABLE_STORE_CONFIG` (the replication is refused).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_schema_cql(
    store: Option<&StoreHandle>,
    replication: *const c_char,
    replication_length: usize,
    layout: i32,
    index: bool,
    cql: Option<&mut MaybeUninit<*mut u8>>,
    cql_length: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut ErrorHandle>>,
) -> i32 {
    call(error, || {
        let bytes = OutBytes::new(("cql", cql), ("cql_length", cql_length));
        let store = borrow("store", store)?;
        // SAFETY: as the header asks.
        let replication = unsafe { argument::text("replication", replication, replication_length) }?;
        let options = options(replication, layout, index)?;
        bytes.check()?;
        bytes.set_text(&store.schema_cql(&options));
        Ok(())
    })
}

fn options(replication: &str, layout: i32, index: bool) -> Result<SchemaOptions> {
    let layout = match layout {
        DURABLE_STORE_BY_SHARD => Layout::ByShard,
        DURABLE_STORE_BY_ID => Layout::ById,
        other => {
            return Err(refused(
                "layout",
                format_args!("{other} is neither DURABLE_STORE_BY_SHARD nor DURABLE_STORE_BY_ID"),
            ));
        }
    };
    let options = SchemaOptions::new(parse(replication)?).layout(layout).index(index);
    options.check()?;
    Ok(options)
}

fn parse(replication: &str) -> Result<Replication> {
    if !replication.contains(':') {
        return Ok(Replication::Simple(copies(replication)?));
    }
    let datacenters = replication.split(',').map(|part| {
        let (name, factor) = part.rsplit_once(':').ok_or_else(|| malformed(part))?;
        Ok((name.trim().to_owned(), copies(factor)?))
    });
    Ok(Replication::NetworkTopology(datacenters.collect::<Result<_>>()?))
}

fn copies(text: &str) -> Result<u32> {
    text.trim().parse().map_err(|_| malformed(text))
}

fn malformed(part: &str) -> Error {
    let reason = format!("{part:?} is neither a number of copies, such as \"3\", nor a list such as \"dc1:3,dc2:2\"");
    Error::setting("replication", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn replication_is_a_number_or_one_for_each_datacenter() {
        assert_eq!(parse(" 3 ").unwrap(), Replication::Simple(3));
        let two = vec![("dc1".to_owned(), 3), ("dc:2".to_owned(), 2)];
        assert_eq!(parse("dc1:3, dc:2:2").unwrap(), Replication::NetworkTopology(two));
    }

    #[test]
    fn other_replications_are_refused_by_name() {
        for text in ["", "three", "-1", "4294967296", "dc1:", "dc1:3,", "dc1:3,dc2", ":3", "0"] {
            let error = options(text, DURABLE_STORE_BY_ID, true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with("replication: "), "{error}");
        }
    }
}
