use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
};

use super::*;
use crate::ErrorKind;

/// A certificate and its key, each in PEM.
fn pair_of(algorithm: &'static SignatureAlgorithm) -> (String, String) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let certificate = CertificateParams::new(vec!["node".into()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn pair() -> (String, String) {
    pair_of(&PKCS_ECDSA_P256_SHA256)
}

#[track_caller]
fn assert_refused<T>(result: Result<T>, setting: &str, part: &str) {
    let error = result.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.starts_with(&format!("{setting}: ")) && text.contains(part), "{text}");
}

#[test]
fn every_certificate_of_a_bundle_is_found() {
    let (one, other) = (pair().0, pair().0);
    let bundle = format!("# the old one\r\n{}\nSubject: CN=new\n{other}", one.replace('\n', "\r\n"));
    let found = trusted(&bundle).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|certificate| certificate.matches("-----BEGIN CERTIFICATE-----").count() == 1));
    assert_eq!(chain(&bundle).unwrap(), found.concat());
}

#[test]
fn each_kind_of_key_is_accepted_with_its_own_certificate_only() {
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
        let ((certificate, key), (_, other)) = (pair_of(algorithm), pair_of(algorithm));
        let found = client(&certificate, &key).unwrap();
        assert!(found.chain.contains("BEGIN CERTIFICATE") && found.key.contains("BEGIN PRIVATE KEY"));
        assert_refused(client(&certificate, &other), KEY, "is not the key of the first certificate");
        // In one file, the certificate first or last.
        let combined = format!("{key}{certificate}");
        client(&combined, &combined).unwrap();
    }
}

#[test]
fn an_rsa_key_in_its_old_form_is_compared_too() {
    let [certificate, key, other] = [
        include_str!("../../../tests/support/certificates/rsa.pem"),
        include_str!("../../../tests/support/certificates/rsa.pkcs1.key"),
        &pair().1,
    ];
    client(certificate, key).unwrap();
    assert_refused(client(certificate, other), KEY, "is not the key");
}

#[test]
fn an_encrypted_key_is_refused_with_the_way_out() {
    let encrypted = pem::encode(&Pem::new("ENCRYPTED PRIVATE KEY", vec![0x30, 0]));
    let mut old_form = Pem::new("RSA PRIVATE KEY", vec![0x30, 0]);
    old_form.headers_mut().add("Proc-Type", "4,ENCRYPTED").unwrap();
    for key in [encrypted, pem::encode(&old_form)] {
        assert_refused(private_key(&key), KEY, "openssl pkey");
    }
}

#[test]
fn what_is_no_certificate_or_key_is_refused() {
    let (certificate, key) = pair();
    let cut = &certificate[..certificate.len() / 2];
    let not_base64 = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    for text in [cut, not_base64, "-----BEGIN ", &format!("{certificate}{cut}"), &format!("{not_base64}{certificate}")]
    {
        assert_refused(trusted(text), CA, "is damaged");
    }
    for text in ["", "/etc/ca.pem", "\0", &key] {
        assert_refused(trusted(text), CA, "holds no certificate");
    }
    let not_der = pem::encode(&Pem::new("CERTIFICATE", b"not DER".as_slice()));
    assert_refused(trusted(&format!("{certificate}{not_der}")), CA, "certificate 2 in it");

    for text in ["", &certificate] {
        assert_refused(
            private_key(text),
            KEY,
            "must hold exactly one private key (-----BEGIN PRIVATE KEY-----), found 0",
        );
    }
    assert_refused(
        private_key(&format!("{key}{key}")),
        KEY,
        "must hold exactly one private key (-----BEGIN PRIVATE KEY-----), found 2",
    );
    let not_der = pem::encode(&Pem::new("PRIVATE KEY", b"not DER".as_slice()));
    assert_refused(private_key(&not_der), KEY, "cannot be read as a private key");
}

#[test]
fn no_refusal_shows_what_it_refuses() {
    let (certificate, key) = pair();
    let secret = key.lines().nth(1).unwrap();
    for text in [key.repeat(2), key.replace("END", "FIN"), key.replace("PRIVATE KEY", "CERTIFICATE")] {
        for error in [private_key(&text).err(), trusted(&text).err(), client(&certificate, &text).map(drop).err()] {
            let shown = error.map(|error| format!("{error} {error:?}")).unwrap_or_default();
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
