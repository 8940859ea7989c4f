//! Choosing a template: which may go to this person now, why the others may not, and how the chosen one will read.

use std::borrow::Cow;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::NaiveDate;
use dialzio_core::consent::{Channel, Evidence, EvidenceKind, NewConsent, PurposeScope, RefusalCode};
use dialzio_core::conversation::{
    InboxEntry, Preview, SendPreview, Template, TemplateCategory, TemplateStatus,
};
use dialzio_core::text::EvidenceText;
use dialzio_core::{ConversationId, Identifiers, Permission};
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::Choice;
use super::view::picker::{OptIn, Picker, PreviewPart, TemplateField, TemplateForm, TemplateItem};
use super::words;
use crate::api::{Id, text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// What the picker is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    template: Option<String>,
}

/// `GET /web/conversations/{conversation}/templates`.
pub(crate) async fn read(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let service = ctx.crm().conversations();
    let entry = service.get(&ctx.actor, id).await?;
    let preview = service.preview(&ctx.actor, id).await?;
    show(&of(&ctx, &entry, &preview, asked.q.trim(), asked.template.as_deref(), None))
}

/// The id of a template in the page: language and name.
fn id_of(template: &Template) -> String {
    format!("{}.{}", template.language, template.name)
}

/// The template that an id of the page means.
pub(crate) fn find<'a>(preview: &'a SendPreview, id: &str) -> Option<&'a (Template, Preview)> {
    preview.templates.iter().find(|(template, _)| id_of(template) == id)
}

/// Why a template cannot be sent to anybody now; `None` if it is approved.
pub(crate) fn stopped(template: &Template) -> Option<String> {
    let words = match template.status {
        TemplateStatus::Approved => return None,
        TemplateStatus::Unsupported => {
            return Some("Has parts that cannot be filled in here, such as cards or an offer.".to_owned());
        }
        TemplateStatus::Pending if template.rejection.is_none() => {
            return Some("Waiting for approval by WhatsApp.".to_owned());
        }
        TemplateStatus::Other => "Not approved",
        TemplateStatus::Pending => "Waiting for approval",
        TemplateStatus::Rejected => "Rejected",
        TemplateStatus::Paused => "Paused",
        TemplateStatus::Disabled => "Disabled",
    };
    Some(match &template.rejection {
        Some(why) => format!("{words} by WhatsApp ({why})."),
        None => format!("{words} by WhatsApp."),
    })
}

/// Why a template cannot go to this person now.
fn refusal(ctx: &PageContext, template: &Template, verdict: &Preview) -> Option<String> {
    if let Some(words) = stopped(template) {
        return Some(words);
    }
    match verdict {
        Preview::Refused(refusal) => Some(words::refusal(ctx, refusal)),
        Preview::Ready | Preview::Deferred { .. } => None,
    }
}

/// The picker with what was searched for and chosen.
pub(crate) fn of(
    ctx: &PageContext,
    entry: &InboxEntry,
    preview: &SendPreview,
    search: &str,
    chosen: Option<&str>,
    opt_in: Option<OptIn>,
) -> Picker {
    let wanted = search.to_lowercase();
    let matches = |template: &Template| {
        wanted.is_empty()
            || template.name.to_lowercase().contains(&wanted)
            || template.name.replace('_', " ").to_lowercase().contains(&wanted)
            || template.body.to_lowercase().contains(&wanted)
    };
    let item = |(template, verdict): &(Template, Preview)| TemplateItem {
        id: id_of(template),
        name: capitalised(&template.name.replace('_', " ")).into(),
        key: template.name.as_str().into(),
        category: words::category(template.category).to_owned(),
        quality: quality(template),
        language: template.language.clone(),
        refusal: refusal(ctx, template, verdict).map(Into::into),
        is_chosen: chosen == Some(id_of(template).as_str()),
    };
    let mut templates: Vec<TemplateItem> =
        preview.templates.iter().filter(|(template, _)| matches(template)).map(item).collect();
    templates.sort_by_key(|item| item.refusal.is_some());
    let form = chosen.and_then(|id| find(preview, id)).map(|(template, verdict)| {
        let mut form = form(ctx, entry, words::channel_of(preview), template, verdict);
        if let (Some(sent), Some(offered)) = (opt_in, form.opt_in.as_mut()) {
            *offered = sent;
        }
        form
    });
    Picker {
        conversation: entry.conversation.id.to_string(),
        search: search.to_owned(),
        templates,
        chosen: form,
        can_close: !matches!(preview.reply, Preview::Refused(_)),
    }
}

pub(crate) fn quality(template: &Template) -> Option<String> {
    match template.quality.as_deref() {
        Some("YELLOW") => Some("quality medium".to_owned()),
        Some("RED") => Some("quality low".to_owned()),
        _ => None,
    }
}

/// Names of templates and parameters as people read them: "Order ready".
pub(crate) fn capitalised(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// The name of a parameter as a form carries it, without blanks.
fn field_name(parameter: &str) -> String {
    parameter.replace(' ', "_")
}

/// Back from the form's name to the parameter's.
pub(crate) fn parameter(template: &Template, field: &str) -> Option<String> {
    template.parameters().into_iter().find(|parameter| field_name(parameter) == field)
}

fn label(template: &Template, parameter: &str) -> String {
    if parameter == "header" {
        return match template.header.map(dialzio_core::conversation::HeaderFormat::as_str) {
            Some("text") => "Heading".to_owned(),
            Some(format) => format!("{} link", capitalised(format)),
            None => "Heading".to_owned(),
        };
    }
    if let Some(number) = parameter.strip_prefix("button ") {
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let words =
            index.and_then(|index| template.buttons.get(index)).map_or("", |button| button.text.as_str());
        return format!("{words} link ending");
    }
    if parameter.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("Value {parameter}");
    }
    capitalised(&parameter.replace('_', " "))
}

/// Whether a parameter is the address of the header's file.
pub(crate) fn is_link(template: &Template, parameter: &str) -> bool {
    let format = template.header.map(dialzio_core::conversation::HeaderFormat::as_str);
    parameter == "header" && format.is_some_and(|format| format != "text")
}

/// What can be filled in from the card: a first name, where the template asks for one.
fn value(entry: &InboxEntry, template: &Template, parameter: &str) -> String {
    let asks = parameter.contains("name")
        || parameter == "1"
            && ["Hi {{1}}", "Hello {{1}}", "Dear {{1}}"]
                .iter()
                .any(|greeting| template.body.contains(greeting));
    let name = entry.contact_name.as_ref().or(entry.profile_name.as_ref());
    // A profile may have a number or an address for a name.
    let name = name.filter(|name| matches!(Identifiers::Masked.name(name.reveal()), Cow::Borrowed(_)));
    let first = name.and_then(|name| name.reveal().split_whitespace().next());
    first.filter(|_| asks).unwrap_or_default().to_owned()
}

fn form(
    ctx: &PageContext,
    entry: &InboxEntry,
    channel: Channel,
    template: &Template,
    verdict: &Preview,
) -> TemplateForm {
    let field = |parameter: String| TemplateField {
        name: field_name(&parameter),
        label: label(template, &parameter),
        value: value(entry, template, &parameter),
        is_link: is_link(template, &parameter),
        error: None,
    };
    let fields: Vec<TemplateField> = template.parameters().into_iter().map(field).collect();
    let (header, body) = read_as(template, &fields);
    TemplateForm {
        id: id_of(template),
        name: capitalised(&template.name.replace('_', " ")).into(),
        header,
        body,
        footer: template.footer.as_deref().map(Into::into),
        buttons: template.buttons.iter().map(|button| button.text.as_str().into()).collect(),
        refusal: refusal(ctx, template, verdict).map(Into::into),
        opt_in: offer(ctx, channel, template, verdict),
        fields,
    }
}

/// How a template reads with nothing filled in: header and body.
pub(crate) fn unfilled(template: &Template) -> (Vec<PreviewPart>, Vec<PreviewPart>) {
    let field = |parameter: String| TemplateField {
        name: field_name(&parameter),
        label: label(template, &parameter),
        value: String::new(),
        is_link: false,
        error: None,
    };
    read_as(template, &template.parameters().into_iter().map(field).collect::<Vec<_>>())
}

/// Header and body with what the fields hold.
fn read_as(template: &Template, fields: &[TemplateField]) -> (Vec<PreviewPart>, Vec<PreviewPart>) {
    let header = match (template.header_text.as_deref(), fields.iter().any(|field| field.name == "header")) {
        (Some(words), true) => pieces(words, fields, Some("header")),
        (Some(words), false) => vec![PreviewPart::Text(words.into())],
        (None, true) => pieces("{{header}}", fields, Some("header")),
        (None, false) => Vec::new(),
    };
    (header, pieces(&template.body, fields, None))
}

/// Cuts a text at its parameters. All of a header's are one field.
fn pieces(words: &str, fields: &[TemplateField], all: Option<&str>) -> Vec<PreviewPart> {
    let mut parts = Vec::new();
    let mut rest = words;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else { break };
        if !before.is_empty() {
            parts.push(PreviewPart::Text(before.into()));
        }
        let name = all.map_or_else(|| field_name(name.trim()), str::to_owned);
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            let value = field.value.as_str().into();
            parts.push(PreviewPart::Slot { name, label: field.label.clone(), value });
        }
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(PreviewPart::Text(rest.into()));
    }
    parts
}

fn methods(chosen: &str) -> Vec<Choice> {
    let all = [
        EvidenceKind::WebForm,
        EvidenceKind::Call,
        EvidenceKind::Paper,
        EvidenceKind::InPerson,
        EvidenceKind::Import,
    ];
    let each = |kind: EvidenceKind| Choice {
        selected: kind.as_str() == chosen,
        ..Choice::new(kind.as_str(), words::evidence(kind))
    };
    all.into_iter().map(each).collect()
}

/// An opt-in is offered where it would help, to those who may record one.
fn offer(ctx: &PageContext, channel: Channel, template: &Template, verdict: &Preview) -> Option<OptIn> {
    let Preview::Refused(refusal) = verdict else { return None };
    let helps = |code| {
        matches!(
            code,
            RefusalCode::Unknown
                | RefusalCode::Expired
                | RefusalCode::Withdrawn
                | RefusalCode::Refused
                | RefusalCode::NoExistingRelationship
        )
    };
    let offered =
        ctx.may(Permission::ConsentWrite) && refusal.reasons.iter().all(|reason| helps(reason.code));
    let scope = match template.category {
        TemplateCategory::Marketing => PurposeScope::Marketing,
        TemplateCategory::Utility | TemplateCategory::Authentication => PurposeScope::Utility,
    };
    offered.then(|| empty_opt_in(ctx, channel, scope))
}

fn empty_opt_in(ctx: &PageContext, channel: Channel, scope: PurposeScope) -> OptIn {
    OptIn {
        purpose: scope.as_str().to_owned(),
        label: format!("{}, {}", words::channel(channel), words::scope(scope).to_lowercase()).into(),
        methods: methods(""),
        evidence: String::new(),
        date: ctx.today().to_string(),
        error: None,
        is_open: false,
    }
}

/// `POST /web/conversations/{conversation}/opt-in`.
pub(crate) async fn opt_in(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let service = ctx.crm().conversations();
    let entry = service.get(&ctx.actor, id).await?;
    let channel = words::channel_of(&service.preview(&ctx.actor, id).await?);
    let recorded = record(&ctx, &entry, channel, &fields).await;
    let preview = service.preview(&ctx.actor, id).await?;
    let chosen = fields.given("template");
    let problem = match recorded {
        Ok(()) => return Ok(show(&of(&ctx, &entry, &preview, "", chosen, None))?.into_response()),
        Err(problem) if problem.status == 422 => problem,
        Err(problem) => return Err(problem),
    };
    let scope = word::<PurposeScope>("purpose", fields.get("purpose"))?;
    let sent = OptIn {
        methods: methods(fields.get("method")),
        evidence: fields.get("evidence").to_owned(),
        date: fields.get("date").to_owned(),
        error: Some(super::problems::sentence(&problem)),
        is_open: true,
        ..empty_opt_in(&ctx, words::channel_of(&preview), scope)
    };
    let picker = of(&ctx, &entry, &preview, "", chosen, Some(sent));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&picker)?).into_response())
}

async fn record(
    ctx: &PageContext,
    entry: &InboxEntry,
    channel: Channel,
    fields: &Fields,
) -> Result<(), Problem> {
    let day: NaiveDate = fields.get("date").parse().map_err(|_| Problem::invalid("date", "is not a day"))?;
    let occurred_at = ctx.on_day(day).ok_or_else(|| Problem::invalid("date", "is not a day"))?;
    let evidence = Evidence {
        kind: word("method", fields.get("method"))?,
        note: text::<EvidenceText>("evidence", fields.get("evidence").trim())?,
        message: None,
    };
    let new = NewConsent {
        contact: entry.conversation.contact,
        channel,
        scope: word("purpose", fields.get("purpose"))?,
        evidence,
        occurred_at,
        expires_at: None,
    };
    ctx.crm().consents().grant(&ctx.actor, new).await?;
    Ok(())
}
