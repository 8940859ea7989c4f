//! Elements that wait in line, sealed, until their queue is free.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::{Intake, Lookup};
use crate::account::{App, Route, SealedContext};
use crate::error::Error;
use crate::id::{BacklogId, OrgId};
use crate::ledger::Action;
use crate::outbox::QueueKind;
use crate::provider::{Inbound, InboundBody, Received, Trust};
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition};
use crate::webhook::{BacklogItem, QuarantineReason, WebhookWrite};

fn inbox_context(org: OrgId, id: BacklogId) -> SealedContext {
    SealedContext::new(org, "inbox", id, "element")
}

/// The stored bytes of an element that is not acted upon.
fn unread(raw: &Bytes, at: Option<DateTime<Utc>>, trust: Trust) -> Received {
    let body = InboundBody::Unknown { what: String::new() };
    Received { element: Inbound { account: None, at, body, raw: raw.clone() }, trust }
}

impl Intake<'_> {
    /// Queues elements, sealed.
    pub(super) async fn enqueue(
        &self,
        app: &App,
        route: &Route,
        queue: QueueKind,
        elements: &[Received],
        scope: &OrgScope,
    ) -> Result<(), Error> {
        if elements.is_empty() {
            return Ok(());
        }
        let now = self.runtime.now();
        let mut batch = Batch::caused_by(&Cause::Stored, Action::ElementQueued, now);
        batch.require(Precondition::Linked(app.id, route.account));
        for Received { element, trust } in elements {
            let id: BacklogId = self.runtime.ids().next(now);
            let sealed = self.runtime.sealer().seal(&inbox_context(route.org, id), &element.raw).await?;
            batch.write(WebhookWrite::Enqueue(BacklogItem {
                id,
                account: route.account,
                queue,
                provider: app.provider.clone(),
                app: app.id,
                sealed,
                trust: *trust,
                received_at: now,
                due_at: now,
                attempts: 0,
            }));
        }
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// An element that waits, opened and read: its app, its bytes, and what they hold.
    pub(crate) async fn opened(
        &self,
        scope: &OrgScope,
        item: &BacklogItem,
    ) -> Result<(App, Bytes, Vec<Received>), Error> {
        let app = self.runtime.store().app(self.runtime.system(), item.app).await?;
        let app = app.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let plain = self.runtime.sealer().open(&inbox_context(scope.org(), item.id), &item.sealed).await?;
        let raw = Bytes::copy_from_slice(&plain);
        let elements = self.decoder(&app)?.decode_element(&raw).into_iter();
        let elements = elements.map(|element| Received { element, trust: item.trust }).collect();
        Ok((app, raw, elements))
    }

    /// Decides an element that waited. Answers `false` if it has to wait longer.
    pub(crate) async fn waited(
        &self,
        scope: &OrgScope,
        route: &Route,
        item: &BacklogItem,
        cause: &Cause,
        give_up: bool,
    ) -> Result<bool, Error> {
        let (app, raw, elements) = self.opened(scope, item).await?;
        let (mut batch, waiting, _) =
            self.decided(&app, route, item.queue, &elements, Lookup::Full, cause, scope).await?;
        if !waiting.is_empty() {
            if !give_up {
                return Ok(false);
            }
            let reason = QuarantineReason::Orphan;
            let at = elements.first().and_then(|received| received.element.at);
            let kept = unread(&raw, at, item.trust);
            let what = elements.first().map_or("unknown", |received| received.element.body.kind());
            let kept = self.quarantined(Some(scope.org()), &app, reason, what, &kept).await?;
            batch.write(WebhookWrite::Quarantine(kept));
            batch.event(crate::event::DomainEvent::QuarantineChanged);
        }
        batch.write(WebhookWrite::Remove(item.id));
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(true)
    }

    /// Decides elements that waited in one commit, as far as none of them has to wait longer. Answers which.
    pub(crate) async fn waited_together(
        &self,
        scope: &OrgScope,
        route: &Route,
        items: &[BacklogItem],
        cause: &Cause,
    ) -> Result<Vec<BacklogId>, Error> {
        let Some(first) = items.first() else { return Ok(Vec::new()) };
        let app = self.runtime.store().app(self.runtime.system(), first.app).await?;
        let app = app.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let decoder = self.decoder(&app)?;
        let (mut elements, mut of) = (Vec::new(), Vec::new());
        for item in items {
            let plain =
                self.runtime.sealer().open(&inbox_context(scope.org(), item.id), &item.sealed).await?;
            for element in decoder.decode_element(&Bytes::copy_from_slice(&plain)) {
                elements.push(Received { element, trust: item.trust });
                of.push(item.id);
            }
        }
        // Those that wait for something are left out, and the others decided without them.
        for _ in 0..2 {
            let (mut batch, waiting, _) =
                self.decided(&app, route, first.queue, &elements, Lookup::Full, cause, scope).await?;
            if waiting.is_empty() {
                of.dedup();
                for id in &of {
                    batch.write(WebhookWrite::Remove(*id));
                }
                self.runtime.store().commit_one(scope, batch).await?;
                return Ok(of);
            }
            let waits: Vec<BacklogId> = waiting.iter().filter_map(|place| of.get(*place).copied()).collect();
            let kept: Vec<bool> = of.iter().map(|id| !waits.contains(id)).collect();
            let mut keeps = kept.iter();
            elements.retain(|_| keeps.next().copied().unwrap_or(false));
            of.retain(|id| !waits.contains(id));
            if of.is_empty() {
                return Ok(of);
            }
        }
        Ok(Vec::new())
    }

    /// Gives an element up that cannot be decided, again and again.
    pub(crate) async fn dead_letter(
        &self,
        scope: &OrgScope,
        item: &BacklogItem,
        cause: &Cause,
    ) -> Result<(), Error> {
        let app = self.runtime.store().app(self.runtime.system(), item.app).await?;
        let app = app.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let plain = self.runtime.sealer().open(&inbox_context(scope.org(), item.id), &item.sealed).await?;
        let raw = Bytes::copy_from_slice(&plain);
        let kept = unread(&raw, None, item.trust);
        let held =
            self.quarantined(Some(scope.org()), &app, QuarantineReason::Stuck, "element", &kept).await?;
        let mut batch = Batch::caused_by(cause, Action::Quarantined, self.runtime.now());
        batch
            .write(WebhookWrite::Quarantine(held))
            .write(WebhookWrite::Remove(item.id))
            .event(crate::event::DomainEvent::QuarantineChanged);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }
}
