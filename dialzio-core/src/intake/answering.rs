//! A provider asks what to do with a call that comes in: the answer of its call flow, within a fixed time and whatever fails.

use std::sync::Arc;

use tokio::time::{Duration, Instant, timeout_at};

use super::{CheckedWebhook, Intake};
use crate::access::MemberState;
use crate::account::{AccountService, AccountState};
use crate::call_flow::{AnswerBook, CallProgram};
use crate::error::{Error, RecordKind};
use crate::id::{HookId, MemberId};
use crate::provider::{RawWebhook, TelephonyProvider, VerifiedWebhook, WebhookDecoder, WrittenProgram};
use crate::runtime::{OpenedHook, Runtime};
use crate::scope::OrgScope;

/// Reading what an answer needs may take this long; then callers get the fixed answer. A caller hears nothing meanwhile.
const READING: Duration = Duration::from_millis(200);

/// The answer to a provider that asks what to do with a call, and what is still to be done.
#[derive(Debug)]
#[must_use = "the call is reported only if what is left is accepted"]
pub struct AnsweredCall {
    /// The HTTP status: 200, or that of a request that is none of a provider's.
    pub status: u16,
    /// The program in the form of the provider; none with another status.
    pub program: Option<WrittenProgram>,
    /// The same question as the report of a call that rings, to be handed to [`Intake::accept`] once the answer is on its way.
    pub report: Option<CheckedWebhook>,
}

impl AnsweredCall {
    const fn status(status: u16) -> Self {
        Self { status, program: None, report: None }
    }
}

/// What an answer needs to know.
type Read = (Arc<OpenedHook>, Option<Arc<AnswerBook>>);

impl Intake<'_> {
    /// Answers what to do with a call that comes in. Never fails: an unknown address and an app whose provider does not ask are
    /// 404, a refused signature 401; otherwise it is 200 with a program. If the question cannot be read, the store fails or takes
    /// longer than 200 ms, or no flow is for the call, the program is [`CallProgram::unavailable`].
    ///
    /// Give the answer first, and then hand [`AnsweredCall::report`] to [`accept`](Self::accept).
    pub async fn answer(&self, hook: HookId, raw: RawWebhook) -> AnsweredCall {
        let until = Instant::now() + READING;
        let (opened, book) = match self.read(hook, until).await {
            Ok(Some(read)) => read,
            Ok(None) => return AnsweredCall::status(404),
            Err(code) => {
                tracing::error!(%code, "a call was answered without its flow");
                return self.without_app(&raw);
            }
        };
        let Ok((telephony, decoder)) = self.asking(&opened) else { return AnsweredCall::status(404) };
        let Ok(verified) = decoder.verify(raw, &opened.secrets) else { return AnsweredCall::status(401) };
        let asked = telephony.incoming_call(&verified).ok();
        let now = self.runtime.now();
        let found = asked.as_ref().zip(book).and_then(|(asked, book)| {
            let account = asked.account.as_ref().map(|account| account.0.as_str());
            book.program(account, &asked.from, asked.to.as_deref(), now)
        });
        if found.is_none() {
            tracing::warn!(readable = asked.is_some(), "a call was answered without a flow");
        }
        let program = written(telephony, found.as_ref());
        let report = asked.map(|_| CheckedWebhook { hook: opened, verified });
        AnsweredCall { status: 200, program, report }
    }

    /// What is known of the address and of the flows behind it; `None` for an address of no app. What takes too long is finished
    /// by itself, so that the next call finds it.
    async fn read(&self, hook: HookId, until: Instant) -> Result<Option<Read>, String> {
        if let Some(opened) = AccountService::new(self.runtime).known_hook(hook)
            && let Some(book) = self.runtime.answer_books().get(&opened.app.id)
        {
            return Ok(Some((opened, Some(book))));
        }
        let runtime = self.runtime.clone();
        let hooked = tokio::spawn(async move { AccountService::new(&runtime).opened_hook(hook).await });
        let opened = match timeout_at(until, hooked).await {
            Ok(Ok(Ok(Some(opened)))) => opened,
            Ok(Ok(Ok(None))) => return Ok(None),
            Ok(Ok(Err(error))) => return Err(error.code()),
            Ok(Err(_)) => return Err("panic".to_owned()),
            Err(_) => return Err("timeout".to_owned()),
        };
        let (runtime, of) = (self.runtime.clone(), Arc::clone(&opened));
        let reading = tokio::spawn(async move { book(&runtime, &of).await });
        let code = match timeout_at(until, reading).await {
            Ok(Ok(Ok(book))) => return Ok(Some((opened, Some(book)))),
            Ok(Ok(Err(error))) => error.code(),
            Ok(Err(_)) => "panic".to_owned(),
            Err(_) => "timeout".to_owned(),
        };
        tracing::error!(%code, "the call flows of an app could not be read");
        Ok(Some((opened, None)))
    }

    /// The telephone service and the decoder of an app whose provider asks.
    fn asking(&self, hook: &OpenedHook) -> Result<(&dyn TelephonyProvider, &dyn WebhookDecoder), Error> {
        let provider = self.runtime.provider(&hook.app.provider)?;
        let telephony = provider.telephony().filter(|telephony| telephony.capabilities().asks());
        let found = telephony.zip(provider.webhooks());
        found.ok_or(Error::Account(crate::AccountProblem::Unsupported))
    }

    /// The fixed answer in the form of the provider whose question it looks like, since the app behind the address is not known.
    fn without_app(&self, raw: &RawWebhook) -> AnsweredCall {
        let asks: Vec<(&dyn TelephonyProvider, &dyn WebhookDecoder)> = self
            .runtime
            .providers()
            .filter_map(|provider| provider.telephony().zip(provider.webhooks()))
            .filter(|(telephony, _)| telephony.capabilities().asks())
            .collect();
        let reads = |(telephony, decoder): &&(&dyn TelephonyProvider, &dyn WebhookDecoder)| {
            let read = |verified: VerifiedWebhook| telephony.incoming_call(&verified);
            decoder
                .verify(raw.clone(), &crate::provider::WebhookSecrets::none())
                .is_ok_and(|raw| read(raw).is_ok())
        };
        match asks.iter().find(reads).or(asks.first()) {
            Some((telephony, _)) => {
                AnsweredCall { status: 200, program: written(*telephony, None), report: None }
            }
            None => AnsweredCall::status(404),
        }
    }
}

/// A program in the form of a provider; the fixed one if there is none, or if it cannot be written.
fn written(telephony: &dyn TelephonyProvider, program: Option<&CallProgram>) -> Option<WrittenProgram> {
    let fixed = || telephony.write_program(&CallProgram::unavailable()).ok();
    match program.map(|program| telephony.write_program(program)) {
        Some(Ok(written)) => Some(written),
        Some(Err(error)) => {
            tracing::error!(code = %error.code(), "a call flow could not be written in the form of its provider");
            fixed()
        }
        None => fixed(),
    }
}

/// Reads the flows of an app's accounts and whom they ring, and keeps them for a while.
async fn book(runtime: &Runtime, hook: &OpenedHook) -> Result<Arc<AnswerBook>, Error> {
    let org = hook.app.org.ok_or(Error::missing(RecordKind::Organisation))?;
    let (scope, store) = (OrgScope::new(org), runtime.store());
    let org = store.org(&scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
    let mut book = AnswerBook::new(org.dials_in());
    let flows = store.call_flows(&scope).await?;
    let is_active = |member: &crate::access::Member| member.state == MemberState::Active;
    let members = store.members(&scope).await?;
    let active: Vec<MemberId> = members.into_iter().filter(is_active).map(|member| member.id).collect();
    for account in store.accounts(&scope).await? {
        if account.app == hook.app.id && account.state != AccountState::Disconnected {
            let agents = store.call_agents(&scope, account.id).await?;
            book.add(&account, &flows, agents, &active);
        }
    }
    let book = Arc::new(book);
    runtime.answer_books().insert(hook.app.id, Arc::clone(&book));
    Ok(book)
}
