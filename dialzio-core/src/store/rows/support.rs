//! Requests for help and their messages.

use super::{Bind, Columns, FromRow, ToRow};
use crate::store::{Revision, StoreResult};
use crate::support::{SupportAuthor, SupportMessage, SupportRequest};

impl FromRow for SupportRequest {
    const RECORD: &'static str = "request for help";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            member: c.id()?,
            subject: c.text()?,
            state: c.word()?,
            created_at: c.time()?,
            changed_at: c.time()?,
            closed_at: c.opt_time()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for SupportRequest {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.member);
        to.text(self.subject.reveal());
        to.text(self.state.as_str());
        to.time(self.created_at);
        to.time(self.changed_at);
        to.opt_time(self.closed_at);
        to.integer(self.revision.0);
        Ok(())
    }
}

impl FromRow for SupportMessage {
    const RECORD: &'static str = "message of a request for help";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            request: c.id()?,
            id: c.id()?,
            author: c.opt_id()?.map_or(SupportAuthor::Operator, SupportAuthor::Member),
            text: c.text()?,
            at: c.time()?,
        })
    }
}

impl ToRow for SupportMessage {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.request);
        to.id(self.id);
        to.opt_id(match self.author {
            SupportAuthor::Member(member) => Some(member),
            SupportAuthor::Operator => None,
        });
        to.text(self.text.reveal());
        to.time(self.at);
        Ok(())
    }
}
