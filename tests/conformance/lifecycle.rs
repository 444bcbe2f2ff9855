//! Stores with a fault in connecting and disconnecting.

use std::sync::{Arc, Mutex};

use durable_store::{Error, ErrorKind, MemoryStore, StateStore};

use crate::broken::{Broken, Faults, is_connected};

pub(crate) fn faults(sound: fn() -> MemoryStore) -> Faults {
    let broken = || Broken::of(sound());
    let error = |kind| Error::new(kind, "a fault");
    let written: Arc<Mutex<Vec<String>>> = Arc::default();
    let forgotten = Arc::clone(&written);
    vec![
        (
            "connecting_again_is_harmless",
            broken().connect(
                move |store| {
                    if is_connected(store) { Err(error(ErrorKind::Internal)) } else { store.connect() }
                },
            ),
        ),
        (
            "disconnecting_again_is_harmless",
            broken().disconnect(move |store| {
                if is_connected(store) { store.disconnect() } else { Err(error(ErrorKind::NotConnected)) }
            }),
        ),
        ("a_ping_connects", broken().ping(|_| Ok(()))),
        (
            "a_disconnected_store_refuses_calls",
            broken().read(|store, id| match store.get_latest_state(id) {
                Err(error) if error.kind() == ErrorKind::NotConnected => Ok(None),
                other => other,
            }),
        ),
        (
            "states_outlive_the_connection",
            broken()
                .write(move |store, state| {
                    written.lock().unwrap().push(state.persistence_id.clone());
                    store.write_state(state)
                })
                .disconnect(move |store| {
                    for id in forgotten.lock().unwrap().drain(..) {
                        let _ = store.delete_state(&id);
                    }
                    store.disconnect()
                }),
        ),
        (
            "a_refusal_names_the_call_and_the_entity",
            broken().write(move |store, state| match store.write_state(state) {
                Err(refused) if refused.kind() == ErrorKind::NotConnected => {
                    Err(error(ErrorKind::NotConnected).with_operation("write", Some(&state.persistence_id)))
                }
                other => other,
            }),
        ),
        (
            "a_refusal_is_certain",
            broken().write(|store, state| match store.write_state(state) {
                Err(error) if error.kind() == ErrorKind::NotConnected => Err(error.with_indeterminate(true)),
                other => other,
            }),
        ),
    ]
}
