//! The Python client: its own tests, and states that cross between it and Rust.

use std::process::Command;

use durable_store::{
    Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost::Message, prost_types::Duration,
};

use crate::harness::{Keyspace, address, installed, is_missing, printed};

#[test]
fn the_python_client_passes_its_tests_and_reads_rust_states() {
    if is_missing("python3") {
        return;
    }
    let keyspace = Keyspace::new(address());
    let store = store(&keyspace);
    let written = state("written-by-rust");
    store.write_state(&written).unwrap();

    let output = printed(pytest(&keyspace).env("DURABLE_STORE_TEST_WRITTEN_BY_RUST", hex(&written.encode_to_vec())));
    assert!(output.contains(" passed") && !output.contains("skipped"), "{output}");

    let read = store.get_latest_state("written-by-python").unwrap();
    assert_eq!(read.map(|state| state.encode_to_vec()), Some(state("written-by-python").encode_to_vec()));
}

fn store(keyspace: &Keyspace) -> DurableStore {
    let config = Config::builder().contact_points([address().ip().to_string()]).port(address().port());
    let store = DurableStore::new(config.keyspace(keyspace.name()).build().unwrap());
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).unwrap();
    store.connect().unwrap();
    store
}

/// What both sides write.
fn state(persistence_id: &str) -> DurableState {
    let message = Duration { seconds: 42, nanos: 7 };
    DurableState::new(persistence_id, u64::MAX, &message).with_shard(3).with_timestamp(-5)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Its tests, with the packages they need in a folder of their own and the client as it is in the sources.
fn pytest(keyspace: &Keyspace) -> Command {
    let environment = clients::root().join("target/python-client");
    let python = environment.join("bin/python");
    if !python.exists() {
        printed(Command::new("python3").args(["-m", "venv"]).arg(&environment));
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "./examples/python[test]"]);
    printed(install.current_dir(clients::root()));
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-q", "examples/python"]).current_dir(clients::root());
    // Before the installed one, which an earlier run may have left.
    pytest.env("PYTHONPATH", clients::root().join("examples/python/src")).env("PYTHONDONTWRITEBYTECODE", "1");
    // That of cargo, in which another build of the library may be.
    pytest.env_remove("LD_LIBRARY_PATH").env("DURABLE_STORE_LIBRARY", installed().join("lib/libdurable_store.so"));
    pytest.env("DURABLE_STORE_TEST_KEYSPACE", keyspace.name());
    pytest
}
