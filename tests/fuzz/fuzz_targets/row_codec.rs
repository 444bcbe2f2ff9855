#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| durable_store::fuzzing::row_codec(bytes));
