//! Words for what the core knows by name.

use chrono::NaiveDate;
use dialzio_core::consent::{
    Channel, ConsentEvent, EvidenceKind, Purpose, PurposeScope, Reason, Refusal, RefusalCode,
};
use dialzio_core::contact::{ChannelIdentity, Contact, Detail, DetailValue, Stage};
use dialzio_core::conversation::{InboxEntry, LastMessage, MediaKind, SendPreview, TemplateCategory};
use dialzio_core::text::Username;
use dialzio_core::{Identifiers, conversation::Direction};

use super::page_context::PageContext;

/// A day above what happened on it: "Today", "Mon 16 Nov".
pub(crate) fn day(ctx: &PageContext, date: NaiveDate) -> String {
    match (ctx.today() - date).num_days() {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ => format!("{} {}", date.format("%a"), ctx.day(date)),
    }
}

/// A public handle for reading.
fn handle(username: &Username) -> String {
    format!("@{}", username.reveal().trim_start_matches('@'))
}

/// What a person is called in a list: the card's name, the profile's, the username, the number.
pub(crate) fn person(ctx: &PageContext, entry: &InboxEntry) -> String {
    let seen = ctx.identifiers();
    let name = entry.contact_name.as_ref().or(entry.profile_name.as_ref());
    name.map(|name| seen.name(name.reveal()).into_owned())
        .or_else(|| entry.username.as_ref().map(handle))
        .or_else(|| entry.phone.as_ref().map(|number| seen.international(number)))
        .unwrap_or_else(|| "Unknown person".to_owned())
}

/// The same for a card with its identities.
pub(crate) fn contact_name(ctx: &PageContext, contact: &Contact, identities: &[ChannelIdentity]) -> String {
    let seen = ctx.identifiers();
    let profile = identities.iter().find_map(|identity| identity.profile_name.as_ref());
    let name = contact.name.as_ref().or(profile).map(|name| seen.name(name.reveal()).into_owned());
    let username = || identities.iter().find_map(|identity| identity.username.as_ref());
    let number = || identities.iter().find_map(ChannelIdentity::phone);
    name.or_else(|| username().map(handle))
        .or_else(|| number().map(|number| seen.international(number)))
        .or_else(|| contact.details.first().map(|first| detail(first, seen)))
        .unwrap_or_else(|| "Unknown person".to_owned())
}

/// A number or address for reading.
pub(crate) fn detail(detail: &Detail, seen: Identifiers) -> String {
    match &detail.value {
        DetailValue::Phone { number, .. } => seen.international(number),
        DetailValue::Email(email) => seen.email(email),
    }
}

/// How a person is reached: number, or username, in words.
pub(crate) fn address(entry: &InboxEntry, seen: Identifiers) -> Option<String> {
    let number = entry.phone.as_ref().map(|number| seen.international(number));
    number.or_else(|| entry.username.as_ref().map(handle))
}

/// What a kind of message is called.
pub(crate) fn kind(word: &str) -> &'static str {
    match word {
        "image" => "Photo",
        "video" => "Video",
        "audio" => "Audio",
        "voice" => "Voice message",
        "document" => "File",
        "sticker" => "Sticker",
        "location" => "Location",
        "contacts" => "Contact card",
        "form" => "Form",
        "call_permission" => "Answer about calls",
        "order" => "Order",
        "welcome" => "Opened the chat",
        "system" => "Notice",
        "unsupported" => "Something that cannot be shown",
        _ => "",
    }
}

/// A file's kind.
pub(crate) fn media(what: MediaKind) -> &'static str {
    kind(what.as_str())
}

/// Files of a kind, in the plural.
pub(crate) fn files(what: MediaKind) -> &'static str {
    match what {
        MediaKind::Image => "pictures",
        MediaKind::Video => "videos",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Document => "documents",
        MediaKind::Sticker => "stickers",
    }
}

/// The last line of a row: "You: Photo · is this the right part?", "Ravi: on its way".
pub(crate) fn last_line(ctx: &PageContext, last: Option<&LastMessage>) -> String {
    let Some(last) = last else { return "No message yet".to_owned() };
    let kind = kind(&last.kind);
    let text = last.text_seen_with(ctx.identifiers()).unwrap_or_default().replace('\n', " ");
    let line = match (kind.is_empty(), text.is_empty()) {
        (false, false) => format!("{kind} · {text}"),
        (false, true) => kind.to_owned(),
        _ => text,
    };
    match (last.direction, last.author.as_deref()) {
        (Direction::Inbound, _) => line,
        _ if last.kind == "template" => format!("Template: {line}"),
        (Direction::Outbound, Some(author)) => format!("{}: {line}", ctx.who(author)),
        (Direction::Outbound, None) => format!("Automatic: {line}"),
    }
}

/// A stage.
pub(crate) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::New => "New",
        Stage::Contacted => "Contacted",
        Stage::Qualified => "Qualified",
        Stage::Customer => "Customer",
        Stage::Lost => "Lost",
    }
}

/// A template's category.
pub(crate) fn category(category: TemplateCategory) -> &'static str {
    match category {
        TemplateCategory::Marketing => "Marketing",
        TemplateCategory::Utility => "Utility",
        TemplateCategory::Authentication => "Authentication",
    }
}

/// A purpose.
pub(crate) fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Marketing => "marketing",
        Purpose::Utility => "utility",
        Purpose::Authentication => "one-time codes",
        Purpose::Service => "replies",
    }
}

/// What an entry covers.
pub(crate) fn scope(scope: PurposeScope) -> &'static str {
    match scope {
        PurposeScope::Marketing => "Marketing",
        PurposeScope::Utility => "Utility",
        PurposeScope::Any => "Everything",
    }
}

/// A channel.
pub(crate) fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::WhatsApp => "WhatsApp",
        Channel::Sms => "SMS",
        Channel::Voice => "Phone",
        Channel::Any => "All channels",
    }
}

/// The channel that an answer takes.
pub(crate) fn channel_of(preview: &SendPreview) -> Channel {
    preview.capabilities.as_ref().map_or(Channel::Any, |capabilities| capabilities.channel)
}

/// How a person agreed or refused.
pub(crate) fn evidence(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::WebForm => "Web form",
        EvidenceKind::Message => "Message",
        EvidenceKind::Call => "By phone",
        EvidenceKind::Paper => "On paper",
        EvidenceKind::InPerson => "In person",
        EvidenceKind::Import => "Imported",
        EvidenceKind::Provider => "Reported by the provider",
    }
}

/// What an entry of the ledger says happened.
pub(crate) fn event(event: ConsentEvent) -> &'static str {
    match event {
        ConsentEvent::Given => "Given",
        ConsentEvent::Refused => "Refused",
        ConsentEvent::Withdrawn => "Withdrawn",
        ConsentEvent::Lifted => "Opt-out taken back",
        ConsentEvent::ProviderStop => "Stopped in WhatsApp",
        ConsentEvent::ProviderResume => "Resumed in WhatsApp",
    }
}

/// A reason of the gate, with its date if it has one.
pub(crate) fn reason(ctx: &PageContext, reason: &Reason) -> String {
    let sentence = Refusal::sentence(reason.code);
    let since = reason.since.map(|at| ctx.day_of(at));
    match (reason.code, since) {
        (RefusalCode::Withdrawn, Some(day)) => format!("Opted out on {day}."),
        (RefusalCode::Refused, Some(day)) => format!("Asked on {day}, and said no."),
        (RefusalCode::ProviderStop, Some(day)) => {
            format!("Stopped marketing from this business in WhatsApp on {day}.")
        }
        (RefusalCode::Expired, Some(day)) => format!("The opt-in ran out on {day}."),
        (RefusalCode::Unreachable, Some(day)) => format!("Not reachable here since {day}."),
        _ => sentence.to_owned(),
    }
}

/// All reasons of a refusal, the deciding one first.
pub(crate) fn refusal(ctx: &PageContext, refusal: &Refusal) -> String {
    refusal.reasons.iter().map(|each| reason(ctx, each)).collect::<Vec<_>>().join(" ")
}

/// Why a message waits: "Goes out tomorrow 10:00, after quiet hours".
pub(crate) fn deferred(
    ctx: &PageContext,
    until: chrono::DateTime<chrono::Utc>,
    reasons: &[Reason],
) -> String {
    let why = |code| reasons.iter().any(|reason| reason.code == code);
    let because = match (why(RefusalCode::QuietHours), why(RefusalCode::FrequencyCap)) {
        (_, true) => "the weekly marketing limit is reached",
        (true, false) => "it is outside marketing hours",
        _ => "it has to wait",
    };
    format!("Goes out {}, because {because}.", ctx.when(until))
}
