//! Faults of server and network, made by a proxy between the store and the server.

mod closing;
mod connecting;
mod connections;
mod deadlines;
mod failure_reasons;
mod garbage;
mod rebuild;
mod retries;
mod server_errors;
