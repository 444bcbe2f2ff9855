//! The C interface: what `resources/include/durable_store.h` declares. The header is made from these files by
//! `cargo xtask ffi --header`, their doc comments included, so those speak to a programmer of C.
//!
//! A function is a few lines over safe code. Where C passes one object it is a reference here, whose validity the header
//! asks for; where it passes many, `argument` makes slices of pointers and lengths.
#![allow(unsafe_code, reason = "the edge to C; nowhere else")]
#![allow(unreachable_pub, reason = "what is `pub` here is in the header, and no part of the Rust interface")]

mod argument;
mod bulk;
mod bytes;
mod call;
mod catch;
mod constants;
mod failure;
mod log;
mod out;
mod scan;
mod schema;
mod shell;
mod states;
mod store;
