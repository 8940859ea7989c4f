//! The `dialzio` command: see [`dialzio_http::cli`].

fn main() -> std::process::ExitCode {
    dialzio_http::cli::run()
}
