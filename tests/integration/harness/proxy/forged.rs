//! Errors that the server never sent: section 9 of the protocol's specification, version 4.

use super::{Action, Frame, opcode};

/// What the server calls these errors.
pub(crate) mod code {
    pub(crate) const SERVER_ERROR: i32 = 0x0000;
    pub(crate) const PROTOCOL_ERROR: i32 = 0x000A;
    pub(crate) const BAD_CREDENTIALS: i32 = 0x0100;
    pub(crate) const UNAVAILABLE: i32 = 0x1000;
    pub(crate) const OVERLOADED: i32 = 0x1001;
    pub(crate) const IS_BOOTSTRAPPING: i32 = 0x1002;
    pub(crate) const TRUNCATE_ERROR: i32 = 0x1003;
    pub(crate) const WRITE_TIMEOUT: i32 = 0x1100;
    pub(crate) const READ_TIMEOUT: i32 = 0x1200;
    pub(crate) const READ_FAILURE: i32 = 0x1300;
    pub(crate) const FUNCTION_FAILURE: i32 = 0x1400;
    pub(crate) const WRITE_FAILURE: i32 = 0x1500;
    pub(crate) const SYNTAX_ERROR: i32 = 0x2000;
    pub(crate) const UNAUTHORIZED: i32 = 0x2100;
    pub(crate) const INVALID: i32 = 0x2200;
    pub(crate) const CONFIG_ERROR: i32 = 0x2300;
    pub(crate) const ALREADY_EXISTS: i32 = 0x2400;
    pub(crate) const UNPREPARED: i32 = 0x2500;
}

const LOCAL_QUORUM: u16 = 6;

/// An error that is code and text only.
pub(crate) fn error(code: i32, message: &str) -> Action {
    detailed(code, message, &[])
}

pub(crate) fn unavailable(required: i32, alive: i32) -> Action {
    detailed(code::UNAVAILABLE, "Cannot achieve consistency level", &counts(required, alive))
}

pub(crate) fn write_timeout(required: i32, received: i32, write_type: &str) -> Action {
    let details = [counts(received, required), string(write_type)].concat();
    detailed(code::WRITE_TIMEOUT, "Operation timed out", &details)
}

pub(crate) fn read_timeout(required: i32, received: i32) -> Action {
    let without_data = 0;
    let details = [counts(received, required), vec![without_data]].concat();
    detailed(code::READ_TIMEOUT, "Operation timed out", &details)
}

pub(crate) fn read_failure(required: i32, received: i32) -> Action {
    let (failures, without_data) = (1_i32, 0);
    let details = [counts(received, required), failures.to_be_bytes().into(), vec![without_data]].concat();
    detailed(code::READ_FAILURE, "Operation failed", &details)
}

pub(crate) fn write_failure(required: i32, received: i32) -> Action {
    let failures = 1_i32;
    let details = [counts(received, required), failures.to_be_bytes().into(), string("SIMPLE")].concat();
    detailed(code::WRITE_FAILURE, "Operation failed", &details)
}

pub(crate) fn function_failure() -> Action {
    let arguments = 1_u16;
    let details = [string("ego"), string("f"), arguments.to_be_bytes().into(), string("bigint")].concat();
    detailed(code::FUNCTION_FAILURE, "execution of 'ego.f[bigint]' failed", &details)
}

pub(crate) fn already_exists() -> Action {
    detailed(code::ALREADY_EXISTS, "Cannot add already existing table", &[string("ego"), string("t")].concat())
}

/// The server has forgotten the statement that this EXECUTE names.
pub(crate) fn unprepared(execute: &Frame) -> Action {
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
pub(crate) fn string(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}
