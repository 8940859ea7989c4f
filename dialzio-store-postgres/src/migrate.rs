//! Brings the schema forward, one numbered step after another. Never back.
//!
//! The one place that knows sqlx's migrator, which brings a lock, checksums and a table of steps; ours has a schema and a
//! name of its own, so that it never meets the host's. A checksum is over a step as it is written here, before names are
//! put in: the same step is the same in every schema.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use sqlx_core::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::error::OpenError;
use crate::render::Schema;
use crate::statements as sql;

/// A step: its name, and what it does.
type Step = (&'static str, &'static str);

/// All steps, in order; the first has number one.
const STEPS: &[Step] = &[
    ("tables", include_str!("../migrations/0001_tables.sql")),
    ("months", include_str!("../migrations/0002_months.sql")),
    ("rights", include_str!("../migrations/0003_rights.sql")),
    ("it_holds", include_str!("../migrations/0004_it_holds.sql")),
    ("names_and_operators", include_str!("../migrations/0005_names_and_operators.sql")),
    ("finding", include_str!("../migrations/0006_finding.sql")),
    ("dispositions", include_str!("../migrations/0007_dispositions.sql")),
    ("media_owner", include_str!("../migrations/0008_media_owner.sql")),
    ("drafts", include_str!("../migrations/0009_drafts.sql")),
    ("canned_replies", include_str!("../migrations/0010_canned_replies.sql")),
    ("scheduled_messages", include_str!("../migrations/0011_scheduled_messages.sql")),
    ("waiting", include_str!("../migrations/0012_waiting.sql")),
    ("calls", include_str!("../migrations/0013_calls.sql")),
    ("call_flows", include_str!("../migrations/0014_call_flows.sql")),
    ("sms", include_str!("../migrations/0015_sms.sql")),
    ("message_words", include_str!("../migrations/0016_message_words.sql")),
    ("recording_rule", include_str!("../migrations/0017_recording_rule.sql")),
    ("hook_rotation", include_str!("../migrations/0018_hook_rotation.sql")),
    ("people", include_str!("../migrations/0019_people.sql")),
    ("whatsapp_calls", include_str!("../migrations/0020_whatsapp_calls.sql")),
    ("notices", include_str!("../migrations/0021_notices.sql")),
    ("contact_list", include_str!("../migrations/0022_contact_list.sql")),
    ("audit_search", include_str!("../migrations/0023_audit_search.sql")),
    ("contact_owner", include_str!("../migrations/0024_contact_owner.sql")),
    ("saved_views", include_str!("../migrations/0025_saved_views.sql")),
    ("teams", include_str!("../migrations/0026_teams.sql")),
    ("second_factor", include_str!("../migrations/0027_second_factor.sql")),
    ("failed_attempts", include_str!("../migrations/0028_failed_attempts.sql")),
    ("masking", include_str!("../migrations/0029_masking.sql")),
    ("mail", include_str!("../migrations/0030_mail.sql")),
    ("confirmed_addresses", include_str!("../migrations/0031_confirmed_addresses.sql")),
    ("kept_keys", include_str!("../migrations/0032_kept_keys.sql")),
    ("passkeys", include_str!("../migrations/0033_passkeys.sql")),
    ("usage", include_str!("../migrations/0034_usage.sql")),
    ("key_addresses", include_str!("../migrations/0035_key_addresses.sql")),
    ("invited_visibility", include_str!("../migrations/0036_invited_visibility.sql")),
    ("identity_providers", include_str!("../migrations/0037_identity_providers.sql")),
    ("news", include_str!("../migrations/0038_news.sql")),
    ("support", include_str!("../migrations/0039_support.sql")),
];

/// The newest step that is known.
fn known() -> i64 {
    STEPS.len() as i64
}

fn migrations(schema: &Schema, steps: &'static [Step]) -> Vec<Migration> {
    let step = |(number, (name, text)): (i64, &Step)| {
        let written =
            Migration::new(number, (*name).into(), MigrationType::Simple, text.into_sql_str(), false);
        let rendered = AssertSqlSafe(schema.render(text)).into_sql_str();
        Migration { sql: rendered, ..written }
    };
    (1..).zip(steps).map(step).collect()
}

/// Takes the steps that are missing.
///
/// # Errors
/// [`OpenError`] if the schema is newer than the program, a step that was taken has changed, or PostgreSQL refuses.
pub(crate) async fn migrate(conn: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let mut migrator = Migrator::with_migrations(migrations(schema, STEPS));
    migrator.create_schema(schema.as_str().to_owned());
    migrator.dangerous_set_table_name(format!("{}.schema_version", schema.as_str()));
    migrator.run_direct(None, conn, false).await.map_err(refused)?;
    crate::message_words::fill(conn, schema).await
}

fn refused(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) => OpenError::NewerSchema { found, known: known() },
        MigrateError::VersionMismatch(number) | MigrateError::Dirty(number) => {
            OpenError::ChangedMigration { number }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        _ => OpenError::Store(dialzio_core::StoreError::Broken(
            "the schema cannot be brought forward".to_owned(),
        )),
    }
}

/// Whether the schema is the one that this program knows: neither older, nor newer, nor another. Prepares nothing that
/// stays.
pub(crate) async fn check(conn: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("{}.schema_version", schema.as_str()))
        .persistent(false)
        .fetch_one(&mut *conn)
        .await?;
    if !there {
        return Err(OpenError::OlderSchema { found: 0, known: known() });
    }
    let text = AssertSqlSafe(schema.render(sql::STEPS_TAKEN.sql));
    let taken: Vec<(i64, bool, Vec<u8>)> =
        sqlx::query_as(text).persistent(false).fetch_all(&mut *conn).await?;
    let found = taken.last().map_or(0, |(number, ..)| *number);
    if found > known() {
        return Err(OpenError::NewerSchema { found, known: known() });
    }
    for ((number, done, checksum), wanted) in taken.iter().zip(migrations(schema, STEPS)) {
        if *number != wanted.version || !done || checksum[..] != wanted.checksum[..] {
            return Err(OpenError::ChangedMigration { number: *number });
        }
    }
    if found < known() || taken.len() < STEPS.len() {
        return Err(OpenError::OlderSchema { found, known: known() });
    }
    Ok(())
}
