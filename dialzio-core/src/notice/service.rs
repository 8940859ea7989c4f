//! Reading one's own notices, and making notices for others.

use super::{Notice, NoticeAbout, NoticeEntry, NoticeWrite, ReadNotices};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::id::{ContactId, MemberId};
use crate::ledger::Action;
use crate::page::{Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, Permission};
use crate::store::{Batch, StoreError};

/// Reads and marks the caller's own notices. Nobody can read those of another member.
#[derive(Debug, Clone, Copy)]
pub struct NoticeService<'a> {
    runtime: &'a Runtime,
}

impl<'a> NoticeService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// The caller's notices, newest first; with `unread`, those that are unread alone. A caller who is no member has none.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn list(
        &self,
        by: &Actor,
        unread: bool,
        page: PageRequest,
    ) -> Result<Page<NoticeEntry>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let Some(member) = by.member() else {
            // No page was ever given out that another one could follow.
            return match page.after {
                Some(_) => Err(StoreError::Cursor.into()),
                None => Ok(Page { items: Vec::new(), next: None }),
            };
        };
        Ok(self.runtime.store().notices(scope, member, unread, page).await?)
    }

    /// How many notices the caller has not read, counted up to `most`.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn unread(&self, by: &Actor, most: u32) -> Result<u32, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let Some(member) = by.member() else { return Ok(0) };
        Ok(self.runtime.store().unread_notices(scope, member, most).await?)
    }

    /// Marks notices of the caller as read. Nothing happens to those that are read, and to those of others.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn read(&self, by: &Actor, which: ReadNotices) -> Result<(), Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let Some(member) = by.member() else { return Ok(()) };
        if self.runtime.store().unread_notices(scope, member, 1).await? == 0 {
            return Ok(());
        }
        let now = self.runtime.now();
        let mut batch = Batch::new(by, Action::NoticesRead, now);
        batch
            .write(NoticeWrite::Read { member, which, at: now })
            .event(DomainEvent::NoticesChanged { member });
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }
}

/// Tells members about a record, in the batch that writes it. Who does it is not told.
pub(crate) fn tell(
    runtime: &Runtime,
    batch: &mut Batch,
    by: &Actor,
    members: impl IntoIterator<Item = MemberId>,
    about: NoticeAbout,
    contact: ContactId,
) {
    let now = runtime.now();
    for member in members {
        if by.member() == Some(member) {
            continue;
        }
        let id = runtime.ids().next(now);
        let author = by.principal().to_ref();
        batch
            .write(NoticeWrite::Insert(Notice {
                id,
                member,
                about,
                contact,
                author,
                created_at: now,
                read_at: None,
            }))
            .event(DomainEvent::NoticesChanged { member });
    }
}
