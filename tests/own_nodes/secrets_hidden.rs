//! Passwords and private keys appear in no text of settings, stores, errors and panics.

use std::net::TcpListener;

use durable_store::{Config, ConfigBuilder, DurableStore, ErrorKind, Pem, Tls};

use crate::harness::{
    alone,
    certificates::Authority,
    secrets::{PASSWORD, Secrets},
};

fn settings() -> ConfigBuilder {
    Config::builder().contact_points(["127.0.0.1"]).credentials("ego", PASSWORD)
}

#[test]
fn settings_that_are_refused_show_neither_password_nor_key() {
    let ca = Authority::new("ca");
    let (right, other) = (ca.client(), ca.client());
    let secrets = Secrets::with_keys_of([&right, &other]);
    let tls = |certificate: &str, key: &str| Tls::new().ca(ca.pem()).client_certificate(certificate, key);
    let good = settings().tls(right.trusting(&ca.pem()));
    secrets.assert_hidden_in_debug(&good);
    secrets.assert_hidden_in_debug(&Pem::from(&right.key));
    for refused in [
        good.clone().credentials("ego", format!("{PASSWORD}\0")),
        good.clone().credentials(" ", PASSWORD),
        good.clone().contact_points([""]),
        good.clone().port(0),
        good.clone().table("1"),
        good.clone().max_attempts(0),
        settings().tls(tls(&right.certificate, &other.key)),
        settings().tls(tls(&right.certificate, &right.key.repeat(2))),
        settings().tls(tls(&right.certificate, &right.key.replace("END", "FIN"))),
        settings().tls(tls(&right.certificate, &right.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"))),
        settings().tls(tls(&right.key, &right.certificate)),
        settings().tls(Tls::new().ca(&right.key)),
    ] {
        secrets.assert_hidden_in_debug(&refused);
        let error = refused.clone().build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        secrets.assert_hidden_in_error(&error);
        secrets.assert_hidden_in_panic(|| drop(refused.build().unwrap()));
    }
}

#[test]
fn a_store_that_cannot_connect_shows_neither_password_nor_key() {
    let _alone = alone();
    let ca = Authority::new("ca");
    let client = ca.client();
    let secrets = Secrets::with_keys_of([&client]);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store = DurableStore::new(settings().port(port).tls(client.trusting(&ca.pem())).build().unwrap());
    secrets.assert_hidden_in_debug(&store);
    secrets.assert_hidden_in_debug(store.config());
    let error = store.connect().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    secrets.assert_hidden_in_error(&error);
    secrets.assert_hidden_in_panic(|| store.ping().unwrap());
    secrets.assert_hidden_in_panic(|| drop(store.get_latest_state("a").unwrap()));
}
