//! Saved views.

use super::{Bind, Columns, FromRow, ToRow};
use crate::saved_view::SavedView;
use crate::store::{Revision, StoreResult};

impl FromRow for SavedView {
    const RECORD: &'static str = "saved_view";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            member: c.id()?,
            name: c.text()?,
            shared: c.flag()?,
            query: c.json()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for SavedView {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.member);
        to.text(self.name.reveal());
        to.flag(self.shared);
        to.json(&self.query, Self::RECORD)?;
        to.integer(self.revision.0);
        Ok(())
    }
}
