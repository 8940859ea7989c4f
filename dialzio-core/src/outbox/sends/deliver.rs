//! Handing a message to its provider, and what follows from the answer.

use chrono::{DateTime, Utc};

use super::super::job::JobState;
use super::super::report::WorkReport;
use super::super::worker::Worker;
use crate::account::{
    AccountChange, AccountNote, AccountService, AccountState, AccountWrite, ProviderAccount,
};
use crate::consent::{SendFacts, SendPermit};
use crate::contact::{Alias, ContactWrite};
use crate::conversation::intent::registration;
use crate::conversation::{Content, ConversationWrite, DeliveryStatus, Evidence};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::ledger::Action;
use crate::outbox::JobWrite;
use crate::provider::{
    Accepted, OutboundContent, OutboundMessage, ProviderError, ProviderId, Sender, TemplateSource,
};
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition, RecordRef, StoreError};
use crate::text::MessageText;

impl Worker<'_> {
    /// Hands a message to the provider, and writes the outcome down.
    pub(super) async fn deliver(
        &self,
        scope: &OrgScope,
        facts: SendFacts,
        permit: SendPermit,
        file: Option<String>,
    ) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let outcome = self.call(scope, &facts, permit, file).await;
        let now = self.runtime.now();
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
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(precondition_failed)) if matches!(*precondition_failed, Precondition::Revision(record, _) if record == account) =>
            {
                let (id, now, attempts) = (facts.job.id, self.runtime.now(), facts.job.attempts);
                let pending = JobState::Pending;
                let mut again = Batch::caused_by(&Cause::Stored, Action::JobSettled, now);
                again.about(id).require(Precondition::Job(id, state)).write(JobWrite::Update {
                    id,
                    state: pending,
                    not_before: Some(now),
                    attempts,
                });
                match self.runtime.store().commit_one(scope, again).await {
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
        let unsupported = |what| ProviderError::Unsupported { provider: ProviderId("dialzio"), what };
        let service = AccountService::new(self.runtime);
        let Ok(messaging) = service.messaging(&facts.account) else { return Err(unsupported("messages")) };
        let capabilities = messaging.capabilities();
        let text = |body: &MessageText| OutboundContent::Text {
            body: body.clone(),
            preview_url: body.reveal().contains("://"),
        };
        let content = match (&facts.message.content, file) {
            (Content::Text { body }, _) => text(body),
            (Content::Media { what, caption, filename, .. }, Some(provider_id)) => OutboundContent::Media {
                what: *what,
                provider_id,
                caption: caption.clone(),
                filename: filename.clone(),
            },
            (Content::Template { body, .. }, _) if capabilities.templates == TemplateSource::Organisation => {
                text(body)
            }
            (Content::Template { parameters, .. }, _) => OutboundContent::Template(parameters.clone()),
            _ => return Err(unsupported("this kind of message")),
        };
        // Nothing has left yet: the same request may be made again.
        let Ok(access) = service.access(scope.org(), &facts.account).await else {
            return Err(ProviderError::Credentials {
                provider: capabilities.provider,
                code: "sealed".into(),
                detail: None,
            });
        };
        let outbound = OutboundMessage {
            id: facts.message.id,
            content,
            reply_to: facts.reply_to.clone(),
            registration: registration(capabilities, &facts.account, facts.template.as_ref()),
        };
        messaging.send(&access, permit, &outbound).await
    }

    fn accepted(&self, facts: &SendFacts, accepted: Accepted, now: DateTime<Utc>, batch: &mut Batch) {
        let message = facts.message.id;
        if let Some(external) = accepted.external {
            batch.write(ConversationWrite::External { account: facts.account.id, message, external });
        }
        batch
            .write(ConversationWrite::Evidence {
                message,
                evidence: Evidence { status: DeliveryStatus::Accepted, at: now, failure: None },
            })
            .write(JobWrite::Update {
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

    /// Records what a provider's answer says about the account, in a separate commit. An account that was changed
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
        let mut batch = Batch::caused_by(&Cause::Stored, Action::AccountChanged, self.runtime.now());
        batch
            .about(account)
            .require(Precondition::Revision(RecordRef::Account(account), seen.revision))
            .write(AccountWrite::Change { account, change: Box::new(change) })
            .event(DomainEvent::AccountChanged { account });
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }
}
