//! How names of hosts are looked up.

use std::sync::Arc;

use dialzio_core::outbound::OutboundPolicy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The one resolver of the client: names lead where the policy allows, and nowhere else.
#[derive(Debug, Clone)]
pub(crate) struct PublicResolver(pub(crate) Arc<OutboundPolicy>);

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move { Ok(Box::new(policy.lookup(name.as_str()).await?.into_iter()) as Addrs) })
    }
}
