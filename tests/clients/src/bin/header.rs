//! Writes resources/include/durable_store.h anew: `cargo xtask ffi --header`.

fn main() -> std::io::Result<()> {
    clients::write()
}
