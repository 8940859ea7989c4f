//! Effects, received elements that wait, and quarantined bytes.

use super::{Bind, Columns, FromRow, ToRow};
use crate::account::Sealed;
use crate::outbox::{Job, JobKind};
use crate::store::StoreResult;
use crate::webhook::{BacklogItem, Quarantined};

impl FromRow for Job {
    const RECORD: &'static str = "job";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let (id, account, conversation) = (c.id()?, c.key_id()?, c.opt_id()?);
        let (kind, subject) = (c.str()?, c.opt_uuid()?);
        let work = JobKind::from_stored(kind, subject).ok_or_else(|| c.bad())?;
        Ok(Self {
            id,
            account,
            conversation,
            kind: work,
            state: c.word()?,
            not_before: c.time()?,
            deadline: c.time()?,
            attempts: c.number()?,
        })
    }
}

impl ToRow for Job {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.key_id(self.account);
        to.opt_id(self.conversation);
        to.text(self.kind.name());
        to.opt_uuid(self.kind.subject());
        to.text(self.kind.queue().as_str());
        to.text(self.state.as_str());
        to.time(self.not_before);
        to.time(self.deadline);
        to.integer(self.attempts);
        Ok(())
    }
}

impl FromRow for BacklogItem {
    const RECORD: &'static str = "element";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            account: c.id()?,
            queue: c.word()?,
            provider: c.text()?,
            app: c.id()?,
            sealed: Sealed::from_bytes(c.bytes()?.to_vec()),
            trust: c.word()?,
            received_at: c.time()?,
            due_at: c.time()?,
            attempts: c.number()?,
        })
    }
}

impl ToRow for BacklogItem {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.account);
        to.text(self.queue.as_str());
        to.text(&self.provider);
        to.id(self.app);
        to.bytes(self.sealed.as_bytes());
        to.text(self.trust.as_str());
        to.time(self.received_at);
        to.time(self.due_at);
        to.integer(self.attempts);
        Ok(())
    }
}

impl FromRow for Quarantined {
    const RECORD: &'static str = "quarantine";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            org: c.key_id()?,
            app: c.id()?,
            provider: c.text()?,
            reason: c.word()?,
            what: c.text()?,
            sealed: Sealed::from_bytes(c.bytes()?.to_vec()),
            trust: c.word()?,
            received_at: c.time()?,
            expires_at: c.time()?,
        })
    }
}

/// Without its id and its organisation: the store binds both before it, since it is the store that knows the owner.
impl ToRow for Quarantined {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.app);
        to.text(&self.provider);
        to.text(self.reason.as_str());
        to.text(&self.what);
        to.bytes(self.sealed.as_bytes());
        to.text(self.trust.as_str());
        to.time(self.received_at);
        to.time(self.expires_at);
        Ok(())
    }
}
