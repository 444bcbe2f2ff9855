//! A store is closed at a bad moment.

use std::{thread, time::Duration};

use durable_store::Layout;

use crate::harness::{
    Keyspace, eventually,
    proxy::{Action, BOTH_CALLS, Proxy},
    server,
};

/// The driver prepares all statements anew on a node that comes back; a session closed in the middle of that ended the
/// process in five of six runs of this test, until closing waited for it.
#[test]
fn a_store_may_be_dropped_while_its_node_comes_back() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let proxy = Proxy::start(server());
    let address = proxy.address();
    for step in 0..10 {
        let store =
            keyspace.connected_with(|config| config.contact_points([address.ip().to_string()]).port(address.port()));
        for call in BOTH_CALLS {
            call.make(&store, "account-42").unwrap();
        }
        let accepted = proxy.accepted();
        proxy.hook(|_| Action::Close);
        eventually("every connection is lost", || {
            let _ = BOTH_CALLS.map(|call| call.make(&store, "account-42"));
            proxy.accepted() > accepted
        });
        proxy.pass();
        let accepted = proxy.accepted();
        eventually("the driver connects again", || proxy.accepted() > accepted);
        thread::sleep(Duration::from_millis(4 * step));
        drop(store);
        eventually("the session is closed", || proxy.open() == 0);
    }
}
