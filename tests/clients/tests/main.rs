//! Clients of the C interface, in other languages, against a real Cassandra. `cargo xtask test` starts one and passes where
//! it is. A client whose toolchain is not there is skipped with a line that says so, unless
//! `toolchains::are_required`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod harness;

mod c;
mod checkers;
mod exports;
mod go;
mod header;
mod misuse;
mod python;
mod quickstart;
