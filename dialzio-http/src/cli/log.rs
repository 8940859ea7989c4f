//! The log of the process. A line that cannot be written is lost; who logs it never waits for it and never fails.

use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// What is logged unless `DIALZIO_LOG` says otherwise.
pub(super) const USUAL: &str = "warn,dialzio_core=info,dialzio_http=info";

/// Begins to log to standard error, as JSON, one line for each event. What was logged is written out when the answer is
/// dropped.
pub(super) fn begin() -> WorkerGuard {
    let (writer, guard) = NonBlocking::new(std::io::stderr());
    let filter = EnvFilter::try_from_env("DIALZIO_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    // A second subscriber in one process is no reason not to serve.
    let _ = tracing_subscriber::fmt()
        .json()
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .try_init();
    // Where it happened, and not in which words: they may hold what a person wrote.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
    guard
}
