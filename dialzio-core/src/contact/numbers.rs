//! Numbers that people have given up, as an edit of their contact says.

use chrono::{DateTime, Utc};

use super::{Alias, ChannelIdentity, ContactWrite, Detail, DetailValue};
use crate::phone::PhoneNumber;

/// The numbers of a contact that an edit takes away, or names as given up.
pub(super) fn given_up(before: &[Detail], after: &[Detail], named: &[PhoneNumber]) -> Vec<Alias> {
    let numbers = |details: &[Detail]| -> Vec<Alias> {
        let number = |detail: &Detail| match &detail.value {
            DetailValue::Phone { number, .. } => Some(Alias::Phone(number.clone())),
            DetailValue::Email(_) => None,
        };
        details.iter().filter_map(number).collect()
    };
    let kept = numbers(after);
    let mut gone = numbers(before);
    gone.retain(|alias| !kept.iter().any(|other| other.is(alias)));
    gone.extend(named.iter().cloned().map(Alias::Phone));
    gone
}

/// What an edit changes about the numbers of a person's identities: those in `gone` are given up; with a full list in
/// `named`, all others are theirs.
pub(super) fn marks(
    identities: &[ChannelIdentity],
    gone: &[Alias],
    all_named: bool,
    now: DateTime<Utc>,
) -> Vec<ContactWrite> {
    let mut writes = Vec::new();
    for identity in identities {
        for alias in identity.aliases.iter().filter(|alias| matches!(alias, Alias::Phone(_))) {
            let is_gone = gone.iter().any(|other| other.is(alias));
            let since = match (is_gone, identity.given_up(alias)) {
                (true, None) => Some(now),
                (false, Some(_)) if all_named => None,
                _ => continue,
            };
            writes.push(ContactWrite::Former { identity: identity.id, alias: alias.clone(), since });
        }
    }
    writes
}
