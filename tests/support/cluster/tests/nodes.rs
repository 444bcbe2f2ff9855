//! Real nodes: started, killed, paused, refused, and gone when nobody owns them any more.
#![allow(clippy::unwrap_used, reason = "clippy knows only functions marked #[test] as tests")]

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use cluster::{
    Builder, Cluster, Node,
    cql::{Client, Error},
};

const TIMEOUT: Duration = Duration::from_secs(5);

fn builder() -> Builder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/cassandra");
    // Java's first compiler alone starts a node with a third less work.
    Cluster::builder(folder).jvm_option("-XX:TieredStopAtLevel=1").progress(|line| eprintln!("{line}"))
}

fn client(node: &Node) -> Client {
    Client::connect(node.address(), TIMEOUT).unwrap()
}

/// Whether a process with this id runs; one that has ended but was not collected does not.
fn runs(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

/// The folder of the cluster's run.
fn run_folder(node: &Node) -> PathBuf {
    node.log().ancestors().nth(3).unwrap().to_owned()
}

#[test]
fn a_node_keeps_its_data_through_kill_stop_and_pause() {
    let every_write_synced = builder().setting("commitlog_sync", "batch").setting("commitlog_sync_period", "");
    let cluster = every_write_synced.start().unwrap();
    let node = cluster.node(0);
    assert_eq!(cluster.contact_points(), ["127.0.0.1"]);
    let mut before = client(node);
    before.query("CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").unwrap();
    before.query("CREATE TABLE k.t (id text PRIMARY KEY, n bigint)").unwrap();
    let values = [Some(&b"a"[..]), Some(&7_i64.to_be_bytes()[..])];
    assert!(before.query_with("INSERT INTO k.t (id, n) VALUES (?, ?)", &values).unwrap().rows.is_empty());

    node.kill().unwrap();
    assert_eq!(node.pid(), None);
    assert!(!node.is_ready());
    assert!(before.query("SELECT * FROM k.t").is_err());
    assert!(node.pause().is_err());

    node.start().unwrap();
    let rows = client(node).query("SELECT id, n, writetime(n) AS at FROM k.t").unwrap();
    assert_eq!((rows.text(0, 0).as_deref(), rows.text(0, 1).as_deref()), (Some("a"), Some("7")));
    assert_eq!(rows.columns[2].name, "at");
    assert!(node.spawn().is_err());

    node.pause().unwrap();
    let asked = Instant::now();
    let silent = Client::connect(node.address(), Duration::from_millis(300)).unwrap_err();
    assert_eq!(silent.to_string(), "no answer in time");
    assert!(asked.elapsed() < TIMEOUT);
    node.resume().unwrap();
    assert!(client(node).query("SELECT n FROM k.t").is_ok());

    node.pause().unwrap();
    node.stop().unwrap();
    assert_eq!(node.pid(), None);
    node.spawn().unwrap();
    let (pid, folder) = (node.pid().unwrap(), run_folder(node));
    assert!(folder.join("node1/data").is_dir() && runs(pid));
    drop(cluster);
    assert!(!runs(pid));
    assert!(!folder.exists());
}

#[test]
fn settings_reach_the_server() {
    let cluster = builder().setting("authenticator", "PasswordAuthenticator").start().unwrap();
    let connect = |password| Client::connect_as(cluster.address(), TIMEOUT, "cassandra", password);
    let rows = connect("cassandra").unwrap().query("SELECT release_version, rpc_address FROM system.local").unwrap();
    assert_eq!(rows.text(0, 0).as_deref(), Some(cluster::DEFAULT_VERSION));
    assert_eq!(rows.text(0, 1).as_deref(), Some("127.0.0.1"));
    assert!(matches!(connect("wrong"), Err(Error::Server { code: 0x0100, .. })));
    let syntax = connect("cassandra").unwrap().query("SELEKT").unwrap_err();
    assert!(matches!(syntax, Error::Server { code: 0x2000, .. }), "{syntax}");
}

#[test]
fn a_start_that_fails_says_why_and_keeps_its_log() {
    let error = builder().setting("no_such_setting", "1").start().unwrap_err().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
    let log = PathBuf::from(error.rsplit_once(": ").unwrap().1);
    assert!(log.is_file());
    let run = log.ancestors().nth(3).unwrap();
    assert!(!run.join("node1/data").exists());
    std::fs::remove_dir_all(run).unwrap();

    let error = builder().jvm_option("-XX:NoSuchOption").start().unwrap_err().to_string();
    assert!(error.contains("NoSuchOption"), "{error}");
    let log = Path::new(error.rsplit_once(": ").unwrap().1);
    std::fs::remove_dir_all(log.ancestors().nth(3).unwrap()).unwrap();
}

#[test]
fn nodes_end_with_an_owner_that_is_killed() {
    let mut owner = Command::new(std::env::current_exe().unwrap());
    owner.env(OWNER, "1").args(["--exact", "an_owner", "--ignored", "--nocapture"]).stdout(Stdio::piped());
    let mut owner = owner.spawn().unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let pid = lines.map_while(Result::ok).find_map(|line| line.split_once("node=")?.1.parse().ok()).unwrap();
    assert!(runs(pid));

    owner.kill().unwrap();
    owner.wait().unwrap();
    let deadline = Instant::now() + TIMEOUT;
    while runs(pid) {
        assert!(Instant::now() < deadline, "the node outlives its owner");
        sleep(Duration::from_millis(20));
    }
}

/// Set for the process that a test starts and kills.
const OWNER: &str = "CLUSTER_OWNER";

#[test]
#[ignore = "the process that another test kills"]
fn an_owner() {
    if env::var_os(OWNER).is_none() {
        return;
    }
    let cluster = builder().start().unwrap();
    println!("\nnode={}", cluster.node(0).pid().unwrap());
    sleep(Duration::from_secs(60));
}
