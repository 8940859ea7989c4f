//! `dialzio support`: requests of members for help.

use clap::Subcommand;
use dialzio_core::SupportRequestId;
use dialzio_core::text::SupportText;

use super::control::{self, Command, SupportVerb};
use super::{Data, Outcome, Why};

/// Reads and answers requests for help. What members wrote in a request is shown, and nothing else of their organisation.
/// Beside a running server the command is carried out by that server.
#[derive(Debug, clap::Args)]
pub(super) struct Support {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// One line for each request that is not closed: id, organisation, state, last change, subject.
    List {
        /// Those that are closed too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        why: Why,
    },
    /// A request with its messages. That it was read is in the organisation's audit log.
    Show {
        /// The id that `list` shows.
        id: SupportRequestId,
        #[command(flatten)]
        why: Why,
    },
    /// Answers a request, and tells the member by mail that there is an answer.
    Answer {
        /// The id that `list` shows.
        id: SupportRequestId,
        /// Plain text, at most 10,000 characters.
        #[arg(long)]
        text: SupportText,
        #[command(flatten)]
        why: Why,
    },
    /// Closes a request. A further message of a member opens it again.
    Close {
        /// The id that `list` shows.
        id: SupportRequestId,
        #[command(flatten)]
        why: Why,
    },
}

impl Support {
    pub(super) async fn run(self) -> Outcome {
        let (verb, why) = match self.verb {
            Verb::List { all, why } => (SupportVerb::List { all }, why),
            Verb::Show { id, why } => (SupportVerb::Show(id), why),
            Verb::Answer { id, text, why } => (SupportVerb::Answer { id, text }, why),
            Verb::Close { id, why } => (SupportVerb::Close(id), why),
        };
        self.data.carry_out(&Command { verb: control::Verb::Support(verb), reason: why.reason }).await
    }
}
