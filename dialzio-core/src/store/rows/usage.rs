//! Uses of pages.

use super::{Bind, Columns, FromRow, ToRow};
use crate::store::StoreResult;
use crate::usage::{UsageAddress, UsageEvent, UsagePage, UsageTally};

impl FromRow for UsageEvent {
    const RECORD: &'static str = "use of a page";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            member: c.id()?,
            page: page(c)?,
            action: c.word()?,
            browser: c.word()?,
            address: UsageAddress::from_parts(c.opt_word()?, c.opt_word()?),
            at: c.time()?,
        })
    }
}

impl ToRow for UsageEvent {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.member);
        to.text(self.page.as_str());
        to.text(self.action.as_str());
        to.text(&self.browser.to_string());
        to.opt_text(self.address.ip().map(|address| address.to_string()).as_deref());
        to.opt_text(self.address.network().map(|network| network.to_string()).as_deref());
        to.time(self.at);
        Ok(())
    }
}

fn page<C: Columns>(c: &C) -> Result<UsagePage, C::Error> {
    UsagePage::from_stored(c.str()?).map_err(|_| c.bad())
}

/// Adds a row with member, page, browser and time to a tally.
///
/// # Errors
/// [`StoreError::Unreadable`](crate::store::StoreError::Unreadable) if a column does not hold what it has to.
pub fn add_usage<C: Columns>(tally: &mut UsageTally, c: &C) -> Result<(), C::Error> {
    let (member, page) = (c.id()?, page(c)?);
    tally.add(member, &page, c.word()?, c.time()?);
    Ok(())
}
