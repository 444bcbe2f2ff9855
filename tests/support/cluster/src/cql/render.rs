//! Values as text, much as `cqlsh` prints them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{frame::Reader, types::Type};

const MS_PER_DAY: i64 = 86_400_000;

/// The value as text: `0x..` for blobs, `2026-01-31T12:00:00.000Z` for timestamps, `[a, b]` for lists, `{k: v}` for
/// maps. Of a type we do not know, or where the bytes do not fit the type, the bytes as a blob.
pub fn render(r#type: &Type, value: &[u8]) -> String {
    known(r#type, value).unwrap_or_else(|| hex(value))
}

fn known(r#type: &Type, value: &[u8]) -> Option<String> {
    Some(match r#type {
        Type::Text => std::str::from_utf8(value).ok()?.to_owned(),
        Type::Bigint => i64::from_be_bytes(value.try_into().ok()?).to_string(),
        Type::Int => i32::from_be_bytes(value.try_into().ok()?).to_string(),
        Type::Smallint => i16::from_be_bytes(value.try_into().ok()?).to_string(),
        Type::Tinyint => i8::from_be_bytes(value.try_into().ok()?).to_string(),
        Type::Double => f64::from_be_bytes(value.try_into().ok()?).to_string(),
        Type::Float => f32::from_be_bytes(value.try_into().ok()?).to_string(),
        Type::Boolean => (value != [0]).to_string(),
        Type::Uuid => uuid(value.try_into().ok()?),
        Type::Inet => inet(value)?,
        Type::Timestamp => timestamp(i64::from_be_bytes(value.try_into().ok()?)),
        // Days, of which the middle of the unsigned range is 1970-01-01.
        Type::Date => date(i64::from(u32::from_be_bytes(value.try_into().ok()?)) - (1 << 31)),
        Type::List(inner) => format!("[{}]", elements(value, &[inner])?.join(", ")),
        Type::Set(inner) => format!("{{{}}}", elements(value, &[inner])?.join(", ")),
        Type::Map(key, of) => {
            let parts = elements(value, &[key, of])?;
            let entries: Vec<String> = parts.chunks(2).map(|entry| entry.join(": ")).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Type::Blob | Type::Other(_) => return None,
    })
}

/// The elements of a collection one after the other, each entry being made of the types in turn.
fn elements(value: &[u8], types: &[&Type]) -> Option<Vec<String>> {
    let mut reader = Reader::new(value);
    let mut texts = Vec::new();
    for _ in 0..reader.int().ok()? {
        for r#type in types {
            texts.push(match (r#type, reader.bytes().ok()?) {
                (_, None) => "null".to_owned(),
                (Type::Text, Some(text)) => format!("'{}'", render(r#type, text).replace('\'', "''")),
                (_, Some(other)) => render(r#type, other),
            });
        }
    }
    reader.is_empty().then_some(texts)
}

fn hex(value: &[u8]) -> String {
    let digits: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

fn uuid(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    let (a, b, c, d) = (number >> 96, number >> 80 & 0xFFFF, number >> 64 & 0xFFFF, number >> 48 & 0xFFFF);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{:012x}", number & 0xFFFF_FFFF_FFFF)
}

fn inet(value: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(value).map(|bytes| Ipv4Addr::from(bytes).to_string());
    let v6 = || <[u8; 16]>::try_from(value).map(|bytes| Ipv6Addr::from(bytes).to_string());
    v4.or_else(|_| v6()).ok()
}

fn timestamp(ms: i64) -> String {
    let (days, ms) = (ms.div_euclid(MS_PER_DAY), ms.rem_euclid(MS_PER_DAY));
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", date(days))
}

/// A day counted from 1970-01-01, as a date. Years are reckoned from March, so that a leap day ends its year.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values() {
        assert_eq!(render(&Type::Text, "ü".as_bytes()), "ü");
        assert_eq!(render(&Type::Bigint, &(-2_i64).to_be_bytes()), "-2");
        assert_eq!(render(&Type::Int, &7_i32.to_be_bytes()), "7");
        assert_eq!(render(&Type::Boolean, &[1]), "true");
        assert_eq!(render(&Type::Blob, &[0, 0xAB]), "0x00ab");
        assert_eq!(render(&Type::Inet, &[127, 0, 0, 1]), "127.0.0.1");
        assert_eq!(render(&Type::Uuid, &std::array::from_fn::<u8, 16, _>(|at| at as u8)), {
            "00010203-0405-0607-0809-0a0b0c0d0e0f"
        });
    }

    #[test]
    fn times() {
        let at = |ms: i64| render(&Type::Timestamp, &ms.to_be_bytes());
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(at(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
        assert_eq!(at(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
        assert!(at(i64::MIN).starts_with('-'));
        assert_eq!(render(&Type::Date, &(1_u32 << 31).to_be_bytes()), "1970-01-01");
    }

    #[test]
    fn collections() {
        let text = || Box::new(Type::Text);
        let map = [0, 0, 0, 1, 0, 0, 0, 1, b'k', 0, 0, 0, 2, b'\'', b'v'];
        assert_eq!(render(&Type::Map(text(), text()), &map), "{'k': '''v'}");
        let list = [0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF];
        assert_eq!(render(&Type::List(Box::new(Type::Int)), &list), "[1, null]");
        assert_eq!(render(&Type::Set(text()), &[0; 4]), "{}");
    }

    #[test]
    fn bytes_that_do_not_fit_their_type_are_shown_as_they_are() {
        assert_eq!(render(&Type::Int, &[1]), "0x01");
        assert_eq!(render(&Type::Text, &[0xFF]), "0xff");
        assert_eq!(render(&Type::Set(Box::new(Type::Int)), &[0, 0, 0, 9]), "0x00000009");
        assert_eq!(render(&Type::Other(0x0E), &[5]), "0x05");
    }
}
