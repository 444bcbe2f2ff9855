//! Frames of the CQL protocol, version 4.

use std::io::{self, Read};

/// What kinds of frames are called.
#[allow(missing_docs, reason = "the protocol's own names")]
pub mod opcode {
    pub const ERROR: u8 = 0x00;
    pub const STARTUP: u8 = 0x01;
    pub const AUTHENTICATE: u8 = 0x03;
    pub const QUERY: u8 = 0x07;
    pub const PREPARE: u8 = 0x09;
    pub const EXECUTE: u8 = 0x0A;
    pub const REGISTER: u8 = 0x0B;
    pub const AUTH_RESPONSE: u8 = 0x0F;
}

/// Version, flags, two bytes of stream, opcode, four of the body's length.
const HEADER_LENGTH: usize = 9;
const ANSWER_VERSION: u8 = 0x84;

/// A frame as it went over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame(Vec<u8>);

impl Frame {
    #[allow(clippy::indexing_slicing, reason = "within what was made long enough just before")]
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut bytes = vec![0; HEADER_LENGTH];
        from.read_exact(&mut bytes)?;
        let length = u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]) as usize;
        bytes.resize(HEADER_LENGTH + length, 0);
        from.read_exact(&mut bytes[HEADER_LENGTH..])?;
        Ok(Self(bytes))
    }

    /// An answer on the stream of this frame.
    ///
    /// # Panics
    /// When the body is over 4 GiB.
    #[allow(clippy::unwrap_used, reason = "no test has an answer of 4 GiB")]
    pub fn answer(&self, opcode: u8, body: &[u8]) -> Self {
        let [high, low] = self.stream().to_be_bytes();
        let mut bytes = vec![ANSWER_VERSION, 0, high, low, opcode];
        bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        Self(bytes)
    }

    /// Tells the requests of a connection that are under way apart; an answer has that of its request.
    #[allow(clippy::indexing_slicing, reason = "a frame has a whole header")]
    pub fn stream(&self) -> i16 {
        i16::from_be_bytes([self.0[2], self.0[3]])
    }

    /// What kind of frame it is, see [`opcode`].
    #[allow(clippy::indexing_slicing, reason = "a frame has a whole header")]
    pub fn opcode(&self) -> u8 {
        self.0[4]
    }

    /// What comes after the header.
    #[allow(clippy::indexing_slicing, reason = "a frame has a whole header")]
    pub fn body(&self) -> &[u8] {
        &self.0[HEADER_LENGTH..]
    }

    /// The whole frame.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
