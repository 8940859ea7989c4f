//! What becomes of one send: the gate's answer as a batch.

use super::super::job::JobState;
use super::super::lease::Lease;
use super::super::worker::Worker;
use super::failure::ACCOUNT_RETRY;
use crate::account::{AccountNote, AccountService, AccountState, ProviderAccount};
use crate::consent::{ConsentFacts, Refusal, SendFacts, SendPermit, Verdict, decide};
use crate::conversation::intent::{Wording, intent};
use crate::conversation::{Content, ConversationWrite, DeliveryStatus, Evidence, FailureNote};
use crate::event::DomainEvent;
use crate::ledger::Action;
use crate::media::Media;
use crate::outbox::JobWrite;
use crate::store::{Batch, Cause, Precondition, RecordRef};

/// What was decided about one send.
pub(super) enum Plan {
    /// Goes out once its intent is committed; a file by the provider's id for it.
    Go(Box<SendFacts>, SendPermit, Option<String>),
    /// May go out, but its file has to be at the provider first.
    Upload(Box<SendFacts>, Box<Media>),
    /// Only the batch.
    Stop,
}

impl Worker<'_> {
    /// Decides on one send, and writes the decision down.
    pub(super) fn plan(
        &self,
        lease: &Lease,
        facts: SendFacts,
        consent: &ConsentFacts,
        file: Option<&Media>,
    ) -> (Plan, Batch) {
        let now = self.runtime.now();
        let (id, message) = (facts.job.id, facts.message.id);
        let cause = Cause::Job(id, *lease);
        let mut stop = Batch::caused_by(&cause, Action::MessageStopped, now);
        let changed = DomainEvent::MessageChanged { conversation: facts.conversation.id, message };
        stop.about(message).require(Precondition::Job(id, JobState::Pending)).event(changed);
        let update =
            |state, not_before| JobWrite::Update { id, state, not_before, attempts: facts.job.attempts };
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
            stop.write(update(JobState::Expired, None)).write(ended(DeliveryStatus::Expired, failure));
            return (Plan::Stop, stop);
        }
        if facts.account.state != AccountState::Routable {
            let account = &facts.account;
            // If it was mended meanwhile, this is decided again instead: nothing would wake it.
            stop.require(Precondition::Revision(RecordRef::Account(account.id), account.revision))
                .write(JobWrite::Rest { id, until: now + ACCOUNT_RETRY, attempts: facts.job.attempts })
                .write(ConversationWrite::Requeue { message, why: held_by(account), at: now });
            return (Plan::Stop, stop);
        }
        let Some(purpose) = facts.message.purpose else {
            let failure = Some(FailureNote { code: "message.unsupported".into(), detail: None });
            stop.write(update(JobState::Dead, None)).write(ended(DeliveryStatus::Suppressed, failure));
            return (Plan::Stop, stop);
        };
        if facts.message.content.media().is_some() && file.is_none() {
            let failure = Some(FailureNote { code: "media.unavailable".into(), detail: None });
            stop.write(update(JobState::Dead, None)).write(ended(DeliveryStatus::Failed, failure));
            return (Plan::Stop, stop);
        }
        let wording = match facts.message.content {
            Content::Template { .. } => Wording::Template(facts.template.as_ref()),
            _ => Wording::Free,
        };
        // The category may have changed at the provider since it was queued: the stricter purpose counts.
        let purpose = facts.template.as_ref().map_or(purpose, |known| known.category.purpose());
        let Ok(messaging) = AccountService::new(self.runtime).messaging(&facts.account) else {
            let failure = Some(FailureNote { code: "account.no_provider".into(), detail: None });
            stop.write(update(JobState::Dead, None)).write(ended(DeliveryStatus::Failed, failure));
            return (Plan::Stop, stop);
        };
        let intent = intent(messaging.capabilities(), &facts.account, purpose, wording);
        match decide(consent, intent, now) {
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
                    .write(update(JobState::Dispatched, None))
                    .write(ConversationWrite::Evidence {
                        message,
                        evidence: Evidence { status: DeliveryStatus::Dispatched, at: now, failure: None },
                    })
                    .event(changed);
                (Plan::Go(Box::new(facts), permit, uploaded), go)
            }
            Verdict::Defer { until, .. } => {
                stop.write(update(JobState::Pending, Some(until)));
                (Plan::Stop, stop)
            }
            Verdict::Deny(refusal) => {
                let note: Refusal = refusal;
                stop.write(update(JobState::Suppressed, None))
                    .write(ended(DeliveryStatus::Suppressed, Some(note.note())));
                (Plan::Stop, stop)
            }
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
