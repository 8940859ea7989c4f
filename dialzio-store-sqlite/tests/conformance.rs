//! What every store promises.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_core::{ManualClock, Store};
use dialzio_store_sqlite::SqliteStore;
use std::sync::Arc;

async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> {
    Arc::new(SqliteStore::builder().clock(clock).in_memory().await.unwrap())
}

dialzio_core::store_conformance!(fresh);
