//! What nobody may read in settings, stores, errors and panics: passwords, and the text of private keys.

use std::{
    any::Any,
    error::Error as _,
    fmt::Debug,
    iter,
    net::TcpListener,
    panic::{AssertUnwindSafe, catch_unwind},
};

use durable_store::{Config, ConfigBuilder, DurableStore, Error, ErrorKind, Pem, Tls};

use crate::{
    certificates::{Authority, Pair},
    harness::alone,
};

/// The password in all tests that search for it.
pub(crate) const PASSWORD: &str = "hunter2-and-a-half";

/// A leak of this many characters of a key, or twice as many wherever they begin, is found.
const KEY_PART: usize = 16;

/// The texts that are searched for.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// [`PASSWORD`], and the keys of these.
    pub(crate) fn with_keys_of<'p>(pairs: impl IntoIterator<Item = &'p Pair>) -> Self {
        let mut secrets = vec![PASSWORD.to_owned(), numbers(PASSWORD)];
        for pair in pairs {
            let lines = pair.key.lines().filter(|line| !line.starts_with("-----"));
            let parts = lines.flat_map(|line| line.as_bytes().chunks_exact(KEY_PART));
            secrets.extend(parts.map(|part| String::from_utf8(part.to_vec()).unwrap()));
        }
        Self(secrets)
    }

    #[track_caller]
    pub(crate) fn assert_hidden_in(&self, shown: &str) {
        for secret in &self.0 {
            assert!(!shown.contains(secret), "{secret} is in: {shown}");
        }
    }

    #[track_caller]
    pub(crate) fn assert_hidden_in_debug(&self, value: &impl Debug) {
        self.assert_hidden_in(&format!("{value:?} {value:#?}"));
    }

    /// Searches the error and all its sources, in every form they print in.
    #[track_caller]
    pub(crate) fn assert_hidden_in_error(&self, error: &Error) {
        self.assert_hidden_in_debug(error);
        self.assert_hidden_in(&error.to_string());
        for source in iter::successors(error.source(), |&source| source.source()) {
            self.assert_hidden_in_debug(&source);
            self.assert_hidden_in(&source.to_string());
        }
    }

    /// Searches what a panic says that was made of a failure, as `unwrap` does.
    #[track_caller]
    fn assert_hidden_in_panic(&self, panics: impl FnOnce()) {
        let panic: Box<dyn Any + Send> = catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
        self.assert_hidden_in(panic.downcast_ref::<String>().expect("a panic with a text"));
    }
}

/// The bytes of a text as `Debug` shows them.
fn numbers(text: &str) -> String {
    format!("{:?}", text.as_bytes()).trim_matches(['[', ']']).to_owned()
}

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

#[test]
fn the_search_finds_what_it_searches_for() {
    let pair = Authority::new("ca").client();
    let secrets = Secrets::with_keys_of([&pair]);
    let key_line = pair.key.lines().nth(1).unwrap();
    for shown in [PASSWORD, &numbers(PASSWORD), &pair.key, &key_line[1..32]] {
        catch_unwind(|| secrets.assert_hidden_in(&format!("before {shown} after"))).unwrap_err();
    }
    secrets.assert_hidden_in("nothing");
}
