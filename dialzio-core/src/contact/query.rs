//! Which contacts a list holds, in which order, and what it shows of each.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{ChannelIdentity, Contact, Stage};
use crate::id::MemberId;
use crate::name::string_enum;
use crate::scope::Actor;
use crate::text::TagName;

/// Whose contacts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerFilter {
    /// Those that this member looks after.
    Member(MemberId),
    /// Those that no member looks after.
    Nobody,
}

impl OwnerFilter {
    /// The member, or `None` for contacts without an owner.
    #[must_use]
    pub const fn member(self) -> Option<MemberId> {
        match self {
            Self::Member(member) => Some(member),
            Self::Nobody => None,
        }
    }
}

string_enum! {
    /// In which order contacts are listed. Ties are decided by id, in the direction of the order.
    #[derive(Default)]
    pub enum ContactOrder {
        /// By name, A to Z; contacts without a name come last.
        #[default]
        Name = "name",
        /// The newest contact first.
        Newest = "newest",
    }
}

/// Which contacts are asked for. All that is given has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactQuery {
    /// Folded tokens that all have to be found ([`crate::search::query_tokens`]), the last one as a prefix.
    pub tokens: Vec<String>,
    /// Only this stage.
    pub stage: Option<Stage>,
    /// Only with this owner, or without one.
    pub owner: Option<OwnerFilter>,
    /// Only with this tag, in exactly this spelling.
    pub tag: Option<TagName>,
    /// In which order.
    pub order: ContactOrder,
}

impl ContactQuery {
    /// From how many people with a tag or the words of a search on the list is walked, and each contact looked at, instead
    /// of the people being collected. Their number is then not counted.
    pub const MANY: u32 = 4_000;
    /// Up to how many contacts a list without words and without a tag is counted.
    pub const COUNTED: u32 = 10_000;

    /// Contacts that match what a person typed.
    #[must_use]
    pub fn matching(text: &str) -> Self {
        Self { tokens: crate::search::query_tokens(text), ..Self::default() }
    }

    /// The same for this actor: who does not see numbers whole finds people by whole numbers only.
    pub(super) fn seen_by(&self, by: &Actor) -> Cow<'_, Self> {
        if by.identifiers().are_whole() || self.tokens.is_empty() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self { tokens: crate::search::whole_numbers(self.tokens.clone()), ..self.clone() })
    }

    /// Whether stage, owner and tag of a contact are those that are asked for. The words are not looked at.
    #[must_use]
    pub fn admits(&self, contact: &Contact) -> bool {
        self.stage.is_none_or(|stage| stage == contact.stage)
            && self.owner.is_none_or(|owner| owner.member() == contact.owner)
            && self.tag.as_ref().is_none_or(|tag| contact.tags.contains(tag))
    }
}

/// A contact with what a list shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactEntry {
    /// The contact with details and tags.
    pub contact: Contact,
    /// Its channel identities with all their aliases, oldest first.
    pub identities: Vec<ChannelIdentity>,
    /// The time of the newest message in any of its conversations, or of its newest call if that is later; `None` before
    /// the first of either.
    pub last_contact_at: Option<DateTime<Utc>>,
}
