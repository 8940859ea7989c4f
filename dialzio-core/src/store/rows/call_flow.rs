//! Call flows.

use super::{Bind, Columns, FromRow, ToRow};
use crate::call_flow::{AnsweredNumber, CallFlow};
use crate::phone::PhoneNumber;
use crate::store::{Revision, StoreResult};

/// The number is empty for a flow that is for all of them.
impl FromRow for CallFlow {
    const RECORD: &'static str = "call_flow";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            account: c.id()?,
            name: c.text()?,
            number: match c.str()? {
                "" => AnsweredNumber::All,
                number => AnsweredNumber::One(PhoneNumber::try_from(number.to_owned()).map_err(|_| c.bad())?),
            },
            enabled: c.flag()?,
            definition: c.json()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for CallFlow {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.account);
        to.text(self.name.reveal());
        to.text(self.number.number().map_or("", PhoneNumber::reveal));
        to.flag(self.enabled);
        to.json(&self.definition, Self::RECORD)?;
        to.integer(self.revision.0);
        Ok(())
    }
}
