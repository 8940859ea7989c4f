//! The store in memory keeps every rule of the suite.
#![cfg(feature = "testing")]

use dialzio_core::memory::MemoryStore;
use dialzio_core::{ManualClock, Store};
use std::sync::Arc;

async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(clock))
}

dialzio_core::store_conformance!(fresh);
