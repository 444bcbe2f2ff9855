//! What the fuzz targets of `tests/fuzz` call: each takes any bytes, and panics only where a promise is broken.

mod connection_string;
mod pem;
mod row_codec;
#[cfg(test)]
mod tests;

pub use connection_string::connection_string;
pub use pem::pem;
pub use row_codec::row_codec;
