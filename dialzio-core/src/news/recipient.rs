//! Who gets a service update by mail.

use super::NewsKind;
use crate::access::User;
use crate::id::UserId;
use crate::text::EmailAddress;

/// A user who gets service updates by mail. It is made of a user alone, so no update is ever addressed to a contact:
///
/// ```compile_fail
/// # fn of(contact: &dialzio_core::contact::Contact) {
/// dialzio_core::news::Recipient::of(contact, true);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    user: UserId,
    email: EmailAddress,
    takes_product: bool,
}

impl Recipient {
    /// A user, and whether they want product news; `None` before they have confirmed their address.
    #[must_use]
    pub fn of(user: &User, takes_product: bool) -> Option<Self> {
        user.email_confirmed_at.map(|_| Self { user: user.id, email: user.email.clone(), takes_product })
    }

    /// As a store has it of a user with a confirmed address.
    #[cfg(feature = "sql-rows")]
    pub(crate) const fn from_stored(user: UserId, email: EmailAddress, takes_product: bool) -> Self {
        Self { user, email, takes_product }
    }

    /// Who it is.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Where they get mail.
    pub(crate) const fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// Whether an update of this kind is mailed to them.
    #[must_use]
    pub const fn takes(&self, kind: NewsKind) -> bool {
        kind.always_arrives() || self.takes_product
    }
}
