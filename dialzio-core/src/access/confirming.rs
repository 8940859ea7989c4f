//! Confirming the address that a user signs in with, by a mailed link.
//!
//! The link works only while the user is signed in. If the address was mistyped, its real owner could otherwise confirm it and
//! then set a new password for the account.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AccessService, Token, TokenPurpose, User, UserChange, UserToken};
use crate::error::{Error, RecordKind};
use crate::ledger::Action;
use crate::mail::{self, Letter};
use crate::scope::{Actor, OrgScope};
use crate::store::{Batch, StoreError, SystemWrite, UserKey};
use crate::text::EmailAddress;

/// How long a link that confirms an address is good.
const CONFIRMATION_LIFE: TimeDelta = TimeDelta::days(1);

impl AccessService<'_> {
    /// The user of the member who asks.
    async fn own_user(&self, by: &Actor) -> Result<User, Error> {
        let user = self.own_member(by).await?.user;
        let user = self.runtime.store().user(self.runtime.system(), UserKey::Id(user)).await?;
        user.ok_or(Error::missing(RecordKind::Member))
    }

    /// When the address of the member who asks was confirmed; `None` if it was not. A caller who is no member has none.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn address_confirmed(&self, by: &Actor) -> Result<Option<DateTime<Utc>>, Error> {
        if by.member().is_none() {
            return Ok(None);
        }
        Ok(self.own_user(by).await?.email_confirmed_at)
    }

    /// Mails the member who asks a link that confirms their address. `page` is the public address of the page that takes it.
    ///
    /// # Errors
    /// [`Error::MailNotSetUp`]; [`Error::Invalid`] for `email` if it is confirmed, and for who is no member;
    /// [`Error::TooManyAttempts`] after three mails within an hour.
    pub async fn send_confirmation(&self, by: &Actor, page: &str) -> Result<(), Error> {
        self.runtime.mailer().ok_or(Error::MailNotSetUp)?;
        let user = self.own_user(by).await?;
        if user.email_confirmed_at.is_some() {
            return Err(Error::invalid("email", "is confirmed already"));
        }
        self.count_mail(&user.email, None).await?;
        let writes = self.confirmation(&user, page).await?;
        self.runtime.store().commit_system(self.runtime.system(), writes, None).await?;
        Ok(())
    }

    /// The writes that mail a user a link which confirms their address; none if nothing sends mail.
    pub(super) async fn confirmation(&self, to: &User, page: &str) -> Result<Vec<SystemWrite>, Error> {
        let (token, now) = (Token::plain(self.runtime.entropy()), self.runtime.now());
        let expires_at = now + CONFIRMATION_LIFE;
        let link = format!("{page}#{}", token.reveal());
        let letter = Letter::ConfirmAddress { link: &link };
        let mail = match mail::queue(self.runtime, &to.email, &letter, Some(expires_at)).await {
            Err(Error::MailNotSetUp) => return Ok(Vec::new()),
            other => other?,
        };
        let token = UserToken {
            hash: token.hash(),
            purpose: TokenPurpose::ConfirmAddress,
            user: to.id,
            created_at: now,
            expires_at,
        };
        Ok(vec![SystemWrite::UserToken(token), mail])
    }

    /// The address that a link confirms for the member who asks.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `token` if the link is used, has expired, or is another account's.
    pub async fn address_to_confirm(&self, by: &Actor, token: &Token) -> Result<EmailAddress, Error> {
        Ok(self.confirmed_by(by, token).await?.email)
    }

    async fn confirmed_by(&self, by: &Actor, token: &Token) -> Result<User, Error> {
        let own = self.own_user(by).await?;
        match self.holder_of(token, TokenPurpose::ConfirmAddress).await {
            Ok(user) if user.id == own.id => Ok(user),
            Ok(_) | Err(Error::Unauthenticated) => Err(gone()),
            Err(error) => Err(error),
        }
    }

    /// Confirms the address of the member who asks, by a link that was mailed to it. Once.
    ///
    /// # Errors
    /// As [`address_to_confirm`](Self::address_to_confirm).
    pub async fn confirm_address(&self, by: &Actor, token: &Token) -> Result<(), Error> {
        let (user, now) = (self.confirmed_by(by, token).await?, self.runtime.now());
        let change = UserChange { email_confirmed_at: Some(Some(now)), ..UserChange::default() };
        let writes = vec![
            SystemWrite::UseUserToken(token.hash()),
            SystemWrite::ChangeUser { user: user.id, revision: user.revision, change },
        ];
        let mut batch = Batch::new(by, Action::AddressConfirmed, now);
        batch.about(self.own_member(by).await?.id);
        let (store, scope) = (self.runtime.store(), OrgScope::new(by.org()));
        match store.commit_system(self.runtime.system(), writes, Some((&scope, batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(gone()),
            other => Ok(other.map(drop)?),
        }
    }
}

fn gone() -> Error {
    Error::invalid("token", "is used, has expired, or is for another account")
}
