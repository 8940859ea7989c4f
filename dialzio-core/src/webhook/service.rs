//! Looking at what could not be used, trying it again, and throwing it away.

use super::{Quarantined, Waiting, WebhookWrite};
use crate::account::SealedContext;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{OrgId, QuarantineId};
use crate::intake::Intake;
use crate::ledger::Action;
use crate::page::{Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, Permission};
use crate::store::Batch;

/// Lists, opens, replays and discards what is in quarantine.
#[derive(Debug, Clone, Copy)]
pub struct QuarantineService<'a> {
    runtime: &'a Runtime,
}

pub(crate) fn context(org: Option<OrgId>, id: QuarantineId) -> SealedContext {
    SealedContext::new(org.unwrap_or(OrgId::NIL), "quarantine", id, "body")
}

impl<'a> QuarantineService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// What the organisation has in quarantine, newest first.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::QuarantineManage`].
    pub async fn list(&self, by: &Actor, page: PageRequest) -> Result<Page<Quarantined>, Error> {
        let scope = by.scope_for(Permission::QuarantineManage)?;
        Ok(self.runtime.store().quarantined(scope, page).await?)
    }

    /// What arrived and waits, oldest first: a reaction or a status whose message is not here yet, or what came faster than
    /// it could be decided.
    ///
    /// # Errors
    /// [`Error::Sealed`]; [`Error::Denied`] without [`Permission::QuarantineManage`].
    pub async fn waiting(&self, by: &Actor, page: PageRequest) -> Result<Page<Waiting>, Error> {
        let scope = by.scope_for(Permission::QuarantineManage)?;
        let found = self.runtime.store().waiting(scope, page).await?;
        let intake = Intake::new(self.runtime);
        let mut items = Vec::with_capacity(found.items.len());
        for item in found.items {
            let (_, _, elements) = intake.opened(scope, &item).await?;
            items.push(Waiting {
                kind: elements.first().map_or("unknown", |received| received.element.body.kind()),
                id: item.id,
                account: item.account,
                provider: item.provider,
                received_at: item.received_at,
                due_at: item.due_at,
                attempts: item.attempts,
            });
        }
        Ok(Page { items, next: found.next })
    }

    async fn require(&self, by: &Actor, id: QuarantineId) -> Result<Quarantined, Error> {
        let scope = by.scope_for(Permission::QuarantineManage)?;
        let found = self.runtime.store().quarantined_item(scope, id).await?;
        found.ok_or(Error::missing(RecordKind::Quarantine))
    }

    /// One item with its bytes as they arrived.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Sealed`]; [`Error::Denied`] without [`Permission::QuarantineManage`].
    pub async fn open(&self, by: &Actor, id: QuarantineId) -> Result<(Quarantined, Vec<u8>), Error> {
        let item = self.require(by, id).await?;
        let plain = self.open_bytes(&item).await?;
        Ok((item, plain))
    }

    async fn open_bytes(&self, item: &Quarantined) -> Result<Vec<u8>, Error> {
        Ok(self.runtime.sealer().open(&context(item.org, item.id), &item.sealed).await?.to_vec())
    }

    /// Takes an item through the normal path again. What still cannot be used stays in quarantine. Repeating it changes
    /// nothing twice.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::QuarantineManage`].
    pub async fn replay(&self, by: &Actor, id: QuarantineId) -> Result<(), Error> {
        let item = self.require(by, id).await?;
        if self.replay_item(&item).await?.contains(&id) {
            return Ok(());
        }
        self.release(by, id).await
    }

    pub(crate) async fn replay_item(&self, item: &Quarantined) -> Result<Vec<QuarantineId>, Error> {
        let plain = self.open_bytes(item).await?;
        Intake::new(self.runtime).replay(item.app, plain.into(), item.trust).await
    }

    async fn release(&self, by: &Actor, id: QuarantineId) -> Result<(), Error> {
        let scope = by.scope_for(Permission::QuarantineManage)?;
        let mut batch = Batch::new(by, Action::QuarantineSettled, self.runtime.now());
        batch.about(id).write(WebhookWrite::Release(id)).event(DomainEvent::QuarantineChanged);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// Throws an item away.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::QuarantineManage`].
    pub async fn discard(&self, by: &Actor, id: QuarantineId) -> Result<(), Error> {
        self.require(by, id).await?;
        self.release(by, id).await
    }
}
