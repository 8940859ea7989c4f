//! The transfer itself.

use super::digest::Digesting;
use super::{Cell, Digest, Part, TableReader, TableTarget, TransferError, parts};
use crate::store::StoreResult;

/// How far a transfer is: names of tables and counts, no personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// An earlier transfer is resumed.
    Resumed,
    /// So many rows of a table are in the target.
    Copied {
        /// The table that is being moved.
        table: &'static str,
        /// How many are there.
        rows: u64,
        /// How many the source has.
        of: u64,
    },
    /// What follows from the rows is made.
    Deriving,
    /// A table has the same rows on both sides.
    Compared {
        /// The table that was compared.
        table: &'static str,
        /// How many rows each side has.
        rows: u64,
    },
}

/// What a transfer has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Rows in all tables.
    pub rows: u64,
    /// Those of them that this run has written; an earlier one has written the others.
    pub written: u64,
}

/// Moves everything from one store to the other, compares both, and opens the target.
///
/// # Errors
/// [`TransferError`]. The target stays closed; the same call continues where this one stopped.
pub async fn run(
    source: &mut dyn TableReader,
    target: &mut dyn TableTarget,
    told: &mut (dyn FnMut(Step) + Send),
) -> Result<Moved, TransferError> {
    if target.begin(print(source).await?).await? {
        told(Step::Resumed);
    }
    let mut moved = Moved::default();
    for part in parts() {
        moved.written += copy(part, source, target, told).await?;
    }
    told(Step::Deriving);
    target.derive().await?;
    for part in parts() {
        let (source_rows, sent) = read(part, source).await.map_err(reading(part))?;
        let (target_rows, arrived) = read(part, target).await.map_err(writing(part))?;
        if (source_rows, sent) != (target_rows, arrived) {
            return Err(TransferError::Differs { table: part.table, source_rows, target_rows });
        }
        moved.rows += source_rows;
        told(Step::Compared { table: part.table, rows: source_rows });
    }
    target.finish().await?;
    Ok(moved)
}

fn reading(part: &Part) -> impl Fn(crate::StoreError) -> TransferError + use<> {
    let table = part.table;
    move |error| TransferError::Source { table, error }
}

fn writing(part: &Part) -> impl Fn(crate::StoreError) -> TransferError + use<> {
    let table = part.table;
    move |error| TransferError::Target { table, error }
}

/// Which source this is, and in which state: organisations and the ends of their logs, which move with every change.
async fn print(source: &mut dyn TableReader) -> Result<Digest, TransferError> {
    let mut digest = Digesting::default();
    for part in parts().iter().filter(|part| ["org", "org_head"].contains(&part.table)) {
        add(part, source, &mut digest).await.map_err(reading(part))?;
    }
    Ok(digest.end())
}

/// Brings the rows of a part that are missing; answers how many.
async fn copy(
    part: &'static Part,
    source: &mut dyn TableReader,
    target: &mut dyn TableTarget,
    told: &mut (dyn FnMut(Step) + Send),
) -> Result<u64, TransferError> {
    let of = source.count(part).await.map_err(reading(part))?;
    let mut last = target.last(part).await.map_err(writing(part))?;
    let before = match last {
        Some(_) => target.count(part).await.map_err(writing(part))?,
        None => 0,
    };
    let mut written = 0;
    loop {
        let rows = source.rows(part, last.as_deref()).await.map_err(reading(part))?;
        let Some(newest) = rows.last() else { break };
        last = Some(part.key_of(newest));
        target.write(part, &rows).await.map_err(writing(part))?;
        written += rows.len() as u64;
        told(Step::Copied { table: part.table, rows: before + written, of });
    }
    Ok(written)
}

async fn read(part: &'static Part, from: &mut dyn TableReader) -> StoreResult<(u64, Digest)> {
    let mut digest = Digesting::default();
    let rows = add(part, from, &mut digest).await?;
    Ok((rows, digest.end()))
}

/// Adds all rows of a part to a digest; answers how many.
async fn add(part: &'static Part, from: &mut dyn TableReader, digest: &mut Digesting) -> StoreResult<u64> {
    let (mut count, mut last): (u64, Option<Vec<Cell>>) = (0, None);
    loop {
        let rows = from.rows(part, last.as_deref()).await?;
        let Some(newest) = rows.last() else { return Ok(count) };
        last = Some(part.key_of(newest));
        count += rows.len() as u64;
        rows.iter().for_each(|row| digest.add(row));
    }
}
