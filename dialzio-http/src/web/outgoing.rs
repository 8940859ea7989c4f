//! What our side does with messages: reply, note, template, and what helps when one did not go out.

use axum::http::StatusCode;
use axum::response::Html;
use chrono::DateTime;
use dialzio_core::conversation::HeaderParameter;
use dialzio_core::conversation::{
    Content, DeliveryStatus, DraftKind, InboxEntry, Message, NewBody, NewMessage, NewScheduled, Template,
    TemplateSend,
};
use dialzio_core::media::NewFile;
use dialzio_core::store::IdempotencyKey;
use dialzio_core::text::{MessageText, NoteText};
use dialzio_core::{ConversationId, Error, MessageId, Permission};

use super::head::Leave;
use super::page_context::{PageContext, show};
use super::view::thread::{Item, ThreadItems};
use super::{bubble, canned_replies, head, picker, scheduled, thread};
use crate::api::{Id, text, word};
use crate::form::{Fields, FileForm};
use crate::problem::Problem;

/// The key that the page made, so that the same form sent twice counts once.
pub(super) fn key(fields: &Fields) -> Result<IdempotencyKey, Problem> {
    IdempotencyKey::parse(fields.get("key")).ok_or_else(|| Problem::invalid("key", "is missing"))
}

async fn changed(ctx: &PageContext, messages: &[Message]) -> Result<Html<String>, Problem> {
    let Some(first) = messages.first() else { return Err(Problem::not_found()) };
    let entry = ctx.crm().conversations().get(&ctx.actor, first.conversation).await?;
    show(&thread::only(ctx, &entry, messages).await?)
}

/// `POST /web/conversations/{conversation}/messages`.
pub(crate) async fn reply(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    form: FileForm,
) -> Result<Html<String>, Problem> {
    let fields = &form.fields;
    canned_replies::refuse_unfilled(&ctx, id, fields.get("text")).await?;
    let reply_to = fields.given("quote").map(|quote| word("quote", quote)).transpose()?;
    if fields.given("send_at").is_some() {
        if form.file.is_some() {
            return Err(Problem::invalid("file", "cannot be scheduled: send it now, or remove it"));
        }
        let words = text::<MessageText>("text", fields.get("text"))?;
        let new = NewScheduled { text: words, reply_to, send_at: ctx.now, key: Some(key(fields)?) };
        return scheduled::schedule(&ctx, id, fields, new).await;
    }
    let then = then(fields)?;
    let body = match &form.file {
        Some(upload) => NewBody::File {
            file: NewFile { bytes: upload.bytes.clone(), name: upload.name.clone() },
            caption: fields.given("text").map(|words| text::<MessageText>("text", words)).transpose()?,
        },
        None => NewBody::Text(text::<MessageText>("text", fields.get("text"))?),
    };
    // The page names the newest item that stood there when one began to write.
    let seen = fields.given("seen").and_then(|seen| seen.parse().ok());
    let new = NewMessage { body, reply_to, key: Some(key(fields)?), seen };
    let sent = match ctx.crm().conversations().send(&ctx.actor, id, new).await {
        Err(Error::Answered { message }) => return Err(answered(&ctx, message).await?),
        sent => sent?,
    };
    let Html(mut html) = changed(&ctx, &[sent.message]).await?;
    if let Some(then) = then {
        html.push_str(&head::left(&ctx, id, then).await?);
    }
    Ok(Html(html))
}

/// What becomes of the conversation once the message is on its way: `close`, or when it comes back.
fn then(fields: &Fields) -> Result<Option<Leave>, Problem> {
    match fields.given("then") {
        None => Ok(None),
        Some("close") => Ok(Some(Leave::Closed)),
        Some(until) => {
            let until = DateTime::parse_from_rfc3339(until);
            let until = until.map_err(|_| Problem::invalid("then", "must be close, or a time"))?;
            Ok(Some(Leave::SnoozedUntil(until.to_utc())))
        }
    }
}

/// Who answered meanwhile, and how long ago.
async fn answered(ctx: &PageContext, message: MessageId) -> Result<Problem, Problem> {
    let message = ctx.crm().conversations().message(&ctx.actor, message).await?;
    let who = message.author.as_deref().map_or_else(|| "A colleague".to_owned(), |author| ctx.who(author));
    let seconds = (ctx.now - message.event_at).num_seconds().max(0);
    let ago = if seconds < 60 { format!("{seconds} s ago") } else { format!("{} min ago", seconds / 60) };
    let words =
        format!("{who} answered {ago}, after you began to write. Press Send again to send it anyway.");
    Ok(Problem::new("conversation.answered").detail(words))
}

/// `POST /web/conversations/{conversation}/notes`.
pub(crate) async fn note(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let entry: InboxEntry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    let words = text::<NoteText>("text", fields.get("text"))?;
    let note = ctx.crm().contacts().add_note(&ctx.actor, entry.conversation.contact, words).await?;
    if ctx.may(Permission::MessagesSend) && ctx.actor.member().is_some() {
        ctx.crm().conversations().discard_draft(&ctx.actor, id, DraftKind::Note).await?;
    }
    let items = vec![Item::Note(thread::note_item(&ctx, &note))];
    show(&ThreadItems { conversation: id.to_string(), earlier: None, items })
}

/// `POST /web/conversations/{conversation}/draft`: what is written so far, before it is sent.
pub(crate) async fn draft(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<StatusCode, Problem> {
    let kind: DraftKind = word("kind", fields.get("kind"))?;
    ctx.crm().conversations().save_draft(&ctx.actor, id, kind, fields.get("text")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /web/conversations/{conversation}/template`.
pub(crate) async fn template(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let service = ctx.crm().conversations();
    let preview = service.preview(&ctx.actor, id).await?;
    let (template, _) = picker::find(&preview, fields.get("template")).ok_or_else(Problem::not_found)?;
    // The API takes ids of uploaded files too; a person types an address.
    let link = fields.get("field.header");
    if picker::is_link(template, "header") && !link.starts_with("https://") {
        return Err(Problem::invalid("header", "must be an address that begins with https://"));
    }
    let named = |(field, value): (String, String)| Some((picker::parameter(template, &field)?, value));
    let body = NewBody::Template {
        name: template.name.clone(),
        language: template.language.clone(),
        parameters: fields.under("field.").into_iter().filter_map(named).collect(),
    };
    let new = NewMessage { body, reply_to: None, key: Some(key(&fields)?), seen: None };
    let sent = service.send(&ctx.actor, id, new).await?;
    changed(&ctx, &[sent.message]).await
}

/// The parameters of a template as they were given, by name.
fn parameters(template: &Template, sent: &TemplateSend) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let plain = |parameter: &HeaderParameter| match parameter {
        HeaderParameter::Text(value) | HeaderParameter::MediaId(value) | HeaderParameter::Link(value) => {
            Some(value.clone())
        }
        _ => None,
    };
    let header = sent.header.as_ref().and_then(|(_, parameter)| plain(parameter));
    all.extend(header.map(|value| ("header".to_owned(), value)));
    all.extend(template.body_parameters().into_iter().zip(sent.body.iter().map(|(_, value)| value.clone())));
    let known = template.parameters();
    for button in &sent.buttons {
        let name = format!("button {}", u32::from(button.index) + 1);
        if known.contains(&name) {
            all.push((name, button.value.clone()));
        }
    }
    all
}

/// `POST /web/messages/{message}/resend`: the same again, as a new message. Pressed twice, it goes out once.
pub(crate) async fn resend(ctx: PageContext, Id(id): Id<MessageId>) -> Result<Html<String>, Problem> {
    let service = ctx.crm().conversations();
    let mut message = service.message(&ctx.actor, id).await?;
    if !bubble::can_resend(&message, ctx.crm().clock().now()) {
        return Err(Problem::new("message.not_resendable"));
    }
    let body = match &message.content {
        Content::Text { body } => NewBody::Text(body.clone()),
        Content::Template { name, language, parameters: sent, .. } => {
            let preview = service.preview(&ctx.actor, message.conversation).await?;
            let known = preview
                .templates
                .iter()
                .find(|(known, _)| known.name == *name && known.language == *language);
            let (template, _) = known.ok_or_else(Problem::not_found)?;
            let parameters = parameters(template, sent);
            NewBody::Template { name: name.clone(), language: language.clone(), parameters }
        }
        Content::Media { media, caption, filename, .. } => {
            let file = ctx.crm().media().open(&ctx.actor, *media).await?;
            let bytes = ctx.crm().media().read(&file, 0..file.size).await?;
            let name = filename.clone().unwrap_or_default();
            NewBody::File { file: NewFile { bytes, name }, caption: caption.clone() }
        }
        _ => return Err(Problem::invalid("message", "is of a kind that cannot be sent again")),
    };
    let once = IdempotencyKey::parse(&format!("again-{id}"));
    let new = NewMessage { body, reply_to: message.reply_to, key: once, seen: None };
    let sent = service.send(&ctx.actor, message.conversation, new).await?;
    if message.delivery.status == DeliveryStatus::Unknown {
        message = service.resolve_unknown(&ctx.actor, id, false).await?;
    }
    changed(&ctx, &[message, sent.message]).await
}

/// `POST /web/messages/{message}/mark-sent`.
pub(crate) async fn mark_sent(ctx: PageContext, Id(id): Id<MessageId>) -> Result<Html<String>, Problem> {
    let message = ctx.crm().conversations().resolve_unknown(&ctx.actor, id, true).await?;
    changed(&ctx, &[message]).await
}

/// `POST /web/messages/{message}/drop`.
pub(crate) async fn give_up(ctx: PageContext, Id(id): Id<MessageId>) -> Result<Html<String>, Problem> {
    let message = ctx.crm().conversations().resolve_unknown(&ctx.actor, id, false).await?;
    changed(&ctx, &[message]).await
}

/// `POST /web/messages/{message}/cancel`.
pub(crate) async fn cancel(ctx: PageContext, Id(id): Id<MessageId>) -> Result<Html<String>, Problem> {
    let message = ctx.crm().conversations().cancel(&ctx.actor, id).await?;
    changed(&ctx, &[message]).await
}
