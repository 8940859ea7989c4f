//! Sends: facts, gate, intent, act, outcome. The intent is durable before the first byte leaves.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{join, join_all};
use tokio::time::Instant;

use super::worker::{WorkReport, Worker};
use crate::account::AccountService;
use crate::account::{AccountChange, AccountNote, AccountState, AccountWrite, ProviderAccount};
use crate::consent::ConsentService;
use crate::consent::{
    ConsentEvent, ConsentFacts, Entry, EvidenceKind, PurposeScope, Refusal, SendFacts, SendPermit, Verdict,
    decide, enter,
};
use crate::contact::{Alias, ContactWrite};
use crate::conversation::{Content, ConversationWrite, DeliveryStatus, Evidence, FailureNote};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::id::{AccountId, JobId};
use crate::ledger::Action;
use crate::media::Media;
use crate::outbox::{Backoff, Job, JobState};
use crate::provider::{Accepted, OutboundContent, OutboundMessage, ProviderError, RefusalReason, Sender};
use crate::scope::{OrgScope, Principal};
use crate::store::{Batch, Cause, JobWrite, Lease, Precondition, RecordRef, StoreError};
use crate::text::EvidenceText;

/// How long sends rest whose account cannot be used, unless a check of it succeeds before.
const LOGIN_REST: TimeDelta = TimeDelta::minutes(5);
/// The longest a provider's word for slowing down is believed: beyond it a message would end for a number that nobody meant.
const LONGEST_REST: TimeDelta = TimeDelta::hours(1);

/// What was decided about one send.
enum Plan {
    /// Goes out once its intent is committed; a file by the provider's id for it.
    Go(Box<SendFacts>, SendPermit, Option<String>),
    /// May go out, but its file has to be at the provider first.
    Upload(Box<SendFacts>, Box<Media>),
    /// Only the batch.
    Stop,
}

impl Worker<'_> {
    pub(super) async fn sends(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        due: Vec<Job>,
    ) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        // In order within a conversation: the oldest of each goes first, the others in a later chunk.
        let mut heads: Vec<JobId> = Vec::new();
        let mut seen = Vec::new();
        for job in &due {
            if job.conversation.is_none_or(|conversation| !seen.contains(&conversation)) {
                seen.extend(job.conversation);
                heads.push(job.id);
            }
        }
        let facts = self.crm.store().send_facts(scope, &heads).await?;
        for orphan in due.iter().filter(|job| heads.contains(&job.id)) {
            if !facts.iter().any(|known| known.job.id == orphan.id) {
                // The message has expired or was erased: there is nothing left to send.
                self.settle(scope, lease, orphan, JobState::Expired, None, orphan.attempts).await?;
            }
        }
        let with_files: Vec<_> = facts
            .iter()
            .filter(|known| known.message.content.media().is_some())
            .map(|known| known.message.id)
            .collect();
        let files = if with_files.is_empty() {
            Vec::new()
        } else {
            self.crm.store().media_of(scope, &with_files).await?
        };
        let mut plans = Vec::new();
        let mut batches = Vec::new();
        let mut uploads = Vec::new();
        let rows = facts.iter().map(|known| known.consent.clone()).collect();
        let consents = ConsentService::new(self.crm).facts(scope, rows).await?;
        for (known, consent) in facts.into_iter().zip(consents) {
            let file = known.message.content.media();
            let file = file.and_then(|id| files.iter().find(|file| file.id == id));
            match self.plan(lease, known, &consent, file) {
                (Plan::Upload(facts, file), _) => uploads.push(self.upload(scope, *facts, *file)),
                (plan, batch) => {
                    plans.push(plan);
                    batches.push(batch);
                }
            }
        }
        let outcomes = self.crm.store().commit(scope, batches).await;
        let begun = Instant::now();
        let (mut going, mut limit) = (Vec::new(), None);
        for (plan, outcome) in plans.into_iter().zip(outcomes) {
            match (plan, outcome) {
                (Plan::Go(facts, permit, file), Ok(_)) => {
                    limit = limit.or_else(|| self.rate_limit(&facts));
                    going.push(self.deliver(scope, *facts, permit, file));
                }
                (_, Ok(_)) => report.stopped += 1,
                // A consent, the lease or the job changed meanwhile: the permit is dropped unspent, and the job is
                // decided on again.
                (_, Err(StoreError::PreconditionFailed(_))) => {}
                (_, Err(error)) => return Err(error.into()),
            }
        }
        let sends = going.len();
        let (gone, uploaded) = join(join_all(going), join_all(uploads)).await;
        if let Some((account, per_second)) = limit {
            // The queue stays ours until its messages have been paid for in time.
            let cost = self.crm.rate_limits().cost(account, per_second, sends, self.crm.now());
            tokio::time::sleep(cost.saturating_sub(begun.elapsed())).await;
        }
        for done in gone.into_iter().chain(uploaded) {
            report += done?;
        }
        Ok(report)
    }

    /// The account of a send, and how many messages its provider takes each second.
    fn rate_limit(&self, facts: &SendFacts) -> Option<(AccountId, u32)> {
        let able = AccountService::new(self.crm).messaging(&facts.account).ok()?.capabilities();
        Some((facts.account.id, able.rate_per_second))
    }

    /// Decides on one send, and writes the decision down.
    fn plan(
        &self,
        lease: &Lease,
        facts: SendFacts,
        consent: &ConsentFacts,
        file: Option<&Media>,
    ) -> (Plan, Batch) {
        let now = self.crm.now();
        let (id, message) = (facts.job.id, facts.message.id);
        let cause = Cause::Job(id, *lease);
        let mut stop = Batch::caused_by(&cause, Action::MessageStopped, now);
        let changed = DomainEvent::MessageChanged { conversation: facts.conversation.id, message };
        stop.about(message).require(Precondition::Job(id, JobState::Pending)).event(changed);
        let settle =
            |state, not_before| JobWrite::Settle { id, state, not_before, attempts: facts.job.attempts };
        let first = facts.message.delivery.status == DeliveryStatus::Queued;
        // A message that was dispatched before and is refused now has failed; it was never merely held back.
        let ended = |status: DeliveryStatus, failure: Option<FailureNote>| ConversationWrite::Evidence {
            message,
            evidence: Evidence {
                status: if first { status } else { DeliveryStatus::Failed },
                at: now,
                failure,
            },
        };
        if now >= facts.job.deadline {
            let failure = Some(FailureNote { code: "message.expired".into(), detail: None });
            stop.write(settle(JobState::Expired, None)).write(ended(DeliveryStatus::Expired, failure));
            return (Plan::Stop, stop);
        }
        if facts.account.state != AccountState::Routable {
            let account = &facts.account;
            // If it was mended meanwhile, this is decided again instead: nothing would wake it.
            stop.require(Precondition::Revision(RecordRef::Account(account.id), account.revision))
                .write(JobWrite::Rest { id, until: now + LOGIN_REST, attempts: facts.job.attempts })
                .write(ConversationWrite::Requeue { message, why: held_by(account), at: now });
            return (Plan::Stop, stop);
        }
        let Some(purpose) = facts.message.purpose else {
            let failure = Some(FailureNote { code: "message.unsupported".into(), detail: None });
            stop.write(settle(JobState::Dead, None)).write(ended(DeliveryStatus::Suppressed, failure));
            return (Plan::Stop, stop);
        };
        if facts.message.content.media().is_some() && file.is_none() {
            let failure = Some(FailureNote { code: "media.unavailable".into(), detail: None });
            stop.write(settle(JobState::Dead, None)).write(ended(DeliveryStatus::Failed, failure));
            return (Plan::Stop, stop);
        }
        let template = matches!(facts.message.content, Content::Template { .. });
        // The category may have changed at the provider since it was queued: the stricter purpose counts.
        let purpose = facts.template.as_ref().map_or(purpose, |known| known.category.purpose());
        let Ok(messaging) = AccountService::new(self.crm).messaging(&facts.account) else {
            let failure = Some(FailureNote { code: "account.no_provider".into(), detail: None });
            stop.write(settle(JobState::Dead, None)).write(ended(DeliveryStatus::Failed, failure));
            return (Plan::Stop, stop);
        };
        match decide(consent, messaging.capabilities().intent(purpose, template), now) {
            // The permit of an upload is dropped unspent: the gate is asked again before the message leaves.
            Verdict::Allow(permit) => {
                if let Some(file) = file.filter(|file| file.provider_id.is_none()) {
                    return (Plan::Upload(Box::new(facts), Box::new(file.clone())), stop);
                }
                let uploaded = file.and_then(|file| file.provider_id.clone());
                let (subjects, head) = permit.head();
                let mut go = Batch::caused_by(&cause, Action::MessageDispatched, now);
                go.about(message)
                    .require(Precondition::Job(id, JobState::Pending))
                    .require(Precondition::ConsentHead(subjects, head))
                    .write(settle(JobState::Dispatched, None))
                    .write(ConversationWrite::Evidence {
                        message,
                        evidence: Evidence { status: DeliveryStatus::Dispatched, at: now, failure: None },
                    })
                    .event(changed);
                (Plan::Go(Box::new(facts), permit, uploaded), go)
            }
            Verdict::Defer { until, .. } => {
                stop.write(settle(JobState::Pending, Some(until)));
                (Plan::Stop, stop)
            }
            Verdict::Deny(refusal) => {
                let note: Refusal = refusal;
                stop.write(settle(JobState::Suppressed, None))
                    .write(ended(DeliveryStatus::Suppressed, Some(note.note())));
                (Plan::Stop, stop)
            }
        }
    }

    /// Hands a message to the provider, and writes the outcome down.
    async fn deliver(
        &self,
        scope: &OrgScope,
        facts: SendFacts,
        permit: SendPermit,
        file: Option<String>,
    ) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let outcome = self.call(scope, &facts, permit, file).await;
        let now = self.crm.now();
        let mut batch = Batch::caused_by(&Cause::Stored, Action::MessageEvidence, now);
        let (message, conversation) = (facts.message.id, facts.conversation.id);
        batch
            .about(message)
            .require(Precondition::Job(facts.job.id, JobState::Dispatched))
            .event(DomainEvent::MessageChanged { conversation, message });
        let mut found = None;
        match outcome {
            Ok(accepted) => {
                report.sent = 1;
                self.accepted(&facts, accepted, now, &mut batch);
            }
            Err(error) => {
                report.failed = 1;
                tracing::warn!(code = %error.code(), message = %message, "a message was not taken");
                found = self.on_failure(&facts, &error, now, &mut batch);
            }
        }
        self.conclude(scope, &facts, JobState::Dispatched, batch, found).await?;
        Ok(report)
    }

    /// Writes down what follows from a provider's answer for a job in this state, and what the answer says about the
    /// account. If the account was mended while the provider was asked, the answer is about what it was before: the send
    /// is due again at once, since nothing would wake it.
    pub(super) async fn conclude(
        &self,
        scope: &OrgScope,
        facts: &SendFacts,
        state: JobState,
        mut batch: Batch,
        found: Option<(AccountState, AccountNote)>,
    ) -> Result<(), Error> {
        let account = RecordRef::Account(facts.account.id);
        if found.is_some() {
            batch.require(Precondition::Revision(account, facts.account.revision));
        }
        match self.crm.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(precondition_failed)) if matches!(*precondition_failed, Precondition::Revision(record, _) if record == account) =>
            {
                let (id, now, attempts) = (facts.job.id, self.crm.now(), facts.job.attempts);
                let pending = JobState::Pending;
                let mut again = Batch::caused_by(&Cause::Stored, Action::JobSettled, now);
                again.about(id).require(Precondition::Job(id, state)).write(JobWrite::Settle {
                    id,
                    state: pending,
                    not_before: Some(now),
                    attempts,
                });
                match self.crm.store().commit_one(scope, again).await {
                    Err(StoreError::PreconditionFailed(_)) => Ok(()),
                    other => Ok(other.map(drop)?),
                }
            }
            // A status was faster than the answer and resolved it; or it was taken back, or another worker was faster.
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => {
                other?;
                self.account_is(scope, &facts.account, found).await
            }
        }
    }

    async fn call(
        &self,
        scope: &OrgScope,
        facts: &SendFacts,
        permit: SendPermit,
        file: Option<String>,
    ) -> Result<Accepted, ProviderError> {
        let unsupported =
            |what| ProviderError::Unsupported { provider: crate::provider::ProviderId("dialzio"), what };
        let content = match (&facts.message.content, file) {
            (Content::Text { body }, _) => {
                OutboundContent::Text { body: body.clone(), preview_url: body.reveal().contains("://") }
            }
            (Content::Media { what, caption, filename, .. }, Some(provider_id)) => OutboundContent::Media {
                what: *what,
                provider_id,
                caption: caption.clone(),
                filename: filename.clone(),
            },
            (Content::Template { parameters, .. }, _) => OutboundContent::Template(parameters.clone()),
            _ => return Err(unsupported("this kind of message")),
        };
        let service = AccountService::new(self.crm);
        let Ok(messaging) = service.messaging(&facts.account) else { return Err(unsupported("messages")) };
        // Nothing has left yet: the same request may be made again.
        let Ok(access) = service.access(scope.org(), &facts.account).await else {
            return Err(ProviderError::Credentials {
                provider: messaging.capabilities().provider,
                code: "sealed".into(),
                detail: None,
            });
        };
        let outbound = OutboundMessage { id: facts.message.id, content, reply_to: facts.reply_to.clone() };
        messaging.send(&access, permit, &outbound).await
    }

    fn accepted(&self, facts: &SendFacts, accepted: Accepted, now: DateTime<Utc>, batch: &mut Batch) {
        let message = facts.message.id;
        batch
            .write(ConversationWrite::External {
                account: facts.account.id,
                message,
                external: accepted.external,
            })
            .write(ConversationWrite::Evidence {
                message,
                evidence: Evidence { status: DeliveryStatus::Accepted, at: now, failure: None },
            })
            .write(JobWrite::Settle {
                id: facts.job.id,
                state: JobState::Done,
                not_before: None,
                attempts: facts.job.attempts + 1,
            });
        self.record_canonical_address(facts, &accepted.recipient, now, batch);
    }

    /// The provider's spelling of the recipient is a better address than ours.
    fn record_canonical_address(
        &self,
        facts: &SendFacts,
        recipient: &Sender,
        now: DateTime<Utc>,
        batch: &mut Batch,
    ) {
        for alias in recipient.aliases() {
            let held = &facts.identity.aliases;
            let respelled = matches!(&alias, Alias::Phone(_))
                && held
                    .iter()
                    .any(|known| known.kind() == alias.kind() && known.match_key() == alias.match_key());
            if respelled && !held.contains(&alias) {
                batch.write(ContactWrite::Alias { identity: facts.identity.id, alias, seen_at: now });
            }
        }
    }

    /// Writes down what a provider's answer says about the account, in a commit of its own. An account that was changed
    /// while the provider was asked stays as it is: the answer is about credentials that may be gone.
    async fn account_is(
        &self,
        scope: &OrgScope,
        seen: &ProviderAccount,
        found: Option<(AccountState, AccountNote)>,
    ) -> Result<(), Error> {
        let Some((state, note)) = found else { return Ok(()) };
        let account = seen.id;
        let change =
            AccountChange { state: Some(state), problem: Some(Some(note)), ..AccountChange::default() };
        let mut batch = Batch::caused_by(&Cause::Stored, Action::AccountChanged, self.crm.now());
        batch
            .about(account)
            .require(Precondition::Revision(RecordRef::Account(account), seen.revision))
            .write(AccountWrite::Change { account, change: Box::new(change) })
            .event(DomainEvent::AccountChanged { account });
        match self.crm.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }

    /// What follows for the message from an error of the provider, into `batch`. Answers what it says about the account,
    /// for [`conclude`](Self::conclude).
    #[must_use]
    pub(super) fn on_failure(
        &self,
        facts: &SendFacts,
        error: &ProviderError,
        now: DateTime<Utc>,
        batch: &mut Batch,
    ) -> Option<(AccountState, AccountNote)> {
        let message = facts.message.id;
        let id = facts.job.id;
        let attempts = facts.job.attempts + 1;
        let why = FailureNote { code: error.code(), detail: error.detail().map(str::to_owned) };
        let evidence = |status| ConversationWrite::Evidence {
            message,
            evidence: Evidence { status, at: now, failure: Some(why.clone()) },
        };
        let found = |state| {
            let detail = error.detail().map(str::to_owned);
            Some((state, AccountNote { code: error.code(), detail, at: now }))
        };
        let settle = |state, not_before, attempts| JobWrite::Settle { id, state, not_before, attempts };
        // Nothing left: it waits again, and says why.
        let requeue = || ConversationWrite::Requeue { message, why: why.clone(), at: now };
        let rest = || JobWrite::Rest { id, until: now + LOGIN_REST, attempts: facts.job.attempts };
        let retry = |backoff: Backoff, floor: Option<TimeDelta>| {
            let wait = backoff.wait(facts.job.attempts, floor, self.crm.entropy())?;
            let due = now + wait.max(TimeDelta::milliseconds(20));
            (due < facts.job.deadline).then_some(due)
        };
        if matches!(error, ProviderError::Throttled { retry_after: None, .. }) {
            // Not this message alone but the account is too fast.
            self.crm.rate_limits().throttled(facts.account.id, now);
        }
        let again = match error {
            ProviderError::Throttled { retry_after, .. } => {
                let floor = retry_after.map(|wait| TimeDelta::from_std(wait).unwrap_or(LONGEST_REST));
                let floor = floor.unwrap_or(TimeDelta::seconds(1)).min(LONGEST_REST);
                Some(retry(Backoff::FAULT, Some(floor)))
            }
            ProviderError::Fault { .. } => Some(retry(Backoff::FAULT, None)),
            ProviderError::Unreachable { .. } => Some(retry(Backoff::NOT_SENT, None)),
            _ => None,
        };
        match (error, again) {
            (_, Some(Some(due))) => {
                batch.write(settle(JobState::Pending, Some(due), attempts)).write(requeue());
            }
            // The message has nothing to do with it: it waits, and costs no attempt.
            (ProviderError::Credentials { .. }, _) => {
                batch.write(rest()).write(requeue());
                return found(AccountState::NeedsLogin);
            }
            (ProviderError::Refused { reason: RefusalReason::Account, .. }, _) => {
                batch.write(rest()).write(requeue());
                return found(AccountState::Paused);
            }
            (ProviderError::Ambiguous { .. }, _) => {
                batch
                    .write(settle(JobState::Unknown, None, attempts))
                    .write(evidence(DeliveryStatus::Unknown));
            }
            (error, _) => {
                batch.write(settle(JobState::Dead, None, attempts)).write(evidence(DeliveryStatus::Failed));
                if let ProviderError::Refused { reason, .. } = error {
                    self.consequences(facts, *reason, now, batch);
                }
            }
        }
        None
    }

    /// What a refusal says about the person or the account.
    fn consequences(&self, facts: &SendFacts, reason: RefusalReason, now: DateTime<Utc>, batch: &mut Batch) {
        match reason {
            RefusalReason::MarketingStopped => {
                let note = EvidenceText::received(
                    "The provider refused a promotional message: the person stopped marketing.",
                );
                let (Some(note), Ok(provider)) =
                    (note, AccountService::new(self.crm).messaging(&facts.account))
                else {
                    return;
                };
                let (kind, message) = (EvidenceKind::Provider, Some(facts.message.id));
                let entry = Entry {
                    contact: facts.conversation.contact,
                    subjects: facts.consent.subjects.clone(),
                    channel: provider.capabilities().channel,
                    scope: PurposeScope::Marketing,
                    event: ConsentEvent::ProviderStop,
                    evidence: crate::consent::Evidence { kind, note, message },
                    by: &Principal::System,
                    occurred_at: now,
                    lasts: None,
                    identities: &[facts.identity.id],
                };
                enter(batch, self.crm.ids(), now, entry);
            }
            RefusalReason::Recipient => {
                batch.write(ContactWrite::Reachable {
                    identity: facts.identity.id,
                    unreachable_since: Some(now),
                });
            }
            _ => {}
        }
    }
}

/// Why a message waits for its account.
fn held_by(account: &ProviderAccount) -> FailureNote {
    match &account.problem {
        Some(AccountNote { code, detail, .. }) => FailureNote { code: code.clone(), detail: detail.clone() },
        None => FailureNote { code: format!("account.{}", account.state.as_str()), detail: None },
    }
}
