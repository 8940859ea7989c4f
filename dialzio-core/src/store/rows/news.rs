//! Service updates, and what users have read of them.

use super::{Bind, Columns, FromRow, ToRow};
use crate::news::{NewsReader, Recipient, ServiceUpdate};
use crate::store::{Revision, StoreResult};

impl FromRow for ServiceUpdate {
    const RECORD: &'static str = "service update";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            kind: c.word()?,
            title: c.text()?,
            text: c.text()?,
            published_at: c.time()?,
            mailed_to: c.opt_id()?,
            mailed_at: c.opt_time()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for ServiceUpdate {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.kind.as_str());
        to.text(self.title.reveal());
        to.text(self.text.reveal());
        to.time(self.published_at);
        to.opt_id(self.mailed_to);
        to.opt_time(self.mailed_at);
        to.integer(self.revision.0);
        Ok(())
    }
}

impl FromRow for NewsReader {
    const RECORD: &'static str = "reader of service updates";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { user: c.id()?, read_up_to: c.opt_id()?, takes_product: c.flag()? })
    }
}

impl FromRow for Recipient {
    const RECORD: &'static str = NewsReader::RECORD;

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self::from_stored(c.id()?, c.text()?, c.flag()?))
    }
}
