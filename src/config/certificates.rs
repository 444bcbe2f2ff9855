//! Checks certificates and private keys in PEM before they are passed to the driver, which aborts the process on some.

use pem::{EncodeConfig, LineEnding, Pem};
use rustls::{crypto::ring::sign::any_supported_type, pki_types::PrivateKeyDer};
use x509_parser::{certificate::X509Certificate, prelude::FromDer, x509::SubjectPublicKeyInfo};

use crate::{Error, Result};

/// The settings these texts come from, as errors name them.
pub(crate) const CA: &str = "tls_ca";
pub(crate) const CERTIFICATE: &str = "tls_certificate";
pub(crate) const KEY: &str = "tls_key";

/// The certificate chain of a client and the key of its first certificate, each in PEM.
pub(crate) struct Client {
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// The certificates of a bundle, each in PEM by itself: the driver reads only the first of a text.
pub(crate) fn trusted(text: &str) -> Result<Vec<String>> {
    Ok(certificates(CA, text)?.iter().map(encode).collect())
}

/// The certificate chain of a client, in PEM, without other text between the blocks.
pub(crate) fn chain(text: &str) -> Result<String> {
    Ok(certificates(CERTIFICATE, text)?.iter().map(encode).collect())
}

/// The private key, in PEM.
pub(crate) fn private_key(text: &str) -> Result<String> {
    key_block(text).map(|block| encode(&block))
}

/// A certificate chain and the key that belongs to its first certificate.
pub(crate) fn client(certificate: &str, key: &str) -> Result<Client> {
    let certificates = certificates(CERTIFICATE, certificate)?;
    let key = key_block(key)?;
    let own = certificates.first().is_none_or(|first| belongs_to(&key, first));
    if !own {
        return Err(Error::setting(KEY, "is not the key of the first certificate in tls_certificate"));
    }
    Ok(Client { chain: certificates.iter().map(encode).collect(), key: encode(&key) })
}

fn certificates(setting: &str, text: &str) -> Result<Vec<Pem>> {
    let found: Vec<Pem> = blocks(setting, text)?.into_iter().filter(|block| block.tag() == "CERTIFICATE").collect();
    if found.is_empty() {
        return Err(Error::setting(setting, "holds no certificate (-----BEGIN CERTIFICATE-----)"));
    }
    for (number, block) in found.iter().enumerate() {
        if !X509Certificate::from_der(block.contents()).is_ok_and(|(rest, _)| rest.is_empty()) {
            return Err(Error::setting(setting, format!("certificate {} in it cannot be read", number + 1)));
        }
    }
    Ok(found)
}

fn key_block(text: &str) -> Result<Pem> {
    let keys = blocks(KEY, text)?.into_iter().filter(|block| block.tag().ends_with("PRIVATE KEY"));
    let [key] = <[Pem; 1]>::try_from(keys.collect::<Vec<_>>()).map_err(|keys| {
        Error::setting(
            KEY,
            format!("must hold exactly one private key (-----BEGIN PRIVATE KEY-----), found {}", keys.len()),
        )
    })?;
    // The driver would ask for the password on the terminal, or abort the process.
    if key.tag() == "ENCRYPTED PRIVATE KEY" || key.headers().get("Proc-Type").is_some() {
        return Err(Error::setting(
            KEY,
            "is encrypted; decrypt it, for example with: openssl pkey -in <file> -out <file>",
        ));
    }
    PrivateKeyDer::try_from(key.contents()).map_err(|_| Error::setting(KEY, "cannot be read as a private key"))?;
    Ok(key)
}

/// The PEM blocks of a text; anything outside them is comment.
fn blocks(setting: &str, text: &str) -> Result<Vec<Pem>> {
    // The reader may skip what it cannot parse.
    match pem::parse_many(text) {
        Ok(blocks) if blocks.len() == text.matches("-----BEGIN ").count() => Ok(blocks),
        _ => Err(Error::setting(setting, "is damaged: a block between -----BEGIN and -----END lines cannot be read")),
    }
}

/// Whether a key and a certificate are a pair. Kinds that cannot be compared here are left to the driver.
fn belongs_to(key: &Pem, certificate: &Pem) -> bool {
    let Ok(key) = PrivateKeyDer::try_from(key.contents()) else { return false };
    let Ok(key) = any_supported_type(&key) else { return true };
    let Some(of_key) = key.public_key() else { return true };
    let Ok((_, of_key)) = SubjectPublicKeyInfo::from_der(&of_key) else { return true };
    let Ok((_, certificate)) = X509Certificate::from_der(certificate.contents()) else { return false };
    of_key.subject_public_key.data == certificate.public_key().subject_public_key.data
}

fn encode(block: &Pem) -> String {
    pem::encode_config(block, EncodeConfig::new().set_line_ending(LineEnding::LF))
}

#[cfg(test)]
mod tests;
