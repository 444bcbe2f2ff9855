//! Bytes that C owns until it frees them.

use std::{mem::MaybeUninit, ptr};

use prost::Message;

use super::{handle::misused, out_param::OutParam};
use crate::{DurableState, Error, Result};

/// Before the bytes: their length and a mark, so that they can be freed even if the caller passes a wrong length.
const HEADER: usize = 16;
const MARK: u64 = u64::from_be_bytes(*b"durables");

/// The two parameters for bytes and their length.
pub(super) struct OutBytes<'p> {
    bytes: OutParam<'p, *mut u8>,
    length: OutParam<'p, usize>,
}

impl<'p> OutBytes<'p> {
    pub(super) fn new(
        (name, bytes): (&'static str, Option<&'p mut MaybeUninit<*mut u8>>),
        (name_of_length, length): (&'static str, Option<&'p mut MaybeUninit<usize>>),
    ) -> Self {
        Self { bytes: OutParam::new(name, bytes, ptr::null_mut()), length: OutParam::new(name_of_length, length, 0) }
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
        self.hand_over(buffer);
        Ok(())
    }

    pub(super) fn set_text(self, text: &str) {
        let mut buffer = with_header(text.len());
        buffer.extend_from_slice(text.as_bytes());
        self.hand_over(buffer);
    }

    fn hand_over(self, buffer: Vec<u8>) {
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

/// The parameters for a state that may exist: whether it does, its bytes and their length.
pub(super) struct OutState<'p> {
    found: OutParam<'p, bool>,
    bytes: OutBytes<'p>,
}

impl<'p> OutState<'p> {
    pub(super) fn new(
        found: Option<&'p mut MaybeUninit<bool>>,
        state: Option<&'p mut MaybeUninit<*mut u8>>,
        state_length: Option<&'p mut MaybeUninit<usize>>,
    ) -> Self {
        let bytes = OutBytes::new(("state", state), ("state_length", state_length));
        Self { found: OutParam::new("found", found, false), bytes }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.found.check()?;
        self.bytes.check()
    }

    pub(super) fn set(self, state: Option<&DurableState>) -> Result<()> {
        let Some(state) = state else { return Ok(()) };
        // Without both parameters the bytes would leak.
        if self.bytes.check().is_ok() {
            self.bytes.set_state(state)?;
        }
        self.found.set(true);
        Ok(())
    }
}

/// Frees bytes that a function of this library returned: a state, a resume token or CQL. NULL: does nothing.
///
/// `length` is their length, as it was returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn durable_store_bytes_free(bytes: *mut u8, length: usize) {
    if bytes.is_null() {
        return;
    }
    // SAFETY: `into_handle` put the header there.
    let start = unsafe { bytes.sub(HEADER) };
    let header = start.cast::<[u64; 2]>();
    // SAFETY: as above; it need not be aligned.
    let [mark, stored] = unsafe { header.read_unaligned() };
    if mark != MARK {
        misused("state or text", "was freed twice, or is not from this library");
    }
    let stored = usize::try_from(stored).unwrap_or_default();
    if cfg!(debug_assertions) && stored != length {
        misused("state or text", "was freed with another length than it was returned with");
    }
    // SAFETY: the mark is ours to take away.
    unsafe { header.write_unaligned([0, 0]) };
    // SAFETY: `into_handle` made it of a boxed slice of that length.
    drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(start, HEADER + stored)) });
}
