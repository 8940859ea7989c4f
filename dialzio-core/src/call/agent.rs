//! Agents: the users of a provider's telephone system, and which member each of them is.

use std::collections::BTreeMap;

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

impl CallAgent {
    /// The agents of an account as its provider lists them now, by id and each once: those that were there before keep their
    /// member, and a list says nothing about members.
    #[must_use]
    pub fn as_listed(account: AccountId, listed: &[Self], before: &[Self]) -> Vec<Self> {
        let member = |id: &str| before.iter().find(|kept| kept.id == id).and_then(|kept| kept.member);
        let now = listed.iter().map(|agent| {
            let agent = Self { account, member: member(&agent.id), ..agent.clone() };
            (agent.id.clone(), agent)
        });
        now.collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

/// An agent that is added by hand: a telephone that is rung for a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAgent {
    /// What the telephone is called.
    pub name: Option<PersonName>,
    /// The number that is rung.
    pub phone: PhoneNumber,
    /// The member who it is.
    pub member: Option<MemberId>,
}
