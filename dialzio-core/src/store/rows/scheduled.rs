//! Scheduled messages.

use super::{Bind, Columns, FromRow, ToRow};
use crate::conversation::{FailureNote, Refused, ScheduledMessage};
use crate::store::{Revision, StoreResult};

impl FromRow for ScheduledMessage {
    const RECORD: &'static str = "scheduled_message";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let mut read = Self {
            id: c.id()?,
            conversation: c.id()?,
            author: c.text()?,
            text: c.text()?,
            reply_to: c.opt_id()?,
            send_at: c.time()?,
            refused: None,
            revision: Revision(c.number()?),
        };
        let (at, code, detail) = (c.opt_time()?, c.opt_str()?, c.opt_str()?);
        read.refused = match (at, code) {
            (None, None) => None,
            (Some(at), Some(code)) => {
                let why = FailureNote { code: code.to_owned(), detail: detail.map(str::to_owned) };
                Some(Refused { at, why })
            }
            _ => return Err(c.bad()),
        };
        Ok(read)
    }
}

impl ToRow for ScheduledMessage {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.conversation);
        to.text(&self.author);
        to.text(self.text.reveal());
        to.opt_id(self.reply_to);
        to.time(self.send_at);
        to.integer(self.revision.0);
        let refused = self.refused.as_ref();
        to.opt_time(refused.map(|refused| refused.at));
        to.opt_text(refused.map(|refused| refused.why.code.as_str()));
        to.opt_text(refused.and_then(|refused| refused.why.detail.as_deref()));
        Ok(())
    }
}
