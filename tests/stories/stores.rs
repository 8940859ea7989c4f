//! The stores that the stories are told over.

use std::sync::Arc;

use dialzio_core::memory::MemoryStore;
use dialzio_core::{Clock, ManualClock, Store};
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_sqlite::SqliteStore;

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// In memory: the readable definition.
    Memory,
    /// A file of its own.
    Sqlite,
    /// A database of its own.
    Postgres,
}

impl StoreKind {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::Sqlite, Self::Postgres];

    /// A store with nothing in it.
    pub(crate) async fn fresh(self, clock: &Arc<ManualClock>) -> Arc<dyn Store> {
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        match self {
            Self::Memory => Arc::new(MemoryStore::new(clock)),
            Self::Sqlite => Arc::new(SqliteStore::builder().clock(clock).temporary().await.unwrap()),
            Self::Postgres => {
                let database = Cluster::shared().unwrap().database().await.unwrap();
                Arc::new(database.store(clock).await.unwrap())
            }
        }
    }

    /// How many shuffles of a story are told: the merge is the core's, and a store of rows takes longer to make.
    pub(crate) const fn shuffles(self) -> u64 {
        match self {
            Self::Memory => 6,
            Self::Sqlite | Self::Postgres => 2,
        }
    }
}

/// Makes one test for each store out of functions that take a [`StoreKind`].
macro_rules! on_each_store {
    ($($name:ident)+) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::stores::StoreKind::Memory).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::stores::StoreKind::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::stores::StoreKind::Postgres).await;
            })+
        }
    };
}

pub(crate) use on_each_store;
