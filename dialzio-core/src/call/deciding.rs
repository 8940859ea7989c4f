//! Deciding on reports of calls: which call each is of, what the call becomes, and what is written.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::applying::{Reading, source};
use super::record::{Joined, Whose};
use super::settling;
use super::{Call, CallAlias, CallFacts, CallFactsQuery, CallState, CallWrite, RecordingConsent};
use crate::contact::SubjectKey;
use crate::conversation::MediaKind;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, CallId, ContactId, IdSource, MediaId, MemberId};
use crate::media::{Media, MediaOwner, MediaState, MediaWrite};
use crate::outbox::{Job, JobKind};
use crate::phone::PhoneNumber;
use crate::provider::CallReport;
use crate::runtime::Runtime;
use crate::scope::OrgScope;
use crate::store::{Batch, Precondition, RecordRef};
use crate::webhook::QuarantineReason;

/// How long after its end a call is asked for: providers write their records in the meantime.
const ASK_AFTER: TimeDelta = TimeDelta::seconds(30);
/// How long after a call was first heard of it is asked for, in case its end is never reported.
const ASK_ANYWAY: TimeDelta = TimeDelta::minutes(3);
/// When a recording is fetched first: it is published some time after the call.
const FETCH_AFTER: TimeDelta = TimeDelta::seconds(30);

/// What is asked of the store before reports are decided.
fn facts_query(account: AccountId, reports: &[&CallReport], reading: &Reading) -> CallFactsQuery {
    let mut query = CallFactsQuery {
        account,
        aliases: Vec::new(),
        own: Vec::new(),
        customers: Vec::new(),
        agents: Vec::new(),
    };
    for report in reports {
        query.aliases.extend(report.aliases.iter().cloned());
        query.own.extend(report.own);
        query
            .customers
            .extend(reading.customer(report).as_ref().and_then(super::Party::phone).map(SubjectKey::phone));
        query.agents.extend(report.leg.agent.clone());
    }
    query.aliases.sort_unstable();
    query.aliases.dedup();
    query.own.sort_unstable();
    query.own.dedup();
    query.customers.sort_unstable();
    query.customers.dedup();
    query.agents.sort_unstable();
    query.agents.dedup();
    query
}

/// What is known of the calls that reports are about.
///
/// # Errors
/// [`Error::Store`]; [`Error::NotFound`] if the organisation is gone.
pub(crate) async fn known(
    runtime: &Runtime,
    scope: &OrgScope,
    account: AccountId,
    reports: &[&CallReport],
) -> Result<Calls, Error> {
    let org = runtime.store().org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
    let reading = Reading { region: org.dials_in(), zone: org.zone, now: runtime.now() };
    let query = facts_query(account, reports, &reading);
    Ok(Calls::new(runtime.store().call_facts(scope, &query).await?, reading))
}

/// The calls that reports are about, as they are known and as they become.
#[derive(Debug)]
pub(crate) struct Calls {
    known: CallFacts,
    reading: Reading,
    /// Calls that the batch has been given already, as they are in it.
    changed: Vec<Changed>,
    /// Which those are.
    written: BTreeSet<CallId>,
}

#[derive(Debug)]
struct Changed {
    call: Call,
    is_new: bool,
}

impl Calls {
    pub(crate) const fn new(known: CallFacts, reading: Reading) -> Self {
        Self { known, reading, changed: Vec::new(), written: BTreeSet::new() }
    }

    /// Lets calls follow identities that were joined by what was decided before, as the store does once the batch is applied.
    pub(crate) fn follow(&mut self, joined: &[Joined]) {
        let changed = self.changed.iter_mut().map(|changed| &mut changed.call);
        for call in self.known.calls.iter_mut().chain(changed) {
            joined.iter().for_each(|joined| call.follow(joined));
        }
    }

    /// Decides one report. `asked` says that it is the provider's own answer; `whose` the identity that it names.
    pub(crate) fn decide(
        &mut self,
        report: &CallReport,
        asked: bool,
        whose: Option<Whose>,
        account: AccountId,
        ids: &IdSource,
        batch: &mut Batch,
    ) -> Result<CallId, QuarantineReason> {
        let now = self.reading.now;
        if report.aliases.is_empty() && report.own.is_none() {
            return Err(QuarantineReason::Unknown);
        }
        let at = self.reading.time_of(report).unwrap_or(now);
        let mut found = self.take(report, account);
        if found.is_empty() && !asked && at < now - crate::time::OLDEST_EVENT {
            return Err(QuarantineReason::OutOfTime);
        }
        // The row of our own request stays, or else the oldest.
        found.sort_by_key(|changed| (changed.call.placed_by.is_none(), changed.is_new, changed.call.id));
        let mut found = found.into_iter();
        let mut kept = found
            .next()
            .unwrap_or_else(|| Changed { call: Call::new(ids.next(at), account, at, now), is_new: true });
        let before = (!kept.is_new).then(|| kept.call.clone());
        let merges = found.len() > 0;
        for other in found {
            kept.call.absorb(&other.call);
            if !other.is_new {
                batch
                    .require(Precondition::Revision(RecordRef::Call(other.call.id), other.call.revision))
                    .write(CallWrite::Merge { from: other.call.id, into: kept.call.id });
            }
            for (_, holder) in self.known.aliases.iter_mut().filter(|(_, holder)| *holder == other.call.id) {
                *holder = kept.call.id;
            }
        }
        let was_final = kept.call.state.is_final() && !kept.is_new;
        let new_files: Vec<String> = report
            .recordings
            .iter()
            .map(|(file, _)| file.clone())
            .filter(|file| !kept.call.evidence.recordings.contains_key(file))
            .collect();
        let own: Vec<PhoneNumber> =
            self.known.agents.iter().filter_map(|agent| agent.phone.clone()).collect();
        kept.call.apply(report, source(report, asked), &self.reading, &own);
        if let Some(whose) = whose {
            kept.call.belongs_to(whose);
        }
        kept.call.contact = kept.call.contact.or_else(|| self.only_contact(&kept.call));
        if let Some(member) = self.member(&kept.call) {
            kept.call.member = Some(member);
        }
        let id = kept.call.id;
        // What says nothing new is neither written nor told.
        let held = |alias| self.known.aliases.iter().any(|(known, holder)| known == alias && *holder == id);
        if merges || before.as_ref() != Some(&kept.call) || !report.aliases.iter().all(held) {
            self.write(&kept, report, was_final, ids, batch);
            recordings(&kept.call, &new_files, now, ids, batch);
            self.written.insert(id);
        }
        self.changed.push(kept);
        Ok(id)
    }

    /// Whether any id in a report names a call that is known.
    pub(crate) fn knows(&self, report: &CallReport) -> bool {
        self.known.aliases.iter().any(|(alias, _)| report.aliases.contains(alias))
    }

    /// The calls that a report is about: by our id, or by any id of the provider.
    fn take(&mut self, report: &CallReport, account: AccountId) -> Vec<Changed> {
        let named = |alias: &CallAlias| report.aliases.contains(alias);
        let by_alias: Vec<CallId> =
            self.known.aliases.iter().filter(|(alias, _)| named(alias)).map(|(_, call)| *call).collect();
        let meant = |call: &Call| {
            call.account == account && (by_alias.contains(&call.id) || report.own == Some(call.id))
        };
        let mut found = Vec::new();
        let mut place = 0;
        while place < self.changed.len() {
            if meant(&self.changed[place].call) {
                found.push(self.changed.swap_remove(place));
            } else {
                place += 1;
            }
        }
        place = 0;
        while place < self.known.calls.len() {
            if meant(&self.known.calls[place]) {
                let call = self.known.calls.swap_remove(place);
                found.push(Changed { call, is_new: false });
            } else {
                place += 1;
            }
        }
        found
    }

    /// Whose number it is, if exactly one contact has it.
    fn only_contact(&self, call: &Call) -> Option<ContactId> {
        let key = call.customer_key()?;
        let mut all =
            self.known.contacts.iter().filter(|(held, _)| *held == key).map(|(_, contact)| *contact);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    fn member(&self, call: &Call) -> Option<MemberId> {
        let agent = call.agent.as_deref()?;
        self.known.agents.iter().find(|known| known.id == agent)?.member
    }

    fn write(
        &mut self,
        kept: &Changed,
        report: &CallReport,
        was_final: bool,
        ids: &IdSource,
        batch: &mut Batch,
    ) {
        let now = self.reading.now;
        let (id, account) = (kept.call.id, kept.call.account);
        let written = self.written.contains(&id);
        if kept.is_new && !written {
            batch.write(CallWrite::Insert(Box::new(kept.call.clone())));
            let job = Job::new(ids.next(now), JobKind::ConfirmCall(id), now + ASK_ANYWAY);
            batch.job(job.through(account));
        } else {
            if !written {
                batch.require(Precondition::Revision(RecordRef::Call(id), kept.call.revision));
            }
            batch.write(CallWrite::Update(Box::new(kept.call.clone())));
        }
        for alias in &report.aliases {
            match self.known.aliases.iter().find(|(held, _)| held == alias) {
                Some((_, holder)) if *holder == id => {}
                _ => {
                    batch
                        .require(Precondition::CallAliasFree(account, alias.clone()))
                        .write(CallWrite::Alias { account, alias: alias.clone(), call: id });
                    self.known.aliases.push((alias.clone(), id));
                }
            }
        }
        if kept.call.state.is_final() && !was_final {
            let job = Job::new(ids.next(now), JobKind::ConfirmCall(id), now + ASK_AFTER);
            batch.job(job.through(account));
        }
        // Our own request is behind a call that we placed, so that its answer is enough to be done with missed ones.
        if kept.call.placed_by.is_some()
            && let Some(key) = kept.call.customer_key()
        {
            let waiting: Vec<Call> = self
                .known
                .waiting
                .iter()
                .filter(|call| call.customer_key().as_ref() == Some(&key))
                .cloned()
                .collect();
            settling::reached(&kept.call, &waiting, now, batch);
            if kept.call.state == CallState::Completed {
                self.known.waiting.retain(|call| call.customer_key().as_ref() != Some(&key));
            }
        }
        batch.about(id).event(DomainEvent::CallChanged { call: id, contact: kept.call.contact });
    }
}

/// A file for each recording that is named for the first time.
fn recordings(call: &Call, files: &[String], now: DateTime<Utc>, ids: &IdSource, batch: &mut Batch) {
    if call.recording_consent == RecordingConsent::Refused {
        return;
    }
    for file in files {
        let id: MediaId = ids.next(call.started_at);
        batch.write(MediaWrite::Insert(Media {
            id,
            owner: MediaOwner::Call(call.id),
            account: call.account,
            what: MediaKind::Audio,
            state: MediaState::Pending,
            mime: None,
            filename: None,
            size: None,
            sha256: None,
            provider_id: Some(file.clone()),
            blob: None,
            wrapped_key: None,
            event_at: call.started_at.min(now),
            expires_at: None,
        }));
        let job = Job::new(ids.next(now), JobKind::FetchMedia(id), now + FETCH_AFTER);
        batch.job(job.through(call.account));
    }
}
