//! E0603: a host cannot act as the system.

use dialzio_core::Principal;

pub fn acts() -> Principal {
    Principal::System
}
