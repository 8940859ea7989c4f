//! Dispositions.

use super::{Bind, Columns, FromRow, ToRow};
use crate::disposition::Disposition;
use crate::store::{Revision, StoreResult};

impl FromRow for Disposition {
    const RECORD: &'static str = "disposition";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            name: c.text()?,
            counts_as_reached: c.flag()?,
            position: c.number()?,
            archived_at: c.opt_time()?,
            revision: Revision(c.number()?),
        })
    }
}

/// With the key that its name is compared by, last.
impl ToRow for Disposition {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.name.reveal());
        to.flag(self.counts_as_reached);
        to.integer(self.position);
        to.opt_time(self.archived_at);
        to.integer(self.revision.0);
        to.text(&self.name.match_key());
        Ok(())
    }
}
