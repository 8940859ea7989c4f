//! `dialzio quarantine`: the quarantine, for the operator of the installation.

use clap::Subcommand;
use dialzio_core::QuarantineId;

use super::control::{self, Command};
use super::{Data, Outcome, Why};

/// Looks at what could not be used. Beside a running server the command is carried out by that server.
#[derive(Debug, clap::Args)]
pub(super) struct Quarantine {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// One line for each item: id, organisation, reason, kind, receipt.
    List(Why),
    /// The bytes of an item, as they arrived.
    Show {
        /// The id that `list` shows.
        id: QuarantineId,
        #[command(flatten)]
        why: Why,
    },
    /// Takes an item through the normal path again.
    Replay {
        /// The id that `list` shows.
        id: QuarantineId,
        #[command(flatten)]
        why: Why,
    },
    /// Throws an item away.
    Discard {
        /// The id that `list` shows.
        id: QuarantineId,
        #[command(flatten)]
        why: Why,
    },
}

impl Quarantine {
    pub(super) async fn run(self) -> Outcome {
        let (verb, why) = match self.verb {
            Verb::List(why) => (control::Verb::List, why),
            Verb::Show { id, why } => (control::Verb::Show(id), why),
            Verb::Replay { id, why } => (control::Verb::Replay(id), why),
            Verb::Discard { id, why } => (control::Verb::Discard(id), why),
        };
        self.data.carry_out(&Command { verb, reason: why.reason }).await
    }
}
