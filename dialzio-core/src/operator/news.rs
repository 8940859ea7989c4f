//! Publishing service updates.

use super::{NO_RECORD, Operator, OperatorAction};
use crate::error::{Error, RecordKind};
use crate::id::ServiceUpdateId;
use crate::news::{NewsKind, ServiceUpdate};
use crate::page::PageRequest;
use crate::store::{Revision, SystemWrite};
use crate::text::{NewsText, Title};

impl Operator<'_> {
    /// Publishes a service update: all users see it from now on, and those who take its kind get it by mail if mail is set
    /// up.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn publish_news(
        &self,
        kind: NewsKind,
        title: Title,
        text: NewsText,
    ) -> Result<ServiceUpdate, Error> {
        let now = self.runtime.now();
        let update = ServiceUpdate {
            id: self.runtime.ids().next(now),
            kind,
            title,
            text,
            published_at: now,
            mailed_to: None,
            mailed_at: None,
            revision: Revision::FIRST,
        };
        let published = SystemWrite::PublishNews(update.clone());
        self.record(OperatorAction::NewsPublished, Some(update.id), Some(published), None).await?;
        Ok(update)
    }

    /// The newest 200 service updates, newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn news(&self) -> Result<Vec<ServiceUpdate>, Error> {
        self.record(OperatorAction::NewsListed, NO_RECORD, None, None).await?;
        let page = PageRequest::first(PageRequest::MAX);
        Ok(self.runtime.store().news(self.runtime.system(), true, page).await?.items)
    }

    /// Takes a service update back: nobody sees it any more, and no further mail is queued. Mails that are queued already
    /// go out.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub async fn withdraw_news(&self, id: ServiceUpdateId) -> Result<(), Error> {
        let found = self.runtime.store().service_update(self.runtime.system(), id).await?;
        found.ok_or(Error::missing(RecordKind::ServiceUpdate))?;
        let withdrawn = SystemWrite::WithdrawNews(id);
        self.record(OperatorAction::NewsWithdrawn, Some(id), Some(withdrawn), None).await.map(drop)
    }
}
