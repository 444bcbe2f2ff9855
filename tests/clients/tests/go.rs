//! The Go client: its own tests, a real eGo engine among them, on a node that they may restart, and its quickstart.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
};

use cluster::{Cluster, Node};

use crate::harness::{installed, is_missing, printed};

#[test]
fn the_go_client_passes_its_tests_and_its_quickstart() {
    if is_missing("go") || is_missing("pkg-config") {
        return;
    }
    assert_eq!(printed(&mut tool("gofmt", &["-l", "."])), "", "gofmt would change these");
    printed(&mut tool("go", &["vet", "./..."]));
    let cluster = Cluster::builder(clients::root().join("target/cassandra")).start().unwrap();
    let address = cluster.address();
    while_restarting(cluster.node(0), |restarter| {
        let mut tests = tool("go", &["test", "-count=1", "-v", "-timeout=20m", "./..."]);
        tests.env("CASSANDRA_TEST_CONTACT_POINTS", address.to_string());
        tests.env("DURABLE_STORE_TEST_KEYSPACE", "durable_store_go");
        tests.env("DURABLE_STORE_TEST_RESTART", restarter.to_string());
        let output = printed(&mut tests);
        for name in [
            "TestEntitiesHealAfterARestartOfTheServer",
            "TestAHundredEntitiesWorkAtOnce",
            "TestOfTwoEnginesWithOneEntityTheLaterGoesOn",
        ] {
            assert!(output.contains(&format!("--- PASS: {name} ")), "{output}");
        }
        assert!(!output.contains("--- SKIP"), "{output}");
    });
    let mut quickstart = tool("go", &["run", "./cmd/quickstart", &format!("cassandra://{address}/ego")]);
    assert_eq!(printed(&mut quickstart), PRINTED);
}

const PRINTED: &str = "\
The table is there.
Connected.
Wrote version 1 of account-42 with a balance of 4200 cents.
Read from the server: version 1 of account-42 has a balance of 4200 cents.
Wrote version 2 of account-42 with a balance of 5100 cents.
Read from the server: version 2 of account-42 has a balance of 5100 cents.
Read from the server: there is no state of account-43.
The server answers a ping.
Disconnected.
";

/// A command of the Go toolchain on the client, with the race detector everywhere, so that all is compiled once.
fn tool(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(clients::root().join("examples/go"));
    command.env("PKG_CONFIG_PATH", installed().join("lib/pkgconfig"));
    // That of cargo, in which another build of the library may be.
    command.env_remove("LD_LIBRARY_PATH");
    // Without the state of the repository in what is built: that takes a git that trusts the folder.
    command.env("GOFLAGS", "-race -buildvcs=false");
    // Go compiles nothing anew for another header or pkg-config file, but for another macro.
    command.env("CGO_CFLAGS", format!("-g -O2 -DINSTALLED={}", fingerprint()));
    command
}

/// Another number for each installed library with another interface or place.
fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    installed().hash(&mut hasher);
    for file in ["include/durable_store.h", "lib/pkgconfig/durable_store.pc"] {
        fs::read(installed().join(file)).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

/// Does something while a node is restarted for whoever sends the line `restart` to an address.
fn while_restarting(node: &Node, act: impl FnOnce(SocketAddr) + Send) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        let acting = scope.spawn(move || {
            let _end = End(address);
            act(address);
        });
        for connection in listener.incoming() {
            let mut connection = BufReader::new(connection.unwrap());
            let mut line = String::new();
            connection.read_line(&mut line).unwrap();
            if line == END {
                break;
            }
            assert_eq!(line, "restart\n");
            node.stop().and_then(|()| node.start()).unwrap();
            connection.get_mut().write_all(b"ok\n").unwrap();
        }
        acting.join().unwrap();
    });
}

const END: &str = "end\n";

/// Ends the listener, when the test fails too.
struct End(SocketAddr);

impl Drop for End {
    fn drop(&mut self) {
        TcpStream::connect(self.0).and_then(|mut connection| connection.write_all(END.as_bytes())).unwrap();
    }
}
