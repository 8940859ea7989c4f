//! The same done with many contacts of the list, and taken back together.

use axum::response::Html;
use dialzio_core::contact::{Contact, ContactAction, ContactChange, ContactOutcome, ContactTarget, Stage};
use dialzio_core::text::TagName;
use dialzio_core::{ContactId, Permission, Revision};

use super::page_context::{PageContext, beside, show};
use super::view::contact_list::ContactBulk;
use super::view::inbox::BulkResult;
use super::view::shell::Undo;
use super::view::{Action, Choice};
use super::words;
use crate::api::{text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// How long an undo is offered, in seconds: longer than for one contact, since there is more to look at.
const OFFERED: u32 = 20;

/// The bar above the list, for those who may change contacts.
pub(crate) fn bar(ctx: &PageContext) -> Option<ContactBulk> {
    ctx.may(Permission::ContactsWrite).then(|| ContactBulk {
        owners: ctx.member_choices(None),
        stages: Stage::ALL.iter().map(|stage| Choice::new(stage.as_str(), words::stage(*stage))).collect(),
    })
}

fn count(many: usize) -> String {
    if many == 1 { "1 contact".to_owned() } else { format!("{many} contacts") }
}

/// `POST /web/contacts/bulk`.
pub(crate) async fn change(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    let mut targets = Vec::new();
    for (id, _) in fields.under("id.") {
        targets.push(ContactTarget::from(word::<ContactId>("contacts", &id)?));
    }
    let tag = || text::<TagName>("tag", fields.get("tag").trim());
    let action = match fields.get("action") {
        "owner" => {
            ContactAction::Owner(fields.given("member").map(|member| word("member", member)).transpose()?)
        }
        "stage" => ContactAction::Stage(word("stage", fields.get("stage"))?),
        "tag" => ContactAction::AddTag(tag()?),
        "untag" => ContactAction::RemoveTag(tag()?),
        _ => return Err(Problem::invalid("action", "is not known")),
    };
    let outcomes = ctx.crm().contacts().bulk(&ctx.actor, &targets, &action).await?;
    let changed: Vec<&ContactChange> =
        outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()?.as_ref()).collect();
    let Html(mut html) = show(&result(&ctx, &outcomes).await?)?;
    if !changed.is_empty() {
        let mut back = Action::new("Undo", "web/contacts/bulk/undo");
        for change in &changed {
            back = back.field(format!("was.{}", change.before.id), was(&action, change));
        }
        let said = said(&ctx, &action, changed.len());
        let undo = Undo { text: said.into(), action: back, seconds: OFFERED, target: "bulk-result" };
        html.push_str(&beside("undo", "beforeend", &undo)?);
    }
    Ok(Html(html))
}

/// "Moved 3 contacts to Customer".
fn said(ctx: &PageContext, action: &ContactAction, many: usize) -> String {
    let count = count(many);
    match action {
        ContactAction::Owner(None) => format!("Took the owner away from {count}"),
        ContactAction::Owner(Some(member)) if ctx.actor.member() == Some(*member) => {
            format!("Gave {count} to you")
        }
        ContactAction::Owner(Some(member)) => {
            format!("Gave {count} to {}", ctx.member(*member).unwrap_or_default())
        }
        ContactAction::Stage(stage) => format!("Moved {count} to {}", words::stage(*stage)),
        ContactAction::AddTag(tag) => format!("Tagged {count} with {}", tag.reveal()),
        ContactAction::RemoveTag(tag) => format!("Removed the tag {} from {count}", tag.reveal()),
        _ => format!("Changed {count}"),
    }
}

/// What the contact was, as the Undo carries it: the revision that it has now, a word, and a value.
fn was(action: &ContactAction, change: &ContactChange) -> String {
    let before: &Contact = &change.before;
    let what = match action {
        ContactAction::Owner(_) => {
            format!("owner {}", before.owner.map(|owner| owner.to_string()).unwrap_or_default())
        }
        ContactAction::AddTag(tag) => format!("untagged {}", tag.reveal()),
        ContactAction::RemoveTag(tag) => format!("tagged {}", tag.reveal()),
        _ => format!("stage {}", before.stage),
    };
    format!("{} {what}", change.revision.0)
}

/// What takes it back, and the revision that it takes back.
fn back(was: &str) -> Result<(Revision, ContactAction), Problem> {
    let unknown = || Problem::invalid("was", "is not known");
    let (revision, what) = was.split_once(' ').ok_or_else(unknown)?;
    let revision = Revision(revision.parse().map_err(|_| unknown())?);
    let (kind, rest) = what.split_once(' ').unwrap_or((what, ""));
    let action = match kind {
        "owner" if rest.is_empty() => ContactAction::Owner(None),
        "owner" => ContactAction::Owner(Some(word("member", rest)?)),
        "stage" => ContactAction::Stage(word("stage", rest)?),
        "untagged" => ContactAction::RemoveTag(text::<TagName>("tag", rest)?),
        "tagged" => ContactAction::AddTag(text::<TagName>("tag", rest)?),
        _ => return Err(unknown()),
    };
    Ok((revision, action))
}

/// `POST /web/contacts/bulk/undo`: each is again what it was, but for those that were changed since.
pub(crate) async fn undo(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    let mut groups: Vec<(ContactAction, Vec<ContactTarget>)> = Vec::new();
    for (id, was) in fields.under("was.") {
        let (revision, action) = back(&was)?;
        let contact = word::<ContactId>("contacts", &id)?;
        let target = ContactTarget { contact, revision: Some(revision) };
        match groups.iter_mut().find(|(known, _)| *known == action) {
            Some((_, targets)) => targets.push(target),
            None => groups.push((action, vec![target])),
        }
    }
    let mut outcomes = Vec::new();
    for (action, targets) in groups {
        outcomes.extend(ctx.crm().contacts().bulk(&ctx.actor, &targets, &action).await?);
    }
    show(&result(&ctx, &outcomes).await?)
}

/// What was refused, by name.
async fn result(ctx: &PageContext, outcomes: &[ContactOutcome]) -> Result<BulkResult, Problem> {
    let mut refused = Vec::new();
    for outcome in outcomes {
        let Err(error) = &outcome.result else { continue };
        let name = match ctx.crm().contacts().get(&ctx.actor, outcome.contact).await {
            Ok(contact) => words::contact_name(ctx, &contact, &[]),
            Err(_) => "A contact that is gone".to_owned(),
        };
        refused.push(format!("{name}: {error}").into());
    }
    Ok(BulkResult { refused })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_change_back_is_read_as_it_was_written() {
        let member = "01a2b3c4-0000-7000-8000-000000000001";
        for (was, action) in [
            ("3 owner ".to_owned(), ContactAction::Owner(None)),
            (format!("3 owner {member}"), ContactAction::Owner(Some(member.parse().unwrap()))),
            ("3 stage lost".to_owned(), ContactAction::Stage(Stage::Lost)),
            ("3 untagged big spender".to_owned(), ContactAction::RemoveTag("big spender".parse().unwrap())),
            ("3 tagged vip".to_owned(), ContactAction::AddTag("vip".parse().unwrap())),
        ] {
            assert_eq!(back(&was).unwrap(), (Revision(3), action), "{was}");
        }
        for wrong in ["", "owner", "x stage lost", "3 stage emperor", "3 owner somebody", "3 gone "] {
            assert!(back(wrong).is_err(), "{wrong}");
        }
    }
}
