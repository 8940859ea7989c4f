//! Agents: the users of a provider's telephone system, and which member each of them is.

use crate::id::{AccountId, MemberId};
use crate::phone::PhoneNumber;
use crate::text::PersonName;

/// A user of the provider's telephone system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAgent {
    /// The account it belongs to.
    pub account: AccountId,
    /// The provider's id: `101_2222223`.
    pub id: String,
    /// The name there.
    pub name: Option<PersonName>,
    /// The number that is rung when the agent is not at a softphone. Never taken for a customer's.
    pub phone: Option<PhoneNumber>,
    /// The member who it is.
    pub member: Option<MemberId>,
}
