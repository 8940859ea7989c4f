//! Sending: a message is judged by the gate, queued, taken back, or resolved by a member.

use chrono::{DateTime, Utc};

use super::attachment::Attachment;
use super::intent::{Wording, intent};
use super::{
    Activity, ActivityKind, Content, ConversationService, ConversationState, ConversationWrite,
    DeliveryStatus, Direction, Evidence, FailureNote, HeadDelta, Message, Template, TemplateError,
};
use crate::account::AccountService;
use crate::account::{AccountState, ProviderAccount};
use crate::consent::ConsentService;
use crate::consent::{
    ConsentFacts, Purpose, Reason, Refusal, RefusalCode, Verdict, confirmation_until, decide,
};
use crate::error::{AccountProblem, Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, ConversationId, MessageId};
use crate::ledger::Action;
use crate::media::NewFile;
use crate::outbox::{Job, JobKind, JobState, JobWrite};
use crate::page::PageRequest;
use crate::provider::MessagingCapabilities;
use crate::scope::{Actor, OrgScope, Permission, Principal};
use crate::store::{Batch, Idempotency, IdempotencyKey, Outcome, Precondition, RecordRef, StoreError};
use crate::text::MessageText;

/// How many of the newest messages are looked at for an answer of another member.
const LOOKED_AT: u32 = 20;

/// A message to be sent in a conversation.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// What it holds.
    pub body: NewBody,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// By which a retry of the same request is recognised.
    pub key: Option<IdempotencyKey>,
    /// The newest message that the sender had seen when they began to write. If another member has answered after it, the
    /// message is refused instead of queued, so that the person is not answered twice; `None` asks for no such check.
    pub seen: Option<MessageId>,
}

/// What a message to be sent holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NewBody {
    /// An answer in plain text.
    Text(MessageText),
    /// A file with words under it.
    File {
        /// The file, with its name and declared type.
        file: NewFile,
        /// Words under it.
        caption: Option<MessageText>,
    },
    /// A template with its parameters by name ([`Template::parameters`]).
    Template {
        /// The name of the template at the provider.
        name: String,
        /// The language code of the template, exactly as the provider lists it.
        language: String,
        /// Name or position of each parameter, and its text.
        parameters: Vec<(String, String)>,
    },
}

impl NewMessage {
    /// An answer in plain text.
    ///
    /// # Errors
    /// [`crate::TextError`].
    pub fn text(body: &str) -> Result<Self, crate::TextError> {
        Ok(Self { body: NewBody::Text(MessageText::parse(body)?), reply_to: None, key: None, seen: None })
    }

    /// A file, with words under it where there are any.
    #[must_use]
    pub const fn file(file: NewFile, caption: Option<MessageText>) -> Self {
        Self { body: NewBody::File { file, caption }, reply_to: None, key: None, seen: None }
    }

    /// A template without parameters; add them with [`param`](Self::param).
    #[must_use]
    pub fn template(name: &str, language: &str) -> Self {
        let body = NewBody::Template {
            name: name.to_owned(),
            language: language.to_owned(),
            parameters: Vec::new(),
        };
        Self { body, reply_to: None, key: None, seen: None }
    }

    /// Adds a parameter of a template.
    #[must_use]
    pub fn param(mut self, name: &str, value: &str) -> Self {
        if let NewBody::Template { parameters, .. } = &mut self.body {
            parameters.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// As an answer to a message.
    #[must_use]
    pub const fn answering(mut self, message: MessageId) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// Once only, for this key.
    #[must_use]
    pub fn once(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(key);
        self
    }
}

/// A message that was queued.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message as it was queued.
    pub message: Message,
    /// It waits until then, for these reasons.
    pub deferred: Option<(DateTime<Utc>, Vec<Reason>)>,
    /// The key was used before for the same request: this is what it answered.
    pub replayed: bool,
}

/// What the gate would say now, for the composer.
#[derive(Debug, Clone)]
pub struct SendPreview {
    /// An answer in free text.
    pub reply: Preview,
    /// Each template, with what the gate says to its category.
    pub templates: Vec<(Template, Preview)>,
    /// After an opt-out, until when the one confirmation of it may be sent; `None` where free text is an ordinary reply or
    /// is refused.
    pub confirmation_until: Option<DateTime<Utc>>,
    /// What the provider takes; `None` if it is not registered.
    pub capabilities: Option<MessagingCapabilities>,
}

/// What the gate would say now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// The gate would allow it now.
    Ready,
    /// The gate would put it off.
    Deferred {
        /// The earliest time at which it would be sent.
        until: DateTime<Utc>,
        /// The rules that would put it off.
        reasons: Vec<Reason>,
    },
    /// The gate would refuse it, for these reasons.
    Refused(crate::consent::Refusal),
}

impl From<Verdict> for Preview {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allow(_) => Self::Ready,
            Verdict::Defer { until, reasons } => Self::Deferred { until, reasons },
            Verdict::Deny(refusal) => Self::Refused(refusal),
        }
    }
}

impl ConversationService<'_> {
    pub(super) async fn facts(&self, scope: &OrgScope, id: ConversationId) -> Result<ConsentFacts, Error> {
        let rows = self.runtime.store().consent_facts(scope, id).await?;
        let rows = rows.ok_or(Error::missing(RecordKind::Conversation))?;
        let mut facts = ConsentService::new(self.runtime).facts(scope, vec![rows]).await?;
        facts.pop().ok_or(Error::missing(RecordKind::Conversation))
    }

    /// What the gate would say now, for the composer and the template picker.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn preview(&self, by: &Actor, id: ConversationId) -> Result<SendPreview, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        let conversation = self.require(scope, id).await?;
        let facts = self.facts(scope, id).await?;
        let now = self.runtime.now();
        let templates = self.runtime.store().templates(scope, conversation.account).await?;
        let account = self.runtime.store().account(scope, conversation.account).await?;
        let capabilities = account.as_ref().and_then(|account| {
            AccountService::new(self.runtime)
                .messaging(account)
                .ok()
                .map(|messaging| messaging.capabilities().clone())
        });
        // Without its provider there is no way to reach the person here.
        let unreached = Refusal { reasons: vec![Reason { code: RefusalCode::Unresolved, since: None }] };
        let ask = |purpose, wording: Wording<'_>| match (&capabilities, &account) {
            (Some(capabilities), Some(account)) => {
                decide(&facts, intent(capabilities, account, purpose, wording), now).into()
            }
            _ => Preview::Refused(unreached.clone()),
        };
        let judged = |template: Template| {
            let preview = ask(template.category.purpose(), Wording::Template(Some(&template)));
            (template, preview)
        };
        let reply = ask(Purpose::Service, Wording::Free);
        let confirmation = confirmation_until(&facts).filter(|_| reply == Preview::Ready);
        Ok(SendPreview {
            reply,
            confirmation_until: confirmation,
            templates: templates.into_iter().map(judged).collect(),
            capabilities: capabilities.clone(),
        })
    }

    pub(super) async fn usable(&self, scope: &OrgScope, id: AccountId) -> Result<ProviderAccount, Error> {
        let account =
            self.runtime.store().account(scope, id).await?.ok_or(Error::missing(RecordKind::Account))?;
        match account.state {
            AccountState::Routable | AccountState::NeedsLogin | AccountState::Paused => Ok(account),
            AccountState::Unchecked | AccountState::Disconnected => {
                Err(Error::Account(AccountProblem::NotRoutable))
            }
        }
    }

    /// Queues a message, if the gate allows it; the worker asks the gate again before it leaves.
    ///
    /// # Errors
    /// [`Error::Refused`] with every rule that says no; [`Error::Answered`] if another member was faster;
    /// [`Error::Template`]; [`Error::File`];
    /// [`Error::IdempotencyReused`]; [`Error::NotFound`]; [`Error::Denied`] without [`Permission::MessagesSend`].
    pub async fn send(&self, by: &Actor, id: ConversationId, new: NewMessage) -> Result<Sent, Error> {
        let scope = by.scope_for(Permission::MessagesSend)?;
        let store = self.runtime.store();
        let conversation = self.require(scope, id).await?;
        let account = self.usable(scope, conversation.account).await?;
        let limits = AccountService::new(self.runtime).messaging(&account)?.capabilities();
        if let Some(answered) = new.reply_to {
            let known = store.message(scope, answered).await?.filter(|message| message.conversation == id);
            known.ok_or(Error::missing(RecordKind::Message))?;
        }
        let now = self.runtime.now();
        let attachment = match &new.body {
            NewBody::File { file, caption } => {
                Some(Attachment::check(file, caption.as_ref(), limits, self.runtime.ids().next(now))?)
            }
            _ => None,
        };
        let mut used = None;
        let (content, purpose) = match &new.body {
            NewBody::Text(body) => {
                let length = body.reveal().chars().count();
                if length > limits.max_text {
                    let most = limits.max_text;
                    return Err(Error::invalid(
                        "text",
                        format!("is too long: {length} characters, at most {most} can be sent"),
                    ));
                }
                (Content::Text { body: body.clone() }, Purpose::Service)
            }
            NewBody::File { caption, .. } => {
                let content = attachment.as_ref().map(|file| file.content(caption.as_ref()));
                (content.ok_or(Error::missing(RecordKind::Media))?, Purpose::Service)
            }
            NewBody::Template { name, language, parameters } => {
                let templates = store.templates(scope, account.id).await?;
                let template =
                    templates.into_iter().find(|known| known.name == *name && known.language == *language);
                let template = template.ok_or(Error::missing(RecordKind::Template))?;
                let filled = template.fill(parameters)?;
                let body = MessageText::received(&template.display_text(&filled));
                let content = Content::Template {
                    name: name.clone(),
                    language: language.clone(),
                    category: template.category,
                    body: body.ok_or(Error::Template(TemplateError::Missing { parameter: "body".into() }))?,
                    parameters: filled,
                };
                let purpose = template.category.purpose();
                used = Some(template);
                (content, purpose)
            }
        };
        let message = Message {
            author: Some(by.principal().to_ref()),
            reply_to: new.reply_to,
            ..Message::queued(self.runtime.ids().next(now), id, content, purpose, now)
        };
        let fingerprint = || {
            let said = match (&attachment, &new.body) {
                // The file's id is made anew for each request; its bytes are the same in a retry.
                (Some(file), NewBody::File { file: given, caption }) => {
                    format!(
                        "file {:?} {:?} {:?}",
                        file.sha256,
                        given.name,
                        caption.as_ref().map(MessageText::reveal)
                    )
                }
                _ => serde_json::to_string(&message.content).unwrap_or_default(),
            };
            format!("{id}\n{:?}\n{said}", new.reply_to)
        };
        let once = new.key.as_ref().map(|key| {
            Idempotency::new(
                by.principal(),
                "messages.send",
                key,
                fingerprint().as_bytes(),
                RecordRef::Message(message.id),
            )
        });
        let facts = self.facts(scope, id).await?;
        let wording = match &new.body {
            NewBody::Template { .. } => Wording::Template(used.as_ref()),
            _ => Wording::Free,
        };
        let intent = intent(limits, &account, purpose, wording);
        let deferred = match decide(&facts, intent, now) {
            Verdict::Allow(_) => None,
            Verdict::Defer { until, reasons } => Some((until, reasons)),
            Verdict::Deny(refusal) => {
                // A retry of a request that was taken before the gate shut answers as the first time.
                if let Some(once) = &once
                    && let Some(sent) = self.replayed(by, scope, once).await?
                {
                    return Ok(sent);
                }
                return Err(Error::Refused(refusal));
            }
        };
        if let Some(seen) = new.seen
            && let Some(message) = self.answered_since(by, scope, id, seen).await?
        {
            // What was queued by the same request before is answered as the first time.
            if let Some(once) = &once
                && let Some(sent) = self.replayed(by, scope, once).await?
            {
                return Ok(sent);
            }
            return Err(Error::Answered { message });
        }
        let kept = match &attachment {
            Some(file) => {
                // A retry is answered without storing its file again.
                if let Some(once) = &once
                    && let Some(sent) = self.replayed(by, scope, once).await?
                {
                    return Ok(sent);
                }
                Some(self.keep(by, scope, file, message.id, account.id, now).await?)
            }
            None => None,
        };
        let due = deferred.as_ref().map_or(now, |(until, _)| *until);
        // A member who writes into a closed conversation waits for an answer there. What a program sends may be a receipt.
        let reopens = by.member().is_some() && conversation.state_at(now) == ConversationState::Closed;
        let mut batch = Batch::new(by, Action::MessageQueued, now);
        batch
            .about(message.id)
            .write(ConversationWrite::Append {
                account: account.id,
                message: Box::new(message.clone()),
                head: HeadDelta { reopen: reopens, ..HeadDelta::default() },
                digest: None,
            })
            .job(
                Job::new(self.runtime.ids().next(now), JobKind::Send(message.id), due.max(now))
                    .through(account.id)
                    .within(id),
            )
            .event(DomainEvent::MessageQueued { conversation: id, message: message.id });
        if reopens {
            let (by, done) = (by.principal().to_ref(), self.runtime.ids().next(now));
            let what = ActivityKind::Reopened;
            let reopened = Activity { id: done, conversation: id, by, what, at: now };
            batch
                .write(ConversationWrite::Activity(reopened))
                .event(DomainEvent::ConversationChanged { conversation: id });
        }
        // A template is not what was written in the box.
        if !matches!(new.body, NewBody::Template { .. }) {
            super::drafting::sent(&mut batch, by, id);
        }
        // A file belongs to its message, so the message is written first.
        if let Some(kept) = kept {
            kept.join(&mut batch);
        }
        if let Some(once) = once {
            batch.once(once);
        }
        self.answer(scope, store.commit_one(scope, batch).await?.outcome, message, deferred).await
    }

    /// The newest message of another member after one that the sender has seen. A message that is queued at the same instant
    /// may be missed.
    async fn answered_since(
        &self,
        by: &Actor,
        scope: &OrgScope,
        id: ConversationId,
        seen: MessageId,
    ) -> Result<Option<MessageId>, Error> {
        let newest = self.runtime.store().messages(scope, id, PageRequest::first(LOOKED_AT)).await?.items;
        let me = by.principal().to_ref();
        let is_answer = |message: &&Message| {
            let of_member = |author: &String| {
                *author != me && matches!(Principal::from_ref(author), Ok(Principal::Member(_)))
            };
            message.id > seen
                && message.direction == Direction::Outbound
                && message.author.as_ref().is_some_and(of_member)
        };
        Ok(newest.iter().filter(is_answer).map(|message| message.id).max())
    }

    async fn answer(
        &self,
        scope: &OrgScope,
        outcome: Outcome,
        message: Message,
        deferred: Option<(DateTime<Utc>, Vec<Reason>)>,
    ) -> Result<Sent, Error> {
        match outcome {
            Outcome::Applied => Ok(Sent { message, deferred, replayed: false }),
            Outcome::Mismatch => Err(Error::IdempotencyReused),
            Outcome::Replayed(RecordRef::Message(first)) => {
                let first = self.runtime.store().message(scope, first).await?;
                let message = first.ok_or(Error::missing(RecordKind::Message))?;
                Ok(Sent { message, deferred: None, replayed: true })
            }
            Outcome::Replayed(_) => Err(Error::missing(RecordKind::Message)),
        }
    }

    /// Looks a key up by a batch that changes nothing; it is not kept if it is new.
    async fn replayed(
        &self,
        by: &Actor,
        scope: &OrgScope,
        once: &Idempotency,
    ) -> Result<Option<Sent>, Error> {
        let mut probe = Batch::new(by, Action::MessageStopped, self.runtime.now());
        // Refused after the key was looked up, so that a new key is not used up by a refused request.
        probe
            .once(once.clone())
            .require(Precondition::Job(self.runtime.ids().next(self.runtime.now()), JobState::Done));
        match self.runtime.store().commit_one(scope, probe).await {
            Ok(commit) => match commit.outcome {
                Outcome::Replayed(RecordRef::Message(first)) => {
                    let first = self.runtime.store().message(scope, first).await?;
                    Ok(first.map(|message| Sent { message, deferred: None, replayed: true }))
                }
                Outcome::Mismatch => Err(Error::IdempotencyReused),
                _ => Ok(None),
            },
            Err(StoreError::PreconditionFailed(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn require_message(&self, scope: &OrgScope, id: MessageId) -> Result<Message, Error> {
        self.runtime.store().message(scope, id).await?.ok_or(Error::missing(RecordKind::Message))
    }

    /// Takes a waiting message back. Nothing happens if it has left.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is not waiting any more; [`Error::NotFound`]; [`Error::Denied`].
    pub async fn cancel(&self, by: &Actor, id: MessageId) -> Result<Message, Error> {
        let scope = by.scope_for(Permission::MessagesSend)?;
        let message = self.require_message(scope, id).await?;
        if message.delivery.status != DeliveryStatus::Queued {
            return Err(Error::Conflict { kind: RecordKind::Message });
        }
        let now = self.runtime.now();
        let evidence = Evidence { status: DeliveryStatus::Cancelled, at: now, failure: None };
        let mut batch = Batch::new(by, Action::MessageStopped, now);
        batch
            .about(id)
            .require(Precondition::Delivery(id, DeliveryStatus::Queued))
            .write(JobWrite::CancelSend(id))
            .write(ConversationWrite::Evidence { message: id, evidence })
            .event(DomainEvent::MessageChanged { conversation: message.conversation, message: id });
        self.commit_unchanged(scope, id, batch).await
    }

    /// Commits what becomes of a message, if its status is still the one that was decided on.
    async fn commit_unchanged(
        &self,
        scope: &OrgScope,
        id: MessageId,
        batch: Batch,
    ) -> Result<Message, Error> {
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Message }),
            other => {
                other?;
                self.require_message(scope, id).await
            }
        }
    }

    /// Resolves a message with an unknown outcome, by a member's decision: sent, or marked as failed.
    ///
    /// # Errors
    /// [`Error::Conflict`] if its outcome is known; [`Error::NotFound`]; [`Error::Denied`].
    pub async fn resolve_unknown(&self, by: &Actor, id: MessageId, was_sent: bool) -> Result<Message, Error> {
        let scope = by.scope_for(Permission::MessagesSend)?;
        let message = self.require_message(scope, id).await?;
        if message.delivery.status != DeliveryStatus::Unknown {
            return Err(Error::Conflict { kind: RecordKind::Message });
        }
        let now = self.runtime.now();
        let status = if was_sent { DeliveryStatus::Sent } else { DeliveryStatus::Failed };
        let failure = (!was_sent).then(|| FailureNote { code: "message.dropped".into(), detail: None });
        let mut batch = Batch::new(by, Action::MessageEvidence, now);
        batch
            .about(id)
            .require(Precondition::Delivery(id, DeliveryStatus::Unknown))
            .write(JobWrite::Resolve(id))
            .write(ConversationWrite::Evidence {
                message: id,
                evidence: Evidence { status, at: now, failure },
            })
            .event(DomainEvent::MessageChanged { conversation: message.conversation, message: id });
        self.commit_unchanged(scope, id, batch).await
    }
}
