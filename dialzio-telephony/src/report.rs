//! What the reports of both providers have in common: ids, the account, our own id, recordings, times.

use chrono::{DateTime, Utc};
use dialzio_core::CallId;
use dialzio_core::call::CallAlias;
use dialzio_core::provider::{AccountRef, InboundBody, ReportTime};
use serde::Serialize;

use crate::body::{Field, Fields};
use crate::time;

/// Under which name our own id travels in what the provider gives back.
pub(crate) const OWN: &str = "dialzio_call";
/// Fields that bring back what a call was placed with, or what the account sets for all of them.
const GIVEN_BACK: [&str; 2] = ["extra_params", "custom"];
/// The longest word that is kept of what is not understood, in characters.
const LONGEST_WORD: usize = 60;

/// What a call is placed with, and what its reports bring back.
#[derive(Serialize)]
pub(crate) struct Correlation {
    dialzio_call: String,
}

impl Correlation {
    /// Names a call of ours.
    pub(crate) fn of(call: CallId) -> Self {
        Self { dialzio_call: call.to_string() }
    }
}

/// A report as it was understood.
pub(crate) struct Read {
    pub(crate) account: Option<AccountRef>,
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) body: InboundBody,
}

impl Read {
    /// A report of no known kind.
    pub(crate) fn unknown(fields: &Fields, what: &str) -> Self {
        Self { account: account(fields), at: None, body: InboundBody::Unknown { what: word(what) } }
    }

    /// A report about something else than a call.
    pub(crate) fn other(fields: &Fields, what: &str) -> Self {
        let at = self::at(fields).and_then(time::instant);
        Self { account: account(fields), at, body: InboundBody::Account { what: word(what) } }
    }
}

fn word(what: &str) -> String {
    what.chars().filter(|c| !c.is_control()).take(LONGEST_WORD).collect()
}

/// The account, which records and live events spell differently.
pub(crate) fn account(fields: &Fields) -> Option<AccountRef> {
    fields.text(&["appid", "app_id"]).map(AccountRef)
}

/// The ids that fields hold, in the order of the fields, each once. What has not the form of an id is left out.
pub(crate) fn aliases(fields: &Fields, names: &[&str]) -> Vec<CallAlias> {
    let mut found: Vec<CallAlias> = Vec::new();
    for name in names {
        if let Some(alias) = fields.text(&[name]).as_deref().and_then(CallAlias::parse)
            && !found.contains(&alias)
        {
            found.push(alias);
        }
    }
    found
}

/// When it happened.
pub(crate) fn at(fields: &Fields) -> Option<ReportTime> {
    stamp(fields, "time")
}

/// A time in a field.
pub(crate) fn stamp(fields: &Fields, name: &str) -> Option<ReportTime> {
    time::read(&fields.field(name).text()?)
}

/// The person's number: empty if the field is there and empty, which means that it is withheld.
pub(crate) fn caller(fields: &Fields, name: &str) -> Option<String> {
    match fields.phone(name) {
        Field::Absent => None,
        Field::Blank => Some(String::new()),
        Field::Text(text) => Some(text),
    }
}

/// A number that is not withheld by being empty, but only not told.
pub(crate) fn number(fields: &Fields, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| fields.phone(name).text())
}

/// The provider's name of a team or menu, without the number of the account behind it: `Sales` of `Sales_2222223`.
pub(crate) fn queue(fields: &Fields) -> Option<String> {
    let name = fields.text(&["team", "ivr_name"])?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let kept = match name.rsplit_once('_') {
        Some((team, account)) if !team.is_empty() && is_number(account) => team,
        _ => &name,
    };
    Some(word(kept)).filter(|kept| !kept.is_empty())
}

/// Our own id of the call, and whether there is a place for one at all, which means that we placed the call.
///
/// It comes back as an object, as JSON in a text, as something like JSON, or in a field of a form, so it is looked for by its
/// name and not by the form of what is around it.
pub(crate) fn own(fields: &Fields) -> (Option<CallId>, bool) {
    let mut is_ours = false;
    for (name, value) in GIVEN_BACK.iter().flat_map(|name| fields.below(name)) {
        let place = match value.find(OWN) {
            Some(at) => value.get(at + OWN.len()..),
            None if name.contains(OWN) => Some(value),
            None => None,
        };
        let Some(place) = place else { continue };
        is_ours = true;
        let begun = place
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ':' | '='));
        let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
        let end = begun.find(|c| !is_part(c)).unwrap_or(begun.len());
        if let Some(id) = begun.get(..end).and_then(|id| id.parse().ok()) {
            return (Some(id), true);
        }
    }
    (None, is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190a5f0-0000-7000-8000-000000000001";

    #[test]
    fn our_own_id_is_found_in_whatever_it_comes_back() {
        let object = format!(r#"{{"dialzio_call":"{ID}","crm":true}}"#);
        for value in [
            object.clone(),
            serde_json::to_string(&object).unwrap(),
            serde_json::to_string(&serde_json::to_string(&object).unwrap()).unwrap(),
            format!(r#""{{ 'crm': 1, 'dialzio_call': '{ID}' }}""#),
            format!(r#""{{dialzio_call: {ID}}}""#),
            format!(r#""{{ dialzio_call={ID}, ID=7 }}""#),
        ] {
            for name in GIVEN_BACK {
                let fields = Fields::of_object(&format!(r#"{{"{name}":{value}}}"#)).unwrap();
                assert_eq!(own(&fields), (ID.parse().ok(), true), "{name} {value}");
            }
        }
        let form = Fields::of_object(&format!(r#"{{"extra_params[dialzio_call]":"{ID}"}}"#)).unwrap();
        assert_eq!(own(&form).0, ID.parse().ok());
    }

    #[test]
    fn another_id_under_our_name_is_none_and_still_ours() {
        let fields = Fields::of_object(r#"{"extra_params":"{\"dialzio_call\":\"F36\"}"}"#).unwrap();
        assert_eq!(own(&fields), (None, true));
        for strange in
            [r#"{"extra_params":"{\"crm\":\"true\"}"}"#, r#"{"custom":""}"#, r#"{"extra_params":null}"#, "{}"]
        {
            assert_eq!(own(&Fields::of_object(strange).unwrap()), (None, false), "{strange}");
        }
    }

    #[test]
    fn a_team_is_named_without_the_account() {
        for (team, wanted) in [
            ("Sales_2222223", "Sales"),
            ("Night_shift_2222223", "Night_shift"),
            ("_1", "_1"),
            ("Shop 7", "Shop 7"),
        ] {
            let fields = Fields::of_object(&format!(r#"{{"team":"{team}"}}"#)).unwrap();
            assert_eq!(queue(&fields).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn ids_stand_in_order_and_once() {
        let fields = Fields::of_object(r#"{"b":"2","a":"1","c":"2","d":"with space","e":7}"#).unwrap();
        let found = aliases(&fields, &["a", "b", "c", "d", "e"]);
        assert_eq!(found.iter().map(CallAlias::as_str).collect::<Vec<_>>(), ["1", "2", "7"]);
    }
}
