//! Errors that the server never sent: section 9 of the protocol's specification, version 4.

use crate::{Action, Frame, opcode};

/// What the server calls these errors.
#[allow(missing_docs, reason = "the protocol's own names")]
pub mod code {
    pub const SERVER_ERROR: i32 = 0x0000;
    pub const PROTOCOL_ERROR: i32 = 0x000A;
    pub const BAD_CREDENTIALS: i32 = 0x0100;
    pub const UNAVAILABLE: i32 = 0x1000;
    pub const OVERLOADED: i32 = 0x1001;
    pub const IS_BOOTSTRAPPING: i32 = 0x1002;
    pub const TRUNCATE_ERROR: i32 = 0x1003;
    pub const WRITE_TIMEOUT: i32 = 0x1100;
    pub const READ_TIMEOUT: i32 = 0x1200;
    pub const READ_FAILURE: i32 = 0x1300;
    pub const FUNCTION_FAILURE: i32 = 0x1400;
    pub const WRITE_FAILURE: i32 = 0x1500;
    pub const SYNTAX_ERROR: i32 = 0x2000;
    pub const UNAUTHORIZED: i32 = 0x2100;
    pub const INVALID: i32 = 0x2200;
    pub const CONFIG_ERROR: i32 = 0x2300;
    pub const ALREADY_EXISTS: i32 = 0x2400;
    pub const UNPREPARED: i32 = 0x2500;
}

const LOCAL_QUORUM: u16 = 6;

/// An error that is code and text only.
pub fn error(code: i32, message: &str) -> Action {
    detailed(code, message, &[])
}

/// Too few replicas are alive.
pub fn unavailable(required: i32, alive: i32) -> Action {
    detailed(code::UNAVAILABLE, "Cannot achieve consistency level", &counts(required, alive))
}

/// Too few replicas have confirmed a write in time; `write_type` is `SIMPLE`, `CAS` and so on.
pub fn write_timeout(required: i32, received: i32, write_type: &str) -> Action {
    let details = [counts(received, required), string(write_type)].concat();
    detailed(code::WRITE_TIMEOUT, "Operation timed out", &details)
}

/// Too few replicas have answered a read in time.
pub fn read_timeout(required: i32, received: i32) -> Action {
    let without_data = 0;
    let details = [counts(received, required), vec![without_data]].concat();
    detailed(code::READ_TIMEOUT, "Operation timed out", &details)
}

/// A replica has failed to read, for a reason such as `READ_SIZE`.
pub fn read_failure(required: i32, received: i32, reason: &str) -> Action {
    let (failures, without_data) = (1_i32, 0);
    let details = [counts(received, required), failures.to_be_bytes().into(), vec![without_data]].concat();
    detailed(code::READ_FAILURE, &failed_for(received, reason), &details)
}

/// A replica has failed to write, for a reason such as `TIMEOUT`.
pub fn write_failure(required: i32, received: i32, reason: &str) -> Action {
    let failures = 1_i32;
    let details = [counts(received, required), failures.to_be_bytes().into(), string("SIMPLE")].concat();
    detailed(code::WRITE_FAILURE, &failed_for(received, reason), &details)
}

fn failed_for(received: i32, reason: &str) -> String {
    format!("Operation failed - received {received} responses and 1 failures: {reason} from /127.0.0.1:7000")
}

/// A function of the user's own has failed.
pub fn function_failure() -> Action {
    let arguments = 1_u16;
    let details = [string("ego"), string("f"), arguments.to_be_bytes().into(), string("bigint")].concat();
    detailed(code::FUNCTION_FAILURE, "execution of 'ego.f[bigint]' failed", &details)
}

/// The table that is to be made is there.
pub fn already_exists() -> Action {
    detailed(code::ALREADY_EXISTS, "Cannot add already existing table", &[string("ego"), string("t")].concat())
}

/// The server has forgotten the statement that this EXECUTE names.
///
/// # Panics
/// When the frame is no EXECUTE.
#[allow(clippy::indexing_slicing, reason = "an EXECUTE begins with the length of the statement's id")]
pub fn unprepared(execute: &Frame) -> Action {
    let id_length = usize::from(u16::from_be_bytes([execute.body()[0], execute.body()[1]]));
    detailed(code::UNPREPARED, "Prepared query not found", &execute.body()[..2 + id_length])
}

fn detailed(code: i32, message: &str, details: &[u8]) -> Action {
    Action::Answer(opcode::ERROR, [&code.to_be_bytes(), &*string(message), details].concat())
}

fn counts(first: i32, second: i32) -> Vec<u8> {
    [&LOCAL_QUORUM.to_be_bytes()[..], &first.to_be_bytes(), &second.to_be_bytes()].concat()
}

/// A text as the protocol has it, after its length.
///
/// # Panics
/// When it is longer than 65,535 bytes.
#[allow(clippy::unwrap_used, reason = "no test has such a text")]
pub fn string(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}
