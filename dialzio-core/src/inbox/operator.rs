//! What the operator of an installation does across organisations, with a reason that is kept.

use super::{Quarantined, context};
use crate::access::Org;
use crate::crm::Crm;
use crate::error::{Error, RecordKind};
use crate::id::{OrgId, QuarantineId};
use crate::ledger::Action;
use crate::page::PageRequest;
use crate::scope::{Actor, OrgScope, Permission, Principal, Role};
use crate::store::{Batch, SystemWrite};
use crate::text::Title;

/// The operator of the installation, for one reason. For the hands of the host alone: a command line or a control
/// socket, never a request from outside.
///
/// Opening, replaying and throwing away are entries of the audit log of the organisation that the item belongs to, or
/// that owns the app it came by, under `service:operator: ` and the reason. Of an app that no organisation owns, and of
/// lists, the log of the process tells.
#[derive(Debug, Clone)]
pub struct Operator<'a> {
    crm: &'a Crm,
    principal: Principal,
}

impl<'a> Operator<'a> {
    /// For a reason of 1 to 100 characters.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reason that is none.
    pub(crate) fn new(crm: &'a Crm, reason: &str) -> Result<Self, Error> {
        let reason = Title::parse(reason.trim()).map_err(|why| Error::invalid("reason", why))?;
        if reason.reveal().chars().count() > 100 {
            return Err(Error::invalid("reason", "must have at most 100 characters"));
        }
        let principal = Principal::service(&format!("operator: {}", reason.reveal()))?;
        Ok(Self { crm, principal })
    }

    /// Organisations in order of id, after one of them; at most 100.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn organisations(&self, after: Option<OrgId>) -> Result<Vec<Org>, Error> {
        Ok(self.crm.store().organisations(self.crm.system(), after, 100).await?)
    }

    /// The operator with an owner's rights in an organisation: what they change there is audited under the reason.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such organisation.
    pub async fn acting_in(&self, org: OrgId) -> Result<Actor, Error> {
        self.crm.access().act_as(org, self.principal.clone(), Role::Owner.grant()).await
    }

    /// What belongs to nobody we know, newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn unrouted(&self) -> Result<Vec<Quarantined>, Error> {
        tracing::warn!("an operator lists what belongs to no organisation");
        let (mut found, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX));
        loop {
            let items = self.crm.store().unrouted(self.crm.system(), page.clone()).await?;
            found.extend(items.items);
            match items.next {
                Some(next) => page.after = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Everything in quarantine, without its bytes: first what belongs to nobody, then by organisation.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn quarantined(&self) -> Result<Vec<Quarantined>, Error> {
        let mut found = self.unrouted().await?;
        let mut after = None;
        loop {
            let orgs = self.organisations(after).await?;
            let Some(last) = orgs.last() else { return Ok(found) };
            after = Some(last.id);
            for org in orgs {
                let (scope, mut page) = (OrgScope::new(org.id), PageRequest::first(PageRequest::MAX));
                loop {
                    let items = self.crm.store().quarantined(&scope, page.clone()).await?;
                    found.extend(items.items);
                    match items.next {
                        Some(next) => page.after = Some(next),
                        None => break,
                    }
                }
            }
        }
    }

    async fn require(&self, id: QuarantineId) -> Result<Quarantined, Error> {
        let found = self.quarantined().await?.into_iter().find(|item| item.id == id);
        found.ok_or(Error::missing(RecordKind::Quarantine))
    }

    /// Puts on record what is about to be done.
    async fn record(&self, item: &Quarantined, action: Action) -> Result<(), Error> {
        let owner = match item.org {
            Some(org) => Some(org),
            None => self.crm.store().app(self.crm.system(), item.app).await?.and_then(|app| app.org),
        };
        let Some(org) = owner else {
            tracing::warn!(item = %item.id, action = action.as_str(), "an operator acts on an app of no organisation");
            return Ok(());
        };
        let actor = self.acting_in(org).await?;
        let mut batch = Batch::new(&actor, action, self.crm.now());
        batch.about(item.id);
        self.crm.store().commit_one(actor.scope_for(Permission::QuarantineManage)?, batch).await?;
        Ok(())
    }

    /// An item with its bytes as they arrived.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Sealed`]; [`Error::Store`], also if it cannot be put on record.
    pub async fn open(&self, id: QuarantineId) -> Result<(Quarantined, Vec<u8>), Error> {
        let item = self.require(id).await?;
        self.record(&item, Action::QuarantineOpened).await?;
        let plain = self.crm.sealer().open(&context(item.org, item.id), &item.sealed).await?.to_vec();
        Ok((item, plain))
    }

    /// Takes an item through the normal path again. What still cannot be used stays in quarantine.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Sealed`]; [`Error::Store`].
    pub async fn replay(&self, id: QuarantineId) -> Result<(), Error> {
        let item = self.require(id).await?;
        if let Some(org) = item.org {
            return self.crm.quarantine().replay(&self.acting_in(org).await?, id).await;
        }
        self.record(&item, Action::QuarantineSettled).await?;
        if self.crm.quarantine().replay_item(&item).await?.contains(&id) {
            return Ok(());
        }
        self.release(id).await
    }

    /// Throws an item away.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub async fn discard(&self, id: QuarantineId) -> Result<(), Error> {
        let item = self.require(id).await?;
        if let Some(org) = item.org {
            return self.crm.quarantine().discard(&self.acting_in(org).await?, id).await;
        }
        self.record(&item, Action::QuarantineSettled).await?;
        self.release(id).await
    }

    async fn release(&self, id: QuarantineId) -> Result<(), Error> {
        self.crm.store().enact(self.crm.system(), vec![SystemWrite::Release(id)], None).await?;
        Ok(())
    }
}
