//! Passes certificates and keys to the driver; they are read and checked for each session.

use std::{borrow::Cow, fs};

use cassandra_cpp::{Ssl, SslVerifyFlag};

use super::error::refused_by_driver;
use crate::{
    Error, Pem, Result, Tls, TlsVerification,
    config::certificates::{self, CA, CERTIFICATE, KEY},
};

pub(super) fn ssl(tls: &Tls) -> Result<Ssl> {
    let mut ssl = Ssl::default();
    if let Some(ca) = tls.ca_pem() {
        for certificate in certificates::trusted(&text(CA, ca)?)? {
            ssl.add_trusted_cert(certificate).map_err(|error| refused_by_driver(CA, error))?;
        }
    }
    if let Some((certificate, key)) = tls.client_pem() {
        let client = certificates::client(&text(CERTIFICATE, certificate)?, &text(KEY, key)?)?;
        // The certificate first: the driver compares the key with the certificate it has.
        ssl.set_cert(&client.chain).map_err(|error| refused_by_driver(CERTIFICATE, error))?;
        ssl.set_private_key(&client.key, "").map_err(|error| refused_by_driver(KEY, error))?;
    }
    ssl.set_verify_flags(flags(tls.checks()));
    Ok(ssl)
}

/// The flag for the identity alone would accept any signer, and without a flag nothing is checked.
fn flags(verification: TlsVerification) -> &'static [SslVerifyFlag] {
    match verification {
        TlsVerification::CertificateAndAddress => &[SslVerifyFlag::PEER_CERT, SslVerifyFlag::PEER_IDENTITY],
        TlsVerification::CertificateOnly => &[SslVerifyFlag::PEER_CERT],
        TlsVerification::DangerAcceptAny => &[SslVerifyFlag::NONE],
    }
}

fn text<'p>(setting: &str, pem: &'p Pem) -> Result<Cow<'p, str>> {
    match pem {
        Pem::Inline(text) => Ok(Cow::Borrowed(text)),
        Pem::File(path) => match fs::read(path) {
            // Comments between the blocks may be in any encoding.
            Ok(bytes) => Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())),
            Err(cause) => {
                let reason = format!("the file {} cannot be read", path.display());
                Err(Error::setting(setting, reason).with_source(cause))
            }
        },
    }
}
