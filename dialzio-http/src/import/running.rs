//! Imports that run or have run: how far each is, and which rows it left out.

use dialzio_core::contact::{Duplicates, Import, ImportOutcome};
use dialzio_core::{Actor, Crm, Error, ImportId, OrgId, Principal};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::rows::RowReader;
use super::sheet::Sheet;
use crate::problem::Problem;

/// How many rows of imports that have ended are remembered, of all organisations together.
const REMEMBERED: usize = 200_000;
/// Rows that are handed over at a time; the core writes fewer in each transaction.
const STEP: usize = 100;

/// A row that was left out.
#[derive(Debug, Clone)]
pub(crate) struct LeftOut {
    /// Its place among the rows of the file.
    pub(crate) place: usize,
    /// Its number in the file.
    pub(crate) row: u32,
    /// Why, in words.
    pub(crate) reason: String,
}

/// How an import ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Every row was looked at.
    Done,
    /// It could not go on: the code of the problem.
    Failed(String),
}

/// How far an import is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// Rows that were looked at.
    pub(crate) rows: u32,
    pub(crate) created: u32,
    pub(crate) updated: u32,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) end: Option<End>,
}

/// An import.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: ImportId,
    org: OrgId,
    /// Who began it: a file holds people whom others may not see.
    by: Principal,
    pub(crate) sheet: Sheet,
    progress: Mutex<Progress>,
}

impl Run {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is now.
    pub(crate) fn now(&self) -> Progress {
        self.progress().clone()
    }
}

/// The imports of this server.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    runs: Mutex<Vec<Arc<Run>>>,
}

impl Imports {
    fn runs(&self) -> MutexGuard<'_, Vec<Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An import of the actor's organisation: one of their own, if they do not see everything in it.
    pub(crate) fn get(&self, by: &Actor, id: ImportId) -> Option<Arc<Run>> {
        let may_see = |run: &Run| by.audience().is_all() || run.by == *by.principal();
        self.runs().iter().find(|run| run.org == by.org() && run.id == id && may_see(run)).cloned()
    }

    /// Takes in a new one, unless one of the organisation is running. Those that began first are forgotten first, once they
    /// have ended.
    fn take(&self, new: &Arc<Run>) -> bool {
        let mut runs = self.runs();
        let is_running = |run: &Run| run.progress().end.is_none();
        if runs.iter().any(|run| run.org == new.org && is_running(run)) {
            return false;
        }
        let rows = |runs: &[Arc<Run>]| {
            runs.iter().filter(|run| !is_running(run)).map(|run| run.sheet.rows.len()).sum::<usize>()
        };
        while rows(&runs) > REMEMBERED {
            let Some(oldest) = runs.iter().position(|run| !is_running(run)) else { break };
            runs.remove(oldest);
        }
        runs.push(Arc::clone(new));
        true
    }
}

/// Ends a run that was dropped before its last row, so that the organisation can import again.
struct Ending(Arc<Run>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.progress().end.get_or_insert_with(|| End::Failed("server.failed".to_owned()));
    }
}

/// Imports a file in the background.
///
/// # Errors
/// `import.running` if the organisation has one that runs; without the permission to change contacts.
pub(crate) fn start(
    (crm, imports): (&Crm, &Imports),
    by: Actor,
    sheet: Sheet,
    reader: RowReader,
    duplicates: Duplicates,
) -> Result<Arc<Run>, Problem> {
    let import = crm.contacts().begin_import(&by, duplicates)?;
    let run = Arc::new(Run {
        id: import.id(),
        org: by.org(),
        by: by.principal().clone(),
        sheet,
        progress: Mutex::default(),
    });
    if !imports.take(&run) {
        return Err(Problem::new("import.running"));
    }
    let (crm, ending) = (crm.clone(), Ending(Arc::clone(&run)));
    tokio::spawn(async move {
        let run = &ending.0;
        let end = match work(&crm, &by, run, import, &reader).await {
            Ok(()) => End::Done,
            Err(error) => End::Failed(Problem::from(error).code),
        };
        run.progress().end = Some(end);
    });
    Ok(run)
}

async fn work(crm: &Crm, by: &Actor, run: &Run, mut import: Import, reader: &RowReader) -> Result<(), Error> {
    let contacts = crm.contacts();
    let mut result = Ok(());
    for (step, rows) in run.sheet.rows.chunks(STEP).enumerate() {
        let (mut read, mut places, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for (place, row) in rows.iter().enumerate().map(|(at, row)| (step * STEP + at, row)) {
            match reader.read(row) {
                Ok(row) => {
                    places.push(place);
                    read.push(row);
                }
                Err(reason) => left_out.push(LeftOut { place, row: row.number, reason }),
            }
        }
        let outcomes = match contacts.import(by, &mut import, &read).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                result = Err(error);
                break;
            }
        };
        let mut progress = run.progress();
        for ((outcome, row), place) in outcomes.iter().zip(&read).zip(places) {
            match outcome {
                ImportOutcome::Created => progress.created += 1,
                ImportOutcome::Updated => progress.updated += 1,
                ImportOutcome::Skipped(why) => {
                    left_out.push(LeftOut { place, row: row.row, reason: why.to_string() });
                }
                _ => {}
            }
        }
        left_out.sort_unstable_by_key(|one| one.place);
        progress.left_out.append(&mut left_out);
        progress.rows += u32::try_from(rows.len()).unwrap_or(u32::MAX);
    }
    let written = {
        let progress = run.progress();
        progress.created + progress.updated
    };
    // What was written before an error is in the audit log too.
    contacts.imported(by, &import, written).await?;
    result
}
