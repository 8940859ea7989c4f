//! A permit has no second copy.

use dialzio_core::consent::SendPermit;

fn copied(permit: &SendPermit) -> SendPermit {
    Clone::clone(permit)
}

fn main() {}
