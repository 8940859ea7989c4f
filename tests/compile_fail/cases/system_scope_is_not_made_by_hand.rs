//! Rights over the system tables are the core's own.

use dialzio_core::SystemScope;

fn forged() -> SystemScope {
    SystemScope::new()
}

fn main() {}
