//! What members do with scheduled messages: add, change, cancel. Sending one when its time comes is the worker's.

use chrono::{DateTime, TimeDelta, Utc};

use super::intent::{Wording, intent};
use super::scheduled::{MAX_AHEAD, MAX_SCHEDULED, ScheduledMessage, ScheduledWrite};
use super::sending::Preview;
use super::{ConversationService, DraftKind, DraftWrite};
use crate::account::AccountService;
use crate::consent::{Purpose, Refusal, RefusalCode, decide};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{ConversationId, MessageId, ScheduledMessageId};
use crate::ledger::Action;
use crate::outbox::{Job, JobKind, JobState};
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{
    Batch, Idempotency, IdempotencyKey, Outcome, Precondition, RecordRef, Revision, StoreError,
};
use crate::text::MessageText;
use crate::time::RETENTION_CAP;

const KIND: RecordKind = RecordKind::ScheduledMessage;

/// A text to be sent at a later time.
#[derive(Debug, Clone)]
pub struct NewScheduled {
    /// What it says.
    pub text: MessageText,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// When it is to be sent.
    pub send_at: DateTime<Utc>,
    /// By which a retry of the same request is recognised.
    pub key: Option<IdempotencyKey>,
}

/// What to change of a scheduled message. Fields that are `None` stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduledPatch {
    /// What it says.
    pub text: Option<MessageText>,
    /// When it is to be sent.
    pub send_at: Option<DateTime<Utc>>,
}

/// A scheduled message, with what the gate would say at its time by what is known now.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// As it is kept.
    pub message: ScheduledMessage,
    /// What the gate would say.
    pub forecast: Preview,
}

/// Whether a refusal may be gone by the time at which the message is due: the person may write until then.
fn may_change(refusal: &Refusal) -> bool {
    refusal.reasons.iter().all(|reason| reason.code == RefusalCode::WindowClosed)
}

impl ConversationService<'_> {
    /// Schedules a text. The gate says now what it would say then: what the person has forbidden is refused at once; a reply
    /// window that will be closed is not, since they may write until then.
    ///
    /// # Errors
    /// [`Error::Refused`]; [`Error::Invalid`] for a text that is too long, a time that has passed or is too far ahead, and for
    /// more than [`MAX_SCHEDULED`]; [`Error::IdempotencyReused`]; [`Error::NotFound`]; [`Error::Account`];
    /// [`Error::Denied`] without [`Permission::MessagesSend`].
    pub async fn schedule(
        &self,
        by: &Actor,
        id: ConversationId,
        new: NewScheduled,
    ) -> Result<Scheduled, Error> {
        let scope = by.scope_for(Permission::MessagesSend)?;
        self.require(scope, id).await?;
        if let Some(answered) = new.reply_to {
            let known = self.runtime.store().message(scope, answered).await?;
            let known = known.filter(|message| message.conversation == id);
            known.ok_or(Error::missing(RecordKind::Message))?;
        }
        let now = self.runtime.now();
        let message = ScheduledMessage {
            id: self.runtime.ids().next(now),
            conversation: id,
            author: by.principal().to_ref(),
            text: new.text,
            reply_to: new.reply_to,
            send_at: crate::time::micros(new.send_at),
            refused: None,
            revision: Revision::FIRST,
        };
        let once = new.key.as_ref().map(|key| {
            let asked =
                format!("{id}\n{:?}\n{}\n{}", message.reply_to, message.send_at, message.text.reveal());
            let answer = RecordRef::ScheduledMessage(message.id);
            Idempotency::new(by.principal(), "messages.schedule", key, asked.as_bytes(), answer)
        });
        // A retry is answered as the first time, whatever the gate, the clock and the limit say by now.
        if let Some(once) = &once
            && let Some(first) = self.scheduled_before(by, scope, once).await?
        {
            return self.scheduled(by, first).await;
        }
        let forecast = self.checked(scope, &message).await?;
        if self.runtime.store().scheduled_messages(scope, id).await?.len() >= MAX_SCHEDULED {
            return Err(full());
        }
        let mut batch = Batch::new(by, Action::MessageScheduled, now);
        if let Some(once) = once {
            batch.once(once);
        }
        self.queue(&mut batch, &message, now);
        if let Some(member) = by.member() {
            batch
                .write(DraftWrite::Remove { conversation: id, member, kind: DraftKind::Reply })
                .event(DomainEvent::DraftChanged { conversation: id, member });
        }
        match self.runtime.store().commit_one(scope, batch).await?.outcome {
            Outcome::Applied => Ok(Scheduled { message, forecast }),
            Outcome::Mismatch => Err(Error::IdempotencyReused),
            Outcome::Replayed(RecordRef::ScheduledMessage(first)) => self.scheduled(by, first).await,
            Outcome::Replayed(_) => Err(Error::missing(KIND)),
        }
    }

    /// Looks a key up by a batch that changes nothing; it is not kept if it is new.
    async fn scheduled_before(
        &self,
        by: &Actor,
        scope: &OrgScope,
        once: &Idempotency,
    ) -> Result<Option<ScheduledMessageId>, Error> {
        let now = self.runtime.now();
        let mut probe = Batch::new(by, Action::MessageScheduled, now);
        let never = Precondition::Job(self.runtime.ids().next(now), JobState::Done);
        probe.once(once.clone()).require(never);
        match self.runtime.store().commit_one(scope, probe).await {
            Ok(commit) => match commit.outcome {
                Outcome::Replayed(RecordRef::ScheduledMessage(first)) => Ok(Some(first)),
                Outcome::Mismatch => Err(Error::IdempotencyReused),
                _ => Ok(None),
            },
            Err(StoreError::PreconditionFailed(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a scheduled message with the job that sends it. A job of an earlier time finds that it is not due, and does
    /// nothing.
    fn queue(&self, batch: &mut Batch, message: &ScheduledMessage, now: DateTime<Utc>) {
        let job = Job::new(self.runtime.ids().next(now), JobKind::SendScheduled(message.id), message.send_at);
        batch
            .about(message.id)
            .write(ScheduledWrite::Put(message.clone()))
            .job(job)
            .event(DomainEvent::ScheduledChanged { conversation: message.conversation });
    }

    /// What the gate would say at its time, if nothing else stands against it.
    async fn checked(&self, scope: &OrgScope, message: &ScheduledMessage) -> Result<Preview, Error> {
        let conversation = self.require(scope, message.conversation).await?;
        let account = self.usable(scope, conversation.account).await?;
        let limits = AccountService::new(self.runtime).messaging(&account)?.capabilities();
        let length = message.text.reveal().chars().count();
        if length > limits.max_text {
            let most = limits.max_text;
            let long = format!("is too long: {length} characters, at most {most} can be sent");
            return Err(Error::invalid("text", long));
        }
        let now = self.runtime.now();
        if message.send_at <= now {
            return Err(Error::invalid("send_at", "has passed: choose a later time"));
        }
        let org = self.runtime.store().org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
        let kept = TimeDelta::days(i64::from(org.message_days)).min(RETENTION_CAP);
        let most = MAX_AHEAD.min(kept);
        if message.send_at > now + most {
            let far = format!("is too far ahead: at most {} days", most.num_days());
            return Err(Error::invalid("send_at", far));
        }
        let forecast = self.forecast(scope, message).await?;
        match forecast {
            Preview::Refused(refusal) if !may_change(&refusal) => Err(Error::Refused(refusal)),
            other => Ok(other),
        }
    }

    async fn forecast(&self, scope: &OrgScope, message: &ScheduledMessage) -> Result<Preview, Error> {
        let conversation = self.require(scope, message.conversation).await?;
        let account = self.usable(scope, conversation.account).await?;
        let messaging = AccountService::new(self.runtime).messaging(&account)?;
        let facts = self.facts(scope, message.conversation).await?;
        let intent = intent(messaging.capabilities(), &account, Purpose::Service, Wording::Free);
        let at = message.send_at.max(self.runtime.now());
        Ok(decide(&facts, intent, at).into())
    }

    /// The scheduled messages of a conversation, by the time they are to be sent at.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn scheduled_in(&self, by: &Actor, id: ConversationId) -> Result<Vec<Scheduled>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        self.require(scope, id).await?;
        let mut all = Vec::new();
        for message in self.runtime.store().scheduled_messages(scope, id).await? {
            all.push(self.with_forecast(scope, message).await?);
        }
        Ok(all)
    }

    /// One scheduled message.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn scheduled(&self, by: &Actor, id: ScheduledMessageId) -> Result<Scheduled, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        let message = self.runtime.store().scheduled_message(scope, id).await?;
        self.with_forecast(scope, message.ok_or(Error::missing(KIND))?).await
    }

    /// An account that cannot send now is no reason not to show what waits for it.
    async fn with_forecast(&self, scope: &OrgScope, message: ScheduledMessage) -> Result<Scheduled, Error> {
        let forecast = match self.forecast(scope, &message).await {
            Err(Error::Account(_)) => Preview::Ready,
            other => other?,
        };
        Ok(Scheduled { message, forecast })
    }

    /// Changes the text or the time of a scheduled message; one that was refused waits again. With a revision, only if it is
    /// still at that one.
    ///
    /// # Errors
    /// As [`schedule`](Self::schedule); [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed
    /// meanwhile and no revision was given.
    pub async fn reschedule(
        &self,
        by: &Actor,
        id: ScheduledMessageId,
        seen: Option<Revision>,
        patch: ScheduledPatch,
    ) -> Result<Scheduled, Error> {
        let scope = by.scope_for(Permission::MessagesSend)?;
        let before = self.meant(scope, id, seen).await?;
        let message = ScheduledMessage {
            text: patch.text.unwrap_or_else(|| before.text.clone()),
            send_at: crate::time::micros(patch.send_at.unwrap_or(before.send_at)),
            refused: None,
            revision: Revision(before.revision.0.saturating_add(1)),
            ..before.clone()
        };
        let forecast = self.checked(scope, &message).await?;
        let now = self.runtime.now();
        let mut batch = Batch::new(by, Action::MessageScheduled, now);
        batch.require(Precondition::Revision(RecordRef::ScheduledMessage(id), before.revision));
        self.queue(&mut batch, &message, now);
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(Scheduled { message, forecast })
    }

    /// Cancels a scheduled message, and answers it as it was.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when it was sent meanwhile; [`Error::Stale`] if it is not at the revision;
    /// [`Error::Conflict`] if it was changed meanwhile and no revision was given; [`Error::Denied`] without
    /// [`Permission::MessagesSend`].
    pub async fn unschedule(
        &self,
        by: &Actor,
        id: ScheduledMessageId,
        seen: Option<Revision>,
    ) -> Result<ScheduledMessage, Error> {
        let scope = by.scope_for(Permission::MessagesSend)?;
        let before = self.meant(scope, id, seen).await?;
        let mut batch = Batch::new(by, Action::MessageScheduled, self.runtime.now());
        batch
            .about(id)
            .require(Precondition::Revision(RecordRef::ScheduledMessage(id), before.revision))
            .write(ScheduledWrite::Remove(id))
            .event(DomainEvent::ScheduledChanged { conversation: before.conversation });
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(before)
    }

    async fn meant(
        &self,
        scope: &OrgScope,
        id: ScheduledMessageId,
        seen: Option<Revision>,
    ) -> Result<ScheduledMessage, Error> {
        let kept = self.runtime.store().scheduled_message(scope, id).await?.ok_or(Error::missing(KIND))?;
        if seen.is_some_and(|seen| seen != kept.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        Ok(kept)
    }
}

fn full() -> Error {
    let words =
        format!("cannot be scheduled: {MAX_SCHEDULED} messages wait in this conversation, cancel one first");
    Error::invalid("text", words)
}

fn refused(error: StoreError, seen: Option<Revision>) -> Error {
    match error {
        StoreError::PreconditionFailed(_) if seen.is_some() => Error::Stale { kind: KIND },
        StoreError::PreconditionFailed(_) => Error::Conflict { kind: KIND },
        other => other.into(),
    }
}
