//! Recordings under Settings: when calls may be recorded, and those of a person or a period, which are counted before exactly
//! those are deleted.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::access::OrgChange;
use dialzio_core::call::{RecordingCount, RecordingRule, RecordingSelection, SeenRecordings};
use dialzio_core::{ContactId, Error, Permission, Revision};
use serde::Deserialize;

use super::call_query::day;
use super::page_context::{PageContext, show};
use super::view::Fact;
use super::view::recordings::{DeleteRecordings, FoundRecordings, RecordingsPage, RuleChoice, RuleForm};
use super::view::shell::Place;
use super::words;
use crate::api::word;
use crate::form::Fields;
use crate::problem::Problem;

/// What has to be typed before they are deleted.
const WORD: &str = "delete";

/// Whose recordings are meant.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    contact: String,
}

/// `GET /settings/recordings`.
pub(crate) async fn page(ctx: PageContext, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    let delete = if ctx.may(Permission::MediaDelete) {
        Some(DeleteRecordings { person: person(&ctx, &asked.contact).await?, ..DeleteRecordings::default() })
    } else {
        None
    };
    let shell = ctx.shell("Recordings", Place::Recordings).await?;
    show(&RecordingsPage { shell, rule: rule_form(&ctx, ctx.org.recordings), delete })
}

fn rule_form(ctx: &PageContext, chosen: RecordingRule) -> RuleForm {
    let rule = |rule: &RecordingRule| {
        let (label, hint) = match rule {
            RecordingRule::Always => ("Always", "Unless the person refused."),
            RecordingRule::WhenAnnounced => {
                ("When the person was told", "It has to be entered that they were told, or agreed.")
            }
            RecordingRule::WhenAgreed => ("When the person agreed", "It has to be entered that they agreed."),
        };
        RuleChoice { value: rule.as_str(), label, hint, selected: *rule == chosen }
    };
    RuleForm {
        revision: ctx.org.revision.0.to_string(),
        rules: RecordingRule::ALL.iter().map(rule).collect(),
        can_manage: ctx.may(Permission::SettingsManage),
        is_saved: false,
        error: None,
    }
}

/// `POST /web/recordings/rule`.
pub(crate) async fn set_rule(mut ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let chosen: RecordingRule = word("recordings", fields.get("recordings"))?;
    let seen = Revision(word("revision", fields.get("revision"))?);
    let change = OrgChange { recordings: Some(chosen), ..OrgChange::default() };
    match ctx.crm().access().change_org(&ctx.actor, seen, change).await {
        Ok(org) => {
            ctx.org = org;
            Ok(show(&RuleForm { is_saved: true, ..rule_form(&ctx, chosen) })?.into_response())
        }
        Err(Error::Conflict { .. }) => {
            let error =
                "The settings were changed meanwhile. Look at them again, and save if this is still right.";
            let form = RuleForm { error: Some(error.to_owned()), ..rule_form(&ctx, chosen) };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Id and name of the person whose recordings are meant.
async fn person(ctx: &PageContext, contact: &str) -> Result<Option<(String, super::view::Shown)>, Problem> {
    if contact.is_empty() {
        return Ok(None);
    }
    let id: ContactId = word("contact", contact)?;
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    let identities = ctx.crm().contacts().identities(&ctx.actor, id).await?;
    Ok(Some((id.to_string(), words::contact_name(ctx, &contact, &identities).into())))
}

/// The form as it was sent, and what it selects; mistakes are marked in the form.
async fn read(
    ctx: &PageContext,
    fields: &Fields,
) -> Result<(DeleteRecordings, Option<RecordingSelection>), Problem> {
    let mut form = DeleteRecordings {
        person: person(ctx, fields.get("contact")).await?,
        from: fields.get("from").trim().to_owned(),
        to: fields.get("to").trim().to_owned(),
        ..DeleteRecordings::default()
    };
    let is_of_all = form.person.is_none();
    let missing = |text: &str, words: &str| (is_of_all && text.is_empty()).then(|| words.to_owned());
    form.from_error = missing(&form.from, "Choose the first day.");
    form.to_error = missing(&form.to, "Choose the last day.");
    let since = day(ctx, &form.from, "first", 0).unwrap_or_else(|error| {
        form.from_error = Some(error);
        None
    });
    let until = day(ctx, &form.to, "last", 1).unwrap_or_else(|error| {
        form.to_error = Some(error);
        None
    });
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        form.to_error = Some("The last day is before the first one.".to_owned());
    }
    let contact = fields.given("contact").map(|id| word("contact", id)).transpose()?;
    let is_right = form.from_error.is_none() && form.to_error.is_none();
    Ok((form, is_right.then_some(RecordingSelection { contact, since, until })))
}

fn marked(form: &DeleteRecordings) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(form)?).into_response())
}

/// What was counted, as it is shown. A selection that is too large is a mistake of its first day.
async fn count(
    ctx: &PageContext,
    form: &mut DeleteRecordings,
    selection: RecordingSelection,
) -> Result<Option<FoundRecordings>, Problem> {
    match ctx.crm().calls().count_recordings(&ctx.actor, selection).await {
        Ok(counted) => Ok(Some(found(ctx, &counted))),
        Err(Error::Invalid { problem, .. }) => {
            form.from_error = Some(format!("This {problem}."));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn found(ctx: &PageContext, counted: &RecordingCount) -> FoundRecordings {
    let mut facts = Vec::new();
    if counted.recordings > 0 {
        facts.push(Fact::new("Recordings", counted.recordings.to_string()));
        facts.push(Fact::new("Size", size(counted.bytes)));
        for (label, at) in [("First call", counted.oldest), ("Last call", counted.newest)] {
            facts.extend(at.map(|at| Fact::new(label, ctx.moment(at).full)));
        }
        for (label, number) in
            [("Not fetched yet", counted.pending), ("Of calls that belong to nobody", counted.unassigned)]
        {
            if number > 0 {
                facts.push(Fact::new(label, number.to_string()));
            }
        }
    }
    FoundRecordings {
        recordings: recordings(counted.recordings),
        facts,
        seen: counted.seen.to_string(),
        word: WORD,
        word_error: None,
        has_changed: false,
    }
}

fn recordings(number: u32) -> String {
    if number == 1 { "1 recording".to_owned() } else { format!("{number} recordings") }
}

/// A size for reading, rounded up.
fn size(bytes: u64) -> String {
    const MEGABYTE: u64 = 1 << 20;
    if bytes < MEGABYTE {
        return format!("{} KB", bytes.div_ceil(1 << 10));
    }
    let tenths = (bytes * 10).div_ceil(MEGABYTE);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// `POST /web/recordings/preview`.
pub(crate) async fn preview(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let (mut form, selection) = read(&ctx, &fields).await?;
    let Some(selection) = selection else { return marked(&form) };
    form.found = count(&ctx, &mut form, selection).await?;
    if form.found.is_none() { marked(&form) } else { Ok(show(&form)?.into_response()) }
}

/// `POST /web/recordings/delete`.
pub(crate) async fn delete(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let (mut form, selection) = read(&ctx, &fields).await?;
    let Some(selection) = selection else { return marked(&form) };
    let seen: SeenRecordings = fields.get("seen").parse()?;
    if fields.get("confirm").trim() != WORD {
        form.found = count(&ctx, &mut form, selection).await?;
        if let Some(found) = &mut form.found {
            found.word_error = Some(format!("Type the word {WORD}."));
        }
        return marked(&form);
    }
    match ctx.crm().calls().delete_recordings(&ctx.actor, selection, seen).await {
        Ok(deleted) => {
            let are = if deleted == 1 { "is" } else { "are" };
            form.outcome = Some(format!("{} {are} deleted", recordings(deleted)));
            Ok(show(&form)?.into_response())
        }
        Err(Error::Stale { .. }) => {
            form.found = count(&ctx, &mut form, selection).await?;
            if let Some(found) = &mut form.found {
                found.has_changed = true;
            }
            marked(&form)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(size(0), "0 KB");
        assert_eq!(size(1), "1 KB");
        assert_eq!(size((1 << 20) - 1), "1024 KB");
        assert_eq!(size((5 << 20) + 1), "5.1 MB");
    }
}
