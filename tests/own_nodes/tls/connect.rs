//! Nodes and stores with matching certificates, and with every kind that does not match.

use cluster::Cluster;
use durable_store::{ConfigBuilder, ErrorKind, Tls, TlsVerification};

use crate::{
    harness::certificates::{Authority, ELSEWHERE, Folder, HERE},
    harness::refused::assert_refused,
    harness::secrets::{PASSWORD, Secrets},
    harness::{
        alone, assert_no_thread_is_left, config, connected, make_table_with, node_with_table, nodes, state, threads,
    },
};

/// Settings with a password that must not be seen, and is wrong where it gets as far as a node.
fn strangers(cluster: &Cluster) -> ConfigBuilder {
    config(cluster).credentials("cassandra", PASSWORD)
}

#[track_caller]
fn assert_works(settings: ConfigBuilder) {
    let store = connected(settings);
    store.write_state(&state("a", 1)).unwrap();
    assert_eq!(store.get_latest_state("a").unwrap().unwrap().version_number, 1);
    store.disconnect().unwrap();
}

#[test]
fn client_certificates_are_accepted_or_refused_with_a_reason() {
    let _alone = alone();
    let before = threads();
    let folder = Folder::new();
    let (ca, unknown) = (Authority::new("ca"), Authority::new("unknown"));
    let encryption = folder.encryption(&ca.server(HERE), &ca);
    let node = nodes().setting("client_encryption_options", encryption);
    let cluster = node.setting("authenticator", "PasswordAuthenticator").start().unwrap();
    let client = ca.client();
    let right = client.trusting(&ca.pem());
    let friends = config(&cluster).credentials("cassandra", "cassandra");
    make_table_with(friends.clone().tls(right.clone()));

    let of_other = client.trusting(&unknown.pem());
    // The driver reads one certificate of a text: that all of a bundle count, in any place, is our doing.
    for bundle in [unknown.pem() + &ca.pem(), ca.pem() + &unknown.pem()] {
        assert_works(friends.clone().tls(client.trusting(&bundle)));
    }
    for fitting in [ca.rsa_client(), ca.below("department").client()] {
        assert_works(friends.clone().tls(fitting.trusting(&ca.pem())));
    }
    assert_works(friends.clone().tls(right.clone()));
    assert_works(friends.tls(of_other.clone().verification(TlsVerification::DangerAcceptAny)));

    let (stranger, late) = (unknown.client(), ca.expired_client());
    let secrets = Secrets::with_keys_of([&client, &stranger, &late]);
    let refused = |tls: Tls, kind, part: &str| {
        assert_refused(&strangers(&cluster).tls(tls), kind, &["127.0.0.1", part], &secrets);
    };
    refused(of_other.clone(), ErrorKind::Tls, "`tls_ca`");
    refused(of_other.verification(TlsVerification::CertificateOnly), ErrorKind::Tls, "`tls_ca`");
    refused(Tls::new().ca(ca.pem()), ErrorKind::Unreachable, "wants a client certificate");
    refused(stranger.trusting(&ca.pem()), ErrorKind::Unreachable, "`tls_certificate`");
    refused(late.trusting(&ca.pem()), ErrorKind::Unreachable, "`tls_certificate`");
    assert_refused(&strangers(&cluster), ErrorKind::Unreachable, &["127.0.0.1", "wants TLS", "`tls`"], &secrets);

    // As far as the password, and no further.
    let wrong = strangers(&cluster).tls(right.clone());
    assert_refused(&wrong, ErrorKind::Authentication, &["incorrect"], &secrets);
    assert_refused(&config(&cluster).tls(right), ErrorKind::Authentication, &["`credentials`"], &secrets);

    drop(cluster);
    assert_no_thread_is_left(before);
}

#[test]
fn a_node_with_tls_1_2_refuses_within_the_handshake() {
    let _alone = alone();
    let folder = Folder::new();
    let (ca, unknown) = (Authority::new("ca"), Authority::new("unknown"));
    let encryption = folder.encryption_by("[TLSv1.2]", &ca.server(HERE), &ca);
    let cluster = nodes().setting("client_encryption_options", encryption).start().unwrap();
    let right = config(&cluster).tls(ca.client().trusting(&ca.pem()));
    make_table_with(right.clone());
    assert_works(right);

    let (stranger, late) = (unknown.client(), ca.expired_client());
    let secrets = Secrets::with_keys_of([&stranger, &late]);
    let refused = |tls: Tls, part: &str| {
        assert_refused(&strangers(&cluster).tls(tls), ErrorKind::Tls, &["127.0.0.1", part], &secrets);
    };
    refused(Tls::new().ca(ca.pem()), "wants a client certificate");
    refused(stranger.trusting(&ca.pem()), "`tls_certificate`");
    refused(late.trusting(&ca.pem()), "`tls_certificate`");
}

#[test]
fn a_certificate_of_another_address_needs_certificate_only() {
    let _alone = alone();
    let folder = Folder::new();
    let ca = Authority::new("ca");
    let encryption = folder.encryption(&ca.below("department").server(ELSEWHERE), &ca);
    let cluster = nodes().setting("client_encryption_options", encryption).start().unwrap();
    let client = ca.client();
    let strict = client.trusting(&ca.pem());
    let parts = ["127.0.0.1", "SSL_IDENTITY_MISMATCH", "`tls_verification`"];
    let secrets = Secrets::with_keys_of([&client]);
    assert_refused(&strangers(&cluster).tls(strict.clone()), ErrorKind::Tls, &parts, &secrets);

    let lenient = config(&cluster).tls(strict.verification(TlsVerification::CertificateOnly));
    make_table_with(lenient.clone());
    assert_works(lenient);
}

#[test]
fn a_node_without_tls_is_refused_by_a_store_that_wants_it() {
    let _alone = alone();
    let cluster = node_with_table();
    let ca = Authority::new("ca");
    let client = ca.client();
    let settings = strangers(&cluster).tls(client.trusting(&ca.pem()));
    assert_refused(&settings, ErrorKind::Tls, &["127.0.0.1", "without TLS"], &Secrets::with_keys_of([&client]));
}
