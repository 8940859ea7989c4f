//! What happened with a contact, newest first, by day and kind.

use axum::extract::Query;
use axum::response::Html;
use chrono::NaiveDate;
use dialzio_core::call::{Call, CallChannels};
use dialzio_core::consent::ConsentRecord;
use dialzio_core::contact::Task;
use dialzio_core::conversation::{Activity, Conversation, Direction, Message};
use dialzio_core::page::PageRequest;
use dialzio_core::timeline::{TimelineItem, TimelineKind};
use dialzio_core::{ContactId, ConversationId, Permission};
use serde::Deserialize;

use super::lines::Lines;
use super::page_context::{PageContext, show};
use super::view::Shown;
use super::view::thread::{EventLine, Folded};
use super::view::timeline::{Kind, Line, Part, Talk, TalkLine, Timeline};
use super::{activity, bubble, calls, words};
use crate::api::{Id, decode_cursor, encode_cursor, word};
use crate::problem::Problem;

/// Things on a page.
const SHOWN: u32 = 50;
/// Messages of a conversation in a row that are shown whole; of more, the first and the last.
const WHOLE: usize = 3;

/// What can be shown alone: its name, and its kind.
const KINDS: [(&str, TimelineKind); 6] = [
    ("Messages", TimelineKind::Message),
    ("Calls", TimelineKind::Call),
    ("Notes", TimelineKind::Note),
    ("Tasks", TimelineKind::Task),
    ("Consent entries", TimelineKind::Consent),
    ("Changes", TimelineKind::Activity),
];

/// What is shown, and from where on.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// A kind; everything without it.
    #[serde(default)]
    show: String,
    /// The cursor of the page.
    after: Option<String>,
    /// The day under which the page before ended.
    day: Option<NaiveDate>,
}

impl Asked {
    /// The first page of one kind, or of everything.
    pub(crate) fn only(show: String) -> Self {
        Self { show, ..Self::default() }
    }
}

/// `GET /web/contacts/{contact}/timeline`.
pub(crate) async fn read(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    show(&of(&ctx, id, &asked).await?)
}

/// A page of what happened.
pub(crate) async fn of(ctx: &PageContext, id: ContactId, asked: &Asked) -> Result<Timeline, Problem> {
    let kinds: Vec<TimelineKind> =
        if asked.show.is_empty() { Vec::new() } else { vec![word("show", &asked.show)?] };
    let after = asked.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(SHOWN) };
    let page = ctx.crm().timeline().of_contact(&ctx.actor, id, &kinds, request).await?;
    let teller = Teller::of(ctx, id).await?;
    let (parts, day) = teller.parts(&page.items, asked.day);
    let next = page.next.as_ref().map(|next| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("show", &asked.show).append_pair("after", &encode_cursor(next));
        if let Some(day) = day {
            query.append_pair("day", &day.to_string());
        }
        format!("web/contacts/{id}/timeline?{}", query.finish())
    });
    let everything = Kind { label: "Everything", word: "", is_shown: asked.show.is_empty() };
    let may = |(_, kind): &&(&str, TimelineKind)| ctx.may(kind.permission());
    let each = |(label, kind): &(&'static str, TimelineKind)| {
        let word = kind.as_str();
        Kind { label, word, is_shown: asked.show == word }
    };
    let kinds = std::iter::once(everything).chain(KINDS.iter().filter(may).map(each)).collect();
    Ok(Timeline { contact: id.to_string(), kinds, parts, next, is_continuation: asked.after.is_some() })
}

/// Says what happened with one person.
struct Teller<'a> {
    ctx: &'a PageContext,
    contact: ContactId,
    name: String,
    talks: Vec<Conversation>,
    lines: Lines,
    channels: CallChannels,
}

impl<'a> Teller<'a> {
    async fn of(ctx: &'a PageContext, contact: ContactId) -> Result<Self, Problem> {
        let record = ctx.crm().contacts().get(&ctx.actor, contact).await?;
        let identities = ctx.crm().contacts().identities(&ctx.actor, contact).await?;
        let talks = if ctx.may(Permission::ConversationsRead) {
            ctx.crm().conversations().of_contact(&ctx.actor, contact).await?
        } else {
            Vec::new()
        };
        let lines = Lines::of(ctx).await?;
        let channels = if ctx.may(Permission::CallsRead) {
            ctx.crm().calls().channels(&ctx.actor).await?
        } else {
            CallChannels::default()
        };
        Ok(Self {
            ctx,
            contact,
            name: words::contact_name(ctx, &record, &identities),
            talks,
            lines,
            channels,
        })
    }

    /// What happened, under the days on which it did; `shown` is the day that is there already. Answers the last day.
    fn parts(&self, items: &[TimelineItem], mut shown: Option<NaiveDate>) -> (Vec<Part>, Option<NaiveDate>) {
        let mut parts = Vec::with_capacity(items.len() + 8);
        let date = |item: &TimelineItem| self.ctx.local(item.at()).date();
        for of_day in items.chunk_by(|a, b| date(a) == date(b)) {
            let day = of_day.first().map(date);
            if shown != day {
                parts.extend(day.map(|day| Part::Day(words::day(self.ctx, day))));
                shown = day;
            }
            for run in of_day.chunk_by(belong_together) {
                self.run(run, &mut parts);
            }
        }
        (parts, shown)
    }

    /// Things of one kind in a row.
    fn run(&self, run: &[TimelineItem], parts: &mut Vec<Part>) {
        let messages: Vec<&Message> = run.iter().filter_map(message).collect();
        if let Some(newest) = messages.first() {
            parts.push(Part::Talk(self.talk(newest.conversation, &messages)));
            return;
        }
        let done: Vec<&Activity> = run.iter().filter_map(change).collect();
        if done.len() >= Folded::FEWEST {
            parts.push(Part::Changes(Folded {
                lines: done.iter().rev().map(|done| self.event(done)).collect(),
            }));
            return;
        }
        parts.extend(run.iter().filter_map(|item| self.one(item)));
    }

    fn one(&self, item: &TimelineItem) -> Option<Part> {
        Some(match item {
            TimelineItem::Call(call) => Part::Line(self.call(call)),
            TimelineItem::Note(note) => Part::Note {
                author: self.ctx.who(&note.author).into(),
                time: self.ctx.clock(note.created_at),
                text: self.ctx.rich(note.text.reveal()),
            },
            TimelineItem::Task(task) => Part::Line(self.task(task)),
            TimelineItem::Consent(record) => Part::Line(self.consent(record)),
            TimelineItem::Activity(done) => Part::Line(Line {
                icon: "inbox",
                text: activity::sentence(self.ctx, &self.name, done).into(),
                href: Some(format!("inbox/{}", done.conversation)),
                time: self.ctx.clock(done.at),
            }),
            _ => return None,
        })
    }

    fn event(&self, done: &Activity) -> EventLine {
        activity::line(self.ctx, &self.name, done)
    }

    /// Messages, newest first, as a card.
    fn talk(&self, id: ConversationId, messages: &[&Message]) -> Talk {
        let account = self.talks.iter().find(|talk| talk.id == id).map(|talk| talk.account);
        let line = account.map_or_else(|| "Messages".to_owned(), |account| self.lines.full_name(account));
        let shown: Vec<&Message> = match messages {
            [newest, .., oldest] if messages.len() > WHOLE => vec![oldest, newest],
            _ => messages.iter().rev().copied().collect(),
        };
        Talk {
            href: format!("inbox/{id}"),
            line: line.into(),
            count: if messages.len() == 1 { String::new() } else { format!("{} messages", messages.len()) },
            between: messages.len() - shown.len(),
            shown: shown.into_iter().map(|message| self.said(message)).collect(),
        }
    }

    fn said(&self, message: &Message) -> TalkLine {
        let who: Shown = match (message.direction, message.author.as_deref()) {
            (Direction::Outbound, Some(author)) => self.ctx.who(author).into(),
            (Direction::Outbound, None) => "Us".into(),
            (Direction::Inbound, _) => self.name.as_str().into(),
        };
        TalkLine {
            href: format!("inbox/{}#item-{}", message.conversation, message.id),
            who,
            text: bubble::line(message, self.ctx.identifiers()).into(),
            time: self.ctx.clock(message.event_at),
        }
    }

    fn call(&self, call: &Call) -> Line {
        let (icon, way) = match (call.direction, call.state.is_missed()) {
            (Direction::Inbound, true) => ("call-missed", "Call from them"),
            (Direction::Inbound, false) => ("call-in", "Call from them"),
            (Direction::Outbound, _) => ("call-out", "Call to them"),
        };
        let talk = call.talk_seconds.filter(|talk| *talk > 0).map(|talk| calls::seconds(talk.into()));
        let member = call.member.and_then(|id| self.ctx.member(id));
        let note = call.note.as_ref().map(|note| note.reveal().to_owned());
        let channel = calls::channel(self.channels.of(call.account)).map(str::to_owned);
        let state = Some(calls::state(call).text.to_string());
        let said: Vec<String> = [channel, state, talk, member, note].into_iter().flatten().collect();
        Line {
            icon,
            text: format!("{way}: {}", said.join(" · ")).into(),
            href: Some(format!("calls/{}", call.id)),
            time: self.ctx.clock(call.started_at),
        }
    }

    fn task(&self, task: &Task) -> Line {
        let done = task.done_at.map(|at| format!(" (done {})", self.ctx.when(at))).unwrap_or_default();
        let text = format!("Task: {}{done}", task.title.reveal());
        let icon = if task.done_at.is_some() { "task" } else { "snooze" };
        Line { icon, text: text.into(), href: None, time: self.ctx.clock(task.created_at) }
    }

    fn consent(&self, record: &ConsentRecord) -> Line {
        let text = format!(
            "Consent {}: {}, {}",
            words::event(record.event).to_lowercase(),
            words::channel(record.channel),
            words::scope(record.scope).to_lowercase()
        );
        Line {
            icon: "shield",
            text: text.into(),
            href: Some(format!("contacts/{}?tab=consent", self.contact)),
            time: self.ctx.clock(record.recorded_at),
        }
    }
}

fn message(item: &TimelineItem) -> Option<&Message> {
    match item {
        TimelineItem::Message(message) => Some(message),
        _ => None,
    }
}

fn change(item: &TimelineItem) -> Option<&Activity> {
    match item {
        TimelineItem::Activity(done) => Some(done),
        _ => None,
    }
}

/// Messages of one conversation, or changes, in a row.
fn belong_together(a: &TimelineItem, b: &TimelineItem) -> bool {
    match (message(a), message(b)) {
        (Some(a), Some(b)) => a.conversation == b.conversation,
        (None, None) => change(a).is_some() && change(b).is_some(),
        _ => false,
    }
}
