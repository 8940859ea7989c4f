//! Reading the two logs, and verifying the audit log.

use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use std::collections::VecDeque;

use super::verify::{Chain, Consents};
use super::{
    Action, AuditEntry, AuditFilter, AuditPage, ChainHead, Checkpoint, ConsentMark, Detail, Finding,
    Verification,
};
use crate::account::KeyError;
use crate::consent::ConsentRecord;
use crate::error::Error;
use crate::event::{DomainEvent, EventSeq, Recorded};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, LedgerSeq};

/// Entries that are read at once while the log is verified.
const CHUNK: u32 = 2_000;
/// Places that are looked through at once where no index leads to the entries.
const WINDOW: u64 = 10_000;
/// How many such looks one request takes.
const LOOKS: usize = 5;
/// How many places an entry may be from where its time alone would put it: entries of several servers are not in the order
/// of their clocks.
const MARGIN: u64 = 1_000;

/// The audit log and the event log.
#[derive(Debug, Clone, Copy)]
pub struct LedgerService<'a> {
    runtime: &'a Runtime,
}

impl<'a> LedgerService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Audit entries after a place, ascending; at most 200.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AuditRead`].
    pub async fn audit(&self, by: &Actor, after: u64, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        let scope = by.scope_for(Permission::AuditRead)?;
        Ok(self.runtime.store().audit(scope, after, limit.clamp(1, 200)).await?)
    }

    /// Audit entries that a filter wants, before a place (`None`: from the end), newest first; at most 200.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the period ends before it begins; [`Error::Denied`] without [`Permission::AuditRead`].
    pub async fn find(
        &self,
        by: &Actor,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<AuditPage, Error> {
        let scope = by.scope_for(Permission::AuditRead)?;
        if let (Some(since), Some(until)) = (filter.since, filter.until)
            && until <= since
        {
            return Err(Error::invalid("until", "must be later than since"));
        }
        let limit = limit.clamp(1, 200);
        let (store, head) = (self.runtime.store(), store_head(self.runtime, scope).await?);
        let low = match filter.since {
            Some(since) => self.place_of(scope, head.seq, since).await?.saturating_sub(MARGIN),
            None => 0,
        };
        let mut high = match filter.until {
            Some(until) => (self.place_of(scope, head.seq, until).await? + MARGIN).min(head.seq) + 1,
            None => head.seq + 1,
        };
        high = before.map_or(high, |before| before.min(high));
        let mut entries = Vec::new();
        for _ in 0..LOOKS {
            let after = if filter.with_system { high.saturating_sub(WINDOW).max(low) } else { low };
            let wanted = limit - u32::try_from(entries.len()).unwrap_or(limit);
            let found = store.audit_found(scope, filter, after, high, wanted).await?;
            let is_full = found.len() == wanted as usize;
            high = if is_full { found.last().map_or(0, |last| last.seq) } else { after + 1 };
            entries.extend(found);
            if is_full || high <= low + 1 {
                break;
            }
        }
        Ok(AuditPage { entries, next: (high > low + 1).then_some(high) })
    }

    /// The newest entries that a filter with a beginning wants, for the core's own use.
    pub(crate) async fn recent(
        &self,
        scope: &OrgScope,
        filter: &AuditFilter,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, Error> {
        let head = store_head(self.runtime, scope).await?.seq;
        let low = match filter.since {
            Some(since) => self.place_of(scope, head, since).await?.saturating_sub(MARGIN),
            None => 0,
        };
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        Ok(self.runtime.store().audit_found(scope, filter, low, head + 1, limit).await?)
    }

    /// The place of the last entry before an instant, by halving: places have no gaps.
    async fn place_of(&self, scope: &OrgScope, newest: u64, at: DateTime<Utc>) -> Result<u64, Error> {
        let (mut low, mut high) = (0, newest);
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.runtime.store().audit(scope, middle, 1).await?;
            match entry.first() {
                // The first entries have expired, so the one that follows may be later.
                Some(entry) if entry.at < at => low = entry.seq.max(middle + 1),
                _ => high = middle,
            }
        }
        Ok(low.min(newest))
    }

    /// Puts on record that so many entries were exported.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AuditRead`].
    pub async fn exported(&self, by: &Actor, entries: u32) -> Result<(), Error> {
        let scope = by.scope_for(Permission::AuditRead)?;
        let mut batch = Batch::new(by, Action::AuditExported, self.runtime.now());
        batch.counting(entries);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// Puts on record that something was refused for want of a permission: once a minute for each caller and permission.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn refused(&self, by: &Actor, permission: Permission) -> Result<(), Error> {
        if !self.runtime.refusals().is_new(by.org(), by.principal().to_ref(), Some(permission)) {
            return Ok(());
        }
        let mut batch = Batch::new(by, Action::AccessRefused, self.runtime.now());
        if let Ok(detail) = Detail::parse(permission.as_str()) {
            batch.detail(detail);
        }
        self.runtime.store().commit_one(&OrgScope::new(by.org()), batch).await?;
        Ok(())
    }

    /// Verifies the whole log: each digest and link, the recorded end, the checkpoints, and the rows of the consent ledger.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AuditRead`]; [`Error::Checkpoints`] if they cannot be read;
    /// [`Error::Keys`] if their signatures cannot be verified.
    pub async fn verify(&self, by: &Actor) -> Result<Verification, Error> {
        let scope = by.scope_for(Permission::AuditRead)?;
        self.verify_in(scope).await
    }

    pub(crate) async fn verify_in(&self, scope: &OrgScope) -> Result<Verification, Error> {
        let mut checkpoints = match self.runtime.checkpoints() {
            Some(kept) => kept.of(scope.org()).await?,
            None => Vec::new(),
        };
        let mut found = Verification {
            finding: None,
            entries: 0,
            consents: 0,
            checkpoints: 0,
            checkpoint_at: checkpoints.iter().map(|known| known.at).max(),
        };
        for known in &checkpoints {
            // Perhaps with a key that has been retired since.
            let is_ours = match self.runtime.keys().checkpoint_key(&known.key).await {
                Err(KeyError::Unknown) => false,
                other => known.is_signed_with(&*other?),
            };
            if known.org != scope.org() || !is_ours {
                found.finding = Some(Finding::Forged { seq: known.seq });
                return Ok(found);
            }
        }
        // Two processes keep theirs in one place, each in its own order.
        checkpoints.sort_by_key(|known| known.seq);
        self.verify_against(scope, &checkpoints, &mut found).await?;
        Ok(found)
    }

    async fn verify_against(
        &self,
        scope: &OrgScope,
        checkpoints: &[Checkpoint],
        found: &mut Verification,
    ) -> Result<(), Error> {
        let head = store_head(self.runtime, scope).await?;
        let mut chain = Chain::new(scope.org(), checkpoints, head, self.runtime.now());
        let (mut consents, mut rows) = (Consents::default(), Rows::new(self.runtime, scope));
        found.finding = loop {
            let entries = self.runtime.store().audit(scope, chain.seq(), CHUNK).await?;
            if entries.is_empty() {
                if let Some(row) = self.unrecorded(scope, &consents, chain.seq()).await? {
                    if let Some(row) = row {
                        break Some(Finding::ConsentAdded { row });
                    }
                    continue;
                }
                break chain.end(store_head(self.runtime, scope).await?);
            }
            let mut fault = None;
            for entry in &entries {
                let mut checked = chain.take(entry);
                if let (Ok(()), Some(mark)) = (checked, &entry.consents) {
                    checked = consents.take(entry.seq, mark, rows.of(mark).await?);
                }
                if let Err(finding) = checked {
                    fault = Some(finding);
                    break;
                }
            }
            if fault.is_some() {
                break fault;
            }
        };
        (found.entries, found.consents) = (chain.seq(), consents.rows);
        found.checkpoints = chain.compared();
        Ok(())
    }

    /// A row of the consent ledger behind the last that has an entry; `Some(None)` if its entry has come meanwhile.
    async fn unrecorded(
        &self,
        scope: &OrgScope,
        consents: &Consents,
        seq: u64,
    ) -> Result<Option<Option<LedgerSeq>>, Error> {
        let Some(through) = consents.through else { return Ok(None) };
        let store = self.runtime.store();
        let Some(row) = store.consent_ledger(scope, through, 1).await?.pop() else { return Ok(None) };
        let came = !store.audit(scope, seq, 1).await?.is_empty();
        Ok(Some((!came).then_some(row.seq)))
    }

    /// Of the events after a place, up to 200 looked at, those that the caller may be told, ascending. One about a record
    /// that the caller does not see is left out, so that places may be missing; [`told`](Self::told) decides the same.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::EventsRead`].
    pub async fn events(&self, by: &Actor, after: EventSeq, limit: u32) -> Result<Vec<Recorded>, Error> {
        let scope = by.scope_for(Permission::EventsRead)?;
        let all = self.runtime.store().events(scope, after, limit.clamp(1, 200)).await?;
        if scope.audience().is_all() {
            return Ok(all);
        }
        let mut told = Vec::with_capacity(all.len());
        for event in all {
            if self.told(by, &event).await? {
                told.push(event);
            }
        }
        Ok(told)
    }

    /// Whether the caller may be told of an event: whether they see the record that it is about, as it is assigned now.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::EventsRead`].
    pub async fn told(&self, by: &Actor, event: &Recorded) -> Result<bool, Error> {
        let scope = by.scope_for(Permission::EventsRead)?;
        if scope.audience().is_all() {
            return Ok(true);
        }
        let store = self.runtime.store();
        Ok(match event.event {
            DomainEvent::MessageReceived { conversation, .. }
            | DomainEvent::MessageQueued { conversation, .. }
            | DomainEvent::MessageChanged { conversation, .. }
            | DomainEvent::ConversationChanged { conversation }
            | DomainEvent::ConversationRead { conversation }
            | DomainEvent::DraftChanged { conversation, .. }
            | DomainEvent::ScheduledChanged { conversation }
            | DomainEvent::MediaChanged { conversation, .. } => {
                store.conversation(scope, conversation).await?.is_some()
            }
            DomainEvent::ContactChanged { contact } | DomainEvent::ConsentChanged { contact } => {
                store.contact(scope, contact).await?.is_some()
            }
            DomainEvent::CallChanged { call, .. } => store.call(scope, call).await?.is_some(),
            DomainEvent::NoticesChanged { member } => by.member() == Some(member),
            DomainEvent::QuarantineChanged => false,
            DomainEvent::AccountChanged { .. } | DomainEvent::OrgChanged => true,
        })
    }

    /// The newest place in the event log.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::EventsRead`].
    pub async fn newest_event(&self, by: &Actor) -> Result<EventSeq, Error> {
        let scope = by.scope_for(Permission::EventsRead)?;
        Ok(self.runtime.store().newest_event(scope).await?)
    }

    /// Wakes after commits with events. A hint: read [`events`](Self::events) after each wake, and now and then without.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::EventsRead`].
    pub fn watch(&self, by: &Actor) -> Result<BoxStream<'static, EventSeq>, Error> {
        let scope = by.scope_for(Permission::EventsRead)?;
        Ok(self.runtime.store().watch(scope))
    }
}

async fn store_head(runtime: &Runtime, scope: &OrgScope) -> Result<ChainHead, Error> {
    Ok(runtime.store().audit_head(scope).await?)
}

/// The consent ledger in the order of its places, read ahead.
struct Rows<'a> {
    runtime: &'a Runtime,
    scope: &'a OrgScope,
    ahead: VecDeque<ConsentRecord>,
    /// The rows behind this place are not read yet.
    read: LedgerSeq,
}

impl<'a> Rows<'a> {
    const fn new(runtime: &'a Runtime, scope: &'a OrgScope) -> Self {
        Self { runtime, scope, ahead: VecDeque::new(), read: LedgerSeq(0) }
    }

    /// The rows that an entry speaks of, as far as they are there.
    async fn of(&mut self, mark: &ConsentMark) -> Result<&[ConsentRecord], Error> {
        let before = LedgerSeq(mark.from().0 - 1);
        if self.read < before {
            (self.read, self.ahead) = (before, VecDeque::new());
        }
        while self.ahead.front().is_some_and(|row| row.seq <= before) {
            self.ahead.pop_front();
        }
        while self.read < mark.through {
            let more = self.runtime.store().consent_ledger(self.scope, self.read, CHUNK).await?;
            let Some(last) = more.last() else { break };
            self.read = last.seq;
            self.ahead.extend(more);
        }
        let rows = self.ahead.make_contiguous();
        let end = rows.partition_point(|row| row.seq <= mark.through);
        Ok(&rows[..end])
    }
}
