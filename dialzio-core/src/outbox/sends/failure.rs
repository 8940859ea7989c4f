//! What follows when a provider does not take a message or its file.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::backoff::Backoff;
use super::super::job::JobState;
use super::super::worker::Worker;
use crate::account::{AccountNote, AccountService, AccountState};
use crate::consent::{ConsentEvent, Entry, EvidenceKind, PurposeScope, SendFacts, enter};
use crate::contact::ContactWrite;
use crate::conversation::{ConversationWrite, DeliveryStatus, Evidence, FailureNote};
use crate::outbox::JobWrite;
use crate::provider::{ProviderError, RefusalReason};
use crate::scope::Principal;
use crate::store::Batch;
use crate::text::EvidenceText;

/// How long sends wait whose account cannot be used, unless a check of the account succeeds before.
pub(super) const ACCOUNT_RETRY: TimeDelta = TimeDelta::minutes(5);
/// The longest `Retry-After` that is followed: a longer one, perhaps sent by mistake, would let the message expire.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

impl Worker<'_> {
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
        let update = |state, not_before, attempts| JobWrite::Update { id, state, not_before, attempts };
        // Nothing left: it waits again, and says why.
        let requeue = || ConversationWrite::Requeue { message, why: why.clone(), at: now };
        let rest = || JobWrite::Rest { id, until: now + ACCOUNT_RETRY, attempts: facts.job.attempts };
        let retries = facts.job.kind.row().retries;
        let retry = |backoff: Backoff, floor: Option<TimeDelta>| {
            let wait = backoff.wait(facts.job.attempts, floor, self.runtime.entropy())?;
            let due = now + wait;
            (due < facts.job.deadline).then_some(due)
        };
        if matches!(error, ProviderError::Throttled { retry_after: None, .. }) {
            // Not this message alone but the account is too fast.
            self.runtime.rate_limits().throttled(facts.account.id, now);
        }
        let again = match error {
            ProviderError::Throttled { retry_after, .. } => {
                let floor = retry_after.map(|wait| TimeDelta::from_std(wait).unwrap_or(LONGEST_WAIT));
                let floor = floor.unwrap_or(TimeDelta::seconds(1)).min(LONGEST_WAIT);
                Some(retry(retries.fault, Some(floor)))
            }
            ProviderError::Fault { .. } => Some(retry(retries.fault, None)),
            ProviderError::Unreachable { .. } => Some(retry(retries.unreached, None)),
            _ => None,
        };
        match (error, again) {
            (_, Some(Some(due))) => {
                batch.write(update(JobState::Pending, Some(due), attempts)).write(requeue());
            }
            // The message has nothing to do with it: it waits, and costs no attempt.
            (ProviderError::Credentials { .. }, _) => {
                batch.write(rest()).write(requeue());
                // Calls go by credentials of their own: they go on, and the account says what is wrong.
                let calls_go_on = AccountService::new(self.runtime).telephony(&facts.account).is_ok();
                return found(if calls_go_on { facts.account.state } else { AccountState::NeedsLogin });
            }
            (ProviderError::Refused { reason: RefusalReason::Account, .. }, _) => {
                batch.write(rest()).write(requeue());
                let calls_go_on = AccountService::new(self.runtime).telephony(&facts.account).is_ok();
                return found(if calls_go_on { facts.account.state } else { AccountState::Paused });
            }
            (ProviderError::Ambiguous { .. }, _) => {
                batch
                    .write(update(JobState::Unknown, None, attempts))
                    .write(evidence(DeliveryStatus::Unknown));
            }
            (error, _) => {
                batch.write(update(JobState::Dead, None, attempts)).write(evidence(DeliveryStatus::Failed));
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
                    (note, AccountService::new(self.runtime).messaging(&facts.account))
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
                enter(batch, self.runtime.ids(), now, entry);
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
