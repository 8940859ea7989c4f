//! A day of sample conversations: customers through the emulated provider, answers through the same services as a member's.

use axum::response::Html;
use dialzio_core::conversation::{ConversationQuery, ConversationState, InboxView, NewMessage, StateFilter};
use dialzio_core::page::PageRequest;
use dialzio_core::{Actor, ConversationId, Crm, Error, Principal, Role};
use dialzio_whatsapp::emulator::{
    ButtonKind, CustomerFile, CustomerIdentity, CustomerMessage, EmulatedStatus, Party, TranscriptEntry,
};
use std::time::Duration;

use super::super::page_context::{PageContext, show};
use super::super::view::sandbox::SampleDay;
use super::photo;
use super::sandbox;
use super::script::{Act, DAY, Talk};
use crate::problem::Problem;
use crate::sandbox::Sandbox;

/// As whom the day answers.
const ACTOR: &str = "Sample day";
/// Between two things that happen.
const PACE: Duration = Duration::from_millis(500);
/// How often something that takes a moment is looked for.
const LOOKS: u32 = 40;
const LOOK: Duration = Duration::from_millis(150);

/// The part of the page.
pub(super) fn part(sandbox: &Sandbox) -> SampleDay {
    let day = sandbox.day();
    SampleDay { done: day.done, total: day.total, is_running: day.is_running, outcome: day.outcome }
}

/// `GET /web/sandbox/day`.
pub(super) async fn read(ctx: PageContext) -> Result<Html<String>, Problem> {
    show(&part(sandbox(&ctx.state)?))
}

/// `POST /web/sandbox/day`.
pub(super) async fn start(ctx: PageContext) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?.clone();
    let total = DAY.iter().map(|talk| talk.acts.len() as u64).sum();
    if sandbox.begin_day(total) {
        // What the day does is not what the member did who began it.
        let shop = Principal::service(ACTOR).map_err(Error::from)?;
        let actor = ctx.crm().access().act_as(ctx.actor.org(), shop, Role::Agent.grant()).await?;
        let (playing, crm, business) = (sandbox.clone(), ctx.crm().clone(), ctx.org.name.reveal().to_owned());
        tokio::spawn(async move { play(&playing, &crm, &actor, &business).await });
    }
    show(&part(&sandbox))
}

/// `POST /web/sandbox/day/stop`.
pub(super) async fn stop(ctx: PageContext) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    sandbox.stop_day();
    show(&part(sandbox))
}

/// Plays the conversations side by side: the next thing of each in turn.
async fn play(sandbox: &Sandbox, crm: &Crm, actor: &Actor, business: &str) {
    let longest = DAY.iter().map(|talk| talk.acts.len()).max().unwrap_or_default();
    let mut refused = 0_u32;
    let mut played = 0_u32;
    'day: for turn in 0..longest {
        for talk in &DAY {
            let Some(act) = talk.acts.get(turn) else { continue };
            let scene = Scene { sandbox, crm, actor, business, person: talk.person() };
            match scene.act(talk, act).await {
                Some(()) => played += 1,
                None => refused += 1,
            }
            tokio::time::sleep(PACE).await;
            if !sandbox.step_day() {
                break 'day;
            }
        }
    }
    let stopped = if sandbox.day().done < sandbox.day().total { "Stopped after " } else { "" };
    let without =
        if refused == 0 { String::new() } else { format!(", {refused} were not allowed or came too late") };
    sandbox.end_day(format!("{stopped}{played} steps of {} people{without}.", DAY.len()));
}

struct Scene<'a> {
    sandbox: &'a Sandbox,
    crm: &'a Crm,
    actor: &'a Actor,
    business: &'a str,
    person: CustomerIdentity,
}

impl Scene<'_> {
    fn says(&self, message: CustomerMessage) -> Option<()> {
        self.sandbox.emulator().customer_sends(self.sandbox.number(), &self.person, message).ok().map(|_| ())
    }

    async fn act(&self, talk: &Talk, act: &Act) -> Option<()> {
        match act {
            Act::Says(words) => self.says(CustomerMessage::text(*words)),
            Act::Photo(from, to, caption) => {
                let mut file = CustomerFile::new(photo::png(*from, *to), "image/png");
                file.caption = Some((*caption).to_owned());
                self.says(CustomerMessage::File(file))
            }
            Act::Reads => {
                let entry = self.arrived().await?;
                self.sandbox.emulator().customer_reads(&entry.wamid).ok()
            }
            Act::Reacts(emoji) => {
                let entry = self.arrived().await?;
                let message_id = entry.wamid;
                self.says(CustomerMessage::Reaction { message_id, emoji: Some((*emoji).to_owned()) })
            }
            Act::Taps(words) => {
                let entry = self.arrived().await?;
                let is_it = |button: &&dialzio_whatsapp::emulator::BubbleButton| {
                    button.kind == ButtonKind::TemplateReply && button.title == *words
                };
                let payload = entry.bubble.buttons.iter().find(is_it).map(|button| button.id.clone())?;
                let tap = CustomerMessage::TemplateButton { payload, text: (*words).to_owned() };
                let emulator = self.sandbox.emulator();
                emulator
                    .customer_replies(self.sandbox.number(), &self.person, &entry.wamid, tap)
                    .ok()
                    .map(|_| ())
            }
            Act::Answer(words) => {
                self.send(talk, NewMessage::text(&words.replace("{business}", self.business)).ok()?).await
            }
            Act::Template(name, parameters) => {
                let message = NewMessage::template(name, "en");
                let fill = |message: NewMessage, (name, value): &(&str, &str)| message.param(name, value);
                self.send(talk, parameters.iter().fold(message, fill)).await
            }
            Act::Close => {
                let id = self.conversation(talk).await?;
                let closed = ConversationState::Closed;
                self.crm.conversations().set_state(self.actor, id, closed).await.ok().map(|_| ())
            }
        }
    }

    async fn send(&self, talk: &Talk, message: NewMessage) -> Option<()> {
        let id = self.conversation(talk).await?;
        let sent: Result<_, Error> = self.crm.conversations().send(self.actor, id, message).await;
        sent.ok().map(|_| ())
    }

    /// The conversation, which appears a moment after the first message.
    async fn conversation(&self, talk: &Talk) -> Option<ConversationId> {
        for _ in 0..LOOKS {
            for state in [StateFilter::Open, StateFilter::Closed] {
                let query = ConversationQuery::new(InboxView::All, state, self.crm.clock().now());
                let page =
                    self.crm.conversations().list(self.actor, &query, PageRequest::first(200)).await.ok()?;
                let found = page.items.into_iter().find(|entry| match talk.digits {
                    Some(digits) => entry.phone.as_ref().is_some_and(|phone| phone.digits() == digits),
                    None => {
                        entry.username.as_ref().map(dialzio_core::text::Username::reveal) == talk.username
                    }
                });
                if let Some(found) = found {
                    return Some(found.conversation.id);
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        None
    }

    /// Our newest message, once it is on the phone.
    async fn arrived(&self) -> Option<TranscriptEntry> {
        for _ in 0..LOOKS {
            let transcript = self.sandbox.emulator().transcript(self.sandbox.number(), &self.person);
            let newest = transcript.into_iter().rev().find(|entry| entry.from == Party::Business);
            match newest {
                Some(entry) if entry.status.is_on_the_phone() => return Some(entry),
                Some(entry) if matches!(entry.status, EmulatedStatus::Failed(_)) => return None,
                _ => tokio::time::sleep(LOOK).await,
            }
        }
        None
    }
}
