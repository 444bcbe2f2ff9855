//! CQL on a node that takes TLS only, without the store.

use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use cluster::cql::{Client, Error};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::harness::certificates::{Authority, Pair};

/// Making a schema takes seconds on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) type SecureClient = Client<StreamOwned<ClientConnection, TcpStream>>;

/// Connects with a certificate of its own to a node whose certificate `trusted` has signed, and logs in.
pub(crate) fn log_in(
    address: SocketAddr,
    own: &Pair,
    trusted: &Authority,
    user: &str,
    password: &str,
) -> Result<SecureClient, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let settings = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let settings = settings.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let settings = settings.with_client_auth_cert(chain, key).unwrap();
    let connection = ClientConnection::new(Arc::new(settings), address.ip().into()).unwrap();
    let socket = TcpStream::connect(address)?;
    let stream = StreamOwned::new(connection, socket.try_clone()?);
    Client::over(stream, socket, TIMEOUT, user, password)
}
