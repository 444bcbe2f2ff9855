//! Nodes that tell clients another address than the one they listen at, with a proxy there.

use std::{
    net::{Ipv4Addr, SocketAddr},
    thread,
    time::{Duration, Instant},
};

use cluster::{Node, cql::Client};
use proxy::Proxy;

use crate::harness::{alone, config, connected, make_table_with, nodes, state};

#[test]
fn each_node_is_found_at_the_address_that_it_tells() {
    let _alone = alone();
    let advertised = [101, 102].map(|last| Ipv4Addr::new(127, 0, 0, last));
    let cluster = nodes().nodes(2).advertised(advertised).start().unwrap();
    let proxies = [0, 1].map(|index| {
        let at = SocketAddr::from((advertised[index], cluster.port()));
        Proxy::listen(at, cluster.node(index).address()).unwrap()
    });
    // One contact point: the other node is found by what the first one says of it.
    let settings = config(&cluster).contact_points([advertised[0].to_string()]);
    make_table_with(settings.clone());
    let store = connected(settings);
    // One replica each, so that both nodes are asked by those that know where a state is.
    for number in 0..100 {
        store.write_state(&state(&format!("account-{number}"), 1)).unwrap();
    }
    for (index, proxy) in proxies.iter().enumerate() {
        assert!(proxy.open() > 0, "no connection to node {index}");
        // What the node counts beyond those, and the one that asks, has gone past its proxy.
        let past = || clients(cluster.node(index)).abs_diff(proxy.open() + 1);
        let deadline = Instant::now() + Duration::from_secs(20);
        while past() > 0 {
            assert!(Instant::now() < deadline, "{} clients of node {index} go past its proxy", past());
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// How many connections a node has from clients.
fn clients(node: &Node) -> usize {
    let mut client = Client::connect(node.address(), Duration::from_secs(10)).unwrap();
    client.query("SELECT port FROM system_views.clients").unwrap().rows.len()
}
