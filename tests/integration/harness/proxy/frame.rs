//! Frames of the CQL protocol, version 4.

use std::io::{self, Read};

pub(crate) mod opcode {
    pub(crate) const ERROR: u8 = 0x00;
    pub(crate) const STARTUP: u8 = 0x01;
    pub(crate) const AUTHENTICATE: u8 = 0x03;
    pub(crate) const QUERY: u8 = 0x07;
    pub(crate) const PREPARE: u8 = 0x09;
    pub(crate) const EXECUTE: u8 = 0x0A;
    pub(crate) const REGISTER: u8 = 0x0B;
    pub(crate) const AUTH_RESPONSE: u8 = 0x0F;
}

/// Version, flags, two bytes of stream, opcode, four of the body's length.
const HEADER_LENGTH: usize = 9;
const ANSWER_VERSION: u8 = 0x84;

/// A frame as it went over the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame(Vec<u8>);

impl Frame {
    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut bytes = vec![0; HEADER_LENGTH];
        from.read_exact(&mut bytes)?;
        let length = u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]) as usize;
        bytes.resize(HEADER_LENGTH + length, 0);
        from.read_exact(&mut bytes[HEADER_LENGTH..])?;
        Ok(Self(bytes))
    }

    /// An answer on the stream of this frame.
    pub(crate) fn answer(&self, opcode: u8, body: &[u8]) -> Self {
        let [high, low] = self.stream().to_be_bytes();
        let mut bytes = vec![ANSWER_VERSION, 0, high, low, opcode];
        bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        Self(bytes)
    }

    /// Tells the requests of a connection that are under way apart; an answer has that of its request.
    pub(crate) fn stream(&self) -> i16 {
        i16::from_be_bytes([self.0[2], self.0[3]])
    }

    pub(crate) fn opcode(&self) -> u8 {
        self.0[4]
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.0[HEADER_LENGTH..]
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
