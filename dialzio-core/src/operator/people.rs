//! How well those who manage organisations are protected, over the whole installation.

use serde::{Deserialize, Serialize};

use super::{Operator, OperatorAction};
use crate::access::MemberState;
use crate::error::Error;
use crate::scope::{OrgScope, Role};

/// How many organisations are read at a time.
const PAGE: u32 = 100;

/// Owners and admins over all organisations, and how they sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Organisations.
    pub organisations: u64,
    /// Those that require a second factor of their members.
    pub requiring: u64,
    /// Active owners and admins.
    pub managing: u64,
    /// Those without a second factor.
    pub without_factor: u64,
}

impl Operator<'_> {
    /// Counts owners and admins, and those of them without a second factor. No names.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn protection(&self) -> Result<Protection, Error> {
        self.record(OperatorAction::OrgsListed, super::NO_RECORD, None, None).await?;
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let (mut found, mut after) = (Protection::default(), None);
        loop {
            let orgs = store.organisations(system, after, PAGE).await?;
            for org in &orgs {
                found.organisations += 1;
                found.requiring += u64::from(org.requires_second_factor);
                let factors = store.colleagues(system, org.id).await?;
                for member in store.members(&OrgScope::new(org.id)).await? {
                    let manages = matches!(member.role, Role::Owner | Role::Admin);
                    if !manages || member.state != MemberState::Active {
                        continue;
                    }
                    found.managing += 1;
                    let known = factors.iter().find(|known| known.member == member.id);
                    found.without_factor += u64::from(known.is_none_or(|known| !known.has_second_factor));
                }
            }
            match orgs.last() {
                Some(last) if orgs.len() == PAGE as usize => after = Some(last.id),
                _ => return Ok(found),
            }
        }
    }
}
