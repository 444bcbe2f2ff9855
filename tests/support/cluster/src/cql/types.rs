use super::{Result, error::malformed, frame::Reader};

/// Deeper than any sane schema, shallower than our stack.
const DEEPEST: usize = 32;

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// `ascii`, `text` or `varchar`.
    Text,
    /// `bigint` or `counter`.
    Bigint,
    /// `blob`.
    Blob,
    /// `boolean`.
    Boolean,
    /// `date`.
    Date,
    /// `double`.
    Double,
    /// `float`.
    Float,
    /// `inet`.
    Inet,
    /// `int`.
    Int,
    /// `smallint`.
    Smallint,
    /// `timestamp`.
    Timestamp,
    /// `tinyint`.
    Tinyint,
    /// `uuid` or `timeuuid`.
    Uuid,
    /// `list` of something.
    List(Box<Type>),
    /// `set` of something.
    Set(Box<Type>),
    /// `map` from something to something.
    Map(Box<Type>, Box<Type>),
    /// Any other, by the number that the protocol has for it.
    Other(u16),
}

impl Type {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Self::read_nested(reader, 0)
    }

    fn read_nested(reader: &mut Reader<'_>, depth: usize) -> Result<Self> {
        if depth > DEEPEST {
            return malformed("a type nested without end");
        }
        let inner = |reader: &mut Reader<'_>| Self::read_nested(reader, depth + 1).map(Box::new);
        Ok(match reader.short()? {
            0x0001 | 0x000A | 0x000D => Self::Text,
            0x0002 | 0x0005 => Self::Bigint,
            0x0003 => Self::Blob,
            0x0004 => Self::Boolean,
            0x0007 => Self::Double,
            0x0008 => Self::Float,
            0x0009 => Self::Int,
            0x000B => Self::Timestamp,
            0x000C | 0x000F => Self::Uuid,
            0x0010 => Self::Inet,
            0x0011 => Self::Date,
            0x0013 => Self::Smallint,
            0x0014 => Self::Tinyint,
            0x0020 => Self::List(inner(reader)?),
            0x0021 => Self::Map(inner(reader)?, inner(reader)?),
            0x0022 => Self::Set(inner(reader)?),
            // A custom type: the name of its class.
            other @ 0x0000 => {
                reader.string()?;
                Self::Other(other)
            }
            // A user-defined type: keyspace, name, and each field with its type.
            other @ 0x0030 => {
                reader.string()?;
                reader.string()?;
                for _ in 0..reader.short()? {
                    reader.string()?;
                    inner(reader)?;
                }
                Self::Other(other)
            }
            // A tuple: the types of its parts.
            other @ 0x0031 => {
                for _ in 0..reader.short()? {
                    inner(reader)?;
                }
                Self::Other(other)
            }
            other => Self::Other(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_carry_the_types_inside() {
        let bytes = [0, 0x21, 0, 0x0D, 0, 0x20, 0, 0x09];
        let of_ints = Type::List(Box::new(Type::Int));
        assert_eq!(Type::read(&mut Reader::new(&bytes)).unwrap(), Type::Map(Box::new(Type::Text), Box::new(of_ints)));
    }

    #[test]
    fn a_tuple_is_passed_over_whole() {
        let mut reader = Reader::new(&[0, 0x31, 0, 2, 0, 9, 0, 2]);
        assert_eq!(Type::read(&mut reader).unwrap(), Type::Other(0x31));
        assert!(reader.is_empty());
    }

    #[test]
    fn endless_nesting_is_an_error() {
        let bytes: Vec<u8> = [0, 0x20].repeat(100_000);
        assert!(Type::read(&mut Reader::new(&bytes)).is_err());
    }

    #[test]
    fn wide_nesting_ends_with_its_bytes() {
        let bytes: Vec<u8> = [0, 0x31, 0xFF, 0xFF].repeat(20);
        assert!(Type::read(&mut Reader::new(&bytes)).is_err());
    }
}
