//! One person within one provider portfolio, under all the ids the provider has given them.

use chrono::{DateTime, Utc};
use std::fmt;

use crate::id::{ChannelIdentityId, ContactId};
use crate::name::string_enum;
use crate::phone::PhoneNumber;
use crate::text::{EmailAddress, PersonName, Username};

/// A provider's group of business accounts, within which its ids for people mean something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Portfolio(pub String);

/// Meta's id for a person within a portfolio (`US.1349…`). Opaque: never normalised.
/// Source: Meta, "Business-scoped user IDs".
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct BusinessScopedId(String);

impl BusinessScopedId {
    /// Longest id that is accepted, in bytes.
    pub const MAX: usize = 256;

    /// Any visible text of at most [`MAX`](Self::MAX) bytes. `None` otherwise.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped =
            !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(|b| b.is_ascii_graphic());
        shaped.then(|| Self(text.to_owned()))
    }

    /// The id itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BusinessScopedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BusinessScopedId(…)")
    }
}

string_enum! {
    /// What kind of name a provider knows a person by.
    pub enum AliasKind {
        /// A telephone number.
        Phone = "phone",
        /// A business-scoped id.
        BusinessScoped = "business_scoped",
        /// The business-scoped id of linked portfolios.
        ParentBusinessScoped = "parent_business_scoped",
    }
}

/// One id under which a provider knows a person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Alias {
    /// A telephone number as the provider writes it.
    Phone(PhoneNumber),
    /// A business-scoped id.
    BusinessScoped(BusinessScopedId),
    /// The business-scoped id of linked portfolios.
    ParentBusinessScoped(BusinessScopedId),
}

impl Alias {
    /// Rebuilds an alias from its stored kind and value.
    #[must_use]
    pub fn from_stored(kind: AliasKind, value: &str) -> Option<Self> {
        match kind {
            AliasKind::Phone => PhoneNumber::try_from(value.to_owned()).ok().map(Self::Phone),
            AliasKind::BusinessScoped => BusinessScopedId::parse(value).map(Self::BusinessScoped),
            AliasKind::ParentBusinessScoped => BusinessScopedId::parse(value).map(Self::ParentBusinessScoped),
        }
    }

    /// Whether it is a number or a business-scoped id.
    #[must_use]
    pub const fn kind(&self) -> AliasKind {
        match self {
            Self::Phone(_) => AliasKind::Phone,
            Self::BusinessScoped(_) => AliasKind::BusinessScoped,
            Self::ParentBusinessScoped(_) => AliasKind::ParentBusinessScoped,
        }
    }

    /// The value as stored: E.164 with `+`, or the id.
    #[must_use]
    pub fn reveal(&self) -> &str {
        match self {
            Self::Phone(number) => number.reveal(),
            Self::BusinessScoped(id) | Self::ParentBusinessScoped(id) => id.reveal(),
        }
    }

    /// Whether both are the same id, in whatever spelling.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.match_key() == other.match_key()
    }

    /// The value that is compared: for a number, one representative of its candidate set.
    #[must_use]
    pub fn match_key(&self) -> String {
        match self {
            Self::Phone(number) => number.match_key(),
            Self::BusinessScoped(id) | Self::ParentBusinessScoped(id) => id.reveal().to_owned(),
        }
    }

    /// What consent is kept by: the same key for a number, whether typed or seen at a provider.
    #[must_use]
    pub fn subject_key(&self, portfolio: &Portfolio) -> SubjectKey {
        match self {
            Self::Phone(number) => SubjectKey::phone(number),
            Self::BusinessScoped(id) | Self::ParentBusinessScoped(id) => {
                SubjectKey(format!("scoped:{}:{}", portfolio.0, id.reveal()))
            }
        }
    }
}

impl fmt::Debug for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Alias({}, …)", self.kind())
    }
}

/// What a consent or a suppression is kept by: one identifier of a person, in comparable form. Personal data.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectKey(String);

impl SubjectKey {
    /// The key of a telephone number, the same for all its spellings.
    #[must_use]
    pub fn phone(number: &PhoneNumber) -> Self {
        Self(format!("phone:{}", number.match_key()))
    }

    /// The key of an e-mail address.
    #[must_use]
    pub fn email(email: &EmailAddress) -> Self {
        Self(format!("email:{}", email.match_key()))
    }

    /// Rebuilds a key from its stored form.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The stored form.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(…)")
    }
}

/// Where a message can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A telephone number.
    Phone(PhoneNumber),
    /// A provider's own id for a person who shows no number.
    BusinessScoped(BusinessScopedId),
}

/// One person within one organisation and one provider portfolio. Aliases carry on when a number disappears
/// or an id is made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelIdentity {
    /// The id; ids sort by the time they were made at.
    pub id: ChannelIdentityId,
    /// The contact it belongs to.
    pub contact: ContactId,
    /// Where its aliases mean something.
    pub portfolio: Portfolio,
    /// All ids, the most recently seen last.
    pub aliases: Vec<Alias>,
    /// The name the person gave at the provider.
    pub profile_name: Option<PersonName>,
    /// Their public handle: display only, it can change hands.
    pub username: Option<Username>,
    /// Event time of the newest profile that was taken over.
    pub profile_at: DateTime<Utc>,
    /// The provider says that this person cannot be reached here (blocked, no account): since when.
    pub unreachable_since: Option<DateTime<Utc>>,
    /// Those of its ids that the person has given up. A new identity has none.
    pub former: Vec<Former>,
    /// Another person may be writing from a number that the person has given up. A new identity is not in doubt.
    pub doubt: Option<Doubt>,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
}

/// An id that its person has given up: a member said so, or the provider reported another one in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The alias that no longer belongs to the person.
    pub alias: Alias,
    /// When the person gave it up, as the edit or the provider says.
    pub since: DateTime<Utc>,
}

/// A message came from a number that its person has given up, with another profile. A member has to say who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The given-up number from which another profile wrote.
    pub number: PhoneNumber,
    /// The name in the profile that wrote.
    pub name: Option<PersonName>,
    /// Event time of the first such message.
    pub since: DateTime<Utc>,
}

impl ChannelIdentity {
    /// The newest telephone number that is theirs, else the newest that was theirs.
    #[must_use]
    pub fn phone(&self) -> Option<&PhoneNumber> {
        let numbers = || {
            self.aliases.iter().rev().filter_map(|alias| match alias {
                Alias::Phone(number) => Some((alias, number)),
                _ => None,
            })
        };
        let current = numbers().find(|(alias, _)| self.given_up(alias).is_none());
        current.or_else(|| numbers().next()).map(|(_, number)| number)
    }

    /// Since when an id of theirs is given up; `None` if it is theirs.
    #[must_use]
    pub fn given_up(&self, alias: &Alias) -> Option<DateTime<Utc>> {
        self.former.iter().find(|former| former.alias.is(alias)).map(|former| former.since)
    }

    /// Whether the number that messages go to is one that the person has given up.
    #[must_use]
    pub fn answers_to_a_former_number(&self) -> bool {
        self.phone().is_some_and(|number| self.given_up(&Alias::Phone(number.clone())).is_some())
    }

    /// Where to send: the newest number if there is one (what the provider returned), else the newest id.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        self.phone().cloned().map(Address::Phone).or_else(|| {
            self.aliases.iter().rev().find_map(|alias| match alias {
                Alias::BusinessScoped(id) => Some(Address::BusinessScoped(id.clone())),
                _ => None,
            })
        })
    }

    /// Every key that consent about this person may be kept by.
    #[must_use]
    pub fn subject_keys(&self) -> Vec<SubjectKey> {
        self.aliases.iter().map(|alias| alias.subject_key(&self.portfolio)).collect()
    }
}
