//! Canned replies.

use super::{Bind, Columns, FromRow, ToRow};
use crate::canned_reply::CannedReply;
use crate::store::{Revision, StoreResult};

impl FromRow for CannedReply {
    const RECORD: &'static str = "canned_reply";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            title: c.text()?,
            shortcut: c.text()?,
            text: c.text()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for CannedReply {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.title.reveal());
        to.text(self.shortcut.as_str());
        to.text(self.text.reveal());
        to.integer(self.revision.0);
        Ok(())
    }
}
