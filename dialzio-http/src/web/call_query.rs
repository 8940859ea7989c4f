//! Which calls the log lists, as its address says it and as a saved view keeps it.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use dialzio_core::PhoneNumber;
use dialzio_core::call::CallQuery;
use dialzio_core::contact::SubjectKey;
use dialzio_core::saved_view::SavedCalls;
use serde::Deserialize;

use super::page_context::PageContext;

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    pub(super) view: String,
    #[serde(default)]
    pub(super) member: String,
    #[serde(default)]
    pub(super) disposition: String,
    #[serde(default)]
    pub(super) duration: String,
    #[serde(default)]
    pub(super) number: String,
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
    pub(super) after: Option<String>,
}

impl Asked {
    /// The same again, without a cursor.
    pub(super) fn query(&self) -> String {
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

    pub(super) fn is_narrowed(&self) -> bool {
        [&self.member, &self.disposition, &self.duration, &self.number, &self.from, &self.to]
            .iter()
            .any(|value| !value.is_empty())
    }

    /// What the core is asked for, or what is wrong, in words.
    pub(super) fn read(&self, ctx: &PageContext) -> Result<CallQuery, String> {
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
