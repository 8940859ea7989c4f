//! One server for all tests of a file, and a database for each.

use dialzio_store_postgres::testing::{Cluster, Database};

/// A database of the test's own.
pub(crate) async fn database() -> Database {
    Cluster::shared().unwrap().database().await.unwrap()
}
