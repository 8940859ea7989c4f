//! Where an answer is written: what may be sent now, and until when.

use axum::response::Html;
use dialzio_core::consent::{Channel, Purpose, RefusalCode, State};
use dialzio_core::conversation::{DraftKind, InboxEntry, MediaKind, Preview, SendPreview};
use dialzio_core::provider::MediaCapability;
use dialzio_core::text::{MessageText, NoteText};
use dialzio_core::{ConversationId, Permission};
use std::collections::BTreeSet;

use super::lines::Lines;
use super::page_context::{PageContext, show};
use super::view::composer::{Attachable, Composer, Refusal, SmsCounting};
use super::view::{Chip, Tone};
use super::{head, picker, presence, queue, words};
use crate::api::Id;
use crate::problem::Problem;

/// `GET /web/conversations/{conversation}/composer`.
pub(crate) async fn read(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    let entry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    show(&of(&ctx, &entry).await?)
}

/// The composer as the gate answers now.
pub(crate) async fn of(ctx: &PageContext, entry: &InboxEntry) -> Result<Composer, Problem> {
    let id = entry.conversation.id;
    let preview = ctx.crm().conversations().preview(&ctx.actor, id).await?;
    let may_send = ctx.may(Permission::MessagesSend);
    let is_shut = |preview: &SendPreview| match &preview.reply {
        Preview::Refused(refusal) => {
            let by_template = [RefusalCode::WindowClosed, RefusalCode::Unregistered];
            refusal.reasons.iter().all(|reason| by_template.contains(&reason.code))
        }
        Preview::Ready | Preview::Deferred { .. } => false,
    };
    let only_shut = is_shut(&preview);
    let can_reply = may_send && !matches!(preview.reply, Preview::Refused(_));
    let refusal = match &preview.reply {
        _ if !may_send => Some(Refusal { reason: "You have view-only access.".into(), way_out: None }),
        Preview::Refused(refusal) if !only_shut => Some(Refusal {
            reason: words::refusal(ctx, refusal).into(),
            way_out: Some((
                format!("contacts/{}?tab=consent", entry.conversation.contact),
                "Consent ledger".to_owned(),
            )),
        }),
        _ => None,
    };
    let picker = if refusal.is_none() && !can_reply {
        Some(picker::of(ctx, entry, &preview, "", None, None))
    } else {
        None
    };
    let is_open = refusal.is_none() && can_reply;
    let confirms = preview.confirmation_until.filter(|_| is_open);
    let first = words::person(ctx, entry).split_whitespace().next().unwrap_or_default().to_owned();
    let drafts = ctx.crm().conversations().drafts(&ctx.actor, &[id]).await?;
    let take = |kind| {
        let own = drafts.iter().find(|draft| draft.kind == kind);
        own.map(|draft| draft.text.reveal().to_owned()).unwrap_or_default()
    };
    let capabilities = preview.capabilities.as_ref();
    let channel = words::channel_of(&preview);
    let lines = Lines::of(ctx).await?;
    Ok(Composer {
        conversation: id.to_string(),
        can_switch: lines.accounts().len() > 1
            && entry.phone.is_some()
            && ctx.may(Permission::ConversationsWrite),
        line: lines.name(entry.conversation.account),
        window: match confirms {
            Some(until) => Some(Chip::new(
                Tone::Bad,
                format!("Opted out of all messages. One confirmation is possible until {}", ctx.when(until)),
            )),
            None if refusal.is_some() => None,
            // A channel without a reply window has none to show.
            None if capabilities.is_some_and(|capabilities| capabilities.reply_window.is_none()) => None,
            None => window(ctx, entry),
        },
        consent: if is_open && confirms.is_none() { consent(ctx, entry, channel).await? } else { None },
        confirmation: confirms.map(|_| {
            format!(
                "You will receive no more messages from {}. To hear from us again, write START.",
                ctx.org.name.reveal()
            )
        }),
        advice: (only_shut && refusal.is_none()).then(|| {
            if channel == Channel::Sms {
                return "An SMS to India follows a registered template: choose one.".into();
            }
            match entry.conversation.window_ends() {
                Some(_) => format!("Choose an approved template. It reopens when {first} writes."),
                None => format!("Choose an approved template. You can write freely once {first} replies."),
            }
            .into()
        }),
        viewing: presence::words(ctx, id).map(Into::into),
        can_reply,
        later: if can_reply { head::snoozes(ctx) } else { Vec::new() },
        has_templates: may_send && !preview.templates.is_empty(),
        files: files(&preview),
        refusal,
        can_note: ctx.may(Permission::ContactsWrite),
        draft: take(DraftKind::Reply),
        note_draft: take(DraftKind::Note),
        quote: None,
        sms: sms(ctx, entry, channel).await?,
        longest: preview.capabilities.as_ref().map_or(MessageText::MAX, |capabilities| capabilities.max_text),
        longest_caption: preview
            .capabilities
            .as_ref()
            .map_or(MessageText::MAX, |capabilities| capabilities.max_caption),
        longest_note: NoteText::MAX,
        picker,
    })
}

/// What may be attached.
fn files(preview: &SendPreview) -> Option<Attachable> {
    let capabilities = preview.capabilities.as_ref().filter(|capabilities| !capabilities.media.is_empty())?;
    let kind = |taken: &MediaCapability| {
        format!("{}|{}|{}", words::files(taken.what), taken.largest, taken.types.join(",").replace("; ", ";"))
    };
    let kinds = capabilities.media.iter().filter(|taken| taken.what != MediaKind::Sticker);
    let types = kinds.flat_map(|taken| taken.types);
    let types: BTreeSet<&str> = types.filter_map(|mime| mime.split(';').next()).collect();
    Some(Attachable {
        accept: types.into_iter().chain(["text/csv"]).collect::<Vec<_>>().join(","),
        provider: capabilities.provider.label().to_owned(),
        kinds: capabilities.media.iter().map(kind).collect::<Vec<_>>().join("\n"),
        takes: dialzio_core::media::takes(capabilities),
    })
}

fn window(ctx: &PageContext, entry: &InboxEntry) -> Option<Chip> {
    let left = entry.conversation.window_left(ctx.now);
    if left.num_seconds() > 0 {
        let tone = if left.num_minutes() < 60 { Tone::Warn } else { Tone::Ok };
        let words = format!("You can reply for {}", queue::time_left(left.num_minutes()));
        return Some(Chip::new(tone, words).closing(left.num_seconds()));
    }
    let words = match entry.conversation.window_ends() {
        Some(end) => format!("Reply window closed since {}", ctx.when(end)),
        None => "No message from them yet".to_owned(),
    };
    Some(Chip::new(Tone::Neutral, words))
}

/// How texts are counted where they are sent as SMS.
async fn sms(
    ctx: &PageContext,
    entry: &InboxEntry,
    channel: Channel,
) -> Result<Option<SmsCounting>, Problem> {
    if channel != Channel::Sms || !ctx.may(Permission::AccountsRead) {
        return Ok(None);
    }
    let account = ctx.crm().accounts().get(&ctx.actor, entry.conversation.account).await?;
    let price = account.sms.and_then(|sms| sms.segment_price).map(|price| price.to_string());
    Ok(Some(SmsCounting { price: price.unwrap_or_default() }))
}

/// What the ledger says about marketing, which a reply does not need.
async fn consent(ctx: &PageContext, entry: &InboxEntry, channel: Channel) -> Result<Option<Chip>, Problem> {
    if !ctx.may(Permission::ConsentRead) {
        return Ok(None);
    }
    let contact = entry.conversation.contact;
    let state = ctx.crm().consents().state(&ctx.actor, contact, channel, Purpose::Marketing).await?;
    let day = state.record.as_ref().map(|record| ctx.day_of(record.occurred_at)).unwrap_or_default();
    Ok(Some(match state.state {
        _ if state.provider_stop.is_some() => Chip::new(Tone::Bad, "Marketing: stopped in WhatsApp"),
        State::Withdrawn => Chip::new(Tone::Bad, format!("Marketing: opted out {day}")),
        State::Refused => Chip::new(Tone::Bad, format!("Marketing: said no {day}")),
        State::Given => Chip::new(Tone::Ok, format!("Marketing: opted in {day}")),
        State::Expired => Chip::new(Tone::Warn, "Marketing: opt-in has expired"),
        State::Unknown => return Ok(None),
    }))
}
