use std::io;

/// Why a request has no result.
///
/// After [`Io`](Self::Io) or [`Protocol`](Self::Protocol) the connection is of no more use: connect again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection failed, or the answer did not come in time.
    #[error("{}", io_text(.0))]
    Io(#[from] io::Error),
    /// The other side does not speak the protocol as we know it.
    #[error("expected the native protocol, found {0}")]
    Protocol(String),
    /// The server's own answer.
    #[error("server error 0x{code:04X}: {message}")]
    Server {
        /// One of the protocol's error codes, such as 0x2200 for an invalid statement.
        code: i32,
        /// What the server says about it.
        message: String,
    },
}

fn io_text(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "no answer in time",
        _ => "the connection failed",
    }
}

pub(super) fn malformed<T>(what: impl Into<String>) -> super::Result<T> {
    Err(Error::Protocol(what.into()))
}
