//! A keyspace and a table with capital letters in their names, in every form of the settings.

use durable_store::{Config, DurableStore, ErrorKind, Layout, Replication, SchemaOptions};

use crate::harness::{BOTH_LAYOUTS, Keyspace, Peer, account};

/// The settings of a table in each form in which they can be given.
fn forms(keyspace: &Keyspace, table: &str) -> Vec<Config> {
    let built = keyspace.config().table(format!("\"{table}\"")).build().unwrap();
    let (hosts, port, name) = (built.contact_points().join(","), built.port(), keyspace.name());
    let strings = [
        built.to_string(),
        format!("cassandra://{hosts}:{port}/%22{name}%22?table=%22{table}%22"),
        format!("Cassandra://{hosts}:{port}/\"{name}\"?table=\"{table}\""),
    ];
    let parsed = strings.iter().map(|text| text.parse().unwrap());
    let rebuilt = [built.to_builder().build().unwrap()];
    [built.clone()].into_iter().chain(parsed).chain(rebuilt).collect()
}

#[test]
fn names_with_capitals_lead_to_the_same_rows_in_every_form() {
    let keyspace = Keyspace::unmade_with_capitals();
    let configs = forms(&keyspace, "Accounts");
    let options = SchemaOptions::new(Replication::Simple(1)).layout(Layout::ByShard);
    DurableStore::new(configs[0].clone()).create_schema(&options).unwrap();
    for (version, config) in (1..).zip(&configs) {
        assert_eq!(config, &configs[0]);
        assert_eq!((config.keyspace(), config.table()), (keyspace.name(), "Accounts"));
        let store = DurableStore::new(config.clone());
        store.connect().unwrap();
        store.write_state(&account("account-42", version, 1)).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, version);
        assert_eq!(store.all_states().count(), 1);
    }
    let store = DurableStore::new(configs[0].clone()).with_table("\"Orders\"");
    store.create_schema(&options).unwrap();
    store.connect().unwrap();
    assert!(store.get_latest_state("account-42").unwrap().is_none());
    assert_eq!(store.config().table(), "Orders");
}

#[test]
fn a_name_without_quotes_is_folded_to_lower_case() {
    let keyspace = Keyspace::unmade_with_capitals();
    let config = keyspace.config().keyspace(keyspace.name()).build().unwrap();
    let error = DurableStore::new(config).connect().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    let lower = keyspace.name().to_lowercase();
    assert!(error.to_string().contains(&format!("keyspace {lower} does not exist")), "{error}");
}

#[test]
fn go_reads_and_writes_a_keyspace_with_capitals() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::unmade_with_capitals();
        let store = keyspace.store();
        store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(layout)).unwrap();
        store.connect().unwrap();
        let Some(mut peer) = Peer::start(&keyspace) else { return };
        let (ours, of_go) = (account("ours", 1, 1), account("of-go", 2, 2));
        store.write_state(&ours).unwrap();
        peer.write(&of_go);
        assert_eq!(store.get_latest_state("of-go").unwrap(), Some(of_go));
        let read = peer.read("ours", None).expect("the row of this store");
        assert_eq!(read.row.version_number, Some(1));
        peer.write(&account("ours", 3, 3));
        assert_eq!(store.get_latest_state("ours").unwrap().unwrap().version_number, 3);
    }
}
