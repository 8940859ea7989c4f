//! The call log: its parts, what narrows it, and its rows by day.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::extract::Query;
use axum::response::Html;
use chrono::{DateTime, Utc};
use dialzio_core::call::{
    Call, CallChannels, CallPermission, CallQuery, CallState, CallView, DurationClass, NOT_REPORTED,
    permitted,
};
use dialzio_core::consent::{Channel, Reason, RefusalCode};
use dialzio_core::conversation::Direction;
use dialzio_core::page::PageRequest;
use dialzio_core::saved_view::SavedQuery;
use dialzio_core::{ContactId, DispositionId, Permission};

use super::call_query::Asked;
use super::page_context::{PageContext, show};
use super::view::calls::{CallDay, CallList, CallRow, CallTab, CallsPage};
use super::view::shell::Place;
use super::view::{Chip, Choice, Shown, Tone};
use super::{saved_views, words};
use crate::api::call_export::CallsExport;
use crate::api::csv_file::CsvFile;
use crate::api::{decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 50;
/// How far missed calls are counted.
const COUNTED: u32 = 99;

/// `GET /calls`.
pub(crate) async fn page(ctx: PageContext, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    let list = list(&ctx, &asked).await?;
    let can_call = ctx.can_call().await?;
    let views = saved_views::menu(&ctx, asked.query(), SavedQuery::Calls(asked.saved())).await?;
    show(&CallsPage { shell: ctx.shell("Calls", Place::Calls).await?, can_call, views, list })
}

/// `GET /web/calls`.
pub(crate) async fn read(ctx: PageContext, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    show(&list(&ctx, &asked).await?)
}

/// `GET /calls.csv`: the same rows as a file.
pub(crate) async fn csv(ctx: PageContext, Query(asked): Query<Asked>) -> Result<CsvFile, Problem> {
    let query = asked.read(&ctx).map_err(|error| Problem::invalid("query", error))?;
    CsvFile::of(CallsExport::of(ctx.state, ctx.actor, query).await?).await
}

async fn list(ctx: &PageContext, asked: &Asked) -> Result<CallList, Problem> {
    let waiting = ctx.crm().calls().waiting(&ctx.actor, COUNTED + 1).await?;
    let (query, error) = match asked.read(ctx) {
        Ok(query) => (query, None),
        Err(error) => {
            (CallQuery { view: asked.view.parse().unwrap_or_default(), ..CallQuery::default() }, Some(error))
        }
    };
    let after = asked.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(ROWS) };
    let found = ctx.crm().calls().list(&ctx.actor, &query, request).await?;
    let dispositions = ctx.crm().dispositions().all(&ctx.actor).await?;
    let outcomes: BTreeMap<DispositionId, Shown> =
        dispositions.iter().map(|kept| (kept.id, Shown::from(kept.name.reveal()))).collect();
    let names = names(ctx, &found.items).await?;
    let channels = ctx.crm().calls().channels(&ctx.actor).await?;
    let mut days: Vec<CallDay> = Vec::new();
    for call in &found.items {
        let label = words::day(ctx, ctx.local(call.started_at).date());
        let row = row(ctx, call, &names, &outcomes, &channels);
        match days.last_mut().filter(|day| day.label == label) {
            Some(day) => day.rows.push(row),
            None => days.push(CallDay { label, rows: vec![row] }),
        }
    }
    let all = |label: &'static str| Choice { selected: false, ..Choice::new("", label) };
    let members = ctx.members.iter().map(|member| Choice {
        selected: query.member == Some(member.id),
        ..Choice::new(member.id.to_string(), member.name.reveal())
    });
    let kept = dispositions.iter().map(|kept| Choice {
        selected: query.disposition == Some(kept.id),
        ..Choice::new(kept.id.to_string(), kept.name.reveal())
    });
    let lengths = DurationClass::ALL.iter().map(|class| Choice {
        selected: query.duration == Some(*class),
        ..Choice::new(class.as_str(), length(*class))
    });
    let text = asked.query();
    Ok(CallList {
        tabs: tabs(asked, query.view, waiting),
        view: query.view.as_str(),
        members: std::iter::once(all("All members")).chain(members).collect(),
        dispositions: std::iter::once(all("All outcomes")).chain(kept).collect(),
        durations: std::iter::once(all("Any duration")).chain(lengths).collect(),
        number: asked.number.clone(),
        from: asked.from.clone(),
        to: asked.to.clone(),
        error,
        is_narrowed: asked.is_narrowed(),
        next: found.next.as_ref().map(|next| format!("calls?{text}&after={}", encode_cursor(next))),
        query: text,
        days,
        can_write: ctx.may(Permission::CallsWrite),
    })
}

fn tabs(asked: &Asked, shown: CallView, waiting: u32) -> Vec<CallTab> {
    let each = |view: &CallView| {
        let label = match view {
            CallView::All => "All",
            CallView::Inbound => "Incoming",
            CallView::Outbound => "Outgoing",
            CallView::Missed => "Missed",
            CallView::Waiting => "Call back",
            CallView::Voicemail => "Voicemail",
        };
        let count = match (view, waiting) {
            (CallView::Waiting, 1..=COUNTED) => waiting.to_string(),
            (CallView::Waiting, 0) => String::new(),
            (CallView::Waiting, _) => format!("{COUNTED}+"),
            _ => String::new(),
        };
        let href = Asked { view: view.as_str().to_owned(), after: None, ..asked.clone() }.query();
        CallTab { label, href: format!("calls?{href}"), count, is_shown: *view == shown }
    };
    CallView::ALL.iter().map(each).collect()
}

/// The names of the people of some calls, each read once.
pub(crate) async fn names(ctx: &PageContext, calls: &[Call]) -> Result<BTreeMap<ContactId, String>, Problem> {
    let mut names = BTreeMap::new();
    if !ctx.may(Permission::ContactsRead) {
        return Ok(names);
    }
    for id in calls.iter().filter_map(|call| call.contact) {
        if let Entry::Vacant(place) = names.entry(id) {
            let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
            place.insert(words::contact_name(ctx, &contact, &[]));
        }
    }
    Ok(names)
}

/// Who a call was with, in words.
pub(crate) fn who(ctx: &PageContext, call: &Call, names: &BTreeMap<ContactId, String>) -> String {
    let named = call.contact.and_then(|id| names.get(&id)).filter(|name| !name.is_empty()).cloned();
    named.unwrap_or_else(|| match &call.customer {
        Some(number) => ctx.identifiers().international(number),
        None if call.withheld => "Number withheld".to_owned(),
        None => "Unknown number".to_owned(),
    })
}

/// What became of a call, in words.
pub(crate) fn state(call: &Call) -> Chip {
    let (tone, text) = match call.state {
        CallState::Queued => (Tone::Info, "Waiting to be placed"),
        CallState::Dispatched => (Tone::Info, "Being placed"),
        CallState::Ringing => (Tone::Info, "Ringing"),
        CallState::InProgress => (Tone::Ok, "In call"),
        CallState::Completed if call.direction == Direction::Inbound => (Tone::Ok, "Answered"),
        CallState::Completed => (Tone::Ok, "Reached"),
        CallState::Missed if call.handled_at.is_some() => (Tone::Neutral, "Missed, called back"),
        CallState::Missed => (Tone::Bad, "Missed"),
        CallState::Voicemail if call.handled_at.is_some() => (Tone::Neutral, "Voicemail, called back"),
        CallState::Voicemail => (Tone::Bad, "Voicemail"),
        CallState::NoAnswer => (Tone::Warn, "No answer"),
        CallState::Busy => (Tone::Warn, "Busy"),
        CallState::Failed => (Tone::Bad, "Failed"),
        CallState::Cancelled => (Tone::Neutral, "Not connected"),
        CallState::Refused => (Tone::Bad, "Not allowed"),
        CallState::Unknown => (Tone::Warn, "Not known"),
        CallState::Ended => (Tone::Neutral, "Ended"),
    };
    if call.word.as_deref() == Some(NOT_REPORTED) {
        return Chip::new(tone, "Not reported").because("The provider does not report on calls");
    }
    let chip = match &call.word {
        Some(word) => Chip::new(tone, format!("{text} ({word})")),
        None => Chip::new(tone, text),
    };
    if call.state.is_final() && !call.confirmed && call.placed != Some(call.state) {
        return chip.because("Reported by the provider; not confirmed yet");
    }
    chip
}

fn length(class: DurationClass) -> &'static str {
    match class {
        DurationClass::None => "No talk",
        DurationClass::UnderHalfMinute => "Under 30 seconds",
        DurationClass::UnderTwoMinutes => "30 seconds to 2 minutes",
        DurationClass::UnderTenMinutes => "2 to 10 minutes",
        DurationClass::Longer => "10 minutes and more",
    }
}

/// A duration in words: "12 s", "4 min 12 s", "1 h 2 min".
pub(crate) fn seconds(total: u64) -> String {
    match (total / 3_600, total / 60 % 60, total % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

fn age(ctx: &PageContext, since: DateTime<Utc>) -> String {
    let passed = ctx.now - since;
    match (passed.num_days(), passed.num_hours(), passed.num_minutes()) {
        (0, 0, minutes) => format!("{} min", minutes.max(0)),
        (0, hours, _) => format!("{hours} h"),
        (days, _, _) => format!("{days} d"),
    }
}

/// What a call says of its way, where it is not the telephone.
pub(crate) const fn channel(way: Channel) -> Option<&'static str> {
    match way {
        Channel::WhatsApp => Some("WhatsApp"),
        _ => None,
    }
}

/// What a person permits about being called, in a sentence.
pub(crate) fn permission(ctx: &PageContext, answer: &CallPermission) -> String {
    match (permitted(Some(answer), ctx.now), answer.until) {
        (Ok(()), None) => "May be called".to_owned(),
        (Ok(()), Some(until)) => format!("May be called until {}", ctx.moment(until).full),
        (Err(Reason { code: RefusalCode::CallPermissionEnded, .. }), Some(until)) => {
            format!("Could be called until {}", ctx.moment(until).full)
        }
        (Err(_), _) => format!("Does not want to be called, said on {}", ctx.moment(answer.at).full),
    }
}

/// The same in as many words as fit beside a label.
pub(crate) fn permission_chip(ctx: &PageContext, answer: &CallPermission) -> Chip {
    let chip = match (permitted(Some(answer), ctx.now), answer.until) {
        (Ok(()), None) => Chip::new(Tone::Ok, "Allowed"),
        (Ok(()), Some(until)) => Chip::new(Tone::Ok, format!("Until {}", ctx.day_of(until))),
        (Err(Reason { code: RefusalCode::CallPermissionEnded, .. }), Some(until)) => {
            Chip::new(Tone::Warn, format!("Ended {}", ctx.day_of(until)))
        }
        (Err(_), _) => Chip::new(Tone::Bad, format!("Said no {}", ctx.day_of(answer.at))),
    };
    chip.because(permission(ctx, answer))
}

fn row(
    ctx: &PageContext,
    call: &Call,
    names: &BTreeMap<ContactId, String>,
    outcomes: &BTreeMap<DispositionId, Shown>,
    channels: &CallChannels,
) -> CallRow {
    let (icon, way) = match (call.direction, call.state.is_missed()) {
        (Direction::Inbound, true) => ("call-missed", "Missed"),
        (Direction::Inbound, false) => ("call-in", "Incoming"),
        (Direction::Outbound, _) => ("call-out", "Outgoing"),
    };
    let number = call.customer.as_ref().map(|number| ctx.number_to_post(number));
    CallRow {
        id: call.id.to_string(),
        icon,
        way,
        channel: channel(channels.of(call.account)),
        who: who(ctx, call, names).into(),
        state: state(call),
        outcome: call.disposition.and_then(|id| outcomes.get(&id).cloned()),
        member: call
            .member
            .and_then(|id| ctx.member(id))
            .or_else(|| call.agent.clone())
            .unwrap_or_default()
            .into(),
        talk: call.talk_seconds.filter(|talk| *talk > 0).map(|talk| seconds(talk.into())).unwrap_or_default(),
        time: ctx.clock(call.started_at),
        has_file: !call.evidence.recordings.is_empty(),
        waits: call.is_open_missed().then(|| (age(ctx, call.started_at), number)),
    }
}
