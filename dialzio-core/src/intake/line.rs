//! Elements that wait in line, sealed, until their lane is free.

use bytes::Bytes;

use super::{Arrivals, Intake};
use crate::account::{App, Route, SealedContext};
use crate::effect::LaneKind;
use crate::error::Error;
use crate::id::{InboxId, OrgId};
use crate::inbox::{InboxItem, InboxWrite, QuarantineReason};
use crate::ledger::Action;
use crate::provider::Inbound;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Expect};

fn inbox_context(org: OrgId, id: InboxId) -> SealedContext {
    SealedContext::new(org, "inbox", id, "element")
}

impl Intake<'_> {
    /// Puts elements in line, sealed.
    pub(super) async fn park(
        &self,
        app: &App,
        route: &Route,
        lane: LaneKind,
        elements: &[Inbound],
        scope: &OrgScope,
    ) -> Result<(), Error> {
        if elements.is_empty() {
            return Ok(());
        }
        let now = self.crm.now();
        let mut batch = Batch::caused_by(&Cause::Stored, Action::Parked, now);
        batch.expect(Expect::Linked(app.id, route.account));
        for element in elements {
            let id: InboxId = self.crm.ids().next(now);
            let sealed = self.crm.sealer().seal(&inbox_context(route.org, id), &element.raw).await?;
            batch.write(InboxWrite::Park(InboxItem {
                id,
                account: route.account,
                lane,
                provider: app.provider.clone(),
                app: app.id,
                sealed,
                received_at: now,
                due_at: now,
                attempts: 0,
            }));
        }
        self.crm.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// Decides an element that waited. Answers `false` if it has to wait longer.
    pub(crate) async fn waited(
        &self,
        scope: &OrgScope,
        route: &Route,
        item: &InboxItem,
        cause: &Cause,
        give_up: bool,
    ) -> Result<bool, Error> {
        let app = self.crm.store().app(self.crm.system(), item.app).await?;
        let app = app.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let plain = self.crm.sealer().open(&inbox_context(scope.org(), item.id), &item.sealed).await?;
        let raw = Bytes::copy_from_slice(&plain);
        let elements = self.decoder(&app)?.decode_element(&raw);
        let (mut batch, waiting, _) =
            self.decided(&app, route, item.lane, &elements, Arrivals::LookedUp, cause, scope).await?;
        if !waiting.is_empty() {
            if !give_up {
                return Ok(false);
            }
            let reason = QuarantineReason::Orphan;
            let what = elements.first().map_or("unknown", |element| element.body.kind());
            batch.write(InboxWrite::Quarantine(
                self.quarantined(
                    Some(scope.org()),
                    &app,
                    reason,
                    what,
                    &raw,
                    elements.first().and_then(|element| element.at),
                )
                .await?,
            ));
            batch.event(crate::event::DomainEvent::QuarantineChanged);
        }
        batch.write(InboxWrite::Settle(item.id));
        self.crm.store().commit_one(scope, batch).await?;
        Ok(true)
    }

    /// Gives an element up that cannot be decided, again and again.
    pub(crate) async fn stuck(&self, scope: &OrgScope, item: &InboxItem, cause: &Cause) -> Result<(), Error> {
        let app = self.crm.store().app(self.crm.system(), item.app).await?;
        let app = app.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let plain = self.crm.sealer().open(&inbox_context(scope.org(), item.id), &item.sealed).await?;
        let raw = Bytes::copy_from_slice(&plain);
        let held =
            self.quarantined(Some(scope.org()), &app, QuarantineReason::Stuck, "element", &raw, None).await?;
        let mut batch = Batch::caused_by(cause, Action::Quarantined, self.crm.now());
        batch
            .write(InboxWrite::Quarantine(held))
            .write(InboxWrite::Settle(item.id))
            .event(crate::event::DomainEvent::QuarantineChanged);
        self.crm.store().commit_one(scope, batch).await?;
        Ok(())
    }
}
