//! Notices.

use super::{Bind, Columns, FromRow, ToRow};
use crate::notice::{Notice, NoticeAbout, NoticeEntry, NoticeReason};
use crate::store::StoreResult;

impl FromRow for Notice {
    const RECORD: &'static str = "notice";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            member: c.id()?,
            about: match c.word()? {
                NoticeReason::Mentioned => NoticeAbout::Mention(c.id()?),
                NoticeReason::ConversationAssigned => NoticeAbout::Conversation(c.id()?),
                NoticeReason::TaskAssigned => NoticeAbout::Task(c.id()?),
            },
            contact: c.id()?,
            author: c.str()?.to_owned(),
            created_at: c.time()?,
            read_at: c.opt_time()?,
        })
    }
}

impl ToRow for Notice {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.member);
        to.text(self.about.reason().as_str());
        match self.about {
            NoticeAbout::Mention(note) => to.id(note),
            NoticeAbout::Conversation(conversation) => to.id(conversation),
            NoticeAbout::Task(task) => to.id(task),
        }
        to.id(self.contact);
        to.text(&self.author);
        to.time(self.created_at);
        to.opt_time(self.read_at);
        Ok(())
    }
}

impl FromRow for NoticeEntry {
    const RECORD: &'static str = Notice::RECORD;

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { notice: Notice::from_row(c)?, contact_name: c.opt_text()?, text: c.opt_text()? })
    }
}
