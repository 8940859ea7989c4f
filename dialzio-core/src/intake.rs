//! What arrives: verified, decoded, routed, and as a rule acted upon before the provider gets its answer.

use bytes::Bytes;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tokio::time::{Duration, Instant};

use crate::account::{App, Route, Sealed, SealedContext};
use crate::conversation::{Decision, Facts, InboundAsk, decide};
use crate::crm::{Crm, OpenedHook};
use crate::effect::{Lane, LaneKind};
use crate::error::Error;
use crate::id::{AppId, HookId, InboxId, OrgId, QuarantineId};
use crate::inbox::{InboxItem, InboxWrite, QUARANTINE_PERIOD, QuarantineReason, Quarantined};
use crate::ledger::Action;
use crate::provider::{
    AccountRef, HookReply, Inbound, InboundBody, RawWebhook, WebhookDecoder, WebhookError,
};
use crate::scope::{Audience, OrgScope};
use crate::store::{Batch, Cause, Expect, StoreError, SystemWrite};

/// Reading and deciding may take this long before an element is put in line instead.
const INLINE: Duration = Duration::from_millis(50);
/// How often elements are decided anew when somebody else was faster.
const TRIES: usize = 2;

/// Takes webhooks in.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'a> {
    crm: &'a Crm,
}

/// A batch, the places of what has to wait, and what goes into quarantine.
type Decided = (Batch, Vec<usize>, Vec<QuarantineId>);

/// Elements of one account that share a lane.
type Groups = BTreeMap<(OrgId, crate::AccountId, LaneKind), (Route, Vec<Inbound>)>;

pub(crate) fn inbox_context(org: OrgId, id: InboxId) -> SealedContext {
    SealedContext::new(org, "inbox", id, "element")
}

/// Where an element waits: what changes consent or content is never behind ticks.
fn lane_of(element: &Inbound) -> LaneKind {
    match element.body {
        InboundBody::Delivery(_) => LaneKind::Statuses,
        _ => LaneKind::Inbox,
    }
}

/// What is asked before a decision: every id that elements mention.
pub(crate) fn ask(route: &Route, lane: LaneKind, elements: &[Inbound]) -> InboundAsk {
    let (mut aliases, mut external, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for element in elements {
        match &element.body {
            InboundBody::Message(message) => {
                aliases.extend(message.sender.aliases());
                external.push(message.external.clone());
                external.extend(message.reply_to.clone());
            }
            InboundBody::Reaction(news) => external.push(news.target.clone()),
            InboundBody::Edited { target, .. } | InboundBody::Revoked { target, .. } => {
                external.push(target.clone());
            }
            InboundBody::Delivery(news) => {
                external.push(news.external.clone());
                own.extend(news.own);
                if news.marketing_stopped {
                    aliases.extend(news.recipient.aliases());
                }
            }
            InboundBody::Preference(news) => aliases.extend(news.sender.aliases()),
            InboundBody::Identity(news) => {
                aliases.extend(news.previous.aliases());
                aliases.extend(news.current.aliases());
                external.extend(news.external.clone());
            }
            InboundBody::Template(_) | InboundBody::Account { .. } | InboundBody::Unknown { .. } => {}
        }
    }
    InboundAsk { account: route.account, portfolio: route.portfolio.clone(), aliases, external, own, lane }
}

impl<'a> Intake<'a> {
    pub(crate) const fn new(crm: &'a Crm) -> Self {
        Self { crm }
    }

    /// Takes a webhook in. Never fails: the reply is what the provider has to get. 200 means durable.
    pub async fn receive(&self, hook: HookId, raw: RawWebhook) -> HookReply {
        let opened = match self.crm.accounts().opened_hook(hook).await {
            Ok(Some(opened)) => opened,
            Ok(None) => return HookReply::status(404),
            Err(error) => return unavailable(&error),
        };
        let Ok(decoder) = self.decoder(&opened.app) else { return HookReply::status(404) };
        let verified = match decoder.verify(raw, &opened.secrets) {
            Ok(verified) => verified,
            Err(WebhookError::Subscription) => return HookReply::status(403),
            Err(WebhookError::Shape) => return HookReply::status(405),
            Err(_) => return HookReply::status(401),
        };
        if let Some(challenge) = verified.challenge() {
            return HookReply { status: 200, body: challenge.to_owned() };
        }
        let elements = decoder.decode(&verified);
        match self.take(&opened, elements).await {
            Ok(_) => HookReply::OK,
            Err(error) => unavailable(&error),
        }
    }

    fn decoder(&self, app: &App) -> Result<&'a dyn WebhookDecoder, Error> {
        let provider = self.crm.provider(&app.provider)?;
        provider.webhooks().ok_or(Error::Account(crate::AccountProblem::Unsupported))
    }

    /// Takes the bytes of one element through the normal path again, after their origin was checked once. Answers what
    /// went into quarantine, again.
    pub(crate) async fn again(&self, app: AppId, body: Bytes) -> Result<Vec<QuarantineId>, Error> {
        let app = self.crm.store().app(self.crm.system(), app).await?;
        let app = app.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let opened = self.crm.accounts().opened_hook(app.hook).await?;
        let opened = opened.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let elements = self.decoder(&opened.app)?.decode_element(&body);
        self.take(&opened, elements).await
    }

    /// Routes elements among the accounts linked to the app that verified, and deals with each account's. Answers what went
    /// into quarantine.
    async fn take(&self, hook: &OpenedHook, elements: Vec<Inbound>) -> Result<Vec<QuarantineId>, Error> {
        let mut refs: Vec<AccountRef> =
            elements.iter().filter_map(|element| element.account.clone()).collect();
        refs.sort_unstable();
        refs.dedup();
        let routes = if refs.is_empty() {
            Vec::new()
        } else {
            self.crm.store().route(self.crm.system(), hook.app.id, &refs).await?
        };
        let mut groups = Groups::new();
        let mut homeless = Vec::new();
        for element in elements {
            let place = element.account.as_ref().and_then(|account| refs.binary_search(account).ok());
            match place.and_then(|place| routes.get(place)?.clone()) {
                Some(route) => {
                    let key = (route.org, route.account, lane_of(&element));
                    groups.entry(key).or_insert_with(|| (route, Vec::new())).1.push(element);
                }
                None => homeless.push(element),
            }
        }
        let mut kept = self.shelter(&hook.app, homeless).await?;
        for ((_, _, lane), (route, elements)) in groups {
            kept.extend(self.settle(&hook.app, &route, lane, elements).await?);
        }
        Ok(kept)
    }

    /// Quarantines what leads to no account. What names a number of nobody's is seen by the operator alone; what names
    /// none is seen by the organisation that owns the app.
    async fn shelter(&self, app: &App, elements: Vec<Inbound>) -> Result<Vec<QuarantineId>, Error> {
        let (mut writes, mut kept) = (Vec::new(), Vec::new());
        for element in elements {
            let (org, reason, what) = match (&element.account, &element.body) {
                (Some(_), body) => (None, QuarantineReason::Unrouted, body.kind()),
                (None, InboundBody::Account { what }) => (app.org, QuarantineReason::Account, what.as_str()),
                (None, InboundBody::Unknown { what }) => {
                    (app.org, QuarantineReason::Unreadable, what.as_str())
                }
                (None, body) => (app.org, QuarantineReason::Unrouted, body.kind()),
            };
            let item = self.quarantined(org, app, reason, what, &element.raw, element.at).await?;
            kept.push(item.id);
            writes.push(SystemWrite::Quarantine(item));
        }
        if !writes.is_empty() {
            self.crm.store().enact(self.crm.system(), writes, None).await?;
        }
        Ok(kept)
    }

    async fn quarantined(
        &self,
        org: Option<OrgId>,
        app: &App,
        reason: QuarantineReason,
        what: &str,
        raw: &Bytes,
        at: Option<DateTime<Utc>>,
    ) -> Result<Quarantined, Error> {
        let now = self.crm.now();
        let digest = Sha256::new()
            .chain_update(crate::TypedId::uuid(app.id).as_bytes())
            .chain_update(org.map_or([0; 16], |org| *crate::TypedId::uuid(org).as_bytes()))
            .chain_update(reason.as_str())
            .chain_update(raw)
            .finalize();
        let day = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
        let id: QuarantineId = crate::id::id_of(at.filter(|at| *at <= now).unwrap_or(day), &digest.into());
        let sealed: Sealed = self.crm.sealer().seal(&crate::inbox::context(org, id), raw).await?;
        Ok(Quarantined {
            id,
            org,
            app: app.id,
            provider: app.provider.clone(),
            reason,
            what: what.chars().filter(|c| !c.is_control()).take(120).collect(),
            sealed,
            received_at: now,
            expires_at: now + QUARANTINE_PERIOD,
        })
    }

    /// Decides elements at once if their lane is idle; otherwise, or if it takes too long, puts them in line.
    async fn settle(
        &self,
        app: &App,
        route: &Route,
        lane: LaneKind,
        elements: Vec<Inbound>,
    ) -> Result<Vec<QuarantineId>, Error> {
        let scope = OrgScope::new(route.org, Audience::All);
        let begun = Instant::now();
        let lane_id = Lane { org: route.org, account: Some(route.account), kind: lane };
        for _ in 0..TRIES {
            let cause = Cause::Received { lane: lane_id };
            let Some((batch, waiting, kept)) =
                self.decided(app, route, lane, &elements, &cause, &scope).await?
            else {
                break;
            };
            if begun.elapsed() > INLINE {
                break;
            }
            match self.crm.store().commit_one(&scope, batch).await {
                Ok(_) => {
                    let waiting: Vec<_> = waiting.into_iter().map(|place| elements[place].clone()).collect();
                    self.park(app, route, lane, &waiting, &scope).await?;
                    return Ok(kept);
                }
                Err(StoreError::Unmet(fact)) if matches!(*fact, Expect::LaneIdle(_)) => break,
                Err(StoreError::Unmet(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.park(app, route, lane, &elements, &scope).await?;
        Ok(Vec::new())
    }

    /// A batch for elements, with what has to wait and what goes into quarantine; `None` if their lane is not idle.
    async fn decided(
        &self,
        app: &App,
        route: &Route,
        lane: LaneKind,
        elements: &[Inbound],
        cause: &Cause,
        scope: &OrgScope,
    ) -> Result<Option<Decided>, Error> {
        let known = self.crm.store().inbound_facts(scope, &ask(route, lane, elements)).await?;
        if matches!(cause, Cause::Received { .. }) && !known.lane_idle {
            return Ok(None);
        }
        let now = self.crm.now();
        let action = match lane {
            LaneKind::Statuses => Action::MessageEvidence,
            _ => Action::MessageReceived,
        };
        let mut batch = Batch::caused_by(cause, action, now);
        let facts = Facts {
            known,
            account: route.account,
            portfolio: route.portfolio.clone(),
            now,
            ids: self.crm.ids(),
            words: self.crm.words(),
        };
        let Decision { quarantine, wait } = decide(facts, elements, &mut batch);
        let mut kept = Vec::new();
        for (place, reason, what) in quarantine {
            let item = self
                .quarantined(Some(route.org), app, reason, &what, &elements[place].raw, elements[place].at)
                .await?;
            kept.push(item.id);
            batch.write(InboxWrite::Quarantine(item));
        }
        Ok(Some((batch, wait, kept)))
    }

    /// Puts elements in line, sealed.
    async fn park(
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
        let decided = self.decided(&app, route, item.lane, &elements, cause, scope).await?;
        let Some((mut batch, waiting, _)) = decided else { return Ok(false) };
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

/// 503: the provider tries again. What went wrong is logged by its code alone.
fn unavailable(error: &Error) -> HookReply {
    tracing::error!(code = %error.code(), "a webhook could not be taken in");
    HookReply::status(503)
}
