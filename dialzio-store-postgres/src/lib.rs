#![doc = include_str!("../README.md")]

mod access;
mod accounts;
mod activity;
mod apply;
mod audience;
mod call_flows;
mod calls;
mod canned_replies;
mod codec;
mod commit;
mod connect;
mod consent;
mod contact_list;
mod contacts;
mod conversations;
mod dispositions;
mod drafts;
mod enlist;
mod error;
mod facts;
mod group;
mod identities;
mod identity_providers;
mod inbox;
mod leases;
mod ledger;
mod media;
mod message_words;
mod messages;
mod migrate;
mod months;
mod news;
mod notices;
mod notify;
mod outbox;
mod pooler;
mod ports;
mod purge;
mod queue;
mod render;
mod retention;
mod rights;
mod roles;
mod run;
mod saved_views;
mod scheduled;
mod sealed;
mod search;
mod session;
mod soundness;
mod statements;
mod support;
mod system;
mod teams;
#[cfg(feature = "testing")]
pub mod testing;
mod transfer;
mod usage;

pub use connect::PostgresBuilder;
pub use enlist::{Enlisted, Wakeup};
pub use error::OpenError;
pub use queue::GroupSizes;
pub use transfer::PostgresTarget;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dialzio_core::store::{Commit, StoreResult};
use dialzio_core::{Clock, IdSource, OrgId};

use commit::Unit;
use render::Rendered;
use session::{Session, Source, Wanted};

/// What all sessions share.
#[derive(Debug)]
struct Shared {
    pool: PgPool,
    sql: Arc<Rendered>,
    clock: Arc<dyn Clock>,
    ids: IdSource,
    queues: queue::Queues,
    months: months::Months,
    watchers: notify::Watchers,
    /// The newest instant that is believed, in microseconds.
    believed: AtomicI64,
}

impl Shared {
    /// The instant at which expiry is judged: never before one that was believed.
    fn now(&self) -> DateTime<Utc> {
        self.no_earlier(self.clock.now())
    }

    /// An instant, or the newest that was believed.
    fn no_earlier(&self, than: DateTime<Utc>) -> DateTime<Utc> {
        let believed = DateTime::from_timestamp_micros(self.believed.load(Ordering::Relaxed));
        believed.map_or(than, |believed| believed.max(than))
    }

    fn believe(&self, at: DateTime<Utc>) {
        self.believed.store(codec::time(at), Ordering::Relaxed);
    }
}

/// The store for several processes on one database.
///
/// Cloning costs some counters. Work that was handed over is carried out even if its caller no longer waits, as long as
/// the runtime lives.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
    source: Source,
    _tasks: Arc<notify::Tasks>,
}

impl PostgresStore {
    /// Connects to a database that has been [migrated](PostgresBuilder::migrate), in the schema `dialzio`.
    ///
    /// # Errors
    /// [`OpenError`] if the address cannot be used, the schema is not the one that is known, or the role could
    /// bypass row-level security.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::builder().connect(url).await
    }

    /// A store with another clock, another schema, or a pool of your own.
    #[must_use]
    pub fn builder() -> PostgresBuilder {
        PostgresBuilder::default()
    }

    /// How many transactions were made in organisations since the store was opened, and how many batches they held.
    #[must_use]
    pub fn group_sizes(&self) -> GroupSizes {
        self.shared.queues.sizes()
    }

    async fn session(&self, wanted: Wanted) -> StoreResult<Session> {
        Session::begin(&self.source, &self.shared.sql, wanted).await.map_err(error::Failure::into_store)
    }

    /// Hands units of an organisation over.
    async fn submit(&self, org: OrgId, units: Vec<Unit>) -> Vec<StoreResult<Commit>> {
        match &self.source {
            Source::Pool(_) => self.shared.submit(org, units).await,
            Source::Caller { .. } => self.write_inside(org, &units).await,
        }
    }

    async fn submit_one(&self, org: OrgId, unit: Unit) -> StoreResult<Commit> {
        let unavailable = Err(dialzio_core::StoreError::Unavailable);
        self.submit(org, vec![unit]).await.pop().unwrap_or(unavailable)
    }

    fn now(&self) -> DateTime<Utc> {
        self.shared.now()
    }
}
