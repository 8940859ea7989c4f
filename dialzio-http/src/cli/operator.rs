//! `dialzio operator`: the log of what the operator of the installation did.

use clap::Subcommand;

use super::control::{self, Command};
use super::{Data, Outcome, Why};

/// Looks at the operator log. Beside a running server the command is carried out by that server.
#[derive(Debug, clap::Args)]
pub(super) struct OperatorCommand {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// One line for each act, newest first: place, time, what, organisation, record, reason.
    Log {
        /// Acts before this place only, for the next page.
        #[arg(long)]
        before: Option<u64>,
        /// How many, at most 200.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        #[command(flatten)]
        why: Why,
    },
    /// Recomputes the chain of digests. Fails if an entry was changed, removed or put in.
    Verify(Why),
}

impl OperatorCommand {
    pub(super) async fn run(self) -> Outcome {
        let (verb, why) = match self.verb {
            Verb::Log { before, limit, why } => {
                (control::Verb::Log { before: before.unwrap_or(u64::MAX), limit }, why)
            }
            Verb::Verify(why) => (control::Verb::VerifyLog, why),
        };
        self.data.carry_out(&Command { verb, reason: why.reason }).await
    }
}
