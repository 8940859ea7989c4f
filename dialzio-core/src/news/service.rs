//! Reading service updates, and choosing about product news.

use super::{NewsReader, ServiceUpdate};
use crate::error::{Error, RecordKind};
use crate::id::{ServiceUpdateId, UserId};
use crate::page::{Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope};
use crate::store::{StoreError, SystemWrite};

/// Updates as a user sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsPage {
    /// The updates, newest first; product news only if the user takes it.
    pub updates: Page<ServiceUpdate>,
    /// The newest that they have read, or the id behind which all are unread.
    pub unread_after: ServiceUpdateId,
    /// Whether product news reaches them.
    pub takes_product: bool,
}

/// What a user has not read, and what they have chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewsStatus {
    /// How many updates they have not read, as far as they were counted.
    pub unread: u32,
    /// Whether product news reaches them.
    pub takes_product: bool,
}

/// Service updates for the caller as a user. They belong to no organisation, so no permission is needed to read them.
#[derive(Debug, Clone, Copy)]
pub struct NewsService<'a> {
    runtime: &'a Runtime,
}

impl<'a> NewsService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Updates, newest first. A caller who is no member, such as an API key, has none: `None`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn list(&self, by: &Actor, page: PageRequest) -> Result<Option<NewsPage>, Error> {
        let Some(reader) = self.reader(by).await? else {
            // No page was ever given out that another one could follow.
            return match page.after {
                Some(_) => Err(StoreError::Cursor.into()),
                None => Ok(None),
            };
        };
        let takes_product = reader.takes_product;
        let updates = self.runtime.store().news(self.runtime.system(), takes_product, page).await?;
        Ok(Some(NewsPage { updates, unread_after: reader.unread_after(), takes_product }))
    }

    /// How many updates the caller has not read, counted up to `most`, and what they have chosen. A caller who is no member
    /// has none to read.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn status(&self, by: &Actor, most: u32) -> Result<NewsStatus, Error> {
        let Some(reader) = self.reader(by).await? else {
            return Ok(NewsStatus { unread: 0, takes_product: true });
        };
        let unread = self.runtime.store().unread_news(self.runtime.system(), &reader, most).await?;
        Ok(NewsStatus { unread, takes_product: reader.takes_product })
    }

    /// Marks an update and all that are older as read. Nothing happens if they are.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member; [`Error::NotFound`] if there is no such update.
    pub async fn read(&self, by: &Actor, up_to: ServiceUpdateId) -> Result<(), Error> {
        let reader = self.required(by).await?;
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let found = store.service_update(system, up_to).await?;
        found.ok_or(Error::missing(RecordKind::ServiceUpdate))?;
        if reader.read_up_to.is_none_or(|read| read < up_to) {
            let writes = vec![SystemWrite::ReadNews { user: reader.user, up_to }];
            store.commit_system(system, writes, None).await?;
        }
        Ok(())
    }

    /// Turns product news on or off for the caller. There is no such choice for the other kinds.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member.
    pub async fn take_product(&self, by: &Actor, takes_product: bool) -> Result<(), Error> {
        let reader = self.required(by).await?;
        if reader.takes_product != takes_product {
            let writes = vec![SystemWrite::ChooseNews { user: reader.user, takes_product }];
            self.runtime.store().commit_system(self.runtime.system(), writes, None).await?;
        }
        Ok(())
    }

    async fn required(&self, by: &Actor) -> Result<NewsReader, Error> {
        let reader = self.reader(by).await?;
        reader.ok_or(Error::invalid("member", "is needed: who asks is no member"))
    }

    async fn reader(&self, by: &Actor) -> Result<Option<NewsReader>, Error> {
        let Some(user) = self.user(by).await? else { return Ok(None) };
        let found = self.runtime.store().news_reader(self.runtime.system(), user).await?;
        Ok(Some(found.unwrap_or_else(|| NewsReader::new(user))))
    }

    async fn user(&self, by: &Actor) -> Result<Option<UserId>, Error> {
        let Some(member) = by.member() else { return Ok(None) };
        let found = self.runtime.store().member(&OrgScope::new(by.org()), member).await?;
        Ok(found.map(|member| member.user))
    }
}
