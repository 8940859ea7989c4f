//! One server for all tests of a file, and a database for each.

use chrono::TimeDelta;
use dialzio_core::testing::Fixtures;
use dialzio_store_postgres::testing::{Cluster, Database};

/// A database of the test's own, with the months open that most tests write in.
pub(crate) async fn database() -> Database {
    let start = Fixtures::morning();
    let months = [start, start + TimeDelta::days(31)];
    Cluster::shared().unwrap().database(&months).await.unwrap()
}
