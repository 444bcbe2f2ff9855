use std::{fmt, io};

/// Why a request has no result.
///
/// After [`Io`](Self::Io) or [`Protocol`](Self::Protocol) the connection is of no more use: connect again.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The connection failed, or the answer did not come in time.
    Io(io::Error),
    /// The other side does not speak the protocol as we know it.
    Protocol(String),
    /// The server's own answer.
    Server {
        /// One of the protocol's error codes, such as 0x2200 for an invalid statement.
        code: i32,
        /// What the server says about it.
        message: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                f.write_str("no answer in time")
            }
            Self::Io(_) => f.write_str("the connection failed"),
            Self::Protocol(what) => write!(f, "not as the native protocol has it: {what}"),
            Self::Server { code, message } => write!(f, "server error 0x{code:04X}: {message}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Protocol(_) | Self::Server { .. } => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) fn malformed<T>(what: impl Into<String>) -> super::Result<T> {
    Err(Error::Protocol(what.into()))
}
