//! From an address, or a pool, to a store.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, Executor, PgPool};
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use dialzio_core::{Clock, IdSource, SystemClock};

use crate::error::OpenError;
use crate::render::{Rendered, Schema};
use crate::session::Source;
use crate::{
    PostgresStore, PostgresTarget, Shared, migrate, months, notify, pooler, queue, rights, roles, transfer,
};

/// How many connections there are, unless the builder says otherwise.
const CONNECTIONS: u32 = 16;
/// How many statements a connection keeps prepared: all of the table fit.
const STATEMENTS: usize = 512;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct PostgresBuilder {
    clock: Arc<dyn Clock>,
    schema: String,
    connections: u32,
    statements: Option<usize>,
    plain: bool,
}

impl Default for PostgresBuilder {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            schema: "dialzio".to_owned(),
            connections: CONNECTIONS,
            statements: None,
            plain: false,
        }
    }
}

impl PostgresBuilder {
    /// The clock that decides what has expired. The machine's own by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The schema that our tables live in: `dialzio` by default. Lower-case letters, digits and underscores, at most forty;
    /// the roles that serve are called after it, `…_app` and `…_system`.
    #[must_use]
    pub fn schema(mut self, name: &str) -> Self {
        self.schema = name.to_owned();
        self
    }

    /// How many connections there are at most, one of which listens. Sixteen by default, at least three.
    #[must_use]
    pub fn connections(mut self, most: u32) -> Self {
        self.connections = most.max(3);
        self
    }

    /// How many statements each connection keeps prepared. None if it is zero, as a pooler needs that lends sessions for one
    /// transaction and does not know what is prepared in them. Enough for all of ours by default, and none where the address
    /// is found to lead through a pooler; say so if that one knows them (`max_prepared_statements` of pgbouncer 1.21 and
    /// newer). In an address it is `statement-cache-capacity`. On a pool of your own any number means what your
    /// pool says.
    #[must_use]
    pub fn statements(mut self, most: usize) -> Self {
        self.statements = Some(most);
        self
    }

    /// Allows a connection that is not encrypted to lead to another machine, through a network that is.
    #[must_use]
    pub fn allow_plain(mut self) -> Self {
        self.plain = true;
        self
    }

    fn parsed_schema(&self) -> Result<Schema, OpenError> {
        Schema::parse(&self.schema).ok_or(OpenError::SchemaName)
    }

    fn options(&self, url: &str) -> Result<PgConnectOptions, OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| OpenError::Address)?;
        if !self.plain && is_exposed(&options) {
            return Err(OpenError::Plain { host: options.get_host().to_owned() });
        }
        let kept = self.statements.or_else(|| said(url)).unwrap_or(STATEMENTS);
        // Values come in binary, so digits are of no importance; a pooler may refuse to hear of them.
        let named =
            options.application_name("dialzio").statement_cache_capacity(kept).extra_float_digits(None);
        Ok(named.disable_statement_logging())
    }

    /// A session of our own.
    async fn session(&self, url: &str) -> Result<PgConnection, OpenError> {
        match pooler::connect(&self.options(url)?).await? {
            (conn, false) => Ok(conn),
            (_, true) => Err(OpenError::Pooled),
        }
    }

    /// Prepares an empty database, or brings an older one forward, and lets a role that signs in serve from it.
    ///
    /// The address is that of a role that may make schemas and, the first time, roles: not the one that serves. What is
    /// made belongs to it. `serves` is the role that [`connect`](Self::connect) will sign in as; it has to exist.
    ///
    /// # Errors
    /// [`OpenError`] if the address cannot be used, the database was written by a newer release or by other migrations than
    /// those that are known, or PostgreSQL refuses.
    pub async fn migrate(&self, url: &str, serves: Option<&str>) -> Result<(), OpenError> {
        let schema = self.parsed_schema()?;
        let mut conn = self.session(url).await?;
        migrate::migrate(&mut conn, &schema).await?;
        // A transfer that has not come to its end has row-level security not forced on the owner, and puts it right itself.
        if !transfer::is_under_way(&mut conn, &schema).await? {
            rights::apply(&mut conn, &schema).await?;
        }
        if let Some(role) = serves {
            roles::grant(&mut conn, &schema, role).await?;
        }
        conn.close().await?;
        Ok(())
    }

    /// A database that has been migrated, as the target of a [transfer](dialzio_core::transfer::run). The address is that
    /// of the role that [migrates](Self::migrate). No process may serve from it meanwhile.
    ///
    /// # Errors
    /// [`OpenError`] if the address cannot be used, the schema is not the one that is known, or the role does not own it.
    pub async fn transfer_to(&self, url: &str) -> Result<PostgresTarget, OpenError> {
        let schema = self.parsed_schema()?;
        let mut conn = self.session(url).await?;
        migrate::check(&mut conn, &schema).await?;
        PostgresTarget::over(conn, schema).await
    }

    /// Connects to a database that has been migrated.
    ///
    /// # Errors
    /// [`OpenError`] if the address cannot be used, the schema is not the one that is known, or the role could
    /// bypass row-level security.
    pub async fn connect(mut self, url: &str) -> Result<PostgresStore, OpenError> {
        let options = self.options(url)?;
        self.statements = self.statements.or_else(|| said(url));
        let pool = PgPoolOptions::new()
            .max_connections(self.connections)
            .acquire_timeout(Duration::from_secs(5))
            .max_lifetime(Duration::from_secs(30 * 60))
            // Each session begins with a round trip that shows whether the connection lives.
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        self.open(pool, true).await
    }

    /// A store on a pool of your own. Our roles are taken on inside our transactions only; yours may be any role,
    /// as long as it is a member of them. Opening makes one connection beside the pool, by which a pooler in between is
    /// found out.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn over(self, pool: PgPool) -> Result<PostgresStore, OpenError> {
        self.open(pool, false).await
    }

    async fn open(self, pool: PgPool, signs_in: bool) -> Result<PostgresStore, OpenError> {
        let schema = self.parsed_schema()?;
        let mut conn = pool.acquire().await?;
        let pooled = pooler::is_between(&pool.connect_options()).await?;
        // A connection whose check was interrupted is not given to another caller.
        let looked = async {
            // All of it in one transaction: a pooler may do the next one elsewhere.
            conn.execute("BEGIN").await?;
            migrate::check(&mut conn, &schema).await?;
            if transfer::is_under_way(&mut conn, &schema).await? {
                return Err(OpenError::Transferring);
            }
            roles::check(&mut conn, &schema, signs_in).await?;
            conn.execute("ROLLBACK").await?;
            Ok(())
        }
        .await;
        if let Err(error) = looked {
            drop(conn.detach());
            return Err(error);
        }
        drop(conn);
        let (watchers, relay) = notify::watchers();
        let shared = Arc::new(Shared {
            pool: pool.clone(),
            sql: Arc::new(Rendered::new(schema).keep(self.statements.map_or(!pooled, |most| most > 0))),
            clock: self.clock,
            ids: IdSource::random(),
            queues: queue::Queues::default(),
            months: months::Months::default(),
            watchers,
            believed: AtomicI64::new(i64::MIN),
        });
        let tasks = Arc::new(notify::Tasks::start(&shared, relay, !pooled));
        let store = PostgresStore { shared, source: Source::Pool(pool), _tasks: tasks };
        // What had expired by the newest instant that is believed stays hidden from here on.
        store.read_time_mark().await?;
        Ok(store)
    }
}

/// How many statements are to be kept, if an address says it.
fn said(url: &str) -> Option<usize> {
    let url = url::Url::parse(url).ok()?;
    let said = url.query_pairs().find(|(key, _)| key == "statement-cache-capacity")?;
    said.1.parse().ok()
}

/// Whether the connection is not encrypted and leaves the machine.
fn is_exposed(options: &PgConnectOptions) -> bool {
    let encrypted =
        matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    let host = options.get_host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !encrypted && !here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_could_read_is_refused() {
        let exposed = |url: &str| is_exposed(&PgConnectOptions::from_str(url).unwrap());
        for url in ["postgres://u:p@db.example/crm", "postgres://u@10.0.0.7/crm?sslmode=prefer"] {
            assert!(exposed(url), "{url}");
        }
        for url in [
            "postgres://u@localhost/crm",
            "postgres://u@127.0.0.1:5433/crm",
            "postgres://u@[::1]/crm",
            "postgres:///crm?host=/var/run/postgresql",
            "postgres://u@db.example/crm?sslmode=require",
            "postgres://u@db.example/crm?sslmode=verify-full",
        ] {
            assert!(!exposed(url), "{url}");
        }
    }

    #[test]
    fn an_address_may_say_how_many_statements_are_kept() {
        assert_eq!(said("postgres:///crm?host=/run&statement-cache-capacity=0"), Some(0));
        assert_eq!(said("postgres://u@db.example/crm?sslmode=require"), None);
    }

    #[test]
    fn a_refusal_names_the_host_and_not_the_password() {
        let refused = PostgresBuilder::default().options("postgres://u:secret@db.example/crm").unwrap_err();
        let said = format!("{refused} {refused:?}");
        assert!(said.contains("db.example") && !said.contains("secret"));
        assert!(PostgresBuilder::default().allow_plain().options("postgres://u@db.example/crm").is_ok());
    }
}
