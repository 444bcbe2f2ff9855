//! Choosing ports that are free on every address of a cluster.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
};

use anyhow::{Result, bail};

/// Below what Linux and macOS hand out to outgoing connections: a killed node finds its ports free when it comes back.
const RANGE: Range<u16> = 10_000..30_000;

/// The two ports that every node of one cluster uses, each on its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    /// Clients connect here.
    pub(crate) native: u16,
    /// The nodes talk to each other here.
    pub(crate) storage: u16,
}

/// The addresses of a cluster's nodes: 127.0.0.1, 127.0.0.2 and so on.
pub(crate) fn addresses(nodes: u8) -> Vec<Ipv4Addr> {
    (1..=nodes).map(|number| Ipv4Addr::new(127, 0, 0, number)).collect()
}

/// Two ports that nobody listens on at any of the addresses. Someone may take them the next moment: the start then
/// tries others.
pub(crate) fn choose(addresses: &[Ipv4Addr]) -> Result<Ports> {
    let native = free_port(addresses, &[])?;
    let storage = free_port(addresses, &[native])?;
    Ok(Ports { native, storage })
}

/// A port for one more purpose, on 127.0.0.1.
pub(crate) fn choose_beside(Ports { native, storage }: Ports) -> Result<u16> {
    free_port(&[Ipv4Addr::LOCALHOST], &[native, storage])
}

fn free_port(addresses: &[Ipv4Addr], except: &[u16]) -> Result<u16> {
    for _ in 0..1_000 {
        let port = random_port();
        if !except.contains(&port) && is_free(addresses, port)? {
            return Ok(port);
        }
    }
    bail!("no free port found from {} to {}", RANGE.start, RANGE.end)
}

fn is_free(addresses: &[Ipv4Addr], port: u16) -> Result<bool> {
    for &address in addresses {
        match TcpListener::bind((address, port)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
                bail!("{address} is not an address of this machine; on macOS: sudo ifconfig lo0 alias {address}")
            }
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

fn random_port() -> u16 {
    let random = RandomState::new().build_hasher().finish();
    let offset = random % u64::from(RANGE.end - RANGE.start);
    RANGE.start + u16::try_from(offset).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_ports_differ_and_are_free_on_every_address() {
        let addresses = addresses(3);
        let ports = choose(&addresses).unwrap();
        assert_ne!(ports.native, ports.storage);
        for address in addresses {
            TcpListener::bind((address, ports.native)).unwrap();
            TcpListener::bind((address, ports.storage)).unwrap();
        }
    }

    #[test]
    fn a_port_taken_on_one_of_the_addresses_is_not_free() {
        let addresses = addresses(2);
        let port = free_port(&addresses, &[]).unwrap();
        let _taken = TcpListener::bind((addresses[1], port)).unwrap();
        assert!(!is_free(&addresses, port).unwrap());
        assert!(is_free(&addresses[..1], port).unwrap());
    }
}
