//! The write-ahead log, and how its absence is noticed.
//!
//! What was committed is in the log until it is moved into the file. A file that was copied without its log opens as it
//! was when the log was last moved, and nothing shows what it lacks. So the file itself says that a log follows: a mark
//! is set just before the log is moved, and taken back just after it, which is then the first thing in the log. The file
//! alone holds the mark. The file with its log, a copy that SQLite made of both, and a file whose log another program
//! moved do not hold it. A crash in between leaves the mark and the log, which may be empty.
//!
//! The mark is the number that SQLite keeps for applications in a file's header (`user_version`), so that it can be read
//! from the file alone. Source: SQLite file format 1.3.

use rusqlite::Connection;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How many pages the log may hold before it is moved. Source: SQLite's own default.
const LONG: i64 = 1_000;
/// A log of so many pages that stays although it is moved, is held back by a lock that is never given back.
const STUCK: i64 = 16 * LONG;
/// After how many changed rows its length is looked at.
const LOOK_EVERY: u64 = 500;
/// The mark: a log follows.
const FOLLOWS: i64 = 1;
/// There is no mark.
const WHOLE: i64 = 0;
/// The length of a file's header, what it begins with, and where the mark is in it.
const HEADER: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const MARK: std::ops::Range<usize> = 60..64;

/// The log of a database.
pub(crate) fn beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// Whether the file says that a log follows, and there is none. Makes nothing.
///
/// # Errors
/// If one of the two cannot be looked at.
pub(crate) fn is_missing(database: &Path) -> std::io::Result<bool> {
    if beside(database).try_exists()? {
        return Ok(false);
    }
    let mut header = [0; HEADER];
    match File::open(database).and_then(|mut file| file.read_exact(&mut header)) {
        Ok(()) => {}
        // A new one, or one that begins.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    let mark = header[MARK].iter().fold(0, |mark, byte| mark << 8 | i64::from(*byte));
    Ok(header.starts_with(MAGIC) && mark == FOLLOWS)
}

/// Removes the mark that a crash left, also when an operator continues without the log.
pub(crate) fn unmark(db: &Connection) -> rusqlite::Result<()> {
    let mark: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if mark == WHOLE { Ok(()) } else { db.pragma_update(None, "user_version", WHOLE) }
}

/// How the log is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checkpoint {
    /// As far as readers allow, and others will write.
    OnTheWay,
    /// All of it, and nothing is left in it; others may write.
    Idle,
    /// The same, and no one will write: the file is whole.
    Last,
}

/// Moves the log into the file. Answers whether all of it was moved: a reader may hold it back.
pub(crate) fn move_into_file(db: &Connection, how: Checkpoint) -> rusqlite::Result<bool> {
    let statement = match how {
        Checkpoint::OnTheWay => "PRAGMA wal_checkpoint (PASSIVE)",
        Checkpoint::Idle | Checkpoint::Last => "PRAGMA wal_checkpoint (TRUNCATE)",
    };
    if how == Checkpoint::Last {
        unmark(db)?;
    } else {
        db.pragma_update(None, "user_version", FOLLOWS)?;
    }
    let moved = db.query_row(statement, [], |row| {
        let (busy, length, moved): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(busy == 0 && length == moved)
    });
    unmark(db)?;
    moved
}

/// How much is in the log, as far as it was looked at.
#[derive(Debug, Default)]
pub(crate) struct Length {
    /// Rows that the connection had changed then.
    changes: u64,
    /// Pages that were in it when it was last moved and stayed, since a reader held it back.
    stayed: i64,
}

impl Length {
    /// Whether it is time to move it. Cheap: the log itself is looked at once in a while.
    pub(crate) fn is_long(&mut self, db: &Connection) -> rusqlite::Result<bool> {
        if db.total_changes().wrapping_sub(self.changes) < LOOK_EVERY {
            return Ok(false);
        }
        self.changes = db.total_changes();
        let length = pages(db)?;
        self.stayed = self.stayed.min(length);
        Ok(length - self.stayed >= LONG)
    }

    /// Whether it grows although it is moved.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stayed >= STUCK
    }

    /// It was moved, as far as it went.
    pub(crate) fn moved(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.stayed = pages(db)?;
        Ok(())
    }
}

fn pages(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("PRAGMA wal_checkpoint (NOOP)")?.query_row([], |row| row.get(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(path: &Path) -> bool {
        let bytes = std::fs::read(path).unwrap();
        bytes[MARK] == [0, 0, 0, 1]
    }

    /// The mark is in the file alone, and nowhere else, whatever is done with the log.
    #[test]
    fn the_file_alone_holds_the_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crm.db");
        let place = crate::connect::Place { path: path.clone(), temporary: false };
        let _lock = crate::connect::Lock::take(&path).unwrap();
        assert!(!is_missing(&path).unwrap(), "a new file");
        let db = crate::connect::writer(&place).unwrap();
        db.execute_batch("CREATE TABLE t (a)").unwrap();
        for how in [Checkpoint::OnTheWay, Checkpoint::Idle] {
            db.execute_batch("INSERT INTO t VALUES (1)").unwrap();
            assert!(move_into_file(&db, how).unwrap());
            assert!(marked(&path), "{how:?}");
            assert!(!is_missing(&path).unwrap(), "the log is there");
            let seen: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
            assert_eq!(seen, WHOLE, "with its log it is whole");
        }
        let copy = folder.path().join("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        assert!(is_missing(&copy).unwrap());
        let whole = folder.path().join("whole.db");
        db.execute("VACUUM INTO ?1", [whole.to_str().unwrap()]).unwrap();
        assert!(!is_missing(&whole).unwrap(), "a copy that SQLite made");
        assert!(move_into_file(&db, Checkpoint::Last).unwrap());
        drop(db);
        assert!(!beside(&path).exists() && !is_missing(&path).unwrap(), "it was closed");
    }

    #[test]
    fn a_long_log_is_moved_while_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crm.db");
        let _lock = crate::connect::Lock::take(&path).unwrap();
        let db = crate::connect::writer(&crate::connect::Place { path, temporary: true }).unwrap();
        db.execute_batch("CREATE TABLE t (a)").unwrap();
        let mut length = Length::default();
        let (mut moves, mut longest) = (0, 0);
        for _ in 0..5_000 {
            db.execute("INSERT INTO t VALUES (zeroblob(3000))", []).unwrap();
            longest = longest.max(pages(&db).unwrap());
            if length.is_long(&db).unwrap() {
                assert!(move_into_file(&db, Checkpoint::OnTheWay).unwrap());
                length.moved(&db).unwrap();
                moves += 1;
            }
        }
        assert!(moves >= 5, "{moves}");
        assert!(longest < 5_000, "{longest} pages");
    }
}
