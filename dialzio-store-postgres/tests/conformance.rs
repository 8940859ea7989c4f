//! What every store promises.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::{ManualClock, Store};
use std::sync::Arc;

async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> {
    let database = support::database().await;
    Arc::new(database.store(clock).await.unwrap())
}

dialzio_core::store_conformance!(fresh);
