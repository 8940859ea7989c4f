//! Runs statements of the table on a connection. The one place where rendered text becomes a query.

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, Executor, Postgres, Type};
use std::sync::Arc;
use uuid::Uuid;

use dialzio_core::store::rows::{Bind, ToRow};
use dialzio_core::{Audience, OrgId, TypedId};

use crate::error::Res;
use crate::render::{CHUNKS, Rendered};
use crate::statements::Statement;

/// What is bound to a statement.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params {
    list: PgArguments,
    /// A value that could not be encoded: the statement fails instead of running without it.
    failed: bool,
}

impl Params {
    pub(crate) fn add<'v, T: Encode<'v, Postgres> + Type<Postgres> + 'v>(&mut self, value: T) {
        self.failed |= self.list.add(value).is_err();
    }

    fn list(self) -> Res<PgArguments> {
        if self.failed {
            Err(crate::error::unreadable("value that was to be written"))
        } else {
            Ok(self.list)
        }
    }
}

impl Bind for Params {
    fn opt_integer(&mut self, value: Option<i64>) {
        self.add(value);
    }

    fn flag(&mut self, value: bool) {
        self.add(value);
    }

    fn opt_text(&mut self, value: Option<&str>) {
        self.add(value);
    }

    fn opt_bytes(&mut self, value: Option<&[u8]>) {
        self.add(value);
    }

    fn opt_uuid(&mut self, value: Option<Uuid>) {
        self.add(value);
    }

    fn key_uuid(&mut self, value: Option<Uuid>) {
        self.add(value.unwrap_or_default());
    }
}

/// The columns of a record.
pub(crate) fn row(record: &impl ToRow) -> Res<Params> {
    let mut row = Params::default();
    record.to_row(&mut row)?;
    Ok(row)
}

/// Values in the order of a statement's places.
macro_rules! params {
    ($($value:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "some statements bind nothing")]
        let mut list = $crate::run::Params::default();
        $(list.add(&$value);)*
        list
    }};
}
pub(crate) use params;

/// The role and the organisation, in one statement. Both are checked names: a schema's, and an id.
pub(crate) fn enter(role: &str, org: OrgId) -> String {
    format!("SELECT set_config('role', '{role}', true), set_config('dialzio.org', '{}', true)", org.uuid())
}

/// A connection inside a transaction, and the statements for it.
pub(crate) struct Db<'c> {
    conn: &'c mut PgConnection,
    sql: Arc<Rendered>,
    /// Who sees what is read.
    audience: Audience,
    /// How many rows were changed: a batch that fails without a change leaves nothing to undo.
    changed: u64,
}

impl<'c> Db<'c> {
    pub(crate) fn new(conn: &'c mut PgConnection, sql: Arc<Rendered>) -> Self {
        Self { conn, sql, audience: Audience::All, changed: 0 }
    }

    /// The same, reading what an audience sees. The transaction has its settings.
    pub(crate) fn seen_by(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    /// Who sees what is read.
    pub(crate) fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Reads everything from here on: what decides for others than the audience. Answers who the audience was.
    pub(crate) fn see_all(&mut self) -> Audience {
        std::mem::take(&mut self.audience)
    }

    /// Reads what an audience sees from here on.
    pub(crate) fn see_as(&mut self, audience: Audience) {
        self.audience = audience;
    }

    pub(crate) fn changed(&self) -> u64 {
        self.changed
    }

    /// The first row, if there is one.
    pub(crate) async fn one<T>(
        &mut self,
        statement: Statement,
        params: Params,
        read: impl FnOnce(&PgRow) -> Res<T>,
    ) -> Res<Option<T>> {
        let (text, kept) = (AssertSqlSafe(self.sql.text_for(&self.audience, statement)), self.sql.is_kept());
        let found =
            sqlx::query_with(text, params.list()?).persistent(kept).fetch_optional(&mut *self.conn).await?;
        found.as_ref().map(read).transpose()
    }

    /// All rows, in the statement's order.
    pub(crate) async fn all<T>(
        &mut self,
        statement: Statement,
        params: Params,
        read: impl FnMut(&PgRow) -> Res<T>,
    ) -> Res<Vec<T>> {
        let (text, kept) = (AssertSqlSafe(self.sql.text_for(&self.audience, statement)), self.sql.is_kept());
        let found =
            sqlx::query_with(text, params.list()?).persistent(kept).fetch_all(&mut *self.conn).await?;
        found.iter().map(read).collect()
    }

    /// All rows of a statement that changes them.
    pub(crate) async fn changing<T>(
        &mut self,
        statement: Statement,
        params: Params,
        read: impl FnMut(&PgRow) -> Res<T>,
    ) -> Res<Vec<T>> {
        let found = self.all(statement, params, read).await?;
        self.changed += found.len() as u64;
        Ok(found)
    }

    /// Whether there is a row.
    pub(crate) async fn any(&mut self, statement: Statement, params: Params) -> Res<bool> {
        Ok(self.one(statement, params, |_| Ok(())).await?.is_some())
    }

    /// Changes rows; answers how many.
    pub(crate) async fn run(&mut self, statement: Statement, params: Params) -> Res<u64> {
        let (text, kept) = (AssertSqlSafe(self.sql.text(statement)), self.sql.is_kept());
        let done = sqlx::query_with(text, params.list()?).persistent(kept).execute(&mut *self.conn).await?;
        self.changed += done.rows_affected();
        Ok(done.rows_affected())
    }

    /// Writes a record of an organisation.
    pub(crate) async fn put_one(&mut self, statement: Statement, org: Uuid, record: &impl ToRow) -> Res<u64> {
        let mut row = params![org];
        record.to_row(&mut row)?;
        self.run(statement, row).await
    }

    /// Writes records of an organisation, many with each statement.
    pub(crate) async fn put_all(
        &mut self,
        statement: Statement,
        org: Uuid,
        records: &[impl ToRow],
    ) -> Res<()> {
        let each = |row: &mut Params, record: &_| Ok(ToRow::to_row(record, row)?);
        self.put(statement, |row| row.add(org), records, each).await.map(drop)
    }

    /// Writes rows, many with each statement; `first` binds what all of them share, `each` what is a row's own.
    pub(crate) async fn put<T>(
        &mut self,
        statement: Statement,
        first: impl Fn(&mut Params),
        rows: &[T],
        each: impl Fn(&mut Params, &T) -> Res<()>,
    ) -> Res<u64> {
        let (mut rest, mut written) = (rows, 0);
        while !rest.is_empty() {
            let size = CHUNKS.into_iter().find(|size| *size <= rest.len()).unwrap_or(1);
            let (chunk, later) = rest.split_at(size);
            let mut params = Params::default();
            first(&mut params);
            for row in chunk {
                each(&mut params, row)?;
            }
            let (text, kept) = (AssertSqlSafe(self.sql.many(statement, size)), self.sql.is_kept());
            let done =
                sqlx::query_with(text, params.list()?).persistent(kept).execute(&mut *self.conn).await?;
            written += done.rows_affected();
            rest = later;
        }
        self.changed += written;
        Ok(written)
    }

    /// Says something to the session: transactions, savepoints, roles. Never holds a value of a row.
    pub(crate) async fn say(&mut self, text: impl Into<String>) -> Res<()> {
        let text: String = text.into();
        self.conn.execute(AssertSqlSafe(text)).await?;
        Ok(())
    }

    /// The schema that the tables are in.
    pub(crate) fn schema(&self) -> &crate::render::Schema {
        self.sql.schema()
    }

    /// Continues with the rights over the system tables.
    pub(crate) async fn as_system(&mut self) -> Res<()> {
        let role = self.sql.schema().system();
        self.say(format!("SET LOCAL ROLE {role}")).await
    }

    /// Continues with the rights inside this organisation.
    pub(crate) async fn enter(&mut self, org: OrgId) -> Res<()> {
        let role = self.sql.schema().app();
        self.say(enter(&role, org)).await
    }

    /// Continues with the rights inside the organisation of this transaction.
    pub(crate) async fn as_app(&mut self) -> Res<()> {
        let role = self.sql.schema().app();
        self.say(format!("SET LOCAL ROLE {role}")).await
    }
}
