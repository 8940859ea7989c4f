//! When keys were used last, and uses that are refused.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::{AccessService, ApiKey, KeyUse};
use crate::error::Error;
use crate::id::OrgId;
use crate::ledger::{Action, Network};
use crate::scope::{Actor, Audience, Grant, OrgScope, Permission, Principal};
use crate::store::{Batch, SystemWrite};

impl AccessService<'_> {
    /// When and from which network the keys of the organisation were used last; one that was never used is not among them.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn key_uses(&self, by: &Actor) -> Result<Vec<KeyUse>, Error> {
        let org = by.scope_for(Permission::MembersManage)?.org();
        Ok(self.runtime.store().key_uses(self.runtime.system(), org).await?)
    }

    /// Keeps that a key is used, once a minute. A store that cannot be written lets the key in all the same: what it asks for
    /// may be a read.
    pub(super) async fn note_key_use(&self, org: OrgId, key: &ApiKey, last: Option<DateTime<Utc>>) {
        let now = self.runtime.now();
        let at = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        if last.is_some_and(|last| last >= at) {
            return;
        }
        let used = KeyUse { key: key.id, at, network: self.peer.map(Network::of) };
        let write = SystemWrite::KeyUsed(org, used);
        if let Err(error) = self.runtime.store().commit_system(self.runtime.system(), vec![write], None).await
        {
            tracing::warn!(code = %error.code(), "the last use of a key could not be kept");
        }
    }

    /// Refuses a key from an address that is not on its list, and puts that on record: once a minute for each key.
    pub(super) async fn check_address(&self, org: OrgId, key: &ApiKey) -> Result<(), Error> {
        if key.allowed_from.allows(self.peer) {
            return Ok(());
        }
        let principal = Principal::ApiKey(key.id);
        if self.runtime.refusals().is_new(org, principal.to_ref(), None) {
            // Whoever it is has the key, so it is on record as what the key did.
            let actor = Actor::new(org, principal, Grant::of(&[]), Audience::All);
            let actor = actor.from_network(self.peer.map(Network::of));
            let mut batch = Batch::new(&actor, Action::KeyRefused, self.runtime.now());
            batch.about(key.id);
            if let Err(error) = self.runtime.store().commit_one(&OrgScope::new(org), batch).await {
                tracing::error!(code = %error.code(), "a refused key could not be put on record");
            }
        }
        Err(Error::AddressRefused)
    }
}
