//! The C interface: the functions that `resources/include/durable_store.h` declares, one file per topic (`store`, `states`,
//! `update`, `bulk`, `scan`, `schema`, `log`). The header is generated from these files by `cargo xtask ffi --header`, including
//! their doc comments, which therefore address a programmer of C.
//!
//! A function is a few lines over safe code, inside a panic boundary (`call`, `catch`). Objects of this library are opaque
//! handles (`handle`), errors too (`error`). One object that C passes is a reference here, whose validity the header
//! requires; `argument` makes slices of pointers and lengths. Results are written through `out_param` and `bytes`.
#![allow(unsafe_code, reason = "the edge to C; nowhere else")]
#![allow(unreachable_pub, reason = "what is `pub` here is in the header, and no part of the Rust interface")]

mod argument;
mod bulk;
mod bytes;
mod call;
mod catch;
mod constants;
mod error;
mod handle;
mod log;
mod out_param;
mod scan;
mod schema;
mod states;
mod store;
mod update;
