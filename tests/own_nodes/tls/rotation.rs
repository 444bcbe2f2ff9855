//! Certificates are replaced while the program runs.

use std::{
    error::Error as _,
    thread,
    time::{Duration, Instant},
};

use durable_store::ErrorKind;

use crate::{
    harness::certificates::{Authority, Folder, HERE},
    harness::{alone, config, connected, make_table_with, nodes, state},
};

#[test]
fn stores_use_new_files_after_reconnect_and_session_loss() {
    let _alone = alone();
    let folder = Folder::new();
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let encryption = folder.encryption(&old.server(HERE), &old);
    let cluster = nodes().setting("client_encryption_options", encryption).start().unwrap();
    let tls = folder.client(&old.client(), &old);
    let settings = config(&cluster).tls(tls.clone());
    make_table_with(settings.clone());
    let (returning, staying) = (connected(settings.clone()), connected(settings));
    returning.write_state(&state("a", 1)).unwrap();
    staying.write_state(&state("b", 1)).unwrap();
    returning.disconnect().unwrap();

    cluster.node(0).stop().unwrap();
    folder.encryption(&new.server(HERE), &new);
    cluster.node(0).start().unwrap();
    let error = returning.connect().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    // Once it has tried to replace its session, the error says why that cannot be.
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let error = staying.get_latest_state("b").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        let cause = error.source().and_then(|cause| cause.downcast_ref::<durable_store::Error>());
        if cause.is_some_and(|cause| cause.kind() == ErrorKind::Tls) {
            break;
        }
        assert!(Instant::now() < deadline, "{error:?}");
        thread::sleep(Duration::from_millis(100));
    }

    assert_eq!(folder.client(&new.client(), &new), tls, "only the files are new");
    returning.connect().unwrap();
    assert_eq!(returning.get_latest_state("a").unwrap().unwrap().version_number, 1);
    returning.write_state(&state("a", 2)).unwrap();

    // Nobody tells this one: it replaces a session that stays dead.
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Err(error) = staying.write_state(&state("b", 2)) {
        assert!(Instant::now() < deadline, "{error}");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(staying.get_latest_state("b").unwrap().unwrap().version_number, 2);
}
