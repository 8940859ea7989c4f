//! Examples of embedding Dialzio. Each is one file under `examples/` and runs with no account:
//! `cargo run -p dialzio-examples --example quickstart`.

// What the README of the project shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
