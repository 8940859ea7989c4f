//! Service updates: what the operator of the installation tells the people who sign in.
//!
//! They go to users and to nobody else: a [`Recipient`] is made of a [`User`](crate::access::User), and there is no way to
//! make one of a contact. A user turns product news off, and no other kind: [`NewsReader`] has a field for that one alone.

mod recipient;
mod service;

pub use recipient::Recipient;
pub use service::{NewsPage, NewsService, NewsStatus};

use chrono::{DateTime, Utc};

use crate::id::{ServiceUpdateId, UserId};
use crate::name::string_enum;
use crate::store::{Revision, change};
use crate::text::{NewsText, Title};

string_enum! {
    /// What a service update is about. Source: privacy policy, clause C3.5.
    pub enum NewsKind {
        /// Something that users have to know or do so that their data stays safe.
        Security = "security",
        /// Something does not work, or did not.
        Incident = "incident",
        /// Work on the service, and when.
        Maintenance = "maintenance",
        /// The terms or the privacy policy change.
        Policy = "policy",
        /// What is new in the product.
        Product = "product",
    }
}

impl NewsKind {
    /// Whether it reaches users who have turned it off: every kind but product news does.
    #[must_use]
    pub const fn always_arrives(self) -> bool {
        match self {
            Self::Security | Self::Incident | Self::Maintenance | Self::Policy => true,
            Self::Product => false,
        }
    }
}

/// A service update. It is shown for [`NEWS_PERIOD`](crate::store::periods::NEWS_PERIOD).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUpdate {
    /// The id; ids sort by the time they were made at.
    pub id: ServiceUpdateId,
    /// What it is about.
    pub kind: NewsKind,
    /// One line.
    pub title: Title,
    /// What it says: plain text.
    pub text: NewsText,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// The last user for whom a mail was queued, in order of ids; `None` before the first.
    pub mailed_to: Option<UserId>,
    /// When the last mail was queued; `None` until then.
    pub mailed_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub revision: Revision,
}

change! {
    /// What changes of a service update while it is mailed. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct ServiceUpdateChange of ServiceUpdate {
        /// The last user for whom a mail was queued.
        mailed_to: Option<UserId>,
        /// When the last mail was queued.
        mailed_at: Option<DateTime<Utc>>,
    }
}

/// What a user has read and chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewsReader {
    /// Who reads.
    pub user: UserId,
    /// The newest update that they have read; `None` if they have read none.
    pub read_up_to: Option<ServiceUpdateId>,
    /// Whether product news reaches them. All other kinds do in any case.
    pub takes_product: bool,
}

impl NewsReader {
    /// A user who has read and chosen nothing.
    #[must_use]
    pub const fn new(user: UserId) -> Self {
        Self { user, read_up_to: None, takes_product: true }
    }

    /// The id behind which updates are unread. What was published before the account was made counts as read: ids of users
    /// and of updates sort by their time alike.
    #[must_use]
    pub fn unread_after(&self) -> ServiceUpdateId {
        use crate::id::TypedId;
        self.read_up_to.unwrap_or_else(|| ServiceUpdateId::from_uuid(self.user.uuid()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_news_alone_can_be_turned_off() {
        let optional: Vec<_> = NewsKind::ALL.iter().filter(|kind| !kind.always_arrives()).collect();
        assert_eq!(optional, [&NewsKind::Product]);
    }

    #[test]
    fn a_new_user_has_no_unread_update_of_before() {
        let ids = crate::id::IdSource::seeded(1);
        let start = chrono::DateTime::UNIX_EPOCH;
        let old: ServiceUpdateId = ids.next(start);
        let reader = NewsReader::new(ids.next(start + chrono::TimeDelta::seconds(1)));
        let new: ServiceUpdateId = ids.next(start + chrono::TimeDelta::seconds(2));
        assert!(old < reader.unread_after() && reader.unread_after() < new);
    }
}
