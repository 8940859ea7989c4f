//! A permit is spent by value.

use dialzio_core::consent::SendPermit;
use dialzio_core::provider::{AccountAccess, MessagingProvider, OutboundMessage};

async fn twice(
    provider: &dyn MessagingProvider,
    access: &AccountAccess,
    permit: SendPermit,
    message: &OutboundMessage,
) {
    let _ = provider.send(access, permit, message).await;
    let _ = provider.send(access, permit, message).await;
}

fn main() {}
