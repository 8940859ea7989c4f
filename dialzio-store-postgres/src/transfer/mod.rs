//! The target of a transfer, on a connection of the tables' owner.
//!
//! While it lasts, a table `transfer` is in the schema, which keeps every process from serving, and row-level security is
//! not forced on the owner, who could neither see nor write rows otherwise. The roles that serve stay behind it.

mod cells;
mod text;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, NaiveDate};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

use dialzio_core::store::{StoreError, StoreResult};
use dialzio_core::transfer::{Cell, Digest, Part, Row, TableReader, TableTarget, TransferError, parts};
use dialzio_core::{ContactId, MessageId, TypedId};

use crate::error::{Failure, OpenError, Res};
use crate::render::{Rendered, Schema};
use crate::run::{Db, params};
use crate::{message_words, months, rights, search, statements as sql};

use text::Kinds;
pub(crate) use text::is_under_way;

/// A database that an installation is moved to: [`PostgresBuilder::transfer_to`](crate::PostgresBuilder::transfer_to).
#[derive(Debug)]
pub struct PostgresTarget {
    conn: PgConnection,
    sql: Arc<Rendered>,
    kinds: Kinds,
    months: BTreeSet<NaiveDate>,
}

/// Whether the role that signed in owns the tables, or is a member of the role that does.
async fn owns(conn: &mut PgConnection, schema: &Schema) -> Result<(bool, String), sqlx::Error> {
    sqlx::query_as(
        "SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), FALSE), current_user::TEXT
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
    )
    .bind(schema.as_str())
    .fetch_one(conn)
    .await
}

impl PostgresTarget {
    /// On a connection to a database that has been migrated.
    pub(crate) async fn over(mut conn: PgConnection, schema: Schema) -> Result<Self, OpenError> {
        let (owns, role) = owns(&mut conn, &schema).await?;
        if !owns {
            return Err(OpenError::NotOwner { role });
        }
        let kinds = Kinds::read(&mut conn, &schema).await?;
        let sql = Arc::new(Rendered::new(schema));
        Ok(Self { conn, sql, kinds, months: BTreeSet::new() })
    }

    fn schema(&self) -> &Schema {
        self.sql.schema()
    }

    async fn begin_or_resume(&mut self, source: Digest) -> Result<bool, Begun> {
        let schema = self.schema().clone();
        // Held as long as the connection lives.
        let alone: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(schema.render("@@schema transfer"))
            .fetch_one(&mut self.conn)
            .await?;
        if !alone {
            return Err(Begun::Refused(TransferError::Busy));
        }
        if is_under_way(&mut self.conn, &schema).await? {
            let mark: Vec<Vec<u8>> =
                sqlx::query_scalar(AssertSqlSafe(text::mark(&schema))).fetch_all(&mut self.conn).await?;
            if mark.len() != 1 || mark[0] != source.0 {
                return Err(Begun::Refused(TransferError::Another));
            }
            return Ok(true);
        }
        let mut step = self.conn.begin().await?;
        step.execute(AssertSqlSafe(text::open(&schema))).await?;
        sqlx::query(AssertSqlSafe(text::put_mark(&schema))).bind(&source.0[..]).execute(&mut *step).await?;
        // Checked while the policies are off: with them, rows of organisations are invisible.
        for part in parts() {
            let any: bool =
                sqlx::query_scalar(AssertSqlSafe(text::any(&schema, part))).fetch_one(&mut *step).await?;
            if any {
                step.rollback().await?;
                return Err(Begun::Refused(TransferError::Occupied(part.table)));
            }
        }
        step.commit().await?;
        Ok(false)
    }

    async fn read(&mut self, part: &Part, after: Option<&[Cell]>) -> Res<Vec<Row>> {
        let page = AssertSqlSafe(text::page(self.schema(), part, after.is_some()));
        let mut query = sqlx::query(page);
        for (kind, cell) in self.kinds.of_key(part).into_iter().zip(after.unwrap_or_default()) {
            query = cells::bind(query, kind, cell)?;
        }
        let found = query.fetch_all(&mut self.conn).await?;
        found.iter().map(|row| cells::cells(row, self.kinds.of(part))).collect()
    }

    async fn put(&mut self, part: &Part, rows: &[Row]) -> Res<()> {
        self.open_months(part, rows).await?;
        let kinds = self.kinds.of(part);
        let mut query = sqlx::query(AssertSqlSafe(text::write(self.schema(), part, kinds)));
        for (place, kind) in kinds.iter().enumerate() {
            query = cells::bind_column(query, *kind, rows, place)?;
        }
        query.execute(&mut self.conn).await?;
        Ok(())
    }

    /// Opens the months that these rows belong in.
    async fn open_months(&mut self, part: &Part, rows: &[Row]) -> Res<()> {
        let place = |name: &str| part.columns().position(|column| column.name == name);
        let Some(place) = part.month.and_then(place) else { return Ok(()) };
        let instant = |row: &Row| match row.get(place) {
            Some(Cell::Integer(at)) => DateTime::from_timestamp_micros(*at),
            Some(Cell::Bytes(id)) => months::instant_of(MessageId::from_uuid(Uuid::from_slice(id).ok()?)),
            _ => None,
        };
        let needed: BTreeSet<NaiveDate> =
            rows.iter().filter_map(instant).filter_map(|at| at.date_naive().with_day(1)).collect();
        for month in needed.difference(&self.months) {
            let text = month.to_string();
            Db::new(&mut self.conn, Arc::clone(&self.sql)).any(sql::MONTH_OPEN, params![text]).await?;
        }
        self.months.extend(needed);
        Ok(())
    }

    /// The words that contacts are found by. Those that are there already stay as they are.
    async fn words(&mut self) -> Res<()> {
        let Some(part) = parts().iter().find(|part| part.table == "contact") else { return Ok(()) };
        let mut last: Option<Vec<Cell>> = None;
        loop {
            let rows = self.read(part, last.as_deref()).await?;
            let Some(newest) = rows.last() else { return Ok(()) };
            last = Some(part.key_of(newest));
            let keys: Vec<(Uuid, Uuid)> = rows.iter().filter_map(|row| pair(&part.key_of(row))).collect();
            self.conn.execute("BEGIN").await?;
            for of_org in keys.chunk_by(|one, other| one.0 == other.0) {
                let contacts: Vec<ContactId> =
                    of_org.iter().map(|(_, contact)| ContactId::from_uuid(*contact)).collect();
                let mut db = Db::new(&mut self.conn, Arc::clone(&self.sql));
                search::index(&mut db, of_org[0].0, &contacts).await?;
            }
            self.conn.execute("COMMIT").await?;
        }
    }
}

impl PostgresTarget {
    /// The words that messages are found by, made anew: the last of them may have been left out when a transfer broke off.
    async fn words_of_messages(&mut self) -> Res<()> {
        let Some(part) = parts().iter().find(|part| part.table == "message") else { return Ok(()) };
        let Some(text) = part.columns().position(|column| column.name == "text") else { return Ok(()) };
        let mut last: Option<Vec<Cell>> = None;
        loop {
            let rows = self.read(part, last.as_deref()).await?;
            let Some(newest) = rows.last() else { return Ok(()) };
            last = Some(part.key_of(newest));
            let said = |row: &Row| match (pair(&part.key_of(row)), row.get(text)) {
                (Some((org, message)), Some(Cell::Text(text))) => Some((org, message, text.clone())),
                _ => None,
            };
            let texts: Vec<(Uuid, Uuid, String)> = rows.iter().filter_map(said).collect();
            self.conn.execute("BEGIN").await?;
            for of_org in texts.chunk_by(|one, other| one.0 == other.0) {
                let ids: Vec<Uuid> = of_org.iter().map(|(_, message, _)| *message).collect();
                let mut db = Db::new(&mut self.conn, Arc::clone(&self.sql));
                message_words::remove(&mut db, of_org[0].0, &ids).await?;
                let each = of_org.iter().map(|(_, message, text)| (*message, text.as_str()));
                message_words::put_texts(&mut db, of_org[0].0, each).await?;
            }
            self.conn.execute("COMMIT").await?;
        }
    }
}

/// An organisation and an id in it.
fn pair(key: &[Cell]) -> Option<(Uuid, Uuid)> {
    let [Cell::Bytes(org), Cell::Bytes(id)] = key else { return None };
    Some((Uuid::from_slice(org).ok()?, Uuid::from_slice(id).ok()?))
}

/// Why a transfer was not begun.
enum Begun {
    Refused(TransferError),
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Begun {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

fn into_store(error: sqlx::Error) -> StoreError {
    Failure::from(error).into_store()
}

#[async_trait]
impl TableReader for PostgresTarget {
    async fn count(&mut self, part: &'static Part) -> StoreResult<u64> {
        let text = AssertSqlSafe(text::count(self.schema(), part));
        let rows: i64 = sqlx::query_scalar(text).fetch_one(&mut self.conn).await.map_err(into_store)?;
        Ok(rows.unsigned_abs())
    }

    async fn rows(&mut self, part: &'static Part, after: Option<&[Cell]>) -> StoreResult<Vec<Row>> {
        self.read(part, after).await.map_err(Failure::into_store)
    }
}

#[async_trait]
impl TableTarget for PostgresTarget {
    async fn begin(&mut self, source: Digest) -> Result<bool, TransferError> {
        self.begin_or_resume(source).await.map_err(|why| match why {
            Begun::Refused(error) => error,
            Begun::Failed(error) => TransferError::Unusable(into_store(error)),
        })
    }

    async fn last(&mut self, part: &'static Part) -> StoreResult<Option<Vec<Cell>>> {
        let query = sqlx::query(AssertSqlSafe(text::last(self.schema(), part)));
        let found = query.fetch_optional(&mut self.conn).await.map_err(into_store)?;
        let kinds = self.kinds.of_key(part);
        found.map(|row| cells::cells(&row, &kinds)).transpose().map_err(Failure::into_store)
    }

    async fn write(&mut self, part: &'static Part, rows: &[Row]) -> StoreResult<()> {
        self.put(part, rows).await.map_err(Failure::into_store)
    }

    async fn derive(&mut self) -> StoreResult<()> {
        self.words().await.map_err(Failure::into_store)?;
        self.words_of_messages().await.map_err(Failure::into_store)?;
        let text = AssertSqlSafe(text::renumber(self.schema()));
        self.conn.execute(text).await.map_err(into_store)?;
        Ok(())
    }

    async fn finish(&mut self) -> StoreResult<()> {
        let close = text::close(self.schema());
        let closed = async {
            let mut step = self.conn.begin().await?;
            step.execute(AssertSqlSafe(close)).await?;
            rights::apply(&mut step, self.sql.schema()).await?;
            step.commit().await?;
            Ok::<(), OpenError>(())
        };
        closed.await.map_err(|error| match error {
            OpenError::Store(error) => error,
            other => StoreError::Broken(other.to_string()),
        })
    }
}
