//! Examples of embedding Dialzio. Each is one file under `examples/` and runs with no account:
//! `cargo run -p dialzio-examples --example quickstart`.
