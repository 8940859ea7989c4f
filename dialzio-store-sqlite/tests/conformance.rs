//! What every store promises: while batches are handed over to the thread that writes, and while a lone caller carries
//! them out on its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_core::{ManualClock, Store};
use dialzio_store_sqlite::SqliteStore;
use std::sync::Arc;

async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> {
    Arc::new(SqliteStore::builder().clock(clock).temporary().await.unwrap())
}

mod handed_over {
    use super::fresh;
    dialzio_core::store_conformance!(fresh);
}

mod on_the_callers_thread {
    use super::fresh;
    dialzio_core::store_conformance!(fresh, flavor = "multi_thread", worker_threads = 2);
}
