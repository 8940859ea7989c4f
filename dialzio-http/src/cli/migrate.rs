//! `dialzio migrate`.

use super::{Outcome, say};

/// Prepares an empty database, or brings an older one forward. Run it at deployment, before the first process of the new
/// release serves, as a role that may make schemas and, the first time, roles: not the one that serves.
#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    /// The address of the PostgreSQL database. It may hold a password, so it is better said in the environment.
    #[arg(long, env = "DIALZIO_MIGRATE_DATABASE", hide_env_values = true)]
    database: String,
    /// The role that will sign in to serve. It has to exist, and must own nothing.
    #[arg(long)]
    serves: Option<String>,
}

impl Migrate {
    pub(super) async fn run(self) -> Outcome {
        crate::assemble::migrate(&self.database, self.serves.as_deref()).await?;
        say("The database is ready.");
        Ok(())
    }
}
