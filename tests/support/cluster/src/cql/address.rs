use std::{
    io::{Error, ErrorKind, Result},
    net::{SocketAddr, ToSocketAddrs},
};

/// Where a server listens unless told otherwise.
const USUAL_PORT: u16 = 9042;

/// The address of the first of some contact points, written `host:port` or `host` and separated by commas.
///
/// # Errors
/// When the text is not of that form, or the host is not known.
pub fn first_address(contact_points: &str) -> Result<SocketAddr> {
    let first = contact_points.split(',').next().unwrap_or_default().trim();
    let mut addresses = first.to_socket_addrs().or_else(|_| (first, USUAL_PORT).to_socket_addrs())?;
    addresses.next().ok_or_else(|| Error::new(ErrorKind::NotFound, format!("{first:?} has no address")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_contact_point_counts() {
        assert_eq!(first_address("127.0.0.1:19042, 127.0.0.2:19042").unwrap().to_string(), "127.0.0.1:19042");
        assert_eq!(first_address("127.0.0.1").unwrap().to_string(), "127.0.0.1:9042");
        assert_eq!(first_address("[::1]:9043").unwrap().to_string(), "[::1]:9043");
        assert!(first_address("").is_err());
    }
}
