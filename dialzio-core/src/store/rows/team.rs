//! Teams.

use super::{Bind, Columns, FromRow, ToRow};
use crate::store::{Revision, StoreResult};
use crate::team::Team;

impl FromRow for Team {
    const RECORD: &'static str = "team";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { id: c.id()?, name: c.text()?, members: c.json()?, revision: Revision(c.number()?) })
    }
}

impl ToRow for Team {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.name.reveal());
        to.json(&self.members, Self::RECORD)?;
        to.integer(self.revision.0);
        Ok(())
    }
}
