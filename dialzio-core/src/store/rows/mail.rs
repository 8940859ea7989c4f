//! Rows of mail that waits.

use super::{Bind, Columns, FromRow, ToRow};
use crate::account::Sealed;
use crate::mail::QueuedMail;
use crate::store::{Revision, StoreResult};

impl FromRow for QueuedMail {
    const RECORD: &'static str = "mail that waits";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            sealed: Sealed::from_bytes(c.bytes()?.to_vec()),
            created_at: c.time()?,
            due_at: c.time()?,
            expires_at: c.time()?,
            attempts: c.number()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for QueuedMail {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.bytes(self.sealed.as_bytes());
        to.time(self.created_at);
        to.time(self.due_at);
        to.time(self.expires_at);
        to.integer(self.attempts);
        to.integer(self.revision.0);
        Ok(())
    }
}
