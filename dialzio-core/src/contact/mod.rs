//! People the organisation talks to: a contact has a stage, details that people typed, notes and
//! follow-ups; the addresses it is reached at are [`ChannelIdentity`]s.

mod bulk;
mod former;
mod identity;
pub(crate) mod import;
mod inbound;
mod note;
mod numbers;
mod query;
mod reveal;
mod service;
mod store;

pub use bulk::{ContactAction, ContactChange, ContactOutcome, ContactTarget, MAX_CONTACTS};
pub use former::DoubtAnswer;
pub use identity::{
    Address, Alias, AliasKind, BusinessScopedId, ChannelIdentity, Doubt, Former, Portfolio, SubjectKey,
};
pub use import::{Duplicates, Import, ImportOutcome, ImportRow, MAX_IMPORT_ROWS, Skipped};
pub use note::{Note, Task, TaskChange};
pub use query::{ContactEntry, ContactOrder, ContactQuery, OwnerFilter};
pub use reveal::{REVEALS_AN_HOUR, Revealed};
pub use service::{ContactPatch, ContactService, NewContact, NewTask};
pub use store::{ContactStore, ContactWrite, TaskQuery};

use chrono::{DateTime, Utc};

use crate::id::{ContactId, MemberId};
use crate::name::string_enum;
use crate::phone::{Extension, PhoneNumber};
use crate::text::{EmailAddress, Label, PersonName, TagName};
use crate::{Revision, search};

string_enum! {
    /// The stage of the relationship, from lead to customer.
    pub enum Stage {
        /// New: no member has answered yet.
        New = "new",
        /// A member is in touch with them.
        Contacted = "contacted",
        /// Interested and able.
        Qualified = "qualified",
        /// Has bought at least once.
        Customer = "customer",
        /// Will not buy.
        Lost = "lost",
    }
}

string_enum! {
    /// Where the name of a contact comes from.
    pub enum NameSource {
        /// A member or a program gave it. It stays until it is changed again.
        Typed = "typed",
        /// It is the name of the person's newest profile at a provider, and follows it. A contact without a name waits for one.
        Profile = "profile",
    }
}

/// A person, as the organisation knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The id; ids sort by the time they were made at.
    pub id: ContactId,
    /// What people call them; `None` if it is not known.
    pub name: Option<PersonName>,
    /// Where the name comes from.
    pub name_source: NameSource,
    /// The stage of the relationship, from lead to customer.
    pub stage: Stage,
    /// Who looks after them.
    pub owner: Option<MemberId>,
    /// Numbers and addresses that people typed.
    pub details: Vec<Detail>,
    /// Tags, without duplicates, sorted.
    pub tags: Vec<TagName>,
    /// Processing is restricted: the person objected, or a correction is pending. Nothing but an answer goes out.
    pub restricted: bool,
    /// Counts the changes of the contact.
    pub revision: Revision,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the contact last changed.
    pub updated_at: DateTime<Utc>,
}

/// A number or address that a member typed. It may be shared, so it only gives candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The number or address.
    pub value: DetailValue,
    /// A word beside it.
    pub label: Option<Label>,
}

/// The value of a [`Detail`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailValue {
    /// A telephone number, and how it was written.
    Phone {
        /// The number in E.164, such as `+914412345678`.
        number: PhoneNumber,
        /// As it arrived; masked in `Debug` like every label.
        as_written: Label,
    },
    /// An e-mail address.
    Email(EmailAddress),
}

impl DetailValue {
    /// The kind, as stored: `phone` or `email`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Phone { .. } => "phone",
            Self::Email(_) => "email",
        }
    }

    /// The extension that was written behind a number.
    #[must_use]
    pub fn extension(&self) -> Option<Extension> {
        match self {
            Self::Phone { as_written, .. } => crate::phone::extension_typed(as_written.reveal()),
            Self::Email(_) => None,
        }
    }

    /// What it is matched and consented by.
    #[must_use]
    pub fn subject_key(&self) -> SubjectKey {
        match self {
            Self::Phone { number, .. } => SubjectKey::phone(number),
            Self::Email(email) => SubjectKey::email(email),
        }
    }
}

impl Contact {
    /// The most details that a contact has.
    pub const MAX_DETAILS: usize = 20;
    /// The most tags that a contact has.
    pub const MAX_TAGS: usize = 50;

    /// The number to call: the one that was typed first, else the one that the person writes from.
    #[must_use]
    pub fn number<'a>(&'a self, identities: &'a [ChannelIdentity]) -> Option<&'a PhoneNumber> {
        let typed = self.details.iter().find_map(|detail| match &detail.value {
            DetailValue::Phone { number, .. } => Some(number),
            DetailValue::Email(_) => None,
        });
        typed.or_else(|| identities.iter().find_map(ChannelIdentity::phone))
    }

    /// The folded words that search finds this contact by, together with those of its identities.
    #[must_use]
    pub fn search_tokens(&self, identities: &[ChannelIdentity]) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let number = |texts: &mut Vec<String>, number: &PhoneNumber| {
            texts.push(number.digits().to_owned());
            texts.push(number.national_digits());
        };
        texts.extend(self.name.as_ref().map(|name| name.reveal().to_owned()));
        for detail in &self.details {
            match &detail.value {
                DetailValue::Phone { number: typed, .. } => number(&mut texts, typed),
                DetailValue::Email(email) => texts.push(email.reveal().to_owned()),
            }
        }
        texts.extend(self.tags.iter().map(|tag| tag.reveal().to_owned()));
        for identity in identities {
            texts.extend(identity.profile_name.as_ref().map(|name| name.reveal().to_owned()));
            texts.extend(identity.username.as_ref().map(|name| name.reveal().to_owned()));
            if let Some(shown) = identity.phone() {
                number(&mut texts, shown);
            }
        }
        search::index_tokens(texts.iter().map(String::as_str))
    }

    /// Takes the name of the newest profile, if the name follows it. Answers whether it changed.
    pub fn follow_profile(&mut self, identities: &[ChannelIdentity], at: DateTime<Utc>) -> bool {
        if self.name_source != NameSource::Profile {
            return false;
        }
        let named = identities.iter().filter(|identity| identity.profile_name.is_some());
        let newest = named.max_by_key(|identity| (identity.profile_at, identity.id));
        let Some(name) = newest.and_then(|identity| identity.profile_name.clone()) else { return false };
        if self.name.as_ref() == Some(&name) {
            return false;
        }
        self.name = Some(name);
        self.updated_at = self.updated_at.max(at);
        true
    }

    /// The key that lists sort by.
    #[must_use]
    pub fn sort_key(&self) -> String {
        search::sort_key(self.name.as_ref().map(PersonName::reveal))
    }
}
