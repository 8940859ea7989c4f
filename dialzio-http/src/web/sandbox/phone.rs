//! One phone: what it shows, and what its owner does on it. A message of the business counts as read once it is shown.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use dialzio_whatsapp::emulator::{
    CustomerFile, CustomerIdentity, CustomerMessage, EmulatedStatus, EmulatorError, Party, TranscriptEntry,
};

use super::super::page_context::{PageContext, show};
use super::super::view::message::{Bubble, Content, Delivery, Quote, Reaction};
use super::super::view::sandbox::PhoneItems;
use super::super::view::{RichText, Shown};
use super::{find, sandbox};
use crate::api::Id;
use crate::auth::Caller;
use crate::form::{Fields, FileForm};
use crate::problem::Problem;
use crate::sandbox::Sandbox;
use crate::state::AppState;

/// Shows the phone, which is to read it.
pub(super) fn items(ctx: &PageContext, sandbox: &Sandbox, person: &CustomerIdentity) -> PhoneItems {
    let transcript = sandbox.emulator().transcript(sandbox.number(), person);
    for entry in &transcript {
        if entry.from == Party::Business && entry.status == EmulatedStatus::Delivered {
            // A message that has gone meanwhile needs no reading.
            let _ = sandbox.emulator().customer_reads(&entry.wamid);
        }
    }
    let on_the_phone =
        |entry: &&TranscriptEntry| entry.from == Party::Customer || entry.status.is_on_the_phone();
    PhoneItems {
        person: person.user_id.clone().unwrap_or_default(),
        items: transcript.iter().filter(on_the_phone).map(|entry| bubble(ctx, entry, &transcript)).collect(),
    }
}

/// An element id that any provider id can be turned into.
fn element_id(wamid: &str) -> String {
    wamid.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '-' }).collect()
}

fn bubble(ctx: &PageContext, entry: &TranscriptEntry, all: &[TranscriptEntry]) -> Bubble {
    let quoted = entry.reply_to.as_ref().and_then(|id| all.iter().find(|other| other.wamid == *id));
    let side = |party| match party {
        Party::Business => Shown::from("Business"),
        Party::Customer => Shown::from("You"),
    };
    let reactions =
        [(&entry.customer_reaction, Party::Customer), (&entry.business_reaction, Party::Business)];
    let reaction = |(emoji, party): (&Option<String>, Party)| {
        Some(Reaction { emoji: emoji.as_deref()?.into(), by: side(party) })
    };
    Bubble {
        id: element_id(&entry.wamid),
        is_inbound: entry.from == Party::Business,
        speaker: Some(side(entry.from)),
        author: None,
        content: content(entry),
        quote: quoted.map(|other| Quote {
            id: Some(element_id(&other.wamid)),
            author: side(other.from),
            text: other.bubble.text.as_str().into(),
        }),
        origin: None,
        advert: None,
        reactions: reactions.into_iter().filter_map(reaction).collect(),
        time: ctx.clock(entry.at),
        is_edited: entry.edited,
        delivery: (entry.from == Party::Customer).then_some(if entry.read_by_business {
            Delivery::Read
        } else {
            Delivery::Delivered
        }),
        can_quote: false,
    }
}

fn content(entry: &TranscriptEntry) -> Content {
    if entry.revoked {
        return Content::Revoked;
    }
    let words = (!entry.bubble.text.is_empty()).then(|| RichText::from(entry.bubble.text.as_str()).marked());
    match &entry.bubble.media {
        Some(media) if matches!(media.kind.as_str(), "image" | "sticker") && media.id.is_some() => {
            Content::Image {
                src: format!("web/sandbox/media/{}", media.id.as_deref().unwrap_or_default()),
                size: None,
                caption: words,
            }
        }
        _ if entry.bubble.kind == "template" => Content::Template {
            name: "from the business".into(),
            header: entry.bubble.header.as_deref().map(Into::into),
            body: words.unwrap_or_default(),
            footer: entry.bubble.footer.as_deref().map(Into::into),
            buttons: entry.bubble.buttons.iter().map(|button| button.title.as_str().into()).collect(),
        },
        Some(media) if media.kind == "document" && media.id.is_some() => Content::Document {
            href: format!("web/sandbox/media/{}", media.id.as_deref().unwrap_or_default()),
            name: media.filename.as_deref().unwrap_or("File").into(),
            kind: "File".to_owned(),
            caption: words,
        },
        Some(media) => Content::MediaGone { reason: media.kind.clone(), caption: words },
        None => Content::Text(words.unwrap_or_else(|| entry.bubble.kind.as_str().into())),
    }
}

fn failed(error: &EmulatorError) -> Problem {
    Problem::invalid("message", error.to_string())
}

/// `GET /web/sandbox/{person}/thread`.
pub(super) async fn read(ctx: PageContext, Id(id): Id<String>) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    show(&items(&ctx, sandbox, &find(sandbox, &id)?))
}

/// `POST /web/sandbox/{person}/messages`.
pub(super) async fn send(
    ctx: PageContext,
    Id(id): Id<String>,
    form: FileForm,
) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    let person = find(sandbox, &id)?;
    let words = form.fields.given("text").map(str::to_owned);
    let message = match (form.file, words) {
        (Some(file), caption) if matches!(file.mime.as_str(), "image/jpeg" | "image/png" | "image/webp") => {
            let mut sent = CustomerFile::new(file.bytes, file.mime);
            sent.caption = caption;
            CustomerMessage::File(sent)
        }
        (Some(_), _) => return Err(Problem::invalid("file", "must be a photo: JPEG, PNG or WebP")),
        (None, Some(words)) => CustomerMessage::text(&words),
        (None, None) => return Err(Problem::invalid("text", "is needed")),
    };
    sandbox.emulator().customer_sends(sandbox.number(), &person, message).map_err(|error| failed(&error))?;
    show(&items(&ctx, sandbox, &person))
}

/// `POST /web/sandbox/{person}/reactions`.
pub(super) async fn react(
    ctx: PageContext,
    Id(id): Id<String>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    let person = find(sandbox, &id)?;
    let transcript = sandbox.emulator().transcript(sandbox.number(), &person);
    let entry = transcript.iter().find(|entry| element_id(&entry.wamid) == fields.get("message"));
    let entry = entry.ok_or_else(Problem::not_found)?;
    let reaction = CustomerMessage::Reaction {
        message_id: entry.wamid.clone(),
        emoji: fields.given("emoji").map(str::to_owned),
    };
    sandbox.emulator().customer_sends(sandbox.number(), &person, reaction).map_err(|error| failed(&error))?;
    show(&items(&ctx, sandbox, &person))
}

/// `GET /web/sandbox/media/{media}`: a picture as it lies at the emulated provider.
pub(super) async fn media(
    State(state): State<AppState>,
    Caller(_): Caller,
    Id(id): Id<String>,
) -> Result<Response, Problem> {
    let (mime, bytes) = sandbox(&state)?.emulator().media(&id).ok_or_else(Problem::not_found)?;
    let shown = matches!(mime.as_str(), "image/png" | "image/jpeg" | "image/webp");
    let mime = if shown { mime } else { "application/octet-stream".to_owned() };
    let mut headers = HeaderMap::new();
    if let Ok(kind) = HeaderValue::from_str(&mime) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    Ok((headers, bytes).into_response())
}
