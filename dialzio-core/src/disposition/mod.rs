//! Dispositions: an organisation's list of call outcomes, from which people choose after a call.

mod service;
mod store;

pub use service::{DispositionPatch, DispositionService, NewDisposition};
pub use store::{DispositionChange, DispositionStore, DispositionWrite};

use chrono::{DateTime, Utc};

use crate::id::{DispositionId, IdSource};
use crate::search::match_key;
use crate::store::Revision;
use crate::text::DispositionName;

/// The most dispositions of an organisation, archived ones included. Two that are added at the same time may pass it by one.
pub const MAX_DISPOSITIONS: usize = 100;

/// The dispositions of a new organisation, in order, and whether each counts as reached.
const DEFAULTS: [(&str, bool); 5] = [
    ("Interested", true),
    ("Call back later", true),
    ("Not interested", true),
    ("No answer", false),
    ("Wrong number", false),
];

/// An outcome of a call that people can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// The id; ids sort by the time they were made at.
    pub id: DispositionId,
    /// What people choose, unique in the organisation by its [`match_key`](DispositionName::match_key).
    pub name: DispositionName,
    /// Whether a call with this outcome counts as one in which the person was reached.
    pub counts_as_reached: bool,
    /// Its place in the list, ascending. Where two are alike the older one comes first.
    pub position: u16,
    /// Since when it can no longer be chosen. Calls that had this outcome keep it.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub revision: Revision,
}

impl DispositionName {
    /// The form that is compared: case, compatibility forms and repeated white space make no difference.
    #[must_use]
    pub fn match_key(&self) -> String {
        match_key(self.reveal())
    }
}

/// The dispositions that an organisation starts with.
pub(crate) fn defaults(ids: &IdSource, at: DateTime<Utc>) -> impl Iterator<Item = Disposition> {
    (1..).zip(DEFAULTS).filter_map(move |(position, (name, counts_as_reached))| {
        let name = DispositionName::parse(name).ok()?;
        let (id, archived_at, revision) = (ids.next(at), None, Revision::FIRST);
        Some(Disposition { id, name, counts_as_reached, position, archived_at, revision })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_starts_with_five_outcomes_two_of_which_reached_nobody() {
        let made: Vec<_> = defaults(&IdSource::seeded(1), DateTime::UNIX_EPOCH).collect();
        assert_eq!(made.len(), DEFAULTS.len());
        assert_eq!(made.iter().map(|one| one.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(made.iter().filter(|one| !one.counts_as_reached).count(), 2);
    }

    #[test]
    fn names_are_compared_without_regard_to_case_and_spaces() {
        let key = |text: &str| DispositionName::parse(text).unwrap().match_key();
        assert_eq!(key(" Call  BACK later"), key("call back later"));
        assert_eq!(key("e\u{301}"), key("\u{c9}"));
        assert_ne!(key("Café"), key("Cafe"));
    }

    #[test]
    fn a_name_has_one_to_forty_characters_and_shows_something() {
        assert!(DispositionName::parse(&"é".repeat(40)).is_ok());
        for refused in ["", "  ", "\u{200b}", "a\nb", &"e".repeat(41)] {
            assert!(DispositionName::parse(refused).is_err(), "{refused:?}");
        }
    }
}
