//! Places for webhooks whose bodies arrive slowly.

use dialzio_core::HookId;
use std::net::IpAddr;
use std::sync::Arc;

use crate::peer::{Counts, Held};

/// Slow bodies at the same time for one hook.
const SLOW_OF_HOOK: usize = 64;
/// Slow bodies at the same time from one address.
const SLOW_OF_PEER: usize = 8;

/// The bodies that arrive slowly, counted by hook and by peer. They have places of their own, so that they never take
/// one from a webhook that arrives as it should.
#[derive(Debug, Default)]
pub(crate) struct SlowBodies {
    hooks: Arc<Counts<HookId>>,
    peers: Arc<Counts<IpAddr>>,
}

impl SlowBodies {
    pub(crate) fn take(
        &self,
        hook: HookId,
        peer: Option<IpAddr>,
    ) -> Option<(Held<HookId>, Option<Held<IpAddr>>)> {
        let peer = match peer {
            Some(peer) => Some(self.peers.take(peer, SLOW_OF_PEER)?),
            None => None,
        };
        Some((self.hooks.take(hook, SLOW_OF_HOOK)?, peer))
    }
}
