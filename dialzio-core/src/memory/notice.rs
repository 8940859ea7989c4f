//! Notices.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::state::Rows;
use super::{MemoryStore, page, unreadable};
use crate::id::{MemberId, TypedId};
use crate::notice::{Notice, NoticeAbout, NoticeEntry, NoticeStore, NoticeWrite};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::StoreResult;
use crate::store::periods::NOTICE_PERIOD;
use crate::text::NoteText;

impl Rows {
    pub(super) fn write_notice(&mut self, write: NoticeWrite) -> StoreResult<()> {
        match write {
            NoticeWrite::Insert(notice) => {
                if !self.contacts.contains_key(&notice.contact) {
                    return Err(unreadable("contact of a notice"));
                }
                self.notices.insert(notice.id, notice);
            }
            NoticeWrite::Read { member, which, at } => {
                let own = self.notices.values_mut().filter(|notice| notice.member == member);
                for notice in own.filter(|notice| notice.read_at.is_none() && which.include(notice)) {
                    notice.read_at = Some(at);
                }
            }
        }
        Ok(())
    }

    /// The notices of a member that are not over, newest first.
    fn notices_of(&self, member: MemberId, now: DateTime<Utc>) -> impl Iterator<Item = &Notice> {
        let from = now - self.retention().min(NOTICE_PERIOD);
        self.notices.values().rev().filter(move |notice| notice.member == member && notice.created_at > from)
    }

    fn text_of(&self, about: NoticeAbout) -> Option<NoteText> {
        match about {
            NoticeAbout::Mention(note) => Some(self.notes.get(&note)?.text.clone()),
            NoticeAbout::Task(task) => NoteText::parse(self.tasks.get(&task)?.title.reveal()).ok(),
            NoticeAbout::Conversation(_) => None,
        }
    }
}

#[async_trait]
impl NoticeStore for MemoryStore {
    async fn notices(
        &self,
        scope: &OrgScope,
        member: MemberId,
        unread: bool,
        request: PageRequest,
    ) -> StoreResult<Page<NoticeEntry>> {
        self.read(scope, |rows, now| {
            let found = rows.notices_of(member, now).filter(|notice| !unread || notice.read_at.is_none());
            let entries = found.map(|notice| {
                let contact_name =
                    rows.contacts.get(&notice.contact).and_then(|contact| contact.name.clone());
                let text = rows.text_of(notice.about);
                let key = notice.id.uuid().as_bytes().to_vec();
                (key, NoticeEntry { notice: notice.clone(), contact_name, text })
            });
            page(entries, &request, true)
        })
    }

    async fn unread_notices(&self, scope: &OrgScope, member: MemberId, most: u32) -> StoreResult<u32> {
        self.read(scope, |rows, now| {
            let unread = rows.notices_of(member, now).filter(|notice| notice.read_at.is_none());
            u32::try_from(unread.take(most as usize).count()).unwrap_or(most)
        })
    }
}
