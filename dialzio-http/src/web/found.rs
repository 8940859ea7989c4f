//! The messages that a search in the inbox finds, below the people.

use chrono::{NaiveDate, NaiveTime};
use dialzio_core::conversation::{Direction, FoundMessage, MessageNarrow, SoughtWords};
use dialzio_core::page::PageRequest;

use super::lines::Lines;
use super::listed::{ChosenMessages, Group, Listed};
use super::page_context::PageContext;
use super::view::Avatar;
use super::view::excerpt::Excerpt;
use super::view::inbox::{FoundMessages, FoundRow};
use super::words;
use crate::api::{decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Messages that are shown at first, below the people.
const FIRST: u32 = 5;
/// Messages of a further page.
const MORE: u32 = 30;

/// The messages of a search. None where a further page of people is asked for, or where what narrows the list is not said of
/// messages.
pub(crate) async fn messages(
    ctx: &PageContext,
    listed: &Listed,
    lines: &Lines,
) -> Result<FoundMessages, Problem> {
    let filter = listed.chosen().filter;
    let is_narrowed = filter.stage.is_some() || filter.tag.is_some() || filter.unread || filter.failed;
    let Some(sought) = SoughtWords::parse(listed.search()) else { return Ok(FoundMessages::default()) };
    if is_narrowed || listed.group.is_some_and(|group| group != Group::Messages) {
        return Ok(FoundMessages::default());
    }
    let after = match listed.group {
        Some(Group::Messages) => listed.after.as_deref().map(decode_cursor).transpose()?,
        _ => None,
    };
    let limit = if after.is_some() { MORE } else { FIRST };
    let request = PageRequest { after, ..PageRequest::first(limit) };
    let service = ctx.crm().conversations();
    let narrow = narrow(ctx, listed.chosen().messages);
    let page =
        service.find_messages(&ctx.actor, listed.search(), filter.account, None, narrow, request).await?;
    Ok(FoundMessages {
        rows: page.items.iter().map(|found| row(ctx, found, &sought, lines)).collect(),
        next: page.next.as_ref().map(encode_cursor),
    })
}

/// What was chosen, from the beginning of the first day to the end of the last one.
fn narrow(ctx: &PageContext, chosen: ChosenMessages) -> MessageNarrow {
    let begins = |day: NaiveDate| ctx.instant(day.and_time(NaiveTime::MIN));
    MessageNarrow {
        direction: chosen.from,
        sort: chosen.sort,
        since: chosen.since.and_then(begins),
        until: chosen.until.and_then(|day| begins(day.succ_opt()?)),
    }
}

fn row(ctx: &PageContext, found: &FoundMessage, sought: &SoughtWords, lines: &Lines) -> FoundRow {
    let (message, name) = (&found.message, words::person(ctx, &found.entry));
    let content = message.content.seen_with(ctx.identifiers());
    let text = content.display_text().unwrap_or_default();
    let author = match message.direction {
        Direction::Inbound => None,
        Direction::Outbound => {
            Some(message.author.as_deref().map_or_else(|| "Automatic".to_owned(), |by| ctx.who(by)))
        }
    };
    FoundRow {
        id: message.id.to_string(),
        conversation: message.conversation.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        line: lines.name(found.entry.conversation.account),
        time: ctx.moment(message.event_at),
        author: author.map(Into::into),
        excerpt: Excerpt::of(text, &sought.places(text)),
    }
}
