//! Scheduled messages whose time has come: the gate decides, and the text becomes a message that is sent like any other, or
//! stays with the reason. Either is one commit with the end of the job, so a crash neither loses nor doubles it.

use chrono::{DateTime, Utc};

use super::job::{Job, JobState};
use super::kind::JobKind;
use super::lease::Lease;
use super::worker::Worker;
use super::write::JobWrite;
use crate::account::{AccountService, AccountState};
use crate::consent::{ConsentService, Purpose, Verdict, decide};
use crate::conversation::intent::{Wording, intent};
use crate::conversation::{
    Content, ConversationWrite, FailureNote, HeadDelta, Message, Refused, ScheduledMessage, ScheduledWrite,
};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::id::{AccountId, ScheduledMessageId};
use crate::ledger::Action;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition, RecordRef, StoreError};

/// What is to become of a scheduled message.
enum Decided {
    /// It is queued through its account, due at a time.
    Send(AccountId, DateTime<Utc>),
    /// It stays, for this reason.
    Refuse(FailureNote),
}

fn refuse(code: impl Into<String>) -> Decided {
    Decided::Refuse(FailureNote { code: code.into(), detail: None })
}

impl Worker<'_> {
    /// Sends a scheduled message if it is due. One that was cancelled, changed to a later time or refused already is left
    /// as it is.
    pub(super) async fn send_scheduled(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
        id: ScheduledMessageId,
    ) -> Result<(), Error> {
        let now = self.runtime.now();
        let kept = self.runtime.store().scheduled_message(scope, id).await?;
        let due = |kept: &ScheduledMessage| kept.refused.is_none() && kept.send_at <= now;
        let Some(kept) = kept.filter(due) else {
            return self.update_job(scope, lease, job, JobState::Done, None, job.attempts).await;
        };
        let decided = if now >= job.deadline {
            refuse("message.expired")
        } else {
            self.decide_scheduled(scope, &kept, now).await?
        };
        let mut batch = self.about(lease, job, &kept);
        match decided {
            Decided::Send(account, due) => {
                let said = Content::Text { body: kept.text.clone() };
                // A message that has expired or was erased is not answered any more.
                let answered = match kept.reply_to {
                    Some(answered) => self.runtime.store().message(scope, answered).await?,
                    None => None,
                };
                let message = Message {
                    author: Some(kept.author.clone()),
                    reply_to: answered.map(|message| message.id),
                    ..Message::queued(
                        self.runtime.ids().next(now),
                        kept.conversation,
                        said,
                        Purpose::Service,
                        now,
                    )
                };
                let job = Job::new(self.runtime.ids().next(now), JobKind::Send(message.id), due.max(now));
                batch
                    .write(ScheduledWrite::Remove(id))
                    .event(DomainEvent::MessageQueued {
                        conversation: kept.conversation,
                        message: message.id,
                    })
                    .write(ConversationWrite::Append {
                        account,
                        message: Box::new(message),
                        head: HeadDelta::default(),
                        digest: None,
                    })
                    .job(job.through(account).within(kept.conversation));
            }
            Decided::Refuse(why) => {
                let mut kept = kept;
                kept.refuse(Refused { at: now, why });
                batch.write(ScheduledWrite::Put(kept));
            }
        }
        self.settled(scope, batch).await
    }

    /// A batch that ends the job and depends on the scheduled message as it was read.
    fn about(&self, lease: &Lease, job: &Job, kept: &ScheduledMessage) -> Batch {
        let cause = Cause::Job(job.id, *lease);
        let mut batch = Batch::caused_by(&cause, Action::MessageScheduled, self.runtime.now());
        batch
            .about(kept.id)
            .require(Precondition::Job(job.id, JobState::Pending))
            .require(Precondition::Revision(RecordRef::ScheduledMessage(kept.id), kept.revision))
            .write(JobWrite::Update {
                id: job.id,
                state: JobState::Done,
                not_before: None,
                attempts: job.attempts,
            })
            .event(DomainEvent::ScheduledChanged { conversation: kept.conversation });
        batch
    }

    async fn settled(&self, scope: &OrgScope, batch: Batch) -> Result<(), Error> {
        match self.runtime.store().commit_one(scope, batch).await {
            // It was changed or cancelled meanwhile, or the lease ran out: it is looked at again.
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }

    async fn decide_scheduled(
        &self,
        scope: &OrgScope,
        kept: &ScheduledMessage,
        now: DateTime<Utc>,
    ) -> Result<Decided, Error> {
        let store = self.runtime.store();
        let Some(conversation) = store.conversation(scope, kept.conversation).await? else {
            return Ok(refuse("conversation.not_found"));
        };
        let account = store.account(scope, conversation.account).await?;
        let usable =
            |state| matches!(state, AccountState::Routable | AccountState::NeedsLogin | AccountState::Paused);
        let Some(account) = account.filter(|account| usable(account.state)) else {
            return Ok(refuse("account.not_routable"));
        };
        let Ok(messaging) = AccountService::new(self.runtime).messaging(&account) else {
            return Ok(refuse("account.no_provider"));
        };
        let rows = store.consent_facts(scope, conversation.id).await?;
        let facts = ConsentService::new(self.runtime).facts(scope, rows.into_iter().collect()).await?;
        let Some(facts) = facts.first() else { return Ok(refuse("conversation.not_found")) };
        let intent = intent(messaging.capabilities(), &account, Purpose::Service, Wording::Free);
        Ok(match decide(facts, intent, now) {
            // The permit is dropped unspent: the gate is asked again before the message leaves.
            Verdict::Allow(_) => Decided::Send(account.id, now),
            Verdict::Defer { until, .. } => Decided::Send(account.id, until),
            Verdict::Deny(refusal) => Decided::Refuse(refusal.note()),
        })
    }
}
