//! What a person permits about being called through an account of a messaging provider.
//!
//! WhatsApp takes calls of a business to people alone who permitted them, for a time or for good, and tells in a message what
//! they answered. Source: Meta, "Business-initiated calls".

use chrono::{DateTime, Utc};

use crate::consent::{Reason, RefusalCode};
use crate::conversation::Content;
use crate::name::string_enum;

string_enum! {
    /// What a person answered when they were asked whether they may be called.
    pub enum PermissionAnswer {
        /// They may be called.
        Granted = "granted",
        /// They may not.
        Refused = "refused",
    }
}

/// The newest answer of one person to one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallPermission {
    /// What they answered.
    pub answer: PermissionAnswer,
    /// When a permission ends; `None` if it has no end, and for a refusal.
    pub until: Option<DateTime<Utc>>,
    /// When they answered, as the provider says.
    pub at: DateTime<Utc>,
}

impl CallPermission {
    /// The answer in a message that came at `at`; `None` if it holds none.
    #[must_use]
    pub fn in_message(content: &Content, at: DateTime<Utc>) -> Option<Self> {
        let Content::CallPermission { accepted, expires_at } = content else { return None };
        Some(match (accepted, expires_at) {
            (false, _) => Self { answer: PermissionAnswer::Refused, until: None, at },
            (true, None) => Self { answer: PermissionAnswer::Granted, until: None, at },
            // An end that is no time of any calendar has passed.
            (true, Some(end)) => {
                let until = DateTime::from_timestamp(*end, 0).unwrap_or(at);
                Self { answer: PermissionAnswer::Granted, until: Some(until), at }
            }
        })
    }

    /// Which of two answers counts: the later one, and of the same instant the one that permits less.
    #[must_use]
    pub fn newest(self, other: Self) -> Self {
        let permits = |answer: &Self| match (answer.answer, answer.until) {
            (PermissionAnswer::Refused, _) => (0, None),
            (PermissionAnswer::Granted, Some(until)) => (1, Some(until)),
            (PermissionAnswer::Granted, None) => (2, None),
        };
        let rank = |answer: &Self| (std::cmp::Reverse(answer.at), permits(answer));
        if rank(&other) < rank(&self) { other } else { self }
    }
}

/// Whether a person may be called now, where that needs their permission.
///
/// # Errors
/// The rule that forbids it: nothing was ever permitted, the person refused, or the permission has ended.
pub fn permitted(known: Option<&CallPermission>, now: DateTime<Utc>) -> Result<(), Reason> {
    let no = |code, since| Err(Reason { code, since });
    match known {
        None => no(RefusalCode::CallPermissionMissing, None),
        Some(CallPermission { answer: PermissionAnswer::Refused, at, .. }) => {
            no(RefusalCode::CallPermissionRefused, Some(*at))
        }
        Some(CallPermission { until: Some(until), .. }) if *until <= now => {
            no(RefusalCode::CallPermissionEnded, Some(*until))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }

    fn answered(accepted: bool, expires_at: Option<i64>, at: DateTime<Utc>) -> CallPermission {
        CallPermission::in_message(&Content::CallPermission { accepted, expires_at }, at).unwrap()
    }

    #[test]
    fn a_person_may_be_called_while_their_newest_answer_permits_it() {
        let later = noon() + TimeDelta::days(7);
        let temporary = answered(true, Some(later.timestamp()), noon());
        let (lasting, refused) = (answered(true, None, noon()), answered(false, None, noon()));
        let code = |known: Option<&CallPermission>, now| permitted(known, now).map_err(|no| no.code.as_str());
        assert_eq!(code(None, noon()), Err("call.permission_missing"));
        assert_eq!(code(Some(&temporary), noon()), Ok(()));
        assert_eq!(code(Some(&temporary), later), Err("call.permission_ended"));
        assert_eq!(code(Some(&lasting), later), Ok(()));
        assert_eq!(code(Some(&refused), noon()), Err("call.permission_refused"));
        assert_eq!(permitted(Some(&refused), later).unwrap_err().since, Some(noon()));
        assert_eq!(permitted(Some(&temporary), later).unwrap_err().since, Some(later));
    }

    #[test]
    fn the_later_answer_counts_and_of_one_instant_the_one_that_permits_less() {
        let soon = noon() + TimeDelta::days(1);
        let by_rank = [
            answered(false, None, soon),
            answered(true, Some(soon.timestamp()), soon),
            answered(true, Some(soon.timestamp() + 60), soon),
            answered(true, None, soon),
            answered(false, None, noon()),
            answered(true, None, noon()),
        ];
        for (place, one) in by_rank.iter().enumerate() {
            for other in &by_rank[place..] {
                assert_eq!(one.newest(*other), *one);
                assert_eq!(other.newest(*one), *one);
            }
        }
    }

    #[test]
    fn an_end_that_is_no_time_has_passed() {
        assert!(permitted(Some(&answered(true, Some(i64::MAX), noon())), noon()).is_err());
    }
}
