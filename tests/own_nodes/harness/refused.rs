//! Asserts that connecting fails: with which kind, how soon, and without secrets in the text.

use std::time::{Duration, Instant};

use durable_store::{ConfigBuilder, DurableStore, ErrorKind, Result};

use crate::harness::secrets::Secrets;

/// A refusal comes in milliseconds; only one that waits for something needs this long.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

type Connect = fn(&DurableStore) -> Result<()>;

/// Asserts that both ways to connect fail in less than the connect timeout, with all these parts in the text and none
/// of the secrets anywhere.
#[track_caller]
pub(crate) fn assert_refused(settings: &ConfigBuilder, kind: ErrorKind, parts: &[&str], secrets: &Secrets) {
    let store = DurableStore::new(settings.clone().connect_timeout(CONNECT_TIMEOUT).build().unwrap());
    for (operation, connect) in [("ping", DurableStore::ping as Connect), ("connect", DurableStore::connect)] {
        let began = Instant::now();
        let error = connect(&store).expect_err("it has to be refused");
        let took = began.elapsed();
        assert_eq!((error.kind(), error.operation()), (kind, Some(operation)), "{error}");
        assert!(took < CONNECT_TIMEOUT, "{took:?}: {error}");
        assert_eq!(error.is_retryable(), kind == ErrorKind::Unreachable, "{error}");
        assert!(!error.is_indeterminate(), "{error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{part} is not in: {error}");
        }
        secrets.assert_hidden_in_error(&error);
    }
    secrets.assert_hidden_in_debug(&store);
    assert_eq!(store.get_latest_state("a").unwrap_err().kind(), ErrorKind::NotConnected);
}
