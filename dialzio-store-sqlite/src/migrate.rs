//! Brings the schema forward, one numbered migration after another. Never back.

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::error::{OpenError, Res};

/// One step of the schema: a file of statements, applied once and never changed afterwards.
pub(crate) struct Migration {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    /// What the program does once the tables are as they are today, in the same transaction.
    pub(crate) then: Option<fn(&Connection) -> Res<()>>,
}

/// All steps, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "tables", sql: include_str!("../migrations/0001_tables.sql"), then: None },
    Migration {
        number: 2,
        name: "contact_search",
        sql: include_str!("../migrations/0002_contact_search.sql"),
        then: Some(crate::reindex::contacts),
    },
    Migration {
        number: 3,
        name: "conversation_activity",
        sql: include_str!("../migrations/0003_conversation_activity.sql"),
        then: None,
    },
    Migration {
        number: 4,
        name: "it_holds",
        sql: include_str!("../migrations/0004_it_holds.sql"),
        then: None,
    },
    Migration {
        number: 5,
        name: "names_and_operators",
        sql: include_str!("../migrations/0005_names_and_operators.sql"),
        then: None,
    },
    Migration {
        number: 6,
        name: "finding",
        sql: include_str!("../migrations/0006_finding.sql"),
        then: Some(crate::reindex::contacts),
    },
    Migration {
        number: 7,
        name: "dispositions",
        sql: include_str!("../migrations/0007_dispositions.sql"),
        then: None,
    },
    Migration {
        number: 8,
        name: "media_owner",
        sql: include_str!("../migrations/0008_media_owner.sql"),
        then: None,
    },
    Migration { number: 9, name: "drafts", sql: include_str!("../migrations/0009_drafts.sql"), then: None },
    Migration {
        number: 10,
        name: "canned_replies",
        sql: include_str!("../migrations/0010_canned_replies.sql"),
        then: None,
    },
    Migration {
        number: 11,
        name: "scheduled_messages",
        sql: include_str!("../migrations/0011_scheduled_messages.sql"),
        then: None,
    },
    Migration {
        number: 12,
        name: "waiting",
        sql: include_str!("../migrations/0012_waiting.sql"),
        then: None,
    },
    Migration { number: 13, name: "calls", sql: include_str!("../migrations/0013_calls.sql"), then: None },
    Migration {
        number: 14,
        name: "call_flows",
        sql: include_str!("../migrations/0014_call_flows.sql"),
        then: None,
    },
    Migration { number: 15, name: "sms", sql: include_str!("../migrations/0015_sms.sql"), then: None },
    Migration {
        number: 16,
        name: "message_words",
        sql: include_str!("../migrations/0016_message_words.sql"),
        then: Some(crate::message_words::fill),
    },
    Migration {
        number: 17,
        name: "recording_rule",
        sql: include_str!("../migrations/0017_recording_rule.sql"),
        then: None,
    },
    Migration {
        number: 18,
        name: "hook_rotation",
        sql: include_str!("../migrations/0018_hook_rotation.sql"),
        then: None,
    },
    Migration { number: 19, name: "people", sql: include_str!("../migrations/0019_people.sql"), then: None },
    Migration {
        number: 20,
        name: "whatsapp_calls",
        sql: include_str!("../migrations/0020_whatsapp_calls.sql"),
        then: None,
    },
    Migration {
        number: 21,
        name: "notices",
        sql: include_str!("../migrations/0021_notices.sql"),
        then: None,
    },
    Migration {
        number: 22,
        name: "contact_list",
        sql: include_str!("../migrations/0022_contact_list.sql"),
        then: None,
    },
    Migration {
        number: 23,
        name: "audit_search",
        sql: include_str!("../migrations/0023_audit_search.sql"),
        then: None,
    },
    Migration {
        number: 24,
        name: "saved_views",
        sql: include_str!("../migrations/0024_saved_views.sql"),
        then: None,
    },
    Migration { number: 25, name: "teams", sql: include_str!("../migrations/0025_teams.sql"), then: None },
    Migration {
        number: 26,
        name: "second_factor",
        sql: include_str!("../migrations/0026_second_factor.sql"),
        then: None,
    },
    Migration {
        number: 27,
        name: "failed_attempts",
        sql: include_str!("../migrations/0027_failed_attempts.sql"),
        then: None,
    },
    Migration {
        number: 28,
        name: "masking",
        sql: include_str!("../migrations/0028_masking.sql"),
        then: None,
    },
    Migration { number: 29, name: "mail", sql: include_str!("../migrations/0029_mail.sql"), then: None },
    Migration {
        number: 30,
        name: "confirmed_addresses",
        sql: include_str!("../migrations/0030_confirmed_addresses.sql"),
        then: None,
    },
    Migration {
        number: 31,
        name: "kept_keys",
        sql: include_str!("../migrations/0031_kept_keys.sql"),
        then: None,
    },
    Migration {
        number: 32,
        name: "passkeys",
        sql: include_str!("../migrations/0032_passkeys.sql"),
        then: None,
    },
    Migration { number: 33, name: "usage", sql: include_str!("../migrations/0033_usage.sql"), then: None },
    Migration {
        number: 34,
        name: "key_addresses",
        sql: include_str!("../migrations/0034_key_addresses.sql"),
        then: None,
    },
    Migration {
        number: 35,
        name: "invited_visibility",
        sql: include_str!("../migrations/0035_invited_visibility.sql"),
        then: None,
    },
    Migration {
        number: 36,
        name: "identity_providers",
        sql: include_str!("../migrations/0036_identity_providers.sql"),
        then: None,
    },
    Migration { number: 37, name: "news", sql: include_str!("../migrations/0037_news.sql"), then: None },
    Migration {
        number: 38,
        name: "support",
        sql: include_str!("../migrations/0038_support.sql"),
        then: None,
    },
];

fn checksum(migration: &Migration) -> [u8; 32] {
    Sha256::digest(migration.sql.as_bytes()).into()
}

/// Applies what is missing.
///
/// # Errors
/// [`OpenError`] if the file is newer than the program, or a migration that was applied has changed.
pub(crate) fn migrate(db: &mut Connection, at: i64) -> Result<(), OpenError> {
    up_to(db, MIGRATIONS, at)
}

/// Applies what is missing of these.
pub(crate) fn up_to(db: &mut Connection, migrations: &[Migration], at: i64) -> Result<(), OpenError> {
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (
           number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum BLOB NOT NULL, applied_at INTEGER NOT NULL
         ) STRICT, WITHOUT ROWID",
    )?;
    let applied = applied(db)?;
    let known = migrations.last().map_or(0, |last| last.number);
    if let Some((found, _)) = applied.last()
        && *found > known
    {
        return Err(OpenError::NewerSchema { found: *found, known });
    }
    for (migration, (number, sum)) in migrations.iter().zip(&applied) {
        if *number != migration.number || *sum != checksum(migration) {
            return Err(OpenError::ChangedMigration { number: migration.number });
        }
    }
    match migrations.get(applied.len()..) {
        None | Some([]) => Ok(()),
        Some(missing) => apply(db, missing, at),
    }
}

fn applied(db: &Connection) -> Result<Vec<(u32, [u8; 32])>, OpenError> {
    let mut statement = db.prepare("SELECT number, checksum FROM migration ORDER BY number")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All in one transaction: what the program does reads with the statements of today, which fit the newest tables alone.
fn apply(db: &mut Connection, missing: &[Migration], at: i64) -> Result<(), OpenError> {
    let step = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for migration in missing {
        step.execute_batch(migration.sql)?;
        step.execute(
            "INSERT INTO migration (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![migration.number, migration.name, checksum(migration), at],
        )?;
    }
    for then in missing.iter().filter_map(|migration| migration.then) {
        then(&step).map_err(|failure| OpenError::Store(failure.into_store()))?;
    }
    step.commit()?;
    for migration in missing {
        tracing::info!(number = migration.number, name = migration.name, "migrated");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    #[test]
    fn migrations_are_numbered_without_gaps() {
        for (place, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.number as usize, place + 1);
        }
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut db = fresh();
        migrate(&mut db, 1).unwrap();
        let before = applied(&db).unwrap();
        migrate(&mut db, 2).unwrap();
        assert_eq!(applied(&db).unwrap(), before);
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let mut db = fresh();
        migrate(&mut db, 1).unwrap();
        let known = MIGRATIONS.len() as u32;
        db.execute("INSERT INTO migration VALUES (?1, 'later', ?2, 0)", params![known + 1, [0_u8; 32]])
            .unwrap();
        let refused = migrate(&mut db, 1).unwrap_err();
        assert!(
            matches!(refused, OpenError::NewerSchema { found, known: k } if found == known + 1 && k == known)
        );
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let mut db = fresh();
        migrate(&mut db, 1).unwrap();
        db.execute("UPDATE migration SET checksum = ?1 WHERE number = 1", [[1_u8; 32]]).unwrap();
        assert!(matches!(migrate(&mut db, 1).unwrap_err(), OpenError::ChangedMigration { number: 1 }));
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing() {
        let mut db = fresh();
        let broken = [Migration {
            number: 1,
            name: "broken",
            sql: "CREATE TABLE a (b); CREATE TABLE a (b);",
            then: None,
        }];
        assert!(up_to(&mut db, &broken, 1).is_err());
        assert_eq!(applied(&db).unwrap(), []);
        let left: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'a'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0);
    }
}
