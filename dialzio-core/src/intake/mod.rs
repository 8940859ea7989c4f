//! What arrives: verified, decoded, routed, and as a rule acted upon before the provider gets its answer.

mod answering;
mod backlog;
pub(crate) mod decide;
mod forms;
mod listed;
mod routing;

pub use answering::AnsweredCall;

use bytes::Bytes;
use std::sync::Arc;
use tokio::time::{Duration, Instant};

use crate::account::AccountService;
use crate::account::{App, Route};
use crate::call::deciding as call;
use crate::consent::Channel;
use crate::conversation::{InboundFacts, beside_context};
use crate::error::Error;
use crate::id::{AppId, HookId, QuarantineId};
use crate::ledger::Action;
use crate::outbox::{Queue, QueueKind};
use crate::provider::{
    HookReply, RawWebhook, Received, Trust, VerifiedWebhook, WebhookDecoder, WebhookError,
};
use crate::runtime::{OpenedHook, Runtime};
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition, StoreError};
use crate::webhook::WebhookWrite;
use decide::{Decision, Facts, Lookup, Unsealed};

/// Reading and deciding may take this long before an element is put in line instead.
const INLINE: Duration = Duration::from_millis(50);
/// How ids are looked up at each attempt: a decision is repeated if it turned out wrong, or if another one was faster.
const TRIES: [Lookup; 3] = [Lookup::Optimistic, Lookup::Full, Lookup::Full];

/// Receives webhooks: verifies, decodes, routes and decides them, or keeps them for later.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'a> {
    runtime: &'a Runtime,
}

/// An address of webhooks that belongs to an app.
#[derive(Debug, Clone)]
pub struct KnownHook(Arc<OpenedHook>);

/// A webhook whose origin was checked, to be taken in.
#[derive(Debug)]
pub struct CheckedWebhook {
    hook: Arc<OpenedHook>,
    verified: VerifiedWebhook,
}

/// A batch, the places of what has to wait, and what goes into quarantine.
type Decided = (Batch, Vec<usize>, Vec<QuarantineId>);

impl<'a> Intake<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Takes a webhook in. Never fails: the reply is what the provider has to get. 200 means durable.
    ///
    /// A server that reads bodies from strangers takes the three steps one by one instead: [`hook`](Self::hook) before
    /// it reads, [`verify`](Self::verify) before it gives the request a place, [`accept`](Self::accept).
    pub async fn receive(&self, hook: HookId, raw: RawWebhook) -> HookReply {
        let checked = match self.hook(hook).await {
            Ok(known) => self.verify(&known, raw),
            Err(reply) => Err(reply),
        };
        match checked {
            Ok(checked) => self.accept(checked).await,
            Err(reply) => reply,
        }
    }

    /// The app that a webhook's address belongs to.
    ///
    /// # Errors
    /// The whole answer otherwise: 404 for an address of no app, 503 if the store cannot tell.
    pub async fn hook(&self, hook: HookId) -> Result<KnownHook, HookReply> {
        match AccountService::new(self.runtime).opened_hook(hook).await {
            Ok(Some(opened)) => Ok(KnownHook(opened)),
            Ok(None) => Err(HookReply::status(404)),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Checks where a webhook comes from. Pure: nothing is looked up or kept.
    ///
    /// # Errors
    /// The whole answer otherwise: a refusal, or the 200 of a subscription check, which leaves nothing to take in.
    pub fn verify(&self, hook: &KnownHook, raw: RawWebhook) -> Result<CheckedWebhook, HookReply> {
        let Ok(decoder) = self.decoder(&hook.0.app) else { return Err(HookReply::status(404)) };
        let verified = match decoder.verify(raw, &hook.0.secrets) {
            Ok(verified) => verified,
            Err(WebhookError::Subscription) => return Err(HookReply::status(403)),
            Err(WebhookError::Shape) => return Err(HookReply::status(405)),
            Err(_) => return Err(HookReply::status(401)),
        };
        if let Some(challenge) = verified.challenge() {
            return Err(HookReply { status: 200, body: challenge.to_owned() });
        }
        Ok(CheckedWebhook { hook: Arc::clone(&hook.0), verified })
    }

    /// Takes in what was checked. Never fails: the reply is what the provider has to get. 200 means durable.
    pub async fn accept(&self, checked: CheckedWebhook) -> HookReply {
        let Ok(decoder) = self.decoder(&checked.hook.app) else { return HookReply::status(404) };
        let trust = checked.verified.trust();
        let elements = decoder.decode(&checked.verified);
        if checked.verified.trust() == Trust::Signed
            && let Some(at) = elements.iter().filter_map(|element| element.at).max()
        {
            self.runtime.timekeeper().witness(at);
        }
        let elements = elements.into_iter().map(|element| Received { element, trust }).collect();
        match self.take(&checked.hook, elements).await {
            Ok(_) => {
                AccountService::new(self.runtime).note_arrival(&checked.hook).await;
                HookReply::OK
            }
            Err(error) => unavailable(&error),
        }
    }

    /// By which way the provider of an app reaches people. One that only reports has no channel of its own: what it says
    /// about consent counts for all of them.
    fn channel(&self, app: &App) -> Result<Channel, Error> {
        let messaging = self.runtime.provider(&app.provider)?.messaging();
        Ok(messaging.map_or(Channel::Any, |messaging| messaging.capabilities().channel))
    }

    fn decoder(&self, app: &App) -> Result<&'a dyn WebhookDecoder, Error> {
        let provider = self.runtime.provider(&app.provider)?;
        provider.webhooks().ok_or(Error::Account(crate::AccountProblem::Unsupported))
    }

    /// Takes the bytes of one element through the normal path again, after their origin was checked once. Answers what
    /// went into quarantine, again.
    pub(crate) async fn replay(
        &self,
        app: AppId,
        body: Bytes,
        trust: Trust,
    ) -> Result<Vec<QuarantineId>, Error> {
        let app = self.runtime.store().app(self.runtime.system(), app).await?;
        let app = app.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let opened = AccountService::new(self.runtime).opened_hook(app.hook).await?;
        let opened = opened.ok_or(Error::NotFound { kind: crate::RecordKind::App })?;
        let elements = self.decoder(&opened.app)?.decode_element(&body);
        let elements = elements.into_iter().map(|element| Received { element, trust }).collect();
        self.take(&opened, elements).await
    }

    /// Decides elements at once; if something waits in their queue, or it takes too long, puts them in line.
    async fn settle(
        &self,
        app: &App,
        route: &Route,
        queue: QueueKind,
        elements: &[Received],
    ) -> Result<Vec<QuarantineId>, Error> {
        let scope = OrgScope::new(route.org);
        let begun = Instant::now();
        let queue_id = Queue { org: route.org, account: Some(route.account), kind: queue };
        for lookup in TRIES {
            let cause = Cause::Received { queue: queue_id };
            let (mut batch, waiting, kept) =
                self.decided(app, route, queue, elements, lookup, &cause, &scope).await?;
            if begun.elapsed() > INLINE {
                break;
            }
            batch.require(Precondition::Linked(app.id, route.account));
            match self.runtime.store().commit_one(&scope, batch).await {
                Ok(_) => {
                    let waiting: Vec<_> = waiting.into_iter().map(|place| elements[place].clone()).collect();
                    self.enqueue(app, route, queue, &waiting, &scope).await?;
                    return Ok(kept);
                }
                Err(StoreError::PreconditionFailed(fact)) if matches!(*fact, Precondition::QueueIdle(_)) => {
                    break;
                }
                // The route is an old one; the caller looks it up again.
                Err(error @ StoreError::PreconditionFailed(_)) if is_unlinked(&error) => {
                    return Err(error.into());
                }
                Err(StoreError::PreconditionFailed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.enqueue(app, route, queue, elements, &scope).await?;
        Ok(Vec::new())
    }

    /// A batch for elements, with what has to wait and what goes into quarantine.
    #[allow(clippy::too_many_arguments, reason = "what arrived, where, and under which cause it is decided")]
    async fn decided(
        &self,
        app: &App,
        route: &Route,
        queue: QueueKind,
        elements: &[Received],
        lookup: Lookup,
        cause: &Cause,
        scope: &OrgScope,
    ) -> Result<Decided, Error> {
        let (asked, reports) = decide::ask(route, elements, self.runtime.words(), lookup);
        let mut known = if reports.len() == elements.len() && asked.aliases.is_empty() {
            InboundFacts::default()
        } else {
            self.runtime.store().inbound_facts(scope, &asked).await?
        };
        let calls = if reports.is_empty() {
            None
        } else {
            Some(call::known(self.runtime, scope, route.account, &reports).await?)
        };
        self.match_other_forms(self.decoder(app)?, scope, &asked, elements, &mut known).await?;
        let now = self.runtime.now();
        let action = match queue {
            QueueKind::Statuses => Action::MessageEvidence,
            _ if reports.len() == elements.len() => Action::CallReported,
            _ => Action::MessageReceived,
        };
        let mut batch = Batch::caused_by(cause, action, now);
        let facts = Facts {
            known,
            calls,
            account: route.account,
            channel: self.channel(app)?,
            portfolio: route.portfolio.clone(),
            now,
            ids: self.runtime.ids(),
            words: self.runtime.words(),
        };
        let Decision { quarantine, wait, beside } = decide::decide(facts, elements, &mut batch);
        for Unsealed { message, edited_at, plain } in beside {
            let context = beside_context(route.org, message);
            batch.put_beside(
                message,
                edited_at,
                self.runtime.sealer().seal(&context, plain.as_bytes()).await?,
            );
        }
        let mut kept = Vec::new();
        for (place, reason, what) in quarantine {
            let item = self.quarantined(Some(route.org), app, reason, &what, &elements[place]).await?;
            kept.push(item.id);
            batch.write(WebhookWrite::Quarantine(item));
        }
        Ok((batch, wait, kept))
    }
}

/// Whether the account turned out not to be linked to the app any more.
fn is_unlinked(error: &StoreError) -> bool {
    matches!(error, StoreError::PreconditionFailed(fact) if matches!(**fact, Precondition::Linked(..)))
}

/// 503: the provider tries again. What went wrong is logged by its code alone.
fn unavailable(error: &Error) -> HookReply {
    tracing::error!(code = %error.code(), "a webhook could not be taken in");
    HookReply::status(503)
}
