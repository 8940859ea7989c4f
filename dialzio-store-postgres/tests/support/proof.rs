//! What this machine does not let be proven.

use std::io::Write;

/// Said past the capture of the test runner: a proof that was not made should not look like one.
pub(crate) fn not_made(why: &str) {
    let _ = writeln!(std::io::stderr(), "\n*** NOT PROVEN: {why} ***\n");
}
