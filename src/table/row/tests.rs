use super::*;
use crate::ErrorKind;

fn any_of(type_url: &str, value: &[u8]) -> Option<Any> {
    Some(Any { type_url: type_url.into(), value: value.into() })
}

fn state(resulting_state: Option<Any>) -> DurableState {
    DurableState { persistence_id: "a".into(), version_number: 3, resulting_state, timestamp: -4, shard: 5 }
}

fn row(version_number: i64, timestamp: i64, written_at: i64, shard: i64) -> StoredRow<'static> {
    StoredRow {
        version_number: Some(version_number),
        timestamp: Some(timestamp),
        written_at: Some(written_at),
        shard_number: Some(shard),
        ..StoredRow::default()
    }
}

#[test]
fn every_state_reads_back_in_both_formats() {
    for resulting_state in [
        any_of("type.googleapis.com/bank.AccountState", b"\x01\x02"),
        any_of("type.googleapis.com/bank.AccountState", b""),
        any_of("example.com/bank.AccountState", b"\x01"),
        any_of("type.googleapis.com/google.protobuf.Any", b"\x0a\x01a"),
        any_of("type.googleapis.com/not a name", b"\x01"),
        any_of("", b""),
        any_of("", b"\x01"),
        None,
    ] {
        for format in [PayloadFormat::Any, PayloadFormat::Message] {
            let state = state(resulting_state.clone());
            let read = decode(StoredRow::from(encode(&state, format)), "a", Layout::ById).unwrap().unwrap();
            let expected =
                DurableState { resulting_state: Some(resulting_state.clone().unwrap_or_default()), ..state.clone() };
            assert_eq!(read, expected, "{format:?}");
        }
    }
}

#[test]
fn the_message_format_writes_the_bare_message_if_restorable() {
    let bare = state(any_of("type.googleapis.com/bank.AccountState", b"\x01\x02"));
    let cells = encode(&bare, PayloadFormat::Message);
    assert_eq!((cells.state_payload, &*cells.state_manifest), (Payload::Bytes(b"\x01\x02"), "bank.AccountState"));
    for state in [
        state(None),
        state(any_of("example.com/bank.AccountState", b"\x01")),
        state(any_of("type.googleapis.com/google.protobuf.Any", b"")),
    ] {
        assert_eq!(encode(&state, PayloadFormat::Message), encode(&state, PayloadFormat::Any));
        assert_eq!(encode(&state, PayloadFormat::Any).state_manifest, type_url::ANY);
    }
}

#[test]
fn versions_and_shards_wrap_into_bigint_and_back() {
    let state = DurableState { version_number: (1 << 63) + 5, shard: u64::MAX, ..state(None) };
    let cells = encode(&state, PayloadFormat::Any);
    assert_eq!((cells.version_number, cells.shard_number), (i64::MIN + 5, -1));
    let read = decode(StoredRow::from(cells), "a", Layout::ByShard).unwrap().unwrap();
    assert_eq!((read.version_number, read.shard), ((1 << 63) + 5, u64::MAX));
}

#[test]
fn null_and_empty_payloads_mean_what_the_manifest_says() {
    let with = |manifest: &str, payload: Option<&[u8]>| StoredRow {
        state_manifest: Some(manifest.to_owned().into()),
        state_payload: payload.map(|payload| payload.to_vec().into()),
        ..row(1, 0, 0, 0)
    };
    for payload in [None, Some(&b""[..])] {
        let read = decode(with(type_url::ANY, payload), "a", Layout::ById).unwrap().unwrap();
        assert_eq!(read.resulting_state, Some(Any::default()));
    }
    let read = decode(with("bank.AccountState", Some(b"")), "a", Layout::ById).unwrap().unwrap();
    assert_eq!(read.resulting_state, any_of("type.googleapis.com/bank.AccountState", b""));
}

#[test]
fn a_row_with_only_its_key_left_is_absent() {
    let by_shard = StoredRow { shard_number: Some(3), ..StoredRow::default() };
    assert_eq!(decode(by_shard.clone(), "a", Layout::ByShard).unwrap(), None);
    assert_eq!(decode(StoredRow::default(), "a", Layout::ById).unwrap(), None);
    assert!(newest([by_shard.clone()]).unwrap().is_none());
    assert_eq!(decode(by_shard, "a", Layout::ById).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn what_cannot_be_read_is_corrupt_and_names_the_column() {
    let manifest = |text: &str| StoredRow { state_manifest: Some(text.to_owned().into()), ..row(1, 0, 0, 0) };
    let broken = StoredRow { state_payload: Some(b"\xff".into()), ..manifest(type_url::ANY) };
    for (row, column) in [
        (StoredRow { version_number: None, ..manifest(type_url::ANY) }, "version_number"),
        (row(1, 0, 0, 0), "state_manifest"),
        (manifest(""), "state_manifest"),
        (manifest("type.googleapis.com/bank.A"), "state_manifest"),
        (manifest("bank.AccountState"), "state_payload"),
        (broken, "state_payload"),
    ] {
        let error = decode(row, "a", Layout::ByShard).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(column), "{error}");
    }
}

#[test]
fn the_newest_row_wins_whatever_the_order() {
    let ordered = [
        row(1, 9, 9, 9),
        row(2, 1, 9, 9),
        row(2, 2, 1, 9),
        row(2, 2, 2, 1),
        row(2, 2, 2, 2),
        row(2, 2, 2, -1),
        row(-1, 0, 0, 0),
    ];
    for pair in ordered.windows(2) {
        let [older, newer] = pair else { unreachable!() };
        for rows in [[older, newer], [newer, older]] {
            let best = newest(rows.map(Clone::clone)).unwrap().unwrap();
            assert_eq!(seniority(&best), seniority(newer));
        }
    }
}

#[test]
fn a_row_without_version_among_several_makes_the_answer_unknown() {
    let unreadable = StoredRow { version_number: None, ..row(0, 1, 1, 1) };
    for rows in [[row(1, 1, 1, 1), unreadable.clone()], [unreadable.clone(), row(1, 1, 1, 1)]] {
        assert_eq!(newest(rows).unwrap_err().kind(), ErrorKind::Corrupt);
    }
    let best = newest([unreadable]).unwrap().unwrap();
    assert_eq!(decode(best, "a", Layout::ByShard).unwrap_err().kind(), ErrorKind::Corrupt);
}

mod any_bytes {
    use super::*;

    /// A small generator, so that the test needs no dependency and repeats exactly.
    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }

    #[test]
    fn decoding_never_panics() {
        let mut seed = 42;
        for _ in 0..20_000 {
            let length = next(&mut seed) % 40;
            let payload: Vec<u8> = (0..length).map(|_| next(&mut seed).to_le_bytes()[0]).collect();
            let manifest = match next(&mut seed) % 3 {
                0 => type_url::ANY.to_owned(),
                1 => "bank.AccountState".to_owned(),
                _ => String::from_utf8_lossy(&payload).into_owned(),
            };
            let row = StoredRow {
                state_payload: Some(payload.into()),
                state_manifest: Some(manifest.into()),
                ..row(1, 1, 1, 1)
            };
            let _ = decode(row, "a", Layout::ByShard);
        }
    }
}
