//! One transaction, and whose rights it has. No statement runs outside of one: the organisation and the role belong to the
//! transaction, so a connection that was used before, or comes through a pooler, brings nothing along.
//!
//! A session that is not ended, because its future was dropped or a statement failed, takes its connection with it: the
//! server undoes what was begun, and no other caller gets a connection with a transaction open.

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Row, Transaction};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

use dialzio_core::store::{StoreError, StoreResult};
use dialzio_core::{Audience, OrgId, OrgScope};

use crate::audience::settings;
use crate::error::{Failure, Res};
use crate::group::Wake;
use crate::render::Rendered;
use crate::run::{Db, enter};

/// Plans are made once for any values, from the few rows that are asked about to the index of each table: those that the
/// tests of plans have read. Otherwise a plan that was made while a table was small would read all of it, and go on to when
/// it has grown.
pub(crate) const PLANS: &str = "set_config('plan_cache_mode', 'force_generic_plan', true), \
                                set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), \
                                set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true), \
                                set_config('jit', 'off', true)";

/// A server may be told not to wait for its disk; what we acknowledge waits for it all the same.
const DURABLE: &str = "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
                       ELSE current_setting('synchronous_commit') END, true)";

/// Whose transaction is worked in.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// One of our own for each session.
    Pool(PgPool),
    /// The caller's, until it is given back.
    Caller {
        transaction: Arc<Mutex<Option<Transaction<'static, Postgres>>>>,
        /// Whom to wake once the caller has committed.
        wakes: Arc<std::sync::Mutex<Vec<Wake>>>,
    },
}

impl Source {
    /// Keeps a wake-up until the caller has committed.
    pub(crate) fn note(&self, wake: Wake) {
        if let Self::Caller { wakes, .. } = self {
            wakes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(wake);
        }
    }
}

/// What a session is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Reads rows of an organisation, on one snapshot.
    Read(OrgId),
    /// Reads the rows of an organisation that an audience sees, on one snapshot.
    ReadSeen(OrgId, Audience),
    /// Changes rows of an organisation.
    Write(OrgId),
    /// Reads system tables, on one snapshot.
    ReadSystem,
    /// Changes system tables.
    WriteSystem,
}

impl Wanted {
    /// Reads of a scope, within its audience.
    pub(crate) fn seen(scope: &OrgScope) -> Self {
        match scope.audience() {
            Audience::All => Self::Read(scope.org()),
            audience => Self::ReadSeen(scope.org(), audience.clone()),
        }
    }

    const fn writes(&self) -> bool {
        matches!(self, Self::Write(_) | Self::WriteSystem)
    }

    fn audience(&self) -> Audience {
        match self {
            Self::ReadSeen(_, audience) => audience.clone(),
            _ => Audience::All,
        }
    }

    /// The role and, inside one, the organisation. Both end with the transaction.
    fn rights(&self, sql: &Rendered) -> String {
        let schema = sql.schema();
        match self {
            Self::Read(org) | Self::Write(org) => enter(&schema.app(), *org),
            Self::ReadSeen(org, audience) => enter(&schema.app(), *org) + &settings(audience),
            Self::ReadSystem | Self::WriteSystem => format!("SET LOCAL ROLE {}", schema.system()),
        }
    }

    fn begin(&self, sql: &Rendered) -> String {
        let rights = self.rights(sql);
        if self.writes() {
            // Bounded waits, bounded idle transactions, and nothing is answered before it is on disk.
            format!(
                "BEGIN; {rights}; SELECT set_config('lock_timeout', '5s', true), \
                 set_config('statement_timeout', '15s', true), \
                 set_config('idle_in_transaction_session_timeout', '30s', true), {DURABLE}, {PLANS}"
            )
        } else {
            format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {rights}; SELECT {PLANS}")
        }
    }
}

enum Held {
    Pool(Option<PoolConnection<Postgres>>),
    Caller {
        transaction: OwnedMutexGuard<Option<Transaction<'static, Postgres>>>,
        /// The caller's role and organisation.
        before: Option<(String, String)>,
        done: bool,
    },
}

/// A transaction that has begun.
pub(crate) struct Session {
    held: Held,
    sql: Arc<Rendered>,
    /// Who sees what is read.
    audience: Audience,
}

impl Session {
    /// Begins. A connection that turns out to be dead is thrown away, and another is taken.
    pub(crate) async fn begin(source: &Source, sql: &Arc<Rendered>, wanted: Wanted) -> Res<Self> {
        match source {
            Source::Pool(pool) => Self::of_pool(pool, sql, wanted).await,
            Source::Caller { transaction, .. } => {
                let transaction = Arc::clone(transaction).lock_owned().await;
                Self::of_caller(transaction, sql, wanted).await
            }
        }
    }

    async fn of_pool(pool: &PgPool, sql: &Arc<Rendered>, wanted: Wanted) -> Res<Self> {
        let begin = wanted.begin(sql);
        let mut tries = pool.options().get_max_connections();
        loop {
            let conn = pool.acquire().await?;
            let held = Held::Pool(Some(conn));
            let mut session = Self { held, sql: Arc::clone(sql), audience: wanted.audience() };
            match session.db()?.say(begin.as_str()).await {
                Ok(()) => return Ok(session),
                // Nothing was begun, so nothing can be lost.
                Err(failure) if failure.is_cut() && tries > 0 => tries -= 1,
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn of_caller(
        mut transaction: OwnedMutexGuard<Option<Transaction<'static, Postgres>>>,
        sql: &Arc<Rendered>,
        wanted: Wanted,
    ) -> Res<Self> {
        let Some(conn) = transaction.as_deref_mut() else { return Err(StoreError::Unavailable.into()) };
        let before = if wanted.writes() {
            let text = "SELECT current_setting('role'), coalesce(current_setting('dialzio.org', true), '')";
            let row = sqlx::query(text).persistent(sql.is_kept()).fetch_one(&mut *conn).await?;
            Some((row.try_get(0)?, row.try_get(1)?))
        } else {
            None
        };
        let held = Held::Caller { transaction, before, done: false };
        let mut session = Self { held, sql: Arc::clone(sql), audience: wanted.audience() };
        session.db()?.say(format!("SAVEPOINT dialzio; {}", wanted.rights(sql))).await?;
        Ok(session)
    }

    fn conn(&mut self) -> Res<&mut PgConnection> {
        let conn: Option<&mut PgConnection> = match &mut self.held {
            Held::Pool(conn) => conn.as_deref_mut(),
            Held::Caller { transaction, .. } => transaction.as_deref_mut(),
        };
        conn.ok_or(Failure::Store(StoreError::Unavailable))
    }

    /// The statements on this connection.
    pub(crate) fn db(&mut self) -> Res<Db<'_>> {
        let (sql, audience) = (Arc::clone(&self.sql), self.audience.clone());
        Ok(Db::new(self.conn()?, sql).seen_by(audience))
    }

    /// Ends a look: what was read is answered, and the connection is free again.
    pub(crate) async fn end<T>(mut self, found: Res<T>) -> StoreResult<T> {
        match &mut self.held {
            Held::Pool(conn) => {
                if found.is_ok()
                    && let Some(mut conn) = conn.take()
                {
                    // The caller need not wait for the end of a transaction that changed nothing.
                    tokio::spawn(async move {
                        if conn.execute("COMMIT").await.is_err() {
                            drop(conn.detach());
                        }
                    });
                }
            }
            Held::Caller { .. } => self.undo().await.map_err(Failure::into_store)?,
        }
        found.map_err(Failure::into_store)
    }

    /// Commits. An error leaves open whether it happened; see [`crate::queue`].
    pub(crate) async fn commit(mut self) -> Res<()> {
        match &mut self.held {
            Held::Pool(conn) => {
                let Some(mut conn) = conn.take() else { return Err(StoreError::Unavailable.into()) };
                match conn.execute("COMMIT").await {
                    Ok(_) => Ok(()),
                    Err(error) => {
                        drop(conn.detach());
                        Err(error.into())
                    }
                }
            }
            Held::Caller { transaction, before, done } => {
                let (role, org) = before.take().unwrap_or_else(|| ("none".to_owned(), String::new()));
                let Some(conn) = transaction.as_deref_mut() else {
                    return Err(StoreError::Unavailable.into());
                };
                conn.execute("RELEASE SAVEPOINT dialzio").await?;
                sqlx::query("SELECT set_config('role', $1, true), set_config('dialzio.org', $2, true)")
                    .persistent(self.sql.is_kept())
                    .bind(role)
                    .bind(org)
                    .execute(&mut *conn)
                    .await?;
                *done = true;
                Ok(())
            }
        }
    }

    /// Undoes what was done in this session. In the caller's transaction that also gives role and organisation back.
    pub(crate) async fn undo(&mut self) -> Res<()> {
        match &mut self.held {
            Held::Pool(conn) => {
                if let Some(mut conn) = conn.take()
                    && conn.execute("ROLLBACK").await.is_err()
                {
                    drop(conn.detach());
                }
                Ok(())
            }
            Held::Caller { transaction, done, .. } => {
                let Some(conn) = transaction.as_deref_mut() else {
                    return Err(StoreError::Unavailable.into());
                };
                conn.execute("ROLLBACK TO SAVEPOINT dialzio; RELEASE SAVEPOINT dialzio").await?;
                *done = true;
                Ok(())
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        match &mut self.held {
            Held::Pool(conn) => {
                if let Some(conn) = conn.take() {
                    drop(conn.detach());
                }
            }
            // It is not known how far it got: the caller's transaction is undone as a whole.
            Held::Caller { transaction, done, .. } => {
                if !*done {
                    drop(transaction.take());
                }
            }
        }
    }
}

/// Runs one text on a connection of the pool, in a transaction of its own.
pub(crate) async fn say(pool: &PgPool, text: String) -> Res<()> {
    let mut conn = pool.acquire().await?;
    match conn.execute(AssertSqlSafe(text)).await {
        Ok(_) => Ok(()),
        Err(error) => {
            drop(conn.detach());
            Err(error.into())
        }
    }
}
