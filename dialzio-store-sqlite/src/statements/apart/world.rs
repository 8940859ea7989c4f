//! A database in which recorded statements are run again, and the names under which that is done.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// What a statement answers.
pub(super) type Answer = Result<Vec<Vec<Value>>, String>;

/// Renames bytes wherever they stand in a statement's text, written in hexadecimal digits.
pub(super) struct Names(pub(super) Vec<(String, String)>);

impl Names {
    pub(super) fn rename(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

/// The same bytes with another end.
pub(super) fn another(hex: &str, by: u8) -> String {
    let (head, last) = hex.split_at(hex.len() - 2);
    format!("{head}{:02x}", u8::from_str_radix(last, 16).unwrap() ^ by)
}

/// The blobs that are written out in a text.
pub(super) fn blobs(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("x'").map(|(at, _)| text[at + 2..].split('\'').next().unwrap())
}

pub(super) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// A statement's text without one of its conditions on these organisations, for each condition.
pub(super) fn without_each(text: &str, orgs: &[String]) -> Vec<String> {
    let mut places: Vec<(usize, usize)> = Vec::new();
    for org in orgs {
        let condition = format!("org_id = x'{org}'");
        places.extend(text.match_indices(&condition).map(|(at, _)| (at, condition.len())));
    }
    places.sort_unstable();
    let wrong =
        |(at, length): (usize, usize)| format!("{}org_id IS NOT NULL{}", &text[..at], &text[at + length..]);
    places.into_iter().map(wrong).collect()
}

/// A database.
pub(super) struct World(pub(super) Connection);

impl World {
    pub(super) fn fresh() -> Self {
        let mut db = Connection::open_in_memory().unwrap();
        crate::migrate::migrate(&mut db, 0).unwrap();
        // Rows of no organisation under number 0, so that the first of an organisation is always 1.
        db.execute_batch(
            "PRAGMA foreign_keys = 0;
             INSERT INTO channel_alias
               (rowid, org_id, portfolio, kind, match_key, identity_id, value, subject_key, seen_at)
             VALUES (0, x'', '', '', '', x'', '', '', 0);
             INSERT INTO contact_search (doc, org_id, contact_id, sort_key, stage, tokens)
             VALUES (0, x'', x'', '', '', '');
             PRAGMA foreign_keys = 1;",
        )
        .unwrap();
        Self(db)
    }

    pub(super) fn run(&self, text: &str) -> Answer {
        let run = || {
            let mut prepared = self.0.prepare(text)?;
            let width = prepared.column_count();
            let (mut rows, mut found) = (prepared.query([])?, Vec::new());
            while let Some(row) = rows.next()? {
                found.push((0..width).map(|place| row.get(place)).collect::<Result<_, _>>()?);
            }
            Ok(found)
        };
        run().map_err(|error: rusqlite::Error| error.to_string())
    }

    /// Runs and takes it back; `look` looks before that.
    pub(super) fn try_out<T>(&self, text: &str, look: impl FnOnce(Answer) -> T) -> T {
        self.0.execute_batch("SAVEPOINT tried").unwrap();
        let seen = look(self.run(text));
        self.0.execute_batch("ROLLBACK TO tried; RELEASE tried").unwrap();
        seen
    }

    /// All rows of these organisations in these tables, as they lie.
    pub(super) fn rows(&self, orgs: &[Vec<u8>], tables: &[&str]) -> Vec<Vec<Value>> {
        let mut found = Vec::new();
        for table in tables {
            let named = format!("SELECT 1 FROM pragma_table_info('{table}') WHERE name = 'org_id'");
            if !self.0.prepare_cached(&named).unwrap().exists([]).unwrap() {
                continue;
            }
            let marks = vec!["?"; orgs.len()].join(", ");
            let of = format!("SELECT * FROM {table} WHERE org_id IN ({marks})");
            let mut prepared = self.0.prepare_cached(&of).unwrap();
            let width = prepared.column_count();
            let mut rows = prepared.query(params_from_iter(orgs)).unwrap();
            while let Some(row) = rows.next().unwrap() {
                found.push((0..width).map(|place| row.get(place).unwrap()).collect());
            }
        }
        found
    }

    /// Row numbers are shared. Those of these organisations go out of the way, so that the next to come gets the same
    /// number as it would get without them; and their aliases are told apart from its own.
    pub(super) fn step_aside(&self, orgs: &[Vec<u8>], table: &str) {
        let set = match table {
            "channel_alias" => {
                "rowid = -rowid, value = value || ' of A', seen_at = seen_at + 1 WHERE rowid > 0"
            }
            "contact_search" => "doc = -doc WHERE doc > 0",
            _ => return,
        };
        let marks = vec!["?"; orgs.len()].join(", ");
        let text = format!("UPDATE {table} SET {set} AND org_id IN ({marks})");
        self.0.execute(&text, params_from_iter(orgs)).unwrap();
    }
}
