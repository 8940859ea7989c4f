//! To whom an element belongs: one of the accounts linked to the app that verified it, or none.

use chrono::{DurationRound, TimeDelta};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use super::{Intake, decide, is_unlinked};
use crate::account::{AccountState, App, Route, Sealed};
use crate::error::Error;
use crate::id::{AccountId, OrgId, QuarantineId};
use crate::outbox::QueueKind;
use crate::provider::{AccountRef, InboundBody, Received, Trust};
use crate::runtime::OpenedHook;
use crate::scope::OrgScope;
use crate::store::{StoreError, SystemWrite};
use crate::webhook::{QUARANTINE_PERIOD, QuarantineReason, Quarantined};

/// Elements of one account that share a queue.
type Groups = BTreeMap<(OrgId, AccountId, QueueKind), (Route, Vec<Received>)>;

impl Intake<'_> {
    /// Routes elements and deals with each account's. Answers what went into quarantine.
    ///
    /// Routes are remembered for a minute; each commit expects that its account is still linked to the app, so an old one is
    /// noticed before anything is written, and looked up again.
    pub(super) async fn take(
        &self,
        hook: &OpenedHook,
        elements: Vec<Received>,
    ) -> Result<Vec<QuarantineId>, Error> {
        let (mut kept, stale) = self.dispatch(hook, elements).await?;
        if !stale.is_empty() {
            for account in stale.iter().filter_map(|received| received.element.account.clone()) {
                self.runtime.routes().invalidate(&(hook.app.id, account));
            }
            let (more, stale) = self.dispatch(hook, stale).await?;
            kept.extend(more);
            if !stale.is_empty() {
                // It changes hands faster than we can look: the provider tries again.
                return Err(StoreError::Unavailable.into());
            }
        }
        Ok(kept)
    }

    /// Deals with each account's elements, and gives those back whose route was an old one.
    async fn dispatch(
        &self,
        hook: &OpenedHook,
        elements: Vec<Received>,
    ) -> Result<(Vec<QuarantineId>, Vec<Received>), Error> {
        let mut elements = elements;
        self.name_only_account(hook, &mut elements).await?;
        let routes = self.routes(hook, &elements).await?;
        let (mut groups, mut homeless) = (Groups::new(), Vec::new());
        for element in elements {
            match element.element.account.as_ref().and_then(|account| routes.get(account)) {
                Some(route) => {
                    let key = (route.org, route.account, decide::element(&element.element.body).queue());
                    groups.entry(key).or_insert_with(|| (route.clone(), Vec::new())).1.push(element);
                }
                None => homeless.push(element),
            }
        }
        let mut kept = self.quarantine_unrouted(&hook.app, homeless).await?;
        let mut stale = Vec::new();
        for ((_, _, queue), (route, elements)) in groups {
            match self.settle(&hook.app, &route, queue, &elements).await {
                Ok(more) => kept.extend(more),
                Err(Error::Store(error)) if is_unlinked(&error) => stale.extend(elements),
                Err(error) => return Err(error),
            }
        }
        Ok((kept, stale))
    }

    /// Where each account that elements name leads to, if anywhere.
    /// Reports of calls do not always name the account. The address they came by is that of one app; if one account alone
    /// is connected through it, they are that account's.
    async fn name_only_account(&self, hook: &OpenedHook, elements: &mut [Received]) -> Result<(), Error> {
        let nameless = |received: &Received| {
            received.element.account.is_none() && matches!(received.element.body, InboundBody::Call(_))
        };
        let Some(org) = hook.app.org.filter(|_| elements.iter().any(nameless)) else { return Ok(()) };
        let accounts = self.runtime.store().accounts(&OrgScope::new(org)).await?;
        let mut through = accounts
            .into_iter()
            .filter(|account| account.app == hook.app.id && account.state != AccountState::Disconnected);
        if let (Some(only), None) = (through.next(), through.next()) {
            for received in elements.iter_mut().filter(|received| nameless(received)) {
                received.element.account = Some(AccountRef(only.routing_key.clone()));
            }
        }
        Ok(())
    }

    async fn routes(
        &self,
        hook: &OpenedHook,
        elements: &[Received],
    ) -> Result<BTreeMap<AccountRef, Route>, Error> {
        let (mut known, mut asked) = (BTreeMap::new(), Vec::new());
        for account in elements.iter().filter_map(|received| received.element.account.as_ref()) {
            if known.contains_key(account) || asked.contains(account) {
                continue;
            }
            match self.runtime.routes().get(&(hook.app.id, account.clone())) {
                Some(route) => drop(known.insert(account.clone(), route)),
                None => asked.push(account.clone()),
            }
        }
        if !asked.is_empty() {
            let found = self.runtime.store().route(self.runtime.system(), hook.app.id, &asked).await?;
            // A number without an account is looked up each time: it may be connected at any moment.
            for (account, route) in asked.into_iter().zip(found) {
                let Some(route) = route else { continue };
                self.runtime.routes().insert((hook.app.id, account.clone()), route.clone());
                known.insert(account, route);
            }
        }
        Ok(known)
    }

    /// Quarantines what leads to no account. What names an unknown number is seen by the operator alone; what names
    /// none is seen by the organisation that owns the app.
    pub(super) async fn quarantine_unrouted(
        &self,
        app: &App,
        elements: Vec<Received>,
    ) -> Result<Vec<QuarantineId>, Error> {
        let (mut writes, mut kept) = (Vec::new(), Vec::new());
        for received in elements {
            let body = &received.element.body;
            let element = decide::element(body);
            let (org, reason, what) = match (&received.element.account, element.without_account()) {
                (Some(_), _) => (None, QuarantineReason::Unrouted, body.kind()),
                (None, Some((reason, what))) => (app.org, reason, what),
                (None, None) => (app.org, QuarantineReason::Unrouted, body.kind()),
            };
            let item = self.quarantined(org, app, reason, what, &received).await?;
            kept.push(item.id);
            writes.push(SystemWrite::Quarantine(item));
        }
        if !writes.is_empty() {
            self.runtime.store().commit_system(self.runtime.system(), writes, None).await?;
        }
        Ok(kept)
    }

    pub(super) async fn quarantined(
        &self,
        org: Option<OrgId>,
        app: &App,
        reason: QuarantineReason,
        what: &str,
        received: &Received,
    ) -> Result<Quarantined, Error> {
        let (raw, at, trust) = (&received.element.raw, received.element.at, received.trust);
        let now = self.runtime.now();
        let mut digest = Sha256::new()
            .chain_update(crate::TypedId::uuid(app.id).as_bytes())
            .chain_update(org.map_or([0; 16], |org| *crate::TypedId::uuid(org).as_bytes()))
            .chain_update(reason.as_str())
            .chain_update(raw);
        if trust != Trust::Signed {
            // The same bytes with a signature are kept beside those without.
            digest.update(trust.as_str());
        }
        let digest = digest.finalize();
        let day = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
        let id: QuarantineId = crate::id::id_of(at.filter(|at| *at <= now).unwrap_or(day), &digest.into());
        let sealed: Sealed = self.runtime.sealer().seal(&crate::webhook::context(org, id), raw).await?;
        Ok(Quarantined {
            id,
            org,
            app: app.id,
            provider: app.provider.clone(),
            reason,
            what: what.chars().filter(|c| !c.is_control()).take(120).collect(),
            sealed,
            trust,
            received_at: now,
            expires_at: now + QUARANTINE_PERIOD,
        })
    }
}
