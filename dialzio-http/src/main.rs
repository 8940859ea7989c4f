//! The `dialzio` command: see [`dialzio_http::cli`].

// With test support, ids, keys and nonces can be made from a seed.
const _: () = assert!(
    cfg!(debug_assertions) || !dialzio_core::TEST_SUPPORT,
    "the server must not be built with the feature `testing` of dialzio-core",
);

fn main() -> std::process::ExitCode {
    dialzio_http::cli::run()
}
