//! Mail to a user about their account.

use super::chrono_tz_name::ZoneName;
use super::{AccessService, User};
use crate::error::Error;
use crate::id::{OrgId, UserId};
use crate::mail::{self, Letter};
use crate::scope::OrgScope;
use crate::store::{SystemWrite, UserKey};

impl AccessService<'_> {
    /// The write that queues a notice to a user; `None` without a mailer, or if the address is not confirmed.
    pub(super) async fn notice(&self, to: &User, letter: &Letter<'_>) -> Result<Option<SystemWrite>, Error> {
        if to.email_confirmed_at.is_none() {
            return Ok(None);
        }
        match mail::queue(self.runtime, &to.email, letter, None).await {
            Err(Error::MailNotSetUp) => Ok(None),
            other => other.map(Some),
        }
    }

    /// The time that a mail to a member of an organisation is written in.
    pub(super) async fn zone_of(&self, org: OrgId) -> Result<ZoneName, Error> {
        let org = self.runtime.store().org(&OrgScope::new(org)).await?;
        Ok(org.map_or(ZoneName::UTC, |org| org.zone))
    }

    /// The notice that a user has signed in on a device that was not known; `None` if nothing sends mail.
    pub(super) async fn device_notice(&self, to: UserId, org: OrgId) -> Result<Option<SystemWrite>, Error> {
        if self.runtime.mailer().is_none() {
            return Ok(None);
        }
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let Some(user) = store.user(system, UserKey::Id(to)).await? else { return Ok(None) };
        let at = (self.runtime.now(), self.zone_of(org).await?);
        let (browser, network) = (self.browser, self.origin);
        self.notice(&user, &Letter::NewDevice { at, browser, network }).await
    }

    /// The notice that the password of a user was changed; `None` if nothing sends mail.
    pub(super) async fn password_notice(&self, to: &User, org: OrgId) -> Result<Option<SystemWrite>, Error> {
        let at = (self.runtime.now(), self.zone_of(org).await?);
        self.notice(to, &Letter::PasswordChanged { at }).await
    }
}
