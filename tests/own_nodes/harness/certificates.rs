//! Certificates, good and bad, made while the tests run, and a folder that takes their keys away with it.

use std::{
    env, fs,
    net::{IpAddr, Ipv4Addr},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use durable_store::Tls;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_RSA_SHA256, PublicKeyData,
    SanType, SignatureAlgorithm, date_time_ymd,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// Where the nodes are.
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Where no node is: an address that is kept for documentation.
pub(crate) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Who signs certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// What leads from those it signs to the one that is trusted, in PEM.
    links: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let issuer = CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap()).unwrap();
        Self { issuer, links: String::new() }
    }

    /// One that this one has signed: whoever trusts this one trusts that, if shown how they hang together.
    pub(crate) fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::signed_by(authority(name), key, &self.issuer).unwrap();
        let links = format!("{}{}", issuer.pem(), self.links);
        Self { issuer, links }
    }

    /// Its own certificate.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a server at an address.
    pub(crate) fn server(&self, address: IpAddr) -> Pair {
        let mut params = params("node");
        params.subject_alt_names = vec![SanType::IpAddress(address)];
        self.sign(params)
    }

    pub(crate) fn client(&self) -> Pair {
        self.sign(params("client"))
    }

    /// As [`server`](Self::server), no longer valid.
    pub(crate) fn expired_server(&self, address: IpAddr) -> Pair {
        let mut params = expired("node");
        params.subject_alt_names = vec![SanType::IpAddress(address)];
        self.sign(params)
    }

    /// As [`client`](Self::client), no longer valid.
    pub(crate) fn expired_client(&self) -> Pair {
        self.sign(expired("client"))
    }

    /// As [`client`](Self::client), with an RSA key in the old form, as many a tool still writes it.
    pub(crate) fn rsa_client(&self) -> Pair {
        let own = pem::parse(include_str!("../../support/certificates/rsa.pem")).unwrap();
        let (_, own) = X509Certificate::from_der(own.contents()).unwrap();
        let public = RsaPublic(own.public_key().subject_public_key.data.to_vec());
        let key = include_str!("../../support/certificates/rsa.pkcs1.key").to_owned();
        Pair { certificate: self.certify(&params("client"), &public), key }
    }

    fn sign(&self, params: CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        Pair { certificate: self.certify(&params, &key), key: key.serialize_pem() }
    }

    fn certify(&self, params: &CertificateParams, key: &impl PublicKeyData) -> String {
        format!("{}{}", params.signed_by(key, &self.issuer).unwrap().pem(), self.links)
    }
}

struct RsaPublic(Vec<u8>);

impl PublicKeyData for RsaPublic {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn expired(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.not_after = date_time_ymd(2000, 1, 1);
    params
}

/// A certificate, with what leads to its signer, and its private key, in PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Pair {
    /// What a store shows this certificate with, that trusts these.
    pub(crate) fn trusting(&self, ca: &str) -> Tls {
        Tls::new().ca(ca).client_certificate(&self.certificate, &self.key)
    }
}

/// A folder that only we can read, removed with all that is in it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("durable-store-tls-{}-{count}", process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }

    /// Writes a file, or writes it anew.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a store's files, or writes them anew; they keep their names.
    pub(crate) fn client(&self, client: &Pair, trusted: &Authority) -> Tls {
        let certificate = self.write("client.pem", &client.certificate);
        Tls::new()
            .ca(self.write("ca.pem", &trusted.pem()))
            .client_certificate(certificate, self.write("client.key", &client.key))
    }

    /// The `client_encryption_options` of a node with this certificate that wants its clients to have one of `clients`.
    pub(crate) fn encryption(&self, server: &Pair, clients: &Authority) -> String {
        self.encryption_by("[TLSv1.2, TLSv1.3]", server, clients)
    }

    /// As [`encryption`](Self::encryption), by no other versions of TLS than these.
    pub(crate) fn encryption_by(&self, protocols: &str, server: &Pair, clients: &Authority) -> String {
        let keystore = self.write("node.pem", &format!("{}{}", server.key, server.certificate));
        let truststore = self.write("clients.pem", &clients.pem());
        let path = |path: &Path| path.display().to_string().replace('\'', "''");
        format!(
            "{{enabled: true, optional: false, accepted_protocols: {protocols}, require_client_auth: true, keystore: '{}', truststore: '{}', \
             ssl_context_factory: {{class_name: org.apache.cassandra.security.PEMBasedSslContextFactory}}}}",
            path(&keystore),
            path(&truststore)
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
