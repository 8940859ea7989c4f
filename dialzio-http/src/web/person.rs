//! The person beside a conversation, and what is changed in place: standing, tasks, notes.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::NaiveDateTime;
use dialzio_core::consent::{Channel, ConsentState, Purpose, State};
use dialzio_core::contact::{ChannelIdentity, Contact, ContactPatch, DoubtAnswer, NewTask, Stage, TaskQuery};
use dialzio_core::conversation::InboxEntry;
use dialzio_core::page::PageRequest;
use dialzio_core::text::{NoteText, TagName, TaskTitle};
use dialzio_core::{ChannelIdentityId, ContactId, ConversationId, Permission, PhoneNumber, TaskId};

use super::desk::{Desk, show};
use super::view::person::{ConsentRow, Doubt, Note, Notes, PersonPane, Standing, Task, Tasks};
use super::view::{Avatar, Chip, Choice, Fact, Tone};
use super::{problems, words};
use crate::api::{Id, text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// `GET /web/conversations/{conversation}/person`.
pub(crate) async fn read(desk: Desk, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    let entry = desk.crm().conversations().get(&desk.actor, id).await?;
    show(&pane(&desk, &entry).await?)
}

/// The right pane.
pub(crate) async fn pane(desk: &Desk, entry: &InboxEntry) -> Result<PersonPane, Problem> {
    let (contact, identities) = desk.crm().conversations().person(&desk.actor, entry.conversation.id).await?;
    let name = words::person(entry);
    Ok(PersonPane {
        contact: contact.id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        chips: chips(desk, &contact, &identities),
        standing: standing(desk, &contact),
        reach: reach(&contact, &identities),
        doubts: doubts(desk, contact.id, &identities),
        consent: consent_rows(desk, contact.id).await?,
        tasks: tasks(desk, contact.id, None).await?,
        notes: notes(desk, contact.id, None).await?,
        kept: kept(desk).into(),
    })
}

/// Remarks on a person.
pub(crate) fn chips(desk: &Desk, contact: &Contact, identities: &[ChannelIdentity]) -> Vec<Chip> {
    let mut chips = Vec::new();
    if contact.restricted {
        chips.push(Chip::new(Tone::Bad, "Processing restricted"));
    }
    if let Some(since) = identities.iter().find_map(|identity| identity.unreachable_since) {
        chips.push(Chip::new(Tone::Warn, format!("Not reachable since {}", desk.day_of(since))));
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
pub(crate) fn standing(desk: &Desk, contact: &Contact) -> Standing {
    let stage = |stage: &Stage| Choice {
        selected: *stage == contact.stage,
        ..Choice::new(stage.as_str(), words::stage(*stage))
    };
    Standing {
        contact: contact.id.to_string(),
        stages: Stage::ALL.iter().map(stage).collect(),
        owners: desk.member_choices(contact.owner),
        tags: contact.tags.iter().map(|tag| tag.reveal().into()).collect(),
    }
}

/// Every way to reach somebody, typed or seen.
pub(crate) fn reach(contact: &Contact, identities: &[ChannelIdentity]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for detail in &contact.details {
        let label = detail.label.as_ref().map_or_else(
            || if detail.value.kind() == "phone" { "Number".to_owned() } else { "Email".to_owned() },
            |label| label.reveal().to_owned(),
        );
        facts.push(Fact::new(label, words::detail(detail)));
    }
    for identity in identities {
        if let Some(number) = identity.phone().map(PhoneNumber::international) {
            let label =
                if identity.answers_to_a_former_number() { "WhatsApp, former number" } else { "WhatsApp" };
            facts.push(Fact::new(label, number));
        }
        if let Some(name) = &identity.username {
            facts.push(Fact::new("Username", format!("@{}", name.reveal().trim_start_matches('@'))));
        }
        if let Some(name) = identity.profile_name.as_ref().filter(|name| Some(*name) != contact.name.as_ref())
        {
            facts.push(Fact::new("Profile name", name.reveal()));
        }
    }
    facts
}

/// Who may be somebody else, for a member to say.
pub(crate) fn doubts(desk: &Desk, contact: ContactId, identities: &[ChannelIdentity]) -> Vec<Doubt> {
    let each = |identity: &ChannelIdentity| {
        let doubt = identity.doubt.as_ref()?;
        let who = doubt.name.as_ref().map_or("Somebody with another profile", |name| name.reveal());
        let text = format!(
            "{who} writes from {}, a former number of this person, since {}.",
            doubt.number.international(),
            desk.day_of(doubt.since)
        );
        let path = format!("/web/contacts/{contact}/doubt");
        Some(Doubt { path, identity: identity.id.to_string(), text: text.into() })
    };
    let may = desk.may(Permission::ContactsWrite);
    identities.iter().filter(|_| may).filter_map(each).collect()
}

/// `POST /web/contacts/{contact}/doubt`.
pub(crate) async fn settle_doubt(
    desk: Desk,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let identity: ChannelIdentityId = word("identity", fields.get("identity"))?;
    let answer: DoubtAnswer = word("answer", fields.get("answer"))?;
    let contact = desk.crm().contacts().settle_doubt(&desk.actor, id, identity, answer).await?;
    Ok(super::entry::go_to(&format!("/contacts/{}", contact.id)))
}

/// How long things are kept, in a sentence.
pub(crate) fn kept(desk: &Desk) -> String {
    format!("Each message goes {} days after it was sent.", desk.org.message_days)
}

/// What counts now for each purpose.
pub(crate) async fn consent_rows(desk: &Desk, contact: ContactId) -> Result<Vec<ConsentRow>, Problem> {
    let mut rows = Vec::new();
    if !desk.may(Permission::ConsentRead) {
        return Ok(rows);
    }
    for purpose in [Purpose::Marketing, Purpose::Utility] {
        let state = desk.crm().consents().state(&desk.actor, contact, Channel::WhatsApp, purpose).await?;
        let label = format!("WhatsApp, {}", words::purpose(purpose)).into();
        rows.push(ConsentRow { label, chip: state_chip(desk, &state) });
    }
    Ok(rows)
}

fn state_chip(desk: &Desk, state: &ConsentState) -> Chip {
    let day = state.record.as_ref().map(|record| desk.day_of(record.occurred_at)).unwrap_or_default();
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
pub(crate) async fn tasks(desk: &Desk, contact: ContactId, error: Option<String>) -> Result<Tasks, Problem> {
    let query = TaskQuery { contact: Some(contact), ..TaskQuery::default() };
    let mut found = desk.crm().contacts().tasks(&desk.actor, &query, PageRequest::first(100)).await?.items;
    found.sort_by_key(|task| (task.done_at.is_some(), task.due_at.is_none(), task.due_at, task.id));
    let each = |task: &dialzio_core::contact::Task| Task {
        id: task.id.to_string(),
        text: task.title.reveal().into(),
        due: task.due_at.map(|due| {
            let overdue = due <= desk.now && task.done_at.is_none();
            let soon = desk.local(due).date() == desk.today() && task.done_at.is_none();
            let tone = if overdue {
                Tone::Bad
            } else if soon {
                Tone::Warn
            } else {
                Tone::Neutral
            };
            Chip::new(tone, desk.when(due))
        }),
        is_done: task.done_at.is_some(),
    };
    Ok(Tasks { contact: contact.to_string(), tasks: found.iter().map(each).collect(), error })
}

/// Notes, newest first.
pub(crate) async fn notes(desk: &Desk, contact: ContactId, error: Option<String>) -> Result<Notes, Problem> {
    let page = desk.crm().contacts().notes(&desk.actor, contact, PageRequest::first(50)).await?;
    let each = |note: &dialzio_core::contact::Note| Note {
        author: desk.who(&note.author).into(),
        time: desk.moment(note.created_at),
        text: note.text.reveal().into(),
    };
    Ok(Notes { contact: contact.to_string(), notes: page.items.iter().map(each).collect(), error })
}

async fn change(desk: &Desk, id: ContactId, patch: ContactPatch) -> Result<Html<String>, Problem> {
    let contact = desk.crm().contacts().update(&desk.actor, id, patch).await?;
    show(&standing(desk, &contact))
}

/// `POST /web/contacts/{contact}/stage`.
pub(crate) async fn stage(
    desk: Desk,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let stage = Some(word("stage", fields.get("stage"))?);
    change(&desk, id, ContactPatch { stage, ..ContactPatch::default() }).await
}

/// `POST /web/contacts/{contact}/owner`.
pub(crate) async fn owner(
    desk: Desk,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let owner = Some(fields.given("member").map(|member| word("member", member)).transpose()?);
    change(&desk, id, ContactPatch { owner, ..ContactPatch::default() }).await
}

async fn retag(
    desk: &Desk,
    id: ContactId,
    change_tags: impl FnOnce(&mut Vec<TagName>),
) -> Result<Html<String>, Problem> {
    let contact = desk.crm().contacts().get(&desk.actor, id).await?;
    let mut tags = contact.tags;
    change_tags(&mut tags);
    let patch =
        ContactPatch { tags: Some(tags), revision: Some(contact.revision), ..ContactPatch::default() };
    change(desk, id, patch).await
}

/// `POST /web/contacts/{contact}/tags`.
pub(crate) async fn add_tag(
    desk: Desk,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let tag = text::<TagName>("tag", fields.get("tag").trim())?;
    retag(&desk, id, |tags| tags.push(tag)).await
}

/// `POST /web/contacts/{contact}/tags/remove`.
pub(crate) async fn remove_tag(
    desk: Desk,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let tag = fields.get("tag");
    retag(&desk, id, |tags| tags.retain(|known| known.reveal() != tag)).await
}

fn new_task(desk: &Desk, fields: &Fields) -> Result<NewTask, Problem> {
    let due = fields.given("due").map(|text| {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok();
        local.and_then(|local| desk.instant(local)).ok_or_else(|| Problem::invalid("due", "is not a time"))
    });
    let title = text::<TaskTitle>("text", fields.get("text").trim())?;
    Ok(NewTask { title, due_at: due.transpose()?, assignee: None })
}

/// `POST /web/contacts/{contact}/tasks`.
pub(crate) async fn add_task(desk: Desk, Id(id): Id<ContactId>, fields: Fields) -> Result<Response, Problem> {
    match new_task(&desk, &fields) {
        Ok(new) => {
            desk.crm().contacts().add_task(&desk.actor, id, new).await?;
            Ok(show(&tasks(&desk, id, None).await?)?.into_response())
        }
        Err(problem) => {
            let again = tasks(&desk, id, Some(problems::sentence(&problem))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
        }
    }
}

/// `POST /web/tasks/{task}`.
pub(crate) async fn tick(desk: Desk, Id(id): Id<TaskId>, fields: Fields) -> Result<Html<String>, Problem> {
    let contact: ContactId = word("contact", fields.get("contact"))?;
    desk.crm().contacts().set_task_done(&desk.actor, contact, id, fields.get("done") == "yes", None).await?;
    show(&tasks(&desk, contact, None).await?)
}

/// `POST /web/contacts/{contact}/notes`.
pub(crate) async fn add_note(desk: Desk, Id(id): Id<ContactId>, fields: Fields) -> Result<Response, Problem> {
    match text::<NoteText>("text", fields.get("text").trim()) {
        Ok(words) => {
            desk.crm().contacts().add_note(&desk.actor, id, words).await?;
            Ok(show(&notes(&desk, id, None).await?)?.into_response())
        }
        Err(problem) => {
            let again = notes(&desk, id, Some(problems::sentence(&problem))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
        }
    }
}
