//! Roles that may log in but lack permissions.

use std::time::Duration;

use cluster::{Cluster, cql::Client};
use durable_store::{DurableStore, Error, ErrorKind, Layout, Replication, SchemaOptions};

use crate::{
    harness::secrets::{PASSWORD, Secrets},
    harness::{alone, config, connected, make_table_with, nodes, state},
};

#[track_caller]
fn assert_lacks(error: &Error, right: &str, operation: &str) {
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Authentication, Some(operation)), "{error}");
    assert!(error.to_string().contains(&format!("no {right} permission")), "{error}");
    assert!(!error.is_retryable() && !error.is_indeterminate(), "{error}");
    Secrets::with_keys_of([]).assert_hidden_in_error(error);
}

fn store_of(cluster: &Cluster, role: &str) -> DurableStore {
    let store = connected(config(cluster).credentials(role, PASSWORD));
    Secrets::with_keys_of([]).assert_hidden_in_debug(&store);
    store
}

#[test]
fn a_missing_permission_is_named_and_a_grant_is_enough() {
    let _alone = alone();
    let node = nodes().setting("authenticator", "PasswordAuthenticator").setting("authorizer", "CassandraAuthorizer");
    // Otherwise a node remembers for two seconds what a role may not do.
    let cluster = node.setting("permissions_validity", "0ms").start().unwrap();
    make_table_with(config(&cluster).credentials("cassandra", "cassandra"));
    let patience = Duration::from_secs(30);
    let mut admin = Client::connect_as(cluster.address(), patience, "cassandra", "cassandra").unwrap();
    let mut may = |cql: &str| admin.query(cql).map(drop).unwrap();
    for role in ["nobody", "reader"] {
        may(&format!("CREATE ROLE {role} WITH LOGIN = true AND PASSWORD = '{PASSWORD}'"));
    }
    may("GRANT SELECT ON ego.states_store TO reader");

    // Connecting reads what anyone may: it says nothing of the rights on the table.
    let nobody = store_of(&cluster, "nobody");
    let error = nobody.write_state(&state("a", 1)).unwrap_err();
    assert_lacks(&error, "MODIFY", "write_state");
    assert!(error.to_string().contains("ego.states_store"), "{error}");
    let error = nobody.get_latest_state("a").unwrap_err();
    assert_lacks(&error, "SELECT", "get_latest_state");
    assert!(error.to_string().contains("ego.states_store"), "{error}");
    let options = SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById);
    let error = nobody.create_schema(&options).unwrap_err();
    assert_lacks(&error, "CREATE", "create_schema");
    assert!(error.to_string().contains("ego"), "{error}");
    nobody.ping().unwrap();

    let reader = store_of(&cluster, "reader");
    assert_eq!(reader.get_latest_state("a").unwrap(), None);
    assert_lacks(&reader.write_state(&state("a", 1)).unwrap_err(), "MODIFY", "write_state");

    may("GRANT MODIFY ON ego.states_store TO reader");
    reader.write_state(&state("a", 1)).unwrap();
    assert!(reader.get_latest_state("a").unwrap().is_some());
}
