//! Several processes create one schema at once, and some are killed meanwhile.

use std::{
    collections::HashSet,
    env,
    io::{Read, Write},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use cluster::{Cluster, cql::Client};
use durable_store::{Config, Consistency, DurableStore, Replication, SchemaOptions};

use crate::harness::{alone, config, nodes, state};

/// Tells the process of a creator where to go, and what to call itself.
const STORE: &str = "CREATOR_STORE";
const NAME: &str = "CREATOR_NAME";

const ROUNDS: usize = 10;
const CREATORS: usize = 8;

#[test]
#[ignore = "the process that other tests start"]
fn a_creator() {
    let Ok(config) = env::var(STORE) else { return };
    let store = DurableStore::new(config.parse::<Config>().unwrap());
    // All begin when the test closes their input.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    store.create_schema(&SchemaOptions::new(Replication::Simple(3))).unwrap();
    store.connect().unwrap();
    // At once: a second table of the same name would swallow it.
    store.write_state(&state(&env::var(NAME).unwrap(), 1)).unwrap();
    store.disconnect().unwrap();
}

/// A process that makes the schema once its input is closed.
fn creator(settings: &Config, number: usize) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "schema_race::a_creator", "--ignored", "--nocapture"])
        .env(STORE, settings.to_string())
        .env(NAME, format!("made-by-{number}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn settings(cluster: &Cluster, keyspace: &str) -> Config {
    config(cluster).keyspace(keyspace).call_timeout(Duration::from_secs(20)).build().unwrap()
}

/// The ids that the nodes have for the table: one, if there is one table.
fn table_ids(cluster: &Cluster, keyspace: &str) -> HashSet<Option<String>> {
    let select = format!("SELECT id FROM system_schema.tables WHERE keyspace_name = '{keyspace}'");
    let ask = |node: &cluster::Node| {
        let mut client = Client::connect(node.address(), Duration::from_secs(20)).unwrap();
        client.query(&select).unwrap().text(0, 0)
    };
    cluster.nodes().iter().map(ask).collect()
}

#[test]
#[ignore = "takes minutes"]
fn eight_processes_create_one_schema_even_if_one_dies() {
    let _alone = alone();
    let cluster = nodes().nodes(3).start().unwrap();
    for round in 0..ROUNDS {
        let keyspace = format!("round_{round}");
        let settings = settings(&cluster, &keyspace);
        let mut creators: Vec<Child> = (0..CREATORS).map(|number| creator(&settings, number)).collect();
        creators.iter_mut().for_each(|creator| drop(creator.stdin.take()));
        for creator in creators {
            let output = creator.wait_with_output().unwrap();
            let _ = std::io::stderr().write_all(&output.stderr);
            assert!(output.status.success(), "round {round}");
        }
        assert_eq!(table_ids(&cluster, &keyspace).len(), 1, "round {round} made more than one table");
        let reader = DurableStore::new(settings).with_consistency(Consistency::All);
        reader.connect().unwrap();
        for number in 0..CREATORS {
            let id = format!("made-by-{number}");
            assert!(reader.get_latest_state((0, &id)).unwrap().is_some(), "round {round}: {id} is lost");
        }
    }

    // From before the session is made to after the last statement.
    for (round, life) in [300, 600, 900, 1_500, 2_500, 4_000].into_iter().enumerate() {
        let keyspace = format!("died_{round}");
        let settings = settings(&cluster, &keyspace);
        let mut dying = creator(&settings, 0);
        drop(dying.stdin.take());
        thread::sleep(Duration::from_millis(life));
        dying.kill().unwrap();
        dying.wait().unwrap();
        let mut next = creator(&settings, 1);
        drop(next.stdin.take());
        let output = next.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(table_ids(&cluster, &keyspace).len(), 1, "after {life} ms");
        let reader = DurableStore::new(settings);
        reader.connect().unwrap();
        assert!(reader.get_latest_state("made-by-1").unwrap().is_some());
    }
}
