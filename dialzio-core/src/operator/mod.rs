//! What the operator of an installation does across organisations, each act on record with its reason.

mod calls;
mod entry;
mod keys;
mod news;
mod people;
mod support;

pub use entry::{OperatorAction, OperatorEntry};
pub use keys::{KeyStatus, KeyTally, KeyWalk, KeyWalked};
pub use people::Protection;

use crate::access::Org;
use crate::error::{Error, RecordKind};
use crate::id::{OrgId, QuarantineId, TypedId};
use crate::ledger::{Action, ChainHash, LedgerService, Verification};
use crate::page::PageRequest;
use crate::runtime::Runtime;
use crate::scope::{Actor, Audience, OrgScope, Permission, Principal, Role};
use crate::store::{Batch, Precondition, RecordRef, StoreError, SystemWrite};
use crate::text::Title;
use crate::timekeeper::ClockState;
use crate::webhook::QuarantineService;
use crate::webhook::{Quarantined, context};
use uuid::Uuid;

/// What the name of an operator's principal begins with. Nothing else may take such a name.
pub(crate) const OPERATOR: &str = "operator: ";
/// How often a place in the log is tried for while other operators take it.
const TRIES: u32 = 100;
/// An act that is about no record.
const NO_RECORD: Option<QuarantineId> = None;

/// The operator of the installation, for one reason. For the host's own use: a command line or a control socket, never a
/// request from outside.
///
/// Each call is an entry of the operator log before it answers, or in the same transaction as what it changes; a call that
/// cannot be put on record fails and does nothing. What concerns an organisation is an entry of that organisation's audit
/// log too, under `service:operator: ` and the reason.
#[derive(Debug, Clone)]
pub struct Operator<'a> {
    runtime: &'a Runtime,
    principal: Principal,
    reason: Title,
}

impl<'a> Operator<'a> {
    /// For a reason of 1 to 100 characters.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reason that is empty or longer.
    pub(crate) fn new(runtime: &'a Runtime, reason: &str) -> Result<Self, Error> {
        let reason = Title::parse(reason.trim()).map_err(|why| Error::invalid("reason", why))?;
        if reason.reveal().chars().count() > 100 {
            return Err(Error::invalid("reason", "must have at most 100 characters"));
        }
        let principal = Principal::service(&format!("{OPERATOR}{}", reason.reveal()))?;
        Ok(Self { runtime, principal, reason })
    }

    /// The next entry of the log.
    async fn entry(
        &self,
        action: OperatorAction,
        org: Option<OrgId>,
        subject: Option<Uuid>,
    ) -> Result<OperatorEntry, Error> {
        let newest = self.runtime.store().operator_log(self.runtime.system(), u64::MAX, 1).await?;
        let (seq, before) = newest.first().map_or((0, ChainHash::START), |last| (last.seq, last.hash));
        let (reason, at) = (self.reason.clone(), self.runtime.now());
        let mut entry = OperatorEntry { seq: seq + 1, at, reason, action, org, subject, hash: before };
        entry.hash = entry.digest(before);
        Ok(entry)
    }

    /// Puts an act on record, together with what it changes and with an entry for the organisation that is concerned. Answers
    /// the place in the log.
    async fn record(
        &self,
        action: OperatorAction,
        subject: Option<impl TypedId>,
        change: Option<SystemWrite>,
        told: Option<(OrgId, Action)>,
    ) -> Result<u64, Error> {
        self.record_with(action, subject, change.into_iter().collect(), told, |_| {}).await
    }

    /// As [`record`](Self::record), with several changes and with what the organisation's own batch holds besides. A record
    /// of the organisation that has changed meanwhile refuses it.
    async fn record_with(
        &self,
        action: OperatorAction,
        subject: Option<impl TypedId>,
        changes: Vec<SystemWrite>,
        told: Option<(OrgId, Action)>,
        fill: impl Fn(&mut Batch),
    ) -> Result<u64, Error> {
        let actor = match told {
            Some((org, _)) => Some(self.act_as(org).await?),
            None => None,
        };
        for _ in 0..TRIES {
            let entry = self.entry(action, told.map(|(org, _)| org), subject.map(TypedId::uuid)).await?;
            let also = match (&actor, told) {
                (Some(actor), Some((_, action))) => {
                    let mut batch = Batch::new(actor, action, entry.at);
                    if let Some(subject) = subject {
                        batch.about(subject);
                    }
                    fill(&mut batch);
                    Some((actor.scope_for(Permission::AuditRead)?, batch))
                }
                _ => None,
            };
            let place = entry.seq;
            let writes = std::iter::once(SystemWrite::Operator(entry)).chain(changes.clone()).collect();
            match self.runtime.store().commit_system(self.runtime.system(), writes, also).await {
                Ok(_) => return Ok(place),
                Err(StoreError::PreconditionFailed(failed))
                    if matches!(*failed, Precondition::Revision(RecordRef::SupportRequest(_), _)) =>
                {
                    return Err(StoreError::PreconditionFailed(failed).into());
                }
                // Another operator took the place: the entry goes behind theirs.
                Err(StoreError::PreconditionFailed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable.into())
    }

    async fn act_as(&self, org: OrgId) -> Result<Actor, Error> {
        let found = self.runtime.store().org(&OrgScope::new(org)).await?;
        found.ok_or(Error::missing(RecordKind::Organisation))?;
        Ok(Actor::new(org, self.principal.clone(), Role::Owner.grant(), Audience::All))
    }

    /// Organisations in order of id, after one of them; at most 100.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn organisations(&self, after: Option<OrgId>) -> Result<Vec<Org>, Error> {
        self.record(OperatorAction::OrgsListed, NO_RECORD, None, None).await?;
        Ok(self.runtime.store().organisations(self.runtime.system(), after, 100).await?)
    }

    /// The operator with an owner's rights in an organisation: what they change there is audited under the reason.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such organisation.
    pub async fn acting_in(&self, org: OrgId) -> Result<Actor, Error> {
        self.record(OperatorAction::OrgEntered, NO_RECORD, None, Some((org, Action::OperatorEntered)))
            .await?;
        self.act_as(org).await
    }

    /// What belongs to no organisation, newest first, without its bytes.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn unrouted(&self) -> Result<Vec<Quarantined>, Error> {
        self.record(OperatorAction::QuarantineListed, NO_RECORD, None, None).await?;
        self.all_unrouted().await
    }

    /// Everything in quarantine, without its bytes: first what belongs to no organisation, then by organisation.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn quarantined(&self) -> Result<Vec<Quarantined>, Error> {
        self.record(OperatorAction::QuarantineListed, NO_RECORD, None, None).await?;
        self.all_quarantined().await
    }

    async fn all_unrouted(&self) -> Result<Vec<Quarantined>, Error> {
        let (mut found, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX));
        loop {
            let items = self.runtime.store().unrouted(self.runtime.system(), page.clone()).await?;
            found.extend(items.items);
            match items.next {
                Some(next) => page.after = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn all_quarantined(&self) -> Result<Vec<Quarantined>, Error> {
        let mut found = self.all_unrouted().await?;
        let mut after = None;
        loop {
            let orgs = self.runtime.store().organisations(self.runtime.system(), after, 100).await?;
            let Some(last) = orgs.last() else { return Ok(found) };
            after = Some(last.id);
            for org in orgs {
                let (scope, mut page) = (OrgScope::new(org.id), PageRequest::first(PageRequest::MAX));
                loop {
                    let items = self.runtime.store().quarantined(&scope, page.clone()).await?;
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
        let found = self.runtime.store().any_quarantined_item(self.runtime.system(), id).await?;
        found.ok_or(Error::missing(RecordKind::Quarantine))
    }

    /// Puts on record what is done with an item, also in the organisation that it belongs to or that owns the app it came by.
    async fn record_item(
        &self,
        item: &Quarantined,
        action: OperatorAction,
        change: Option<SystemWrite>,
        told: Action,
    ) -> Result<(), Error> {
        let owner = match item.org {
            Some(org) => Some(org),
            None => self.runtime.store().app(self.runtime.system(), item.app).await?.and_then(|app| app.org),
        };
        self.record(action, Some(item.id), change, owner.map(|org| (org, told))).await.map(drop)
    }

    /// An item with its bytes as they arrived.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Sealed`]; [`Error::Store`], also if it cannot be put on record.
    pub async fn open(&self, id: QuarantineId) -> Result<(Quarantined, Vec<u8>), Error> {
        let item = self.require(id).await?;
        self.record_item(&item, OperatorAction::QuarantineOpened, None, Action::QuarantineOpened).await?;
        let plain = self.runtime.sealer().open(&context(item.org, item.id), &item.sealed).await?.to_vec();
        Ok((item, plain))
    }

    /// Takes an item through the normal path again. What still cannot be used stays in quarantine.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Sealed`]; [`Error::Store`].
    pub async fn replay(&self, id: QuarantineId) -> Result<(), Error> {
        let item = self.require(id).await?;
        let action = OperatorAction::QuarantineReplayed;
        if let Some(org) = item.org {
            self.record_item(&item, action, None, Action::OperatorEntered).await?;
            return QuarantineService::new(self.runtime).replay(&self.act_as(org).await?, id).await;
        }
        self.record_item(&item, action, None, Action::QuarantineSettled).await?;
        if !QuarantineService::new(self.runtime).replay_item(&item).await?.contains(&id) {
            self.runtime
                .store()
                .commit_system(self.runtime.system(), vec![SystemWrite::Release(id)], None)
                .await?;
        }
        Ok(())
    }

    /// Throws an item away.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub async fn discard(&self, id: QuarantineId) -> Result<(), Error> {
        let item = self.require(id).await?;
        let action = OperatorAction::QuarantineDiscarded;
        if let Some(org) = item.org {
            self.record_item(&item, action, None, Action::OperatorEntered).await?;
            return QuarantineService::new(self.runtime).discard(&self.act_as(org).await?, id).await;
        }
        self.record_item(&item, action, Some(SystemWrite::Release(id)), Action::QuarantineSettled).await
    }

    /// Confirms that the clock shows the right time. What has expired by it is deleted with the next sweep.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn confirm_clock(&self) -> Result<ClockState, Error> {
        let mark = self.runtime.confirmed_mark();
        self.record(OperatorAction::ClockConfirmed, NO_RECORD, Some(SystemWrite::TimeMark(mark)), None)
            .await?;
        tracing::warn!(now = %mark.trusted_at, "an operator has confirmed the clock");
        self.runtime.check_clock().await
    }

    /// As [`Crm::check_keys`](crate::Crm::check_keys), for a store of an earlier release in which nothing shows whose keys they are: the operator
    /// says that these are the right ones. Keys of a store that knows its own are not replaced.
    ///
    /// # Errors
    /// As [`Crm::check_keys`](crate::Crm::check_keys).
    pub async fn adopt_keys(&self) -> Result<(), Error> {
        self.record(OperatorAction::KeysAdopted, NO_RECORD, None, None).await?;
        self.runtime.adopt_keys().await
    }

    /// Entries of the operator log before a place (`u64::MAX`: from the end), newest first; at most 200. Reading is on
    /// record too, after what it answers.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn log(&self, before: u64, limit: u32) -> Result<Vec<OperatorEntry>, Error> {
        let found =
            self.runtime.store().operator_log(self.runtime.system(), before, limit.clamp(1, 200)).await?;
        self.record(OperatorAction::LogRead, NO_RECORD, None, None).await?;
        Ok(found)
    }

    /// Verifies the audit log of an organisation, and puts that on record there, after what it answers.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such organisation; [`Error::Checkpoints`]; [`Error::Keys`]; [`Error::Store`].
    pub async fn verify_audit(&self, org: OrgId) -> Result<Verification, Error> {
        self.act_as(org).await?;
        let found = LedgerService::new(self.runtime).verify_in(&OrgScope::new(org)).await?;
        self.record(OperatorAction::AuditVerified, NO_RECORD, None, Some((org, Action::AuditVerified)))
            .await?;
        Ok(found)
    }

    /// Recomputes the whole chain. Answers the number of entries, or the place of the newest one that does not fit.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn verify_log(&self) -> Result<Result<u64, u64>, Error> {
        let (mut before, mut later, mut length) = (u64::MAX, None::<OperatorEntry>, 0);
        loop {
            let entries = self.runtime.store().operator_log(self.runtime.system(), before, 200).await?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                match &later {
                    Some(next) if next.seq != entry.seq + 1 || next.digest(entry.hash) != next.hash => {
                        return Ok(Err(next.seq));
                    }
                    Some(_) => {}
                    None => length = entry.seq,
                }
                before = entry.seq;
                later = Some(entry);
            }
        }
        Ok(match later {
            Some(first) if first.seq != 1 || first.digest(ChainHash::START) != first.hash => Err(first.seq),
            _ => Ok(length),
        })
    }
}
