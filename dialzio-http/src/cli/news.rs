//! `dialzio news`: messages of the operator to all who sign in.

use clap::Subcommand;
use dialzio_core::ServiceUpdateId;
use dialzio_core::news::NewsKind;
use dialzio_core::text::{NewsText, Title};

use super::control::{self, Command, NewsVerb};
use super::{Data, Outcome, Why};

/// Tells all who sign in something, in the app and by mail. Beside a running server the command is carried out by that
/// server.
#[derive(Debug, clap::Args)]
pub(super) struct News {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Publishes a service update, and prints its id.
    Publish {
        /// What it is about: security, incident, maintenance, policy or product. Users may turn product news off, and no
        /// other kind.
        #[arg(long)]
        kind: NewsKind,
        /// One line, at most 120 characters.
        #[arg(long)]
        title: Title,
        /// Plain text, at most 10,000 characters.
        #[arg(long)]
        text: NewsText,
        #[command(flatten)]
        why: Why,
    },
    /// One line for each of the newest updates: id, kind, when it was published, whether all mails are queued, title.
    List(Why),
    /// Takes an update back: nobody sees it any more. Mails that are queued already go out.
    Withdraw {
        /// The id that `list` shows.
        id: ServiceUpdateId,
        #[command(flatten)]
        why: Why,
    },
}

impl News {
    pub(super) async fn run(self) -> Outcome {
        let (verb, why) = match self.verb {
            Verb::Publish { kind, title, text, why } => (NewsVerb::Publish { kind, title, text }, why),
            Verb::List(why) => (NewsVerb::List, why),
            Verb::Withdraw { id, why } => (NewsVerb::Withdraw(id), why),
        };
        self.data.carry_out(&Command { verb: control::Verb::News(verb), reason: why.reason }).await
    }
}
