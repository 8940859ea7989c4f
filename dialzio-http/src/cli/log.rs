//! The log of the process. A line that cannot be written is lost; the caller never waits for it and never fails.

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What is logged unless `DIALZIO_LOG` says otherwise.
pub(super) const USUAL: &str = "warn,dialzio_core=info,dialzio_http=info";

/// Lines that wait to be written before more are lost. Room for all of them is held from the start.
const WAITING_LINES: usize = 8_192;

/// Begins to log to standard error, as JSON, one line for each event. What was logged is written out when the answer is
/// dropped.
pub(super) fn begin() -> WorkerGuard {
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(std::io::stderr());
    let wanted = std::env::var("DIALZIO_LOG").ok().and_then(|targets| targets.parse::<Targets>().ok());
    let filter = wanted.or_else(|| USUAL.parse().ok()).unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer().json().log_internal_errors(false).with_writer(writer);
    // A second subscriber in one process is no reason not to serve.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
    // Where it happened, and not in which words: they may hold what a person wrote.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
    guard
}
