//! Answers that are not valid.

use std::time::{Duration, Instant};

use crate::harness::proxy::{Action, BOTH_CALLS, Passing, Proxied, StoreCall, forged, opcode};

const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// For what a busy machine adds to a deadline.
const MARGIN: Duration = Duration::from_secs(2);

const RESULT: u8 = 0x08;
const ROWS: [u8; 4] = [0, 0, 0, 2];

/// What comes in place of an answer.
type Garbage = fn(&Passing<'_>) -> Action;

const GARBAGE: &[(&str, Garbage)] = &[
    ("text", |_| Action::Raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".into())),
    ("zeros", |_| Action::Raw(vec![0; 64])),
    ("ones", |_| Action::Raw(vec![0xFF; 64])),
    // The answers that follow are taken for what is missing.
    ("a header without its body", |passing| Action::Raw(passing.frame.bytes()[..9].into())),
    ("another stream", |passing| {
        let mut bytes = passing.frame.bytes().to_vec();
        bytes[3] ^= 0x40;
        Action::Raw(bytes)
    }),
    ("an unknown opcode", |_| Action::Answer(0x77, Vec::new())),
    ("a READY", |_| Action::Answer(0x02, Vec::new())),
    ("an empty result", |_| Action::Answer(RESULT, Vec::new())),
    ("a result of half a kind", |_| Action::Answer(RESULT, vec![0, 0])),
    ("an unknown kind of result", |_| Action::Answer(RESULT, vec![0, 0, 0, 0x77])),
    ("rows that end after their kind", |_| Action::Answer(RESULT, ROWS.into())),
    ("an empty error", |_| Action::Answer(opcode::ERROR, Vec::new())),
    ("an error without a text", |_| Action::Answer(opcode::ERROR, vec![0, 0, 0x10, 0])),
    ("an unavailable without counts", |_| Action::Answer(opcode::ERROR, vec![0, 0, 0x10, 0, 0, 1, b'x'])),
    ("a write timeout of an unknown type", |_| forged::write_timeout(2, 1, "NEWER")),
];

#[test]
fn garbage_in_place_of_an_answer_is_an_error_of_unknown_outcome() {
    let proxied = Proxied::connected(|config| config.call_timeout(CALL_TIMEOUT).max_attempts(1));
    for (what, garbage) in GARBAGE {
        for call in BOTH_CALLS {
            let mut given = false;
            proxied.proxy.hook(move |passing| {
                if passing.is_answer_to(opcode::EXECUTE) && !given {
                    given = true;
                    return garbage(passing);
                }
                Action::Pass
            });
            let start = Instant::now();
            let outcome = call.make(&proxied.store, "account-42");
            let taken = start.elapsed();
            assert!(taken < CALL_TIMEOUT + MARGIN, "{what}: took {taken:?}");
            let error = outcome.expect_err(what);
            // The server has carried it out.
            assert_eq!(error.is_indeterminate(), call == StoreCall::Write, "{what}: {error}");
            proxied.assert_heals();
        }
    }
}
