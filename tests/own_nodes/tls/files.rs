//! Files of certificates and keys that cannot be used.

use std::{
    io,
    net::TcpListener,
    path::{Path, PathBuf},
};

use durable_store::{Config, ConfigBuilder, ErrorKind, Tls};

use crate::{
    harness::alone,
    harness::certificates::{Authority, Folder},
    harness::refused::assert_refused,
    harness::secrets::{PASSWORD, Secrets},
};

#[test]
fn unusable_files_are_refused_by_name_before_io() {
    let _alone = alone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let settings = Config::builder().contact_points(["127.0.0.1"]).port(listener.local_addr().unwrap().port());
    let settings = settings.credentials("ego", PASSWORD);
    let folder = Folder::new();
    let authority = Authority::new("ca");
    let (client, other) = (authority.client(), authority.client());
    let secrets = Secrets::with_keys_of([&client, &other]);
    let ca = folder.write("ca.pem", &authority.pem());
    let certificate = folder.write("client.pem", &client.certificate);
    let key = folder.write("client.key", &client.key);
    let other_key = folder.write("other.key", &other.key);
    let encrypted = folder.write("encrypted.key", &client.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    let damaged = folder.write("damaged.pem", &client.certificate.replace("-----END", "-----FIN"));
    let missing = folder.path("missing.pem");

    let refused = |files: [&PathBuf; 3], parts: &[&str]| {
        let settings = with_files(&settings, files);
        assert_refused(&settings, ErrorKind::Config, parts, &secrets);
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock, "{parts:?}");
    };
    refused([&ca, &certificate, &other_key], &["tls_key: ", "is not the key of", "tls_certificate"]);
    refused([&ca, &certificate, &encrypted], &["tls_key: ", "is encrypted"]);
    refused([&ca, &certificate, &certificate], &["tls_key: ", "must hold exactly one private key", "found 0"]);
    refused([&ca, &key, &key], &["tls_certificate: ", "holds no certificate"]);
    refused([&ca, &damaged, &key], &["tls_certificate: ", "is damaged"]);
    refused([&damaged, &certificate, &key], &["tls_ca: ", "is damaged"]);
    refused([&missing, &certificate, &key], &["tls_ca: ", shown(&missing)]);
    refused([&ca, &missing, &key], &["tls_certificate: ", shown(&missing)]);
    refused([&ca, &certificate, &missing], &["tls_key: ", shown(&missing)]);
}

fn with_files(settings: &ConfigBuilder, [ca, certificate, key]: [&PathBuf; 3]) -> ConfigBuilder {
    settings.clone().tls(Tls::new().ca(ca.clone()).client_certificate(certificate.clone(), key.clone()))
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}
