//! `dialzio inbox`: the quarantine, for the operator of the installation.

use clap::Subcommand;
use dialzio_core::QuarantineId;
use dialzio_store_sqlite::OpenError;
use std::io::Write;

use super::control::{self, Command};
use super::{Data, Outcome};
use crate::assemble::AssembleError;

/// Looks at what could not be used. Beside a running server the command is carried out by that server.
#[derive(Debug, clap::Args)]
pub(super) struct Inbox {
    #[command(flatten)]
    data: Data,
    /// Why. It is kept in the audit log of the organisation that is concerned.
    #[arg(long, global = true, default_value = "inbox")]
    reason: String,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// One line for each item: id, organisation, reason, kind, receipt.
    List,
    /// The bytes of an item, as they arrived.
    Show {
        /// Its id.
        id: QuarantineId,
    },
    /// Takes an item through the normal path again.
    Replay {
        /// Its id.
        id: QuarantineId,
    },
    /// Throws an item away.
    Discard {
        /// Its id.
        id: QuarantineId,
    },
}

impl Inbox {
    pub(super) async fn run(self) -> Outcome {
        let verb = match self.verb {
            Verb::List => control::Verb::List,
            Verb::Show { id } => control::Verb::Show(id),
            Verb::Replay { id } => control::Verb::Replay(id),
            Verb::Discard { id } => control::Verb::Discard(id),
        };
        let command = Command { verb, reason: self.reason };
        let said = match self.data.open(None).await {
            Ok(crm) => control::perform(&crm, &command).await?,
            // A server has it open: it carries the command out.
            Err(AssembleError::Store(OpenError::InUse)) => control::ask(&self.data.path, &command).await?,
            Err(error) => return Err(error.into()),
        };
        // A reader who has gone away is no reason to fail.
        let _ = std::io::stdout().write_all(said.as_bytes());
        Ok(())
    }
}
