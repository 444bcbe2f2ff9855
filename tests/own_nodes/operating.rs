//! The page on operating, run from its first block to its last on one node.

use std::{
    env,
    ffi::OsString,
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use cluster::{Builder, Cluster, Node};
use durable_store::{
    ConfigBuilder, DurableState, DurableStore, ErrorKind, Layout, Replication, SchemaOptions, Tls, prost_types::Any,
};

use crate::{
    harness::certificates::{Authority, Folder, HERE, Pair},
    harness::page::{Block, Page},
    harness::secure_cql::{self, SecureClient},
    harness::{alone, assert_no_thread_is_left, config, connected, nodes, state, threads},
};

/// Of the test's nodes, and of the page's.
const DATACENTER: &str = "datacenter1";
const PAGE_DATACENTER: &str = "dc1";

const ADMIN: (&str, &str) = ("ego_admin", "change me first");

#[test]
fn the_operating_page_works_from_setup_to_restore() {
    let _alone = alone();
    let before = threads();
    let mut page = Page::read();
    let site = Site::start(&page.next("yaml", "client_encryption_options:\n"));

    let mut first_user = site.log_in("cassandra", "cassandra");
    let block = page.next("cql", "CREATE ROLE IF NOT EXISTS ego_admin ");
    run(&mut first_user, &block.with(&[(PAGE_DATACENTER, DATACENTER), ("': 3}", "': 1}")]));
    site.sh(page.next("sh", "nodetool repair --full system_auth\n").text());
    let mut admin = site.admin();
    run(&mut admin, page.next("cql", "ALTER ROLE cassandra ").text());
    site.wait_until_refused("cassandra", "cassandra");

    let block = page.next("cql", "CREATE KEYSPACE IF NOT EXISTS \"ego\" ");
    let options = SchemaOptions::new(Replication::NetworkTopology(vec![(PAGE_DATACENTER.into(), 3)]));
    let by_store = DurableStore::new(site.config().build().unwrap()).schema_cql(&options.layout(Layout::ById));
    assert_eq!(block.text(), by_store);
    run(&mut admin, &block.with(&[(PAGE_DATACENTER, DATACENTER), ("': 3}", "': 1}")]));
    run(&mut admin, page.next("cql", "CREATE ROLE IF NOT EXISTS ego_app ").text());

    let mut program = site.log_in("ego_app", "change me");
    let largest = program.query("SELECT value FROM system_views.settings WHERE name = 'max_mutation_size'").unwrap();
    assert!(largest.text(0, 0).is_some(), "the store could not learn it");
    let error = program.query("SELECT role FROM system_auth.roles").unwrap_err();
    assert!(error.to_string().contains("no SELECT permission"), "{error}");

    site.check(&page.next("sh", "export DURABLE_STORE_CONTACT_POINTS="), &page.next("rust,no_run", "use "));
    site.move_to_a_new_ca(page.next("sh", "nodetool reloadssl\n").text());
    // On a connection from before.
    site.back_up_and_restore(&mut page, &mut admin);
    page.end();

    drop(site);
    assert_no_thread_is_left(before);
}

/// A node, and the files of those who are at work on it.
struct Site {
    folder: Folder,
    ca: Authority,
    /// Who comes after it.
    next_ca: Authority,
    client: Pair,
    cluster: Cluster,
}

impl Site {
    fn start(block: &Block) -> Self {
        let folder = Folder::new();
        let (ca, next_ca) = (Authority::new("ca"), Authority::new("next ca"));
        let client = ca.client();
        let _ = folder.client(&client, &ca);
        write_node(&folder, &ca);
        folder.write("trust.pem", &ca.pem());
        let yaml = block.with(&[("/etc/cassandra", shown(&folder.path("")))]);
        // The page speaks of snapshots that Cassandra makes by itself; test nodes make none unless told to.
        let cluster = with_yaml(nodes(), &yaml).setting("auto_snapshot", "true").start().unwrap();
        Self { folder, ca, next_ca, client, cluster }
    }

    fn node(&self) -> &Node {
        self.cluster.node(0)
    }

    fn try_log_in(&self, user: &str, password: &str) -> Result<SecureClient, cluster::cql::Error> {
        secure_cql::log_in(self.cluster.address(), &self.client, &self.ca, user, password)
    }

    fn log_in(&self, user: &str, password: &str) -> SecureClient {
        self.try_log_in(user, password).unwrap()
    }

    /// A node goes by what it knew of a role for two seconds.
    fn wait_until_refused(&self, user: &str, password: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.try_log_in(user, password).is_ok() {
            assert!(Instant::now() < deadline, "{user} may still log in");
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn admin(&self) -> SecureClient {
        self.log_in(ADMIN.0, ADMIN.1)
    }

    /// What the environment of the page comes to, as the program's own role.
    fn config(&self) -> ConfigBuilder {
        let path = |name| self.folder.path(name);
        let tls = Tls::new().ca(path("ca.pem")).client_certificate(path("client.pem"), path("client.key"));
        config(&self.cluster).local_datacenter(DATACENTER).credentials("ego_app", "change me").tls(tls)
    }

    /// Runs commands in a shell that knows `nodetool`.
    fn sh(&self, commands: &str) {
        let mut path = OsString::from(self.node().nodetool().unwrap());
        path.push(":");
        path.push(env::var_os("PATH").unwrap());
        succeed(Command::new("sh").args(["-euc", commands]).env("PATH", path));
    }

    /// Runs the example with the environment of the page, and looks at its code for that of the page.
    fn check(&self, environment: &Block, code: &Block) {
        let environment = environment.with(&[
            ("10.0.0.1,10.0.0.2,10.0.0.3", "127.0.0.1"),
            ("=dc1", "=datacenter1"),
            ("/etc/ego", shown(&self.folder.path(""))),
        ]);
        let mut check = Command::new("sh");
        check.args(["-euc", &format!("{environment}exec \"$CARGO\" run --quiet --example deployment_check")]);
        check.env("CARGO", env!("CARGO")).current_dir(env!("CARGO_MANIFEST_DIR"));
        toolchains::forget_our_package(&mut check);
        // The page's servers have the usual port.
        check.env("DURABLE_STORE_PORT", self.cluster.port().to_string());
        assert_eq!(succeed(&mut check), "Connected, wrote a state and read it back.\n");

        let example = include_str!("../../examples/deployment_check.rs");
        for line in code.text().lines().filter(|line| !line.starts_with("use ") && !line.starts_with("# ")) {
            assert!(example.contains(line), "the example has no {line:?}");
        }
    }

    /// As the page has it in three steps; after each, the node's files are loaded and the store connects again.
    fn move_to_a_new_ca(&self, reload: &str) {
        let store = connected(self.config());
        let mut version = 0;
        let mut step = |name: &str| {
            self.sh(reload);
            store.disconnect().unwrap();
            store.connect().unwrap_or_else(|error| panic!("{name}: {error}"));
            version += 1;
            let written = state("account-42", version);
            store.write_state(&written).unwrap();
            assert_eq!(store.get_latest_state("account-42").unwrap(), Some(written), "{name}");
        };
        let both = self.ca.pem() + &self.next_ca.pem();
        self.folder.write("ca.pem", &both);
        self.folder.write("trust.pem", &both);
        step("both are trusted");

        let next = self.next_ca.client();
        self.folder.write("client.pem", &next.certificate);
        self.folder.write("client.key", &next.key);
        step("the program's certificate is new");
        write_node(&self.folder, &self.next_ca);
        step("the node's certificate is new");

        self.folder.write("ca.pem", &self.next_ca.pem());
        self.folder.write("trust.pem", &self.next_ca.pem());
        step("the old one is out");
        store.disconnect().unwrap();
        let late = DurableStore::new(self.config().tls(self.client.trusting(&self.next_ca.pem())).build().unwrap());
        assert_eq!(late.connect().unwrap_err().kind(), ErrorKind::Unreachable, "the old one still counts");
    }

    fn back_up_and_restore(&self, page: &mut Page, admin: &mut SecureClient) {
        let store = connected(self.config());
        (1..100).for_each(|version| store.write_state(&state_of(&format!("account-{version}"), version)).unwrap());
        let rows = admin.query(EVERYTHING).unwrap();
        let backups = self.folder.path("backups");
        let here = ("/var/backups", shown(&backups));
        let storage = self.node().storage();
        let block = page.next("sh", "nodetool snapshot --tag nightly ego\n");
        self.sh(&block.with(&[here, ("/var/lib/cassandra", shown(&storage))]));
        assert!(!self.has_snapshot("states_store", "nightly"), "the copy is what is kept");

        store.write_state(&state_of("account-7", 1_000)).unwrap();
        store.write_state(&state_of("account-after", 1)).unwrap();
        store.disconnect().unwrap();
        run(admin, page.next("cql", "TRUNCATE ego.states_store;\n").text());
        assert!(self.has_snapshot("states_store", "truncated-"));
        let is_empty = |admin: &mut SecureClient| admin.query(EVERYTHING).unwrap().rows.is_empty();
        assert!(is_empty(admin));
        let block = page.next("sh", "nodetool import --copy-data ego states_store ");
        // As the page warns: no error, and nothing.
        let dated = backups.join("nightly/ego/2026-01-31");
        self.sh(&format!("cp -R {}/nightly/ego/states_store {}", shown(&backups), shown(&dated)));
        self.sh(&block.with(&[("/var/backups/nightly/ego/states_store", shown(&dated))]));
        assert!(is_empty(admin));
        self.sh(&block.with(&[here]));
        self.sh(page.next("sh", "nodetool repair --full ego\n").text());
        assert_eq!(admin.query(EVERYTHING).unwrap(), rows);
        store.connect().unwrap();
        assert_eq!(store.get_latest_state("account-7").unwrap(), Some(state_of("account-7", 7)));
        assert_eq!(store.get_latest_state("account-after").unwrap(), None);

        run(admin, page.next("cql", "CREATE TABLE IF NOT EXISTS ego.states_restored ").text());
        let block = page.next("sh", "nodetool import --copy-data ego states_restored ");
        self.sh(&block.with(&[here]));
        run(admin, "UPDATE ego.states_store SET state_payload = 0xFF WHERE persistence_id = 'account-7';");
        assert_eq!(store.get_latest_state("account-7").unwrap_err().kind(), ErrorKind::Corrupt);
        let restored = connected(self.config().table("states_restored"));
        let then = restored.get_latest_state("account-7").unwrap().unwrap();
        store.write_state(&then).unwrap();
        assert_eq!(store.get_latest_state("account-7").unwrap(), Some(state_of("account-7", 7)));
        run(admin, page.next("cql", "DROP TABLE ego.states_restored;\n").text());
        assert!(self.has_snapshot("states_restored", "dropped-"));
    }

    /// Whether the table, also one that was dropped, has a snapshot whose name begins like this.
    fn has_snapshot(&self, table: &str, beginning: &str) -> bool {
        let names = |folder: &Path| -> Vec<String> {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let keyspace = self.node().storage().join("data/ego");
        let of_table = |name: &String| name.starts_with(&format!("{table}-"));
        let tables: Vec<String> = names(&keyspace).into_iter().filter(of_table).collect();
        assert_eq!(tables.len(), 1, "{tables:?}");
        names(&keyspace.join(&tables[0]).join("snapshots")).iter().any(|name| name.starts_with(beginning))
    }
}

/// All that is stored, to the byte.
const EVERYTHING: &str = "SELECT persistence_id, version_number, state_payload, state_manifest, timestamp, \
                          shard_number, WRITETIME(state_payload) FROM ego.states_store";

/// Gives the node a certificate that this one has signed.
fn write_node(folder: &Folder, ca: &Authority) {
    let server = ca.server(HERE);
    folder.write("node.pem", &format!("{}{}", server.key, server.certificate));
}

/// Adds the settings of a piece of `cassandra.yaml`.
fn with_yaml(nodes: Builder, yaml: &str) -> Builder {
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in yaml.lines() {
        match (settings.last_mut(), line.starts_with(' ')) {
            (Some((_, value)), true) => *value = format!("{value}\n{line}"),
            _ => {
                let (key, value) = line.split_once(':').unwrap();
                settings.push((key.to_owned(), value.trim().to_owned()));
            }
        }
    }
    settings.into_iter().fold(nodes, |nodes, (key, value)| nodes.setting(key, value))
}

/// Runs statements one after the other.
#[track_caller]
fn run(client: &mut SecureClient, statements: &str) {
    for statement in statements.split_terminator(";\n") {
        client.query(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// Runs a command that has to succeed, and gives what it prints.
#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{printed}\n{errors}", output.status);
    printed.into_owned()
}

/// With bytes of every kind in its payload.
fn state_of(persistence_id: &str, version_number: u64) -> DurableState {
    let value = (0..=255).cycle().take(300 + version_number as usize).collect();
    DurableState {
        persistence_id: persistence_id.into(),
        version_number,
        resulting_state: Some(Any { type_url: "type.googleapis.com/bank.AccountState".into(), value }),
        timestamp: -62_135_596_800,
        shard: version_number,
    }
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap().trim_end_matches('/')
}
