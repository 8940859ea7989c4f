//! A permit comes from the gate, field by field or not at all.

use dialzio_core::consent::SendPermit;

fn forged(mine: SendPermit) -> SendPermit {
    SendPermit { recipient: mine.recipient().clone(), ..mine }
}

fn main() {}
