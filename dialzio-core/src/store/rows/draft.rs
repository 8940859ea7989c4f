//! Drafts.

use super::{Bind, Columns, FromRow, ToRow};
use crate::conversation::Draft;
use crate::store::StoreResult;

impl FromRow for Draft {
    const RECORD: &'static str = "draft";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            conversation: c.id()?,
            member: c.id()?,
            kind: c.word()?,
            text: c.text()?,
            saved_at: c.time()?,
        })
    }
}

impl ToRow for Draft {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.conversation);
        to.id(self.member);
        to.text(self.kind.as_str());
        to.text(self.text.reveal());
        to.time(self.saved_at);
        Ok(())
    }
}
