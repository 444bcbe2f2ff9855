//! Bytes that C gets to keep until it frees them.

use std::{mem::MaybeUninit, ptr};

use prost::Message;

use super::{out::Out, shell::misused};
use crate::{DurableState, Error, Result};

/// Before the bytes: their length and a mark. So they can be freed whatever length the caller says.
const HEADER: usize = 16;
const MARK: u64 = u64::from_be_bytes(*b"durables");

/// The two places for bytes and their length.
pub(super) struct OutBytes<'p> {
    bytes: Out<'p, *mut u8>,
    length: Out<'p, usize>,
}

impl<'p> OutBytes<'p> {
    pub(super) fn new(
        (name, bytes): (&'static str, Option<&'p mut MaybeUninit<*mut u8>>),
        (name_of_length, length): (&'static str, Option<&'p mut MaybeUninit<usize>>),
    ) -> Self {
        Self { bytes: Out::new(name, bytes, ptr::null_mut()), length: Out::new(name_of_length, length, 0) }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.bytes.check()?;
        self.length.check()
    }

    /// Puts a serialized state there.
    fn set_state(self, state: &DurableState) -> Result<()> {
        let mut buffer = with_header(state.encoded_len());
        state
            .encode(&mut buffer)
            .map_err(|cause| Error::internal("the state was not serialized").with_source(cause))?;
        self.give(buffer);
        Ok(())
    }

    pub(super) fn set_text(self, text: &str) {
        let mut buffer = with_header(text.len());
        buffer.extend_from_slice(text.as_bytes());
        self.give(buffer);
    }

    fn give(self, buffer: Vec<u8>) {
        let length = buffer.len() - HEADER;
        let start = Box::into_raw(buffer.into_boxed_slice()).cast::<u8>();
        // SAFETY: the header is as long as that.
        self.bytes.set(unsafe { start.add(HEADER) });
        self.length.set(length);
    }
}

fn with_header(length: usize) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(HEADER + length);
    buffer.extend_from_slice(&MARK.to_ne_bytes());
    buffer.extend_from_slice(&(length as u64).to_ne_bytes());
    buffer
}

/// The places for a state that may be there: whether it is, its bytes and their length.
pub(super) struct OutState<'p> {
    found: Out<'p, bool>,
    bytes: OutBytes<'p>,
}

impl<'p> OutState<'p> {
    pub(super) fn new(
        found: Option<&'p mut MaybeUninit<bool>>,
        state: Option<&'p mut MaybeUninit<*mut u8>>,
        state_length: Option<&'p mut MaybeUninit<usize>>,
    ) -> Self {
        let bytes = OutBytes::new(("state", state), ("state_length", state_length));
        Self { found: Out::new("found", found, false), bytes }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.found.check()?;
        self.bytes.check()
    }

    pub(super) fn set(self, state: Option<&DurableState>) -> Result<()> {
        let Some(state) = state else { return Ok(()) };
        // Without a place they would be lost.
        if self.bytes.check().is_ok() {
            self.bytes.set_state(state)?;
        }
        self.found.set(true);
        Ok(())
    }
}

/// Frees bytes that a function of this library handed out: a state, a resume token, CQL. NULL: does nothing.
///
/// `length` is their length, as it was handed out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_bytes_free(bytes: *mut u8, length: usize) {
    if bytes.is_null() {
        return;
    }
    // SAFETY: `give` put the header there.
    let start = unsafe { bytes.sub(HEADER) };
    let header = start.cast::<[u64; 2]>();
    // SAFETY: as above; it need not be aligned.
    let [mark, stored] = unsafe { header.read_unaligned() };
    if mark != MARK {
        misused("state or text", "was freed twice, or is not one of this library");
    }
    let stored = usize::try_from(stored).unwrap_or_default();
    if cfg!(debug_assertions) && stored != length {
        misused("state or text", "was freed with another length than it was handed out with");
    }
    // SAFETY: the mark is ours to take away.
    unsafe { header.write_unaligned([0, 0]) };
    // SAFETY: `give` made it of a boxed slice of that length.
    drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(start, HEADER + stored)) });
}
