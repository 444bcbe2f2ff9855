//! Frames and the notations inside them: sections 2 and 3 of the protocol's specification, version 4.

use super::{Result, error::malformed};

pub(super) const HEADER_LENGTH: usize = 9;
/// Cassandra's own limit is 256 MiB by default; more is a sign of garbage.
const LONGEST_BODY: usize = 256 << 20;
const REQUEST_VERSION: u8 = 0x04;
const RESPONSE_VERSION: u8 = 0x84;

pub(super) mod opcode {
    pub(crate) const ERROR: u8 = 0x00;
    pub(crate) const STARTUP: u8 = 0x01;
    pub(crate) const READY: u8 = 0x02;
    pub(crate) const AUTHENTICATE: u8 = 0x03;
    pub(crate) const QUERY: u8 = 0x07;
    pub(crate) const RESULT: u8 = 0x08;
    pub(crate) const AUTH_RESPONSE: u8 = 0x0F;
    pub(crate) const AUTH_SUCCESS: u8 = 0x10;
}

/// Flags of a response's header.
mod flag {
    pub(super) const COMPRESSED: u8 = 0x01;
    pub(super) const TRACED: u8 = 0x02;
    pub(super) const CUSTOM_PAYLOAD: u8 = 0x04;
    pub(super) const WARNINGS: u8 = 0x08;
}

/// What the header of a response says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    flags: u8,
    pub(super) stream: i16,
    pub(super) opcode: u8,
    pub(super) length: usize,
}

impl Header {
    pub(super) fn parse(bytes: [u8; HEADER_LENGTH]) -> Result<Self> {
        let [version, flags, stream1, stream2, opcode, l1, l2, l3, l4] = bytes;
        if version != RESPONSE_VERSION {
            return malformed(format!("a frame of version 0x{version:02X}"));
        }
        let Some(length) = usize::try_from(i32::from_be_bytes([l1, l2, l3, l4])).ok().filter(|&l| l <= LONGEST_BODY)
        else {
            return malformed("a frame of impossible length");
        };
        Ok(Self { flags, stream: i16::from_be_bytes([stream1, stream2]), opcode, length })
    }

    /// Passes over what may stand before the message proper.
    pub(super) fn skip_preamble(&self, body: &mut Reader<'_>) -> Result<()> {
        if self.flags & flag::COMPRESSED != 0 {
            return malformed("a compressed frame, which was not asked for");
        }
        if self.flags & flag::TRACED != 0 {
            body.take(16)?;
        }
        if self.flags & flag::WARNINGS != 0 {
            for _ in 0..body.short()? {
                body.string()?;
            }
        }
        if self.flags & flag::CUSTOM_PAYLOAD != 0 {
            for _ in 0..body.short()? {
                body.string()?;
                body.bytes()?;
            }
        }
        Ok(())
    }
}

/// A whole request frame.
pub(super) fn request(stream: i16, opcode: u8, body: &[u8]) -> Result<Vec<u8>> {
    let mut frame = vec![REQUEST_VERSION, 0];
    frame.extend(stream.to_be_bytes());
    frame.push(opcode);
    put_long_bytes(&mut frame, body)?;
    Ok(frame)
}

/// A `[string]`, which has a length of two bytes.
pub(super) fn put_string(out: &mut Vec<u8>, text: &str) -> Result<()> {
    let Ok(length) = u16::try_from(text.len()) else { return malformed("a string over 65,535 bytes") };
    out.extend(length.to_be_bytes());
    out.extend(text.as_bytes());
    Ok(())
}

/// A `[bytes]` or `[long string]`, which have a length of four bytes.
pub(super) fn put_long_bytes(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    let Ok(length) = i32::try_from(bytes.len()) else { return malformed("a value over 2 GiB") };
    out.extend(length.to_be_bytes());
    out.extend(bytes);
    Ok(())
}

/// Reads a body front to back. Whatever the bytes are, the worst that happens is an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.0.split_at_checked(count) else { return malformed("a message cut short") };
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let Some((taken, rest)) = self.0.split_first_chunk() else { return malformed("a message cut short") };
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn short(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn int(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn string(&mut self) -> Result<String> {
        let length = self.short()?;
        let bytes = self.take(usize::from(length))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// A `[bytes]`: a negative length means null.
    pub(super) fn bytes(&mut self) -> Result<Option<&'a [u8]>> {
        match usize::try_from(self.int()?) {
            Ok(length) => self.take(length).map(Some),
            Err(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_its_header_and_length() {
        let frame = request(1, opcode::STARTUP, &[7, 8]).unwrap();
        assert_eq!(frame, [4, 0, 0, 1, 1, 0, 0, 0, 2, 7, 8]);
    }

    #[test]
    fn a_header_is_read_back() {
        let header = Header::parse([0x84, 0, 0, 5, 8, 0, 0, 1, 0]).unwrap();
        assert_eq!(header, Header { flags: 0, stream: 5, opcode: opcode::RESULT, length: 256 });
    }

    #[test]
    fn a_header_that_cannot_be_is_an_error() {
        assert!(Header::parse([0x85, 0, 0, 0, 8, 0, 0, 0, 0]).is_err());
        assert!(Header::parse([0x84, 0, 0, 0, 8, 0xFF, 0, 0, 0]).is_err());
        assert!(Header::parse([0x84, 0, 0, 0, 8, 0x7F, 0, 0, 0]).is_err());
    }

    #[test]
    fn warnings_before_the_message_are_passed_over() {
        let header = Header { flags: flag::WARNINGS, stream: 0, opcode: opcode::RESULT, length: 0 };
        let mut body = vec![0, 1];
        put_string(&mut body, "careful").unwrap();
        body.push(9);
        let mut reader = Reader::new(&body);
        header.skip_preamble(&mut reader).unwrap();
        assert_eq!(reader.take(1).unwrap(), [9]);
        assert!(reader.is_empty());
    }

    #[test]
    fn reading_past_the_end_is_an_error() {
        assert!(Reader::new(&[0]).short().is_err());
        assert!(Reader::new(&[0, 0, 0, 5, 1]).bytes().is_err());
        assert!(Reader::new(&[0, 2, b'x']).string().is_err());
        assert_eq!(Reader::new(&[0xFF; 4]).bytes().unwrap(), None);
    }
}
