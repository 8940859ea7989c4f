//! `dialzio clock`.

use super::{Data, Outcome, say};

/// Shows whether the clock is believed. What has expired by a clock that has leapt is hidden and not deleted. The server
/// must not be running on the same folder, unless the database is on a server.
#[derive(Debug, clap::Args)]
pub(super) struct ClockCommand {
    #[command(flatten)]
    data: Data,
    /// The clock shows the right time: what has expired by it may be deleted.
    #[arg(long, requires = "reason")]
    confirm: bool,
    /// Why, for the operator log.
    #[arg(long, requires = "confirm")]
    reason: Option<String>,
}

impl ClockCommand {
    pub(super) async fn run(self) -> Outcome {
        let crm = self.data.open(None).await?;
        let state = match &self.reason {
            Some(reason) => crm.operator(reason)?.confirm_clock().await?,
            None => crm.check_clock().await?,
        };
        let trusted = state.trusted_at.map_or_else(|| "nothing".to_owned(), |at| at.to_rfc3339());
        say(&format!("The clock shows {}: {}. Believed: {trusted}.", state.now.to_rfc3339(), state.trust));
        Ok(())
    }
}
