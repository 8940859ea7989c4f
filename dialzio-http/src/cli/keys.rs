//! `dialzio keys`.

use clap::Subcommand;

use super::{Data, Outcome, Why, say};

/// Shows whether the keys are those of the database. The server must not be running on the same folder, unless the
/// database is on a server.
#[derive(Debug, clap::Args)]
pub(super) struct Keys {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compares the keys with those of the database.
    Check,
    /// Takes them for the keys of a database of an earlier release in which nothing shows whose they are. Keys of a
    /// database that knows its own are never replaced.
    Adopt(Why),
}

impl Keys {
    pub(super) async fn run(self) -> Outcome {
        match self.verb {
            Verb::Check => drop(self.data.open(None).await?),
            Verb::Adopt(why) => crate::assemble::adopt(&self.data.places(), &why.reason).await?,
        }
        say("These are the keys of the database.");
        Ok(())
    }
}
