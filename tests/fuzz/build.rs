//! Finds the driver that `cargo xtask driver` got: cargo-fuzz sets RUSTFLAGS, which replace those of `.cargo/config.toml`.

fn main() {
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/driver/lib");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-search=native={driver}");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{driver}");
}
