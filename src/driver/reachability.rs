//! Why a contact point cannot be reached, as far as this machine alone can tell. A driver reports only that it reached none.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket},
    sync::mpsc,
    thread,
    time::Instant,
};

use crate::Config;

/// Names each contact point that does not resolve, or to whose addresses this machine has no route. Takes
/// `connect_timeout` at most.
pub(super) fn unreachable_contact_points(config: &Config) -> Vec<String> {
    let deadline = Instant::now() + config.connect_timeout();
    let port = config.port();
    // All names at once, each on a thread of its own: a resolver has no deadline.
    let looked_up: Vec<_> = config.contact_points().iter().map(|host| (host, look_up(host, port))).collect();
    let reasons = looked_up.into_iter().filter_map(|(host, addresses)| {
        match addresses.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(addresses)) => no_route(&addresses).map(|reason| format!("{host:?}: {reason}")),
            Ok(Err(cause)) => Some(format!("{host:?} does not resolve: {cause}")),
            Err(_) => Some(format!("{host:?} does not resolve within `connect_timeout`")),
        }
    });
    reasons.collect()
}

fn look_up(host: &str, port: u16) -> mpsc::Receiver<io::Result<Vec<SocketAddr>>> {
    let (send, receive) = mpsc::channel();
    let host = host.to_owned();
    let resolve = move || {
        let found = (host.as_str(), port).to_socket_addrs();
        // If this took too long, the receiver is gone.
        let _ = send.send(found.map(Iterator::collect));
    };
    // Without a thread the channel is closed, as if the resolver had not answered.
    let _ = thread::Builder::new().name("durable-store-resolve".into()).spawn(resolve);
    receive
}

/// Why this machine can send to none of these addresses, if it cannot.
fn no_route(addresses: &[SocketAddr]) -> Option<String> {
    let mut reason = Some("it resolves to no address".to_owned());
    for address in addresses {
        let Err(cause) = route(*address) else { return None };
        let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        reason = Some(format!("this machine has no {family} route to {}: {cause}", address.ip()));
    }
    reason
}

/// Connecting a UDP socket chooses a route and sends nothing.
fn route(address: SocketAddr) -> io::Result<()> {
    let unspecified: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((unspecified, 0))?.connect(address)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reasons(hosts: &[&str]) -> Vec<String> {
        let config = Config::builder().contact_points(hosts).connect_timeout(Duration::from_secs(60)).build().unwrap();
        unreachable_contact_points(&config)
    }

    #[test]
    fn a_name_that_does_not_resolve_is_named() {
        let found = reasons(&["127.0.0.1", "no-such-host.invalid", "localhost"]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("\"no-such-host.invalid\" does not resolve"), "{found:?}");
    }

    #[test]
    fn an_address_without_a_route_is_named_with_its_family() {
        // A link-local address without its interface has no route, and without IPv6 no address of the family has one.
        let link_local = "fe80::1";
        let found = reasons(&["127.0.0.1", link_local]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("\"fe80::1\": this machine has no IPv6 route to fe80::1: "), "{found:?}");
        let addresses = ["[fe80::1]:9042", "127.0.0.1:9042"].map(|address| address.parse().unwrap());
        assert_eq!(no_route(&addresses), None, "one address is enough");
        assert_eq!(no_route(&[]).as_deref(), Some("it resolves to no address"));
    }
}
