//! A PostgreSQL server of the tests' own: made from the system's binaries, on a socket in a folder of its own, gone with
//! the process that made it, also when that is killed. For tests and examples, never for data.

mod cluster;
mod supervisor;

pub use cluster::{Cluster, Database};
pub use supervisor::SmallDisk;
