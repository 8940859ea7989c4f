//! The person beside a conversation, and what is changed in place: status, tasks, notes.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use dialzio_core::consent::{ConsentState, Purpose, State};
use dialzio_core::contact::{ChannelIdentity, Contact, ContactPatch, DoubtAnswer, NewTask, Stage, TaskQuery};
use dialzio_core::conversation::InboxEntry;
use dialzio_core::page::PageRequest;
use dialzio_core::text::{NoteText, TagName, TaskTitle};
use dialzio_core::{ChannelIdentityId, ContactId, ConversationId, Permission};

use super::lines::Lines;
use super::page_context::{PageContext, show};
use super::view::contact::ContactAddresses;
use super::view::person::{ConsentRow, ContactStatus, Doubt, Note, Notes, PersonPane, Task, Tasks};
use super::view::{Avatar, Chip, Choice, Tone};
use super::{problems, reveal, words};
use crate::api::{Id, text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// `GET /web/conversations/{conversation}/person`.
pub(crate) async fn read(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    let entry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    show(&pane(&ctx, &entry).await?)
}

/// The right pane.
pub(crate) async fn pane(ctx: &PageContext, entry: &InboxEntry) -> Result<PersonPane, Problem> {
    let (contact, identities) = ctx.crm().conversations().person(&ctx.actor, entry.conversation.id).await?;
    let name = words::person(ctx, entry);
    Ok(PersonPane {
        contact: contact.id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        chips: chips(ctx, &contact, &identities),
        status: status(ctx, &contact),
        addresses: reveal::shown(ctx, &contact, &identities, &Lines::of(ctx).await?),
        doubts: doubts(ctx, contact.id, &identities),
        consent: consent_rows(ctx, contact.id).await?,
        tasks: tasks(ctx, contact.id, None).await?,
        notes: notes(ctx, contact.id, None).await?,
        kept: kept(ctx).into(),
    })
}

/// Remarks on a person.
pub(crate) fn chips(ctx: &PageContext, contact: &Contact, identities: &[ChannelIdentity]) -> Vec<Chip> {
    let mut chips = Vec::new();
    if contact.restricted {
        chips.push(Chip::new(Tone::Bad, "Processing restricted"));
    }
    if let Some(since) = identities.iter().find_map(|identity| identity.unreachable_since) {
        chips.push(Chip::new(Tone::Warn, format!("Not reachable since {}", ctx.day_of(since))));
    }
    if identities.iter().any(|identity| identity.doubt.is_some()) {
        chips.push(Chip::new(Tone::Warn, "May be another person"));
    }
    if !identities.is_empty() && identities.iter().all(|identity| identity.phone().is_none()) {
        chips.push(Chip::new(Tone::Neutral, "No number shared"));
    }
    chips
}

/// Stage, owner and tags.
pub(crate) fn status(ctx: &PageContext, contact: &Contact) -> ContactStatus {
    let stage = |stage: &Stage| Choice {
        selected: *stage == contact.stage,
        ..Choice::new(stage.as_str(), words::stage(*stage))
    };
    ContactStatus {
        contact: contact.id.to_string(),
        stages: Stage::ALL.iter().map(stage).collect(),
        owners: ctx.member_choices(contact.owner),
        tags: contact.tags.iter().map(|tag| tag.reveal().into()).collect(),
        can_write: ctx.may(Permission::ContactsWrite),
    }
}

/// Numbers and addresses of the contact page.
pub(crate) fn contact_addresses(
    ctx: &PageContext,
    contact: &Contact,
    identities: &[ChannelIdentity],
    lines: &Lines,
) -> ContactAddresses {
    ContactAddresses {
        addresses: reveal::shown(ctx, contact, identities, lines),
        doubts: doubts(ctx, contact.id, identities),
    }
}

/// Who may be another person, for a member to decide.
pub(crate) fn doubts(ctx: &PageContext, contact: ContactId, identities: &[ChannelIdentity]) -> Vec<Doubt> {
    let each = |identity: &ChannelIdentity| {
        let doubt = identity.doubt.as_ref()?;
        let seen = ctx.identifiers();
        let who = doubt.name.as_ref().map(|name| seen.name(name.reveal()));
        let who = who.as_deref().unwrap_or("A person with another profile");
        let text = format!(
            "{who} writes from {}, a former number of this person, since {}.",
            seen.international(&doubt.number),
            ctx.day_of(doubt.since)
        );
        let path = format!("web/contacts/{contact}/doubt");
        Some(Doubt { path, identity: identity.id.to_string(), text: text.into() })
    };
    let may = ctx.may(Permission::ContactsWrite);
    identities.iter().filter(|_| may).filter_map(each).collect()
}

/// `POST /web/contacts/{contact}/doubt`.
pub(crate) async fn resolve_doubt(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let identity: ChannelIdentityId = word("identity", fields.get("identity"))?;
    let answer: DoubtAnswer = word("answer", fields.get("answer"))?;
    let contact = ctx.crm().contacts().resolve_doubt(&ctx.actor, id, identity, answer).await?;
    Ok(super::entry::go_to(&ctx.state, &format!("contacts/{}", contact.id)))
}

/// How long things are kept, in a sentence.
pub(crate) fn kept(ctx: &PageContext) -> String {
    format!("Messages are deleted {} days after they are sent.", ctx.org.message_days)
}

/// What counts now for each purpose.
pub(crate) async fn consent_rows(ctx: &PageContext, contact: ContactId) -> Result<Vec<ConsentRow>, Problem> {
    let mut rows = Vec::new();
    if !ctx.may(Permission::ConsentRead) {
        return Ok(rows);
    }
    for channel in Lines::of(ctx).await?.channels() {
        for purpose in [Purpose::Marketing, Purpose::Utility] {
            let state = ctx.crm().consents().state(&ctx.actor, contact, channel, purpose).await?;
            let label = format!("{}, {}", words::channel(channel), words::purpose(purpose)).into();
            rows.push(ConsentRow { label, chip: state_chip(ctx, &state) });
        }
    }
    rows.extend(call_permissions(ctx, contact).await?);
    Ok(rows)
}

/// What the person answered to each line that asked whether they may be called.
async fn call_permissions(ctx: &PageContext, contact: ContactId) -> Result<Vec<ConsentRow>, Problem> {
    if !ctx.may(Permission::CallsRead) {
        return Ok(Vec::new());
    }
    let answers = ctx.crm().calls().permissions(&ctx.actor, contact).await?;
    let lines = Lines::of(ctx).await?;
    let each = answers.iter().map(|(account, answer)| {
        let label = format!(
            "{}, calls",
            if answers.len() > 1 { lines.full_name(*account) } else { lines.channel(*account).to_owned() }
        );
        ConsentRow { label: label.into(), chip: super::calls::permission_chip(ctx, answer) }
    });
    Ok(each.collect())
}

fn state_chip(ctx: &PageContext, state: &ConsentState) -> Chip {
    let day = state.record.as_ref().map(|record| ctx.day_of(record.occurred_at)).unwrap_or_default();
    match state.state {
        _ if state.provider_stop.is_some() => Chip::new(Tone::Bad, "Stopped in WhatsApp"),
        State::Given => Chip::new(Tone::Ok, format!("Opted in {day}")),
        State::Withdrawn => Chip::new(Tone::Bad, format!("Opted out {day}")),
        State::Refused => Chip::new(Tone::Bad, format!("Said no {day}")),
        State::Expired => Chip::new(Tone::Warn, "Opt-in has run out"),
        State::Unknown => Chip::new(Tone::Neutral, "Not asked"),
    }
}

/// Follow-ups: open first, then by due time.
pub(crate) async fn tasks(
    ctx: &PageContext,
    contact: ContactId,
    error: Option<String>,
) -> Result<Tasks, Problem> {
    let query = TaskQuery { contact: Some(contact), ..TaskQuery::default() };
    let mut found = ctx.crm().contacts().tasks(&ctx.actor, &query, PageRequest::first(100)).await?.items;
    found.sort_by_key(|task| (task.done_at.is_some(), task.due_at.is_none(), task.due_at, task.id));
    let each = |task: &dialzio_core::contact::Task| Task {
        id: task.id.to_string(),
        text: task.title.reveal().into(),
        due: task.due_at.map(|due_at| due(ctx, due_at, task.done_at.is_some())),
        is_done: task.done_at.is_some(),
    };
    let can_write = ctx.may(Permission::ContactsWrite);
    Ok(Tasks { contact: contact.to_string(), tasks: found.iter().map(each).collect(), error, can_write })
}

/// When a follow-up is due: overdue, or due today, stands out until it is done.
pub(crate) fn due(ctx: &PageContext, due: DateTime<Utc>, is_done: bool) -> Chip {
    let tone = if is_done {
        Tone::Neutral
    } else if due <= ctx.now {
        Tone::Bad
    } else if ctx.local(due).date() == ctx.today() {
        Tone::Warn
    } else {
        Tone::Neutral
    };
    Chip::new(tone, ctx.when(due))
}

/// Notes, newest first.
pub(crate) async fn notes(
    ctx: &PageContext,
    contact: ContactId,
    error: Option<String>,
) -> Result<Notes, Problem> {
    let page = ctx.crm().contacts().notes(&ctx.actor, contact, PageRequest::first(50)).await?;
    let each = |note: &dialzio_core::contact::Note| Note {
        author: ctx.who(&note.author).into(),
        time: ctx.moment(note.created_at),
        text: note.text.reveal().into(),
    };
    let can_write = ctx.may(Permission::ContactsWrite);
    Ok(Notes { contact: contact.to_string(), notes: page.items.iter().map(each).collect(), error, can_write })
}

async fn change(ctx: &PageContext, id: ContactId, patch: ContactPatch) -> Result<Html<String>, Problem> {
    let contact = ctx.crm().contacts().update(&ctx.actor, id, patch).await?;
    show(&status(ctx, &contact))
}

/// `POST /web/contacts/{contact}/stage`.
pub(crate) async fn stage(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let stage = Some(word("stage", fields.get("stage"))?);
    change(&ctx, id, ContactPatch { stage, ..ContactPatch::default() }).await
}

/// `POST /web/contacts/{contact}/owner`.
pub(crate) async fn owner(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let owner = Some(fields.given("member").map(|member| word("member", member)).transpose()?);
    change(&ctx, id, ContactPatch { owner, ..ContactPatch::default() }).await
}

async fn retag(
    ctx: &PageContext,
    id: ContactId,
    change_tags: impl FnOnce(&mut Vec<TagName>),
) -> Result<Html<String>, Problem> {
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    let mut tags = contact.tags;
    change_tags(&mut tags);
    let patch =
        ContactPatch { tags: Some(tags), revision: Some(contact.revision), ..ContactPatch::default() };
    change(ctx, id, patch).await
}

/// `POST /web/contacts/{contact}/tags`.
pub(crate) async fn add_tag(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let tag = text::<TagName>("tag", fields.get("tag").trim())?;
    retag(&ctx, id, |tags| tags.push(tag)).await
}

/// `POST /web/contacts/{contact}/tags/remove`.
pub(crate) async fn remove_tag(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let tag = fields.get("tag");
    retag(&ctx, id, |tags| tags.retain(|known| known.reveal() != tag)).await
}

fn new_task(ctx: &PageContext, fields: &Fields) -> Result<NewTask, Problem> {
    let due = fields.given("due").map(|text| {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok();
        local.and_then(|local| ctx.instant(local)).ok_or_else(|| Problem::invalid("due", "is not a time"))
    });
    let title = text::<TaskTitle>("text", fields.get("text").trim())?;
    Ok(NewTask { title, due_at: due.transpose()?, assignee: None })
}

/// `POST /web/contacts/{contact}/tasks`.
pub(crate) async fn add_task(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    match new_task(&ctx, &fields) {
        Ok(new) => {
            ctx.crm().contacts().add_task(&ctx.actor, id, new).await?;
            Ok(show(&tasks(&ctx, id, None).await?)?.into_response())
        }
        Err(problem) => {
            let again = tasks(&ctx, id, Some(problems::sentence(&problem))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
        }
    }
}

/// `POST /web/contacts/{contact}/notes`.
pub(crate) async fn add_note(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    match text::<NoteText>("text", fields.get("text").trim()) {
        Ok(words) => {
            ctx.crm().contacts().add_note(&ctx.actor, id, words).await?;
            Ok(show(&notes(&ctx, id, None).await?)?.into_response())
        }
        Err(problem) => {
            let again = notes(&ctx, id, Some(problems::sentence(&problem))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
        }
    }
}
