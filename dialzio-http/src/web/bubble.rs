//! A message as a bubble: what it says, what it answers, what became of it.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::conversation::{
    Content as Said, ConversationService, DeliveryStatus, Direction, FailureNote, InboxEntry, MediaKind,
    Message, Preview, SendPreview,
};
use dialzio_core::media::{Media, MediaState};
use dialzio_core::text::MessageText;
use dialzio_core::{Identifiers, MediaId, Permission, Principal};

use super::page_context::PageContext;
use super::view::message::{Bubble, Content, Delivery, Quote, Reaction};
use super::view::{Action, RichText, Shown};
use super::{shown, words};
use crate::problem::Problem;

/// What the bubbles of some messages need besides the messages.
pub(crate) struct Bubbles<'a> {
    ctx: &'a PageContext,
    person: String,
    messages: &'a [Message],
    media: Vec<Media>,
    preview: Option<SendPreview>,
    can_send: bool,
}

impl<'a> Bubbles<'a> {
    /// Reads what these messages need, at once.
    pub(crate) async fn of(
        ctx: &'a PageContext,
        entry: &InboxEntry,
        messages: &'a [Message],
    ) -> Result<Self, Problem> {
        let with_files: Vec<_> = messages
            .iter()
            .filter(|message| message.content.media().is_some())
            .map(|message| message.id)
            .collect();
        let media = ctx.crm().media().of(&ctx.actor, &with_files).await?;
        let waits = |message: &Message| {
            message.delivery.status == DeliveryStatus::Queued
                && matches!(message.content, Said::Template { .. })
        };
        let preview = if messages.iter().any(waits) {
            Some(ctx.crm().conversations().preview(&ctx.actor, entry.conversation.id).await?)
        } else {
            None
        };
        let can_send = ctx.may(Permission::MessagesSend);
        Ok(Self { ctx, person: words::person(ctx, entry), messages, media, preview, can_send })
    }

    /// One bubble.
    pub(crate) async fn bubble(&self, message: &Message) -> Result<Bubble, Problem> {
        let is_inbound = message.direction == Direction::Inbound;
        let reaction = |reaction: &dialzio_core::conversation::Reaction| {
            let by: Shown = match reaction.by {
                Direction::Inbound => self.person.as_str().into(),
                Direction::Outbound => "us".into(),
            };
            Some(Reaction { emoji: reaction.emoji.as_deref()?.into(), by })
        };
        Ok(Bubble {
            id: message.id.to_string(),
            is_inbound,
            speaker: Some(self.speaker(message)),
            author: message
                .author
                .as_deref()
                .filter(|author| !is_inbound && !self.is_own(author))
                .map(|author| self.ctx.who(author).into()),
            content: self.content(message),
            quote: self.quote(message).await?,
            origin: shown::origin(&message.context),
            advert: message.context.referral.as_deref().map(shown::advert),
            reactions: ConversationService::reactions(message).into_iter().filter_map(reaction).collect(),
            time: self.ctx.clock(message.event_at),
            is_edited: message.edited_at.is_some(),
            delivery: (!is_inbound).then(|| self.delivery(message)),
            can_quote: self.can_send && message.revoked_at.is_none() && message.external.is_some(),
        })
    }

    fn speaker(&self, message: &Message) -> Shown {
        match (message.direction, message.author.as_deref()) {
            (Direction::Inbound, _) => self.person.as_str().into(),
            (Direction::Outbound, Some(author)) => self.ctx.who(author).into(),
            (Direction::Outbound, None) => "Us".into(),
        }
    }

    /// Whether the reader wrote it: their own side says so already.
    fn is_own(&self, author: &str) -> bool {
        let me = self.ctx.actor.member();
        me.is_some() && matches!(Principal::from_ref(author), Ok(Principal::Member(id)) if Some(id) == me)
    }

    async fn quote(&self, message: &Message) -> Result<Option<Quote>, Problem> {
        let Some(answered) = message.reply_to else { return Ok(shown::unknown_quote(&message.context)) };
        let known = match self.messages.iter().find(|known| known.id == answered) {
            Some(known) => Some(known.clone()),
            None => self.ctx.crm().conversations().message(&self.ctx.actor, answered).await.ok(),
        };
        Ok(known.map(|known| Quote {
            id: Some(known.id.to_string()),
            author: match known.direction {
                Direction::Inbound => self.person.as_str().into(),
                Direction::Outbound => "Us".into(),
            },
            text: line(&known, self.ctx.identifiers()).into(),
        }))
    }

    fn content(&self, message: &Message) -> Content {
        if message.revoked_at.is_some() {
            return Content::Revoked;
        }
        let seen = self.ctx.identifiers();
        match &*message.content.seen_with(seen) {
            Said::Text { body } => Content::Text(self.ctx.rich(body.reveal())),
            Said::Media { what, media, caption, filename, .. } => {
                self.file(*what, *media, caption.as_ref(), filename.as_deref())
            }
            Said::Location { latitude, longitude, name, address, .. } => {
                shown::place(*latitude, *longitude, name.as_deref(), address.as_deref())
            }
            Said::Contacts { cards } => shown::cards(cards),
            Said::Choice { title, description, .. } => shown::choice(title, description.as_ref()),
            Said::Form { name, .. } => Content::Text(format!("Filled in the form “{name}”").into()),
            Said::CallPermission { accepted, .. } => {
                let words = if *accepted { "Agreed to be called" } else { "Does not want to be called" };
                Content::Text(words.into())
            }
            Said::Order { text, items, .. } => shown::order(text.as_ref(), items),
            Said::Template { name, body, .. } => Content::Template {
                name: name.as_str().into(),
                header: None,
                body: self.ctx.rich(body.reveal()),
                footer: None,
                buttons: Vec::new(),
            },
            Said::System { what, body } => {
                Content::Text(body.as_ref().map_or_else(|| what.as_str().into(), |body| body.reveal().into()))
            }
            Said::Welcome => Content::Text("Opened the chat for the first time".into()),
            Said::Unsupported { what, .. } => Content::Unsupported(format!("a message of the kind “{what}”")),
            _ => Content::Unsupported("a message of a kind that is not known here".to_owned()),
        }
    }

    fn file(
        &self,
        what: MediaKind,
        id: MediaId,
        caption: Option<&MessageText>,
        name: Option<&str>,
    ) -> Content {
        let word = words::media(what);
        let caption: Option<RichText> = caption.map(|text| self.ctx.rich(text.reveal()));
        let Some(media) = self.media.iter().find(|media| media.id == id) else {
            return Content::MediaGone { reason: format!("{word} · not kept any more"), caption };
        };
        let src = format!("web/media/{id}");
        let gone = |why: &str, caption| Content::MediaGone { reason: format!("{word} · {why}"), caption };
        match (media.state, what) {
            (MediaState::Pending, _) => Content::MediaPending { what: format!("{word} · loading"), caption },
            (MediaState::Unavailable, _) if media.provider_id.is_none() => {
                gone("the provider gave no file, only an address elsewhere", caption)
            }
            (MediaState::Unavailable, _) => gone("could not be fetched", caption),
            (MediaState::Stored, _) if !self.ctx.may(Permission::MediaRead) => {
                gone("you may not open files", caption)
            }
            (MediaState::Stored, MediaKind::Image | MediaKind::Sticker) => {
                Content::Image { src, size: None, caption }
            }
            (MediaState::Stored, MediaKind::Video) => Content::Video { src, caption },
            (MediaState::Stored, MediaKind::Audio | MediaKind::Voice) => Content::Audio { src, length: None },
            (MediaState::Stored, MediaKind::Document) => Content::Document {
                href: src,
                name: name.unwrap_or("File").into(),
                kind: size(media),
                caption,
            },
        }
    }

    fn delivery(&self, message: &Message) -> Delivery {
        let id = message.id;
        let action = |label: &str, verb: &str| Action::new(label, format!("web/messages/{id}/{verb}"));
        let actions = |all: Vec<Action>| if self.can_send { all } else { Vec::new() };
        let failure = message.delivery.failure.as_ref();
        match message.delivery.status {
            DeliveryStatus::Received | DeliveryStatus::Queued => {
                let held = failure.map(|note| {
                    format!("Waits. {} It goes out by itself once that is over.", refused_for_now(note))
                });
                match held.or_else(|| self.waiting(message)) {
                    Some(when) => Delivery::Deferred {
                        when: when.into(),
                        actions: actions(vec![action("Cancel", "cancel")]),
                    },
                    None => Delivery::Queued,
                }
            }
            DeliveryStatus::Dispatched => Delivery::Queued,
            // Without an id of the provider's no report can ever name it.
            DeliveryStatus::Accepted if message.external.is_none() => Delivery::Accepted,
            DeliveryStatus::Accepted | DeliveryStatus::Sent => Delivery::Sent,
            DeliveryStatus::Delivered => Delivery::Delivered,
            DeliveryStatus::Read | DeliveryStatus::Played => Delivery::Read,
            DeliveryStatus::Failed => Delivery::Failed {
                reason: failed(failure).into(),
                details: failure.map(|note| match &note.detail {
                    Some(detail) => format!("{} · {detail}", note.code).into(),
                    None => note.code.as_str().into(),
                }),
                actions: actions(if can_resend(message, self.ctx.crm().clock().now()) {
                    vec![action("Send again", "resend")]
                } else {
                    Vec::new()
                }),
            },
            DeliveryStatus::Unknown => Delivery::Unknown {
                reason: "The provider did not answer. It may have been sent, or not.".into(),
                actions: actions(vec![
                    action("Send again", "resend"),
                    action("Mark as sent", "mark-sent"),
                    action("Mark as failed", "drop"),
                ]),
            },
            DeliveryStatus::Suppressed => Delivery::Suppressed { reason: self.suppressed(message).into() },
            DeliveryStatus::Cancelled => Delivery::Cancelled { reason: self.cancelled(message).into() },
            DeliveryStatus::Expired => Delivery::Failed {
                reason: "Its time ran out before it could be sent.".into(),
                details: None,
                actions: actions(vec![action("Send again", "resend")]),
            },
        }
    }

    /// Why a queued template waits, as the gate says now.
    fn waiting(&self, message: &Message) -> Option<String> {
        let Said::Template { name, language, .. } = &message.content else { return None };
        let preview = self.preview.as_ref()?;
        let verdict =
            preview.templates.iter().find(|(known, _)| known.name == *name && known.language == *language);
        match &verdict?.1 {
            Preview::Deferred { until, reasons } => Some(words::deferred(self.ctx, *until, reasons)),
            _ => None,
        }
    }

    fn suppressed(&self, message: &Message) -> String {
        let code = message.delivery.failure.as_ref().map_or("", |note| note.code.as_str());
        let why = code.parse().map_or("A rule stopped it.", dialzio_core::consent::Refusal::sentence);
        format!("Not sent. {why}")
    }

    fn cancelled(&self, message: &Message) -> String {
        match message.delivery.failure.as_ref().and_then(|note| note.code.parse().ok()) {
            Some(code) => {
                format!("Cancelled before sending. {}", dialzio_core::consent::Refusal::sentence(code))
            }
            None => format!("Cancelled before sending, {}.", self.ctx.when(message.delivery.at)),
        }
    }
}

/// How long a message rests that the provider held back so that its person is not written to too often (131049): the
/// provider asks to wait and does not say how long.
const REST: TimeDelta = TimeDelta::hours(24);

/// Whether a message may be sent again, as another one: it failed, or its outcome is not known.
pub(crate) fn can_resend(message: &Message, now: DateTime<Utc>) -> bool {
    let delivery = &message.delivery;
    let rests = delivery.failure.as_ref().is_some_and(|note| note.code == "whatsapp.131049");
    match delivery.status {
        DeliveryStatus::Failed => !rests || now >= delivery.at + REST,
        DeliveryStatus::Unknown | DeliveryStatus::Expired => true,
        _ => false,
    }
}

/// One line of a message, for quotes and timelines.
pub(crate) fn line(message: &Message, seen: Identifiers) -> String {
    let content = message.content.seen_with(seen);
    let kind = words::kind(content.kind());
    let name = match &*content {
        Said::Media { filename: Some(name), caption: None, .. } => Some(name.as_str()),
        _ => None,
    };
    let text = content.display_text().or(name).unwrap_or_default().replace('\n', " ");
    let line = match (kind.is_empty(), text.is_empty()) {
        (false, false) => format!("{kind} · {text}"),
        (false, true) => kind.to_owned(),
        _ => text,
    };
    if line.chars().count() > 140 { line.chars().take(139).chain(['…']).collect() } else { line }
}

fn size(media: &Media) -> String {
    let mime = media.mime.as_deref().and_then(|mime| mime.split(';').next()?.rsplit('/').next());
    // The type of an office file is a sentence; its ending is what people call it.
    let ending = media.filename.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let kind = mime.filter(|mime| mime.len() <= 5 && *mime != "plain").or(ending);
    let kind = kind.filter(|kind| kind.len() <= 5).map_or_else(|| "File".to_owned(), str::to_uppercase);
    match media.size {
        Some(bytes) if bytes >= 1_048_576 => {
            format!("{kind} · {}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576)
        }
        Some(bytes) => format!("{kind} · {} KB", bytes.div_ceil(1_024)),
        None => kind,
    }
}

/// What a failure means, in a sentence; a code that is not known here speaks in the provider's words.
fn failed(failure: Option<&FailureNote>) -> String {
    let known = failure.and_then(|note| sentence(&note.code));
    let provider = match failure.and_then(|note| note.code.split_once('.')) {
        None | Some(("whatsapp", _)) => "WhatsApp",
        Some(("telecmi", _)) => "TeleCMI",
        Some(_) => "The provider",
    };
    let in_words = |words: &str| format!("{provider} could not deliver it: {words}");
    let words = || failure.and_then(|note| note.detail.as_deref());
    let unknown = || words().map_or_else(|| format!("{provider} could not deliver it."), in_words);
    known.map_or_else(unknown, str::to_owned)
}

/// Why a scheduled message was not sent, in a sentence.
pub(crate) fn why_refused(why: &FailureNote) -> String {
    match why.code.parse() {
        Ok(code) => dialzio_core::consent::Refusal::sentence(code).to_owned(),
        Err(_) => match why.code.as_str() {
            "message.expired" => "Its time had passed by more than a day.".to_owned(),
            _ => refused_for_now(why),
        },
    }
}

/// Why a message that waits was not taken, in a sentence.
fn refused_for_now(why: &FailureNote) -> String {
    let unknown = || match why.detail.as_deref() {
        Some(words) => format!("The provider did not take it: {words}."),
        None => "The provider did not take it.".to_owned(),
    };
    sentence(&why.code).map_or_else(unknown, str::to_owned)
}

/// What a code means, in a sentence; `None` if it is not known here.
fn sentence(code: &str) -> Option<&'static str> {
    Some(match code {
        "whatsapp.130472" => {
            "WhatsApp holds marketing back from this number for a test. Nothing is wrong with the number or the template: \
             another channel works, or an answer once they write."
        }
        "whatsapp.131026" => {
            "It cannot be delivered: the number is not on WhatsApp, has not accepted its terms, or its app is too old."
        }
        "whatsapp.131047" => {
            "WhatsApp says that more than 24 hours have passed since their last message. Choose a template, or wait until they write."
        }
        "whatsapp.131049" => {
            "WhatsApp held it back, so that people are not written to too often. It can be sent again after a day."
        }
        "whatsapp.131050" => "They stopped marketing from this business in WhatsApp.",
        "whatsapp.131053" => "The file could not be taken.",
        "whatsapp.132001" | "whatsapp.132015" | "whatsapp.132016" => "The template is not approved any more.",
        "whatsapp.33" => "WhatsApp does not let this token reach the number.",
        "whatsapp.190" | "whatsapp.0" => "WhatsApp refused the token of this number.",
        "media.unavailable" | "dialzio.file_gone" => "The file is not there any more.",
        "message.dropped" => "Marked as failed. It is not known whether it was sent.",
        "account.unchecked" => "The token of this number was never accepted.",
        "account.needs_login" => "The provider refused the token of this number.",
        "account.paused" => "The provider stopped this number.",
        "account.disconnected" => "This number is not connected any more.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_words() {
        let note = |code: &str, detail: Option<&str>| FailureNote {
            code: code.to_owned(),
            detail: detail.map(str::to_owned),
        };
        assert!(failed(Some(&note("whatsapp.130472", None))).contains("for a test"));
        let unknown = failed(Some(&note("whatsapp.199999", Some("The pigeon is ill."))));
        assert_eq!(unknown, "WhatsApp could not deliver it: The pigeon is ill.");
        assert_eq!(failed(Some(&note("whatsapp.199999", None))), "WhatsApp could not deliver it.");
        assert_eq!(failed(None), "WhatsApp could not deliver it.");
        assert_eq!(
            refused_for_now(&note("whatsapp.190", Some("Session expired"))),
            "WhatsApp refused the token of this number."
        );
        assert_eq!(refused_for_now(&note("account.paused", None)), "The provider stopped this number.");
        let unknown = refused_for_now(&note("whatsapp.4", Some("Too many calls")));
        assert_eq!(unknown, "The provider did not take it: Too many calls.");
    }
}
