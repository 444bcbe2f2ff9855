//! How a state's payload is written.

/// What `write_state` puts into the columns `state_payload` and `state_manifest`. Reads accept both forms whatever
/// this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PayloadFormat {
    /// The encoded `google.protobuf.Any`, with manifest `google.protobuf.Any`: byte for byte what eGo's store writes.
    #[default]
    Any,
    /// The bare message with its full name as manifest: smaller, and legible to programs that know the message.
    ///
    /// What cannot be restored from that is written in the `Any` form: no state, an `Any` inside the `Any`, and a type
    /// URL that does not begin with `type.googleapis.com/`.
    Message,
}
