//! Encrypted connections to a node.

mod connect;
mod expired;
mod files;
mod rotation;
