//! The call log: its parts, what narrows it, and its rows by day.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::extract::Query;
use axum::response::Html;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use dialzio_core::call::{
    Call, CallChannels, CallPermission, CallQuery, CallState, CallView, DurationClass, permitted,
};
use dialzio_core::consent::{Channel, Reason, RefusalCode};
use dialzio_core::contact::SubjectKey;
use dialzio_core::conversation::Direction;
use dialzio_core::page::PageRequest;
use dialzio_core::saved_view::{SavedCalls, SavedQuery};
use dialzio_core::{ContactId, DispositionId, Permission, PhoneNumber};
use serde::Deserialize;

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

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    view: String,
    #[serde(default)]
    member: String,
    #[serde(default)]
    disposition: String,
    #[serde(default)]
    duration: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    after: Option<String>,
}

impl Asked {
    /// The same again, without a cursor.
    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("view", &self.view),
            ("member", &self.member),
            ("disposition", &self.disposition),
            ("duration", &self.duration),
            ("number", &self.number),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// What is listed, as a view keeps it: without the number, and without what cannot be read.
    pub(crate) fn saved(&self) -> SavedCalls {
        SavedCalls {
            view: self.view.parse().unwrap_or_default(),
            member: self.member.parse().ok(),
            disposition: self.disposition.parse().ok(),
            duration: self.duration.parse().ok(),
            from: self.from.parse().ok(),
            to: self.to.parse().ok(),
        }
    }

    fn is_narrowed(&self) -> bool {
        [&self.member, &self.disposition, &self.duration, &self.number, &self.from, &self.to]
            .iter()
            .any(|value| !value.is_empty())
    }

    /// What the core is asked for, or what is wrong, in words.
    fn read(&self, ctx: &PageContext) -> Result<CallQuery, String> {
        let number = match self.number.trim() {
            "" => None,
            typed => Some(read_number(ctx, typed).map_err(|error| format!("The number {error}."))?),
        };
        Ok(CallQuery {
            view: self.view.parse().unwrap_or_default(),
            member: self.member.parse().ok(),
            disposition: self.disposition.parse().ok(),
            duration: self.duration.parse().ok(),
            customer: number.as_ref().map(SubjectKey::phone),
            since: day(ctx, &self.from, "first", 0)?,
            until: day(ctx, &self.to, "last", 1)?,
            ..CallQuery::default()
        })
    }
}

/// The address of the log that shows a view.
pub(crate) fn address(saved: &SavedCalls) -> String {
    fn word<T: ToString>(value: Option<T>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let asked = Asked {
        view: saved.view.to_string(),
        member: word(saved.member),
        disposition: word(saved.disposition),
        duration: word(saved.duration),
        from: word(saved.from),
        to: word(saved.to),
        ..Asked::default()
    };
    format!("calls?{}", asked.query())
}

/// A number as people type it.
pub(crate) fn read_number(
    ctx: &PageContext,
    typed: &str,
) -> Result<PhoneNumber, dialzio_core::phone::PhoneNumberError> {
    match ctx.org.dials_in() {
        Some(region) => PhoneNumber::parse_in(typed, region),
        None => PhoneNumber::parse(typed),
    }
}

/// The beginning of a day in the organisation's zone, so many days later.
pub(crate) fn day(
    ctx: &PageContext,
    text: &str,
    which: &str,
    later: i64,
) -> Result<Option<DateTime<Utc>>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let date: Result<NaiveDate, _> = text.parse();
    let date = date.map_err(|_| format!("The {which} day is not a date such as 2026-11-29."))?;
    Ok(ctx.instant((date + TimeDelta::days(later)).and_time(NaiveTime::MIN)))
}

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
            place.insert(words::contact_name(&contact, &[]));
        }
    }
    Ok(names)
}

/// Who a call was with, in words.
pub(crate) fn who(call: &Call, names: &BTreeMap<ContactId, String>) -> String {
    let named = call.contact.and_then(|id| names.get(&id)).filter(|name| !name.is_empty()).cloned();
    named.unwrap_or_else(|| match &call.customer {
        Some(number) => number.international(),
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
    let number = call.customer.as_ref().map(|number| number.reveal().to_owned());
    CallRow {
        id: call.id.to_string(),
        icon,
        way,
        channel: channel(channels.of(call.account)),
        who: who(call, names).into(),
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
