//! A server whose certificate has expired. Only the handshake matters, so it is none that knows CQL.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use durable_store::{Config, ErrorKind, TlsVerification};
use rustls::{
    ServerConfig, ServerConnection,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::{
    harness::certificates::{Authority, HERE, Pair},
    harness::refused::assert_refused,
    harness::secrets::{PASSWORD, Secrets},
    harness::{alone, assert_no_thread_is_left, threads},
};

#[test]
fn a_server_certificate_that_has_expired_is_refused() {
    let _alone = alone();
    let before = threads();
    let ca = Authority::new("ca");
    let server = Showing::start(&ca.expired_server(HERE));
    let client = ca.client();
    for verification in [TlsVerification::CertificateAndAddress, TlsVerification::CertificateOnly] {
        let settings = Config::builder().contact_points(["127.0.0.1"]).port(server.address.port());
        let settings = settings.credentials("cassandra", PASSWORD);
        let settings = settings.tls(client.trusting(&ca.pem()).verification(verification));
        assert_refused(&settings, ErrorKind::Tls, &["127.0.0.1", "expired"], &Secrets::with_keys_of([&client]));
    }
    assert_no_thread_is_left(before);
}

/// A server that shows its certificate to whoever connects, and knows no CQL.
struct Showing {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Showing {
    fn start(pair: &Pair) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let settings = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let settings = settings.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let settings = Arc::new(settings.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind((HERE, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let serve = move || {
            for stream in listener.incoming().map_while(Result::ok).take_while(|_| !stopped.load(Ordering::Relaxed)) {
                let _ = shake_hands(stream, &settings);
            }
        };
        Self { address, stop, thread: Some(thread::spawn(serve)) }
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes it.
        let _ = TcpStream::connect(self.address);
        self.thread.take().map(JoinHandle::join);
    }
}

/// Goes on until the other side has had enough.
fn shake_hands(mut stream: TcpStream, settings: &Arc<ServerConfig>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut connection = ServerConnection::new(Arc::clone(settings)).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(())
}
