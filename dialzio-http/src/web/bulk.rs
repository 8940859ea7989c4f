//! The same done with many conversations of the queue, and taken back together.

use axum::response::Html;
use chrono::DateTime;
use dialzio_core::conversation::{BulkAction, BulkOutcome, Conversation, ConversationState};
use dialzio_core::text::TagName;
use dialzio_core::{ConversationId, Permission};

use super::page_context::{PageContext, beside, show};
use super::view::Action;
use super::view::inbox::{Bulk, BulkResult};
use super::view::shell::Undo;
use super::{head, words};
use crate::api::{text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// How long an undo is offered, in seconds: longer than for one conversation, since there is more to look at.
const OFFERED: u32 = 20;

/// The bar above the queue, for those who may change conversations.
pub(crate) fn bar(ctx: &PageContext) -> Option<Bulk> {
    ctx.may(Permission::ConversationsWrite).then(|| Bulk {
        members: ctx.member_choices(None),
        snooze: head::snoozes(ctx),
        can_tag: ctx.may(Permission::ContactsWrite),
    })
}

fn count(many: usize) -> String {
    if many == 1 { "1 conversation".to_owned() } else { format!("{many} conversations") }
}

fn until(text: &str) -> Result<ConversationState, Problem> {
    let until = DateTime::parse_from_rfc3339(text).map_err(|_| Problem::invalid("until", "is not a time"))?;
    Ok(ConversationState::Snoozed { until: until.to_utc() })
}

/// `POST /web/conversations/bulk`.
pub(crate) async fn change(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    let ids = ids(&fields, "id.")?;
    let action = match fields.get("action") {
        "assign" => {
            let member = fields.given("member").map(|member| word("member", member)).transpose()?;
            BulkAction::Assign(member)
        }
        "close" => BulkAction::State(ConversationState::Closed),
        "snooze" => BulkAction::State(until(fields.get("until"))?),
        "unread" => BulkAction::MarkUnread,
        "tag" => BulkAction::AddTag(text::<TagName>("tag", fields.get("tag").trim())?),
        _ => return Err(Problem::invalid("action", "is not known")),
    };
    let outcomes = ctx.crm().conversations().bulk(&ctx.actor, &ids, &action).await?;
    let changed: Vec<&Conversation> =
        outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()?.as_ref()).collect();
    let said = said(&ctx, &action, changed.len());
    let Html(mut html) = show(&result(&ctx, &outcomes).await?)?;
    if !changed.is_empty() {
        let mut back = Action::new("Undo", "web/conversations/bulk/undo");
        for before in &changed {
            back = back.field(format!("was.{}", before.id), was(&action, before));
        }
        let undo = Undo { text: said.into(), action: back, seconds: OFFERED, target: "bulk-result" };
        html.push_str(&beside("undo", "beforeend", &undo)?);
    }
    Ok(Html(html))
}

fn ids(fields: &Fields, prefix: &str) -> Result<Vec<ConversationId>, Problem> {
    let each = |(id, _): (String, String)| word::<ConversationId>("conversations", &id);
    fields.under(prefix).into_iter().map(each).collect()
}

/// "Closed 3 conversations".
fn said(ctx: &PageContext, action: &BulkAction, many: usize) -> String {
    let count = count(many);
    match action {
        BulkAction::Assign(None) => format!("Unassigned {count}"),
        BulkAction::Assign(Some(member)) if ctx.actor.member() == Some(*member) => {
            format!("Assigned {count} to you")
        }
        BulkAction::Assign(Some(member)) => {
            format!("Assigned {count} to {}", ctx.member(*member).unwrap_or_default())
        }
        BulkAction::State(ConversationState::Closed) => format!("Closed {count}"),
        BulkAction::State(ConversationState::Open) => format!("Reopened {count}"),
        BulkAction::State(ConversationState::Snoozed { until }) => {
            format!("Snoozed {count} until {}", ctx.when(*until))
        }
        BulkAction::MarkUnread => format!("Marked {count} as unread"),
        BulkAction::AddTag(tag) => format!("Tagged {count} with {}", tag.reveal()),
        _ => format!("Changed {count}"),
    }
}

/// What the conversation was, as the Undo carries it.
fn was(action: &BulkAction, before: &Conversation) -> String {
    match action {
        BulkAction::Assign(_) => {
            format!("assignee {}", before.assignee.map(|member| member.to_string()).unwrap_or_default())
        }
        BulkAction::AddTag(tag) => format!("untagged {}", tag.reveal()),
        BulkAction::MarkUnread => "read".to_owned(),
        _ => match before.state {
            ConversationState::Open => "open".to_owned(),
            ConversationState::Closed => "closed".to_owned(),
            ConversationState::Snoozed { until } => format!("snoozed {}", head::rfc3339(until)),
        },
    }
}

/// What takes it back.
fn back(ctx: &PageContext, was: &str) -> Result<Option<BulkAction>, Problem> {
    let (kind, rest) = was.split_once(' ').unwrap_or((was, ""));
    Ok(match kind {
        "assignee" => {
            let member = (!rest.is_empty()).then(|| word("member", rest)).transpose()?;
            Some(BulkAction::Assign(member))
        }
        "untagged" => Some(BulkAction::RemoveTag(text::<TagName>("tag", rest)?)),
        "open" => Some(BulkAction::State(ConversationState::Open)),
        "closed" => Some(BulkAction::State(ConversationState::Closed)),
        // A snooze that has ended meanwhile is over.
        "snoozed" => match until(rest)? {
            ConversationState::Snoozed { until } if until <= ctx.now => {
                Some(BulkAction::State(ConversationState::Open))
            }
            state => Some(BulkAction::State(state)),
        },
        "read" => None,
        _ => return Err(Problem::invalid("was", "is not known")),
    })
}

/// `POST /web/conversations/bulk/undo`: each is again what it was.
pub(crate) async fn undo(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    let mut groups: Vec<(String, Vec<ConversationId>)> = Vec::new();
    for (id, was) in fields.under("was.") {
        let id = word::<ConversationId>("conversations", &id)?;
        match groups.iter_mut().find(|(known, _)| *known == was) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((was, vec![id])),
        }
    }
    let service = ctx.crm().conversations();
    let mut outcomes = Vec::new();
    for (was, ids) in groups {
        match back(&ctx, &was)? {
            Some(action) => outcomes.extend(service.bulk(&ctx.actor, &ids, &action).await?),
            None => {
                for id in ids {
                    service.seen(&ctx.actor, id).await?;
                }
            }
        }
    }
    show(&result(&ctx, &outcomes).await?)
}

/// What was refused, by name.
async fn result(ctx: &PageContext, outcomes: &[BulkOutcome]) -> Result<BulkResult, Problem> {
    let mut refused = Vec::new();
    for outcome in outcomes {
        let Err(error) = &outcome.result else { continue };
        let name = match ctx.crm().conversations().get(&ctx.actor, outcome.conversation).await {
            Ok(entry) => words::person(ctx, &entry),
            Err(_) => "A conversation that is gone".to_owned(),
        };
        refused.push(format!("{name}: {error}").into());
    }
    Ok(BulkResult { refused })
}
