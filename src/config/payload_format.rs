//! How a state's payload is written.

use std::{fmt, str::FromStr};

use crate::Error;

/// What `write_state` puts into the columns `state_payload` and `state_manifest`. Reads accept both forms,
/// independent of this setting.
///
/// ```
/// use durable_store::PayloadFormat;
///
/// assert_eq!("message".parse::<PayloadFormat>()?, PayloadFormat::Message);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PayloadFormat {
    /// The encoded `google.protobuf.Any`, with manifest `google.protobuf.Any`: byte for byte what eGo's store writes.
    #[default]
    Any,
    /// The bare message with its full name as manifest: smaller, and legible to programs that know the message.
    ///
    /// States that could not be restored from this form are written in the `Any` form: no state, an `Any` inside the `Any`,
    /// and a type URL that does not begin with `type.googleapis.com/`.
    Message,
}

impl fmt::Display for PayloadFormat {
    /// As a connection string has it: `any` or `message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::Message => "message",
        })
    }
}

impl FromStr for PayloadFormat {
    type Err = Error;

    /// Reads `any` or `message`, in upper or lower case.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.trim().to_ascii_lowercase().as_str() {
            "any" => Ok(Self::Any),
            "message" => Ok(Self::Message),
            _ => Err(Error::setting("payload_format", format!("{text:?} is neither any nor message"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_reads_back_what_it_prints_and_others_are_refused() {
        for format in [PayloadFormat::Any, PayloadFormat::Message] {
            assert_eq!(format.to_string().to_uppercase().parse::<PayloadFormat>().unwrap(), format);
        }
        let error = "json".parse::<PayloadFormat>().unwrap_err();
        assert_eq!(error.to_string(), "payload_format: \"json\" is neither any nor message");
    }
}
