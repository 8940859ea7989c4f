//! Usage: which pages members use, kept as the privacy policy says and no longer.
//!
//! Five facts of each use are kept: the page, the action, the browser's family with its major version, the address, the
//! time. A page is a template such as `/contacts/{contact}`: it is made from a word of the program, so no id, no query and no
//! search term can enter. After 30 days only the network of the address is left, after 90 days nothing. Members read their
//! own rows; who manages the organisation reads counts of members, and never of fewer than five.
//!
//! Uses are noted in memory and written in groups by the worker, so no request waits for them. Those of the last seconds
//! before a crash are lost.

mod address;
mod browser;
mod buffer;
mod service;
mod store;
mod summary;

pub use address::UsageAddress;
pub use browser::UsageBrowser;
pub use service::UsageService;
pub use store::{UsageStore, UsageWrite};
pub use summary::{UsageSummary, UsageTally};

pub(crate) use buffer::UsageBuffer;

use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::fmt;

use crate::id::{MemberId, UsageEventId};
use crate::name::string_enum;
use crate::store::periods::USAGE_ADDRESS_PERIOD;

string_enum! {
    /// What was done on a page. A closed set: it says nothing of what was typed or chosen.
    pub enum UsageAction {
        /// It was opened.
        Viewed = "viewed",
        /// A form of it was sent, or something was done there.
        Submitted = "submitted",
        /// A record was changed.
        Changed = "changed",
        /// A record was removed.
        Removed = "removed",
    }
}

/// A page or route, as the template that the program has for it: `/contacts/{contact}`, never `/contacts/0192…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsagePage(Cow<'static, str>);

impl UsagePage {
    /// The longest template, in bytes.
    pub const MAX: usize = 100;

    /// A page of the program. `None` if it is empty, longer than [`MAX`](Self::MAX), or has another character than `a` to `z`,
    /// digits and `_.:{}/-`. It takes words of the program alone, so that nothing from a request can be a page.
    #[must_use]
    pub fn new(template: &'static str) -> Option<Self> {
        Self::is_template(template).then_some(Self(Cow::Borrowed(template)))
    }

    /// A page that was read from a store.
    #[cfg(any(test, feature = "sql-rows"))]
    pub(crate) fn from_stored(template: &str) -> Result<Self, crate::name::UnknownWord> {
        let page = || Self(Cow::Owned(template.to_owned()));
        Self::is_template(template).then(page).ok_or(crate::name::UnknownWord)
    }

    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_template(text: &str) -> bool {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.:{}/-".contains(&byte);
        (1..=Self::MAX).contains(&text.len()) && text.bytes().all(fits)
    }
}

impl fmt::Display for UsagePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One use of a page by a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEvent {
    /// The id; the time inside is when it was.
    pub id: UsageEventId,
    /// The member; no one else can read it.
    pub member: MemberId,
    /// The page.
    pub page: UsagePage,
    /// What was done there.
    pub action: UsageAction,
    /// With which browser.
    pub browser: UsageBrowser,
    /// From which address.
    pub address: UsageAddress,
    /// When.
    pub at: DateTime<Utc>,
}

impl UsageEvent {
    /// The event as it may be read at `now`: 30 days after it was made only the network of its address is left, whether a
    /// sweep has shortened it or not.
    #[must_use]
    pub fn seen_at(self, now: DateTime<Utc>) -> Self {
        if self.at + USAGE_ADDRESS_PERIOD > now {
            return self;
        }
        Self { address: self.address.shortened(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::UnknownWord;

    #[test]
    fn a_page_is_a_template_and_nothing_that_was_typed() {
        for template in ["/contacts/{contact}", "/settings/api-keys", "/contacts.csv", "contacts:list_2"] {
            assert_eq!(UsagePage::new(template).unwrap().as_str(), template);
            assert_eq!(UsagePage::from_stored(template), Ok(UsagePage::new(template).unwrap()));
        }
        let long = "a".repeat(UsagePage::MAX + 1);
        for text in
            ["", "/contacts?q=1", "/contacts/+91", "/Contacts", "/contacts/a%20b", "/a b", "/ä", &long]
        {
            assert_eq!(UsagePage::from_stored(text), Err(UnknownWord), "{text}");
        }
        assert_eq!(UsagePage::new("/contacts?q=asha"), None);
    }
}
