//! `dialzio check`.

use super::{Data, Outcome, say};

/// Reads all of the database in the folder, and says what is damaged. It takes as long as the database is large, and the
/// server must not be running on the same folder. A database on a server has its own means, such as pg_amcheck.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    data: Data,
    /// Continues without a lost write-ahead log and without the last writes. Without this option nothing is changed.
    #[arg(long)]
    without_log: bool,
}

impl Check {
    pub(super) fn run(self) -> Outcome {
        let found = crate::assemble::examine(&self.data.places(), self.without_log)?;
        if found.is_empty() {
            say("The database is sound.");
            return Ok(());
        }
        for line in &found {
            say(line);
        }
        Err("the database is damaged: restore it from a backup".into())
    }
}
