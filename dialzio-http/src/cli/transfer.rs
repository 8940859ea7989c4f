//! `dialzio transfer`.

use dialzio_core::transfer::Step;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Outcome, say};
use crate::migrate_installation::Installation;

/// How often a table that takes long is spoken of.
const PATIENCE: Duration = Duration::from_secs(2);

/// Moves a whole installation to a PostgreSQL database that has been migrated and is empty. Neither
/// may serve meanwhile. Run it again after an interruption: it resumes where it stopped.
#[derive(Debug, clap::Args)]
pub(super) struct Transfer {
    /// What is moved: sqlite:PATH, where PATH is a data folder or its database file. It stays as it is.
    #[arg(long)]
    from: String,
    /// Its key file, if it is not kept in the data folder.
    #[arg(long, env = "DIALZIO_KEYS")]
    keys: Option<PathBuf>,
    /// The address of the database, for the role that migrates. It may hold a password, so it is better said in the
    /// environment.
    #[arg(long, env = "DIALZIO_MIGRATE_DATABASE", hide_env_values = true)]
    to: String,
    /// Another data folder, which files are copied to. Without it they stay where they are.
    #[arg(long)]
    files_to: Option<PathBuf>,
}

impl Transfer {
    pub(super) async fn run(self) -> Outcome {
        let source = Installation::named(&self.from)?.with_keys(self.keys);
        let mut progress = Progress(Instant::now());
        let mut told = |step| progress.tell(step);
        let (moved, carried) = source.move_to(&self.to, self.files_to.as_deref(), &mut told).await?;
        let rows = moved.rows;
        say(&format!("Moved: {rows} rows, {} of them in this run. Both sides hold the same.", moved.written));
        let (folder, keys) = (source.folder.display(), source.keys.display());
        match (carried, &self.files_to) {
            (Some(carried), Some(to)) => {
                let (files, copied, bytes) = (carried.files, carried.copied, carried.bytes);
                say(&format!("Files: {files} with {bytes} bytes, {copied} of them copied in this run."));
                let to = to.display();
                say(&format!(
                    "Carry {keys} over to {to}/keys yourself: nothing that is sealed opens without it."
                ));
            }
            _ => say(&format!(
                "Serve from the database with the same data folder, {folder}, and the same keys, {keys}, or carry both \
                 over: nothing that is sealed opens without the keys."
            )),
        }
        Ok(())
    }
}

/// When something was last said.
struct Progress(Instant);

impl Progress {
    fn tell(&mut self, step: Step) {
        let line = match step {
            Step::Resumed => "Going on with an earlier transfer.".to_owned(),
            Step::Copied { table, rows, of } if rows == of || self.0.elapsed() >= PATIENCE => {
                format!("{table}: {rows} of {of}")
            }
            Step::Deriving => "Making what contacts are found by.".to_owned(),
            Step::Compared { table, rows } if rows > 0 => format!("{table}: {rows} rows are the same"),
            _ => return,
        };
        self.0 = Instant::now();
        say(&line);
    }
}
