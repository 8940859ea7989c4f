//! Revealing the numbers and addresses of one person to who sees them masked.

use chrono::TimeDelta;

use super::{ChannelIdentity, Contact, ContactService};
use crate::error::Error;
use crate::id::ContactId;
use crate::ledger::{Action, AuditFilter, LedgerService};
use crate::masking::Identifiers;
use crate::scope::{Actor, Permission};
use crate::store::Batch;

/// Of how many people one caller may reveal the numbers and addresses within an hour.
pub const REVEALS_AN_HOUR: usize = 60;
/// The time within which they are counted.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// A person whose numbers and addresses may be shown whole to who asked for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revealed {
    /// The contact.
    pub contact: Contact,
    /// Its channel identities.
    pub identities: Vec<ChannelIdentity>,
}

impl ContactService<'_> {
    /// The numbers and addresses of one person, for who sees them masked otherwise. Each time is put in the audit log, from
    /// which they are counted. Who sees everything whole gets them without either.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::TooManyRevealed`] after [`REVEALS_AN_HOUR`] in an hour, with the seconds to wait;
    /// [`Error::Denied`] without [`Permission::ContactsReveal`].
    pub async fn reveal(&self, by: &Actor, id: ContactId) -> Result<Revealed, Error> {
        let scope = by.scope_for(Permission::ContactsReveal)?;
        let contact = self.require(scope, id).await?;
        let identities = self.runtime.store().channel_identities(scope, id).await?;
        if by.identifiers() != Identifiers::Whole {
            self.count_reveals(by, REVEALS_AN_HOUR).await?;
            let mut batch = Batch::new(by, Action::ContactRevealed, self.runtime.now());
            batch.about(id);
            self.runtime.store().commit_one(scope, batch).await?;
            // Those that were asked for at the same time have been counted by nobody before.
            self.count_reveals(by, REVEALS_AN_HOUR + 1).await?;
        }
        Ok(Revealed { contact, identities })
    }

    /// Refuses if so many were revealed to this caller within the last hour.
    async fn count_reveals(&self, by: &Actor, limit: usize) -> Result<(), Error> {
        let now = self.runtime.now();
        let filter = AuditFilter {
            principal: Some(by.principal().to_ref()),
            action: Some(Action::ContactRevealed),
            since: Some(now - HOUR),
            ..AuditFilter::default()
        };
        let scope = by.scope_for(Permission::ContactsReveal)?;
        let found = LedgerService::new(self.runtime).recent(scope, &filter, limit).await?;
        let Some(first) = found.get(limit - 1) else { return Ok(()) };
        let wait = first.at + HOUR - now;
        Err(Error::TooManyRevealed { seconds: u32::try_from(wait.num_seconds().max(1)).unwrap_or(u32::MAX) })
    }
}
