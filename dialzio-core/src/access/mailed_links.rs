//! Links that are sent by mail: to set a new password, and to sign in.
//!
//! A request for a link gets the same answer after the same time whether or not the address has an account: the lookup and the
//! mail happen in a separate task. Requests are limited by address and peer before anything is looked up.

use chrono::TimeDelta;
use secrecy::SecretString;
use std::net::IpAddr;
use tokio::task::JoinHandle;

use super::signing_in::FirstStep;
use super::{AccessService, Token, TokenPurpose, User, UserChange, UserToken, password};
use crate::error::Error;
use crate::ledger::{Action, Network};
use crate::mail::{self, Letter};
use crate::runtime::Runtime;
use crate::scope::OrgScope;
use crate::store::{Batch, StoreError, SystemWrite, UserKey};
use crate::text::EmailAddress;

/// What a link in a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailedLink {
    /// To set a new password, within 30 minutes.
    NewPassword,
    /// To sign in, within 15 minutes.
    SignIn,
}

impl MailedLink {
    const fn purpose(self) -> TokenPurpose {
        match self {
            Self::NewPassword => TokenPurpose::NewPassword,
            Self::SignIn => TokenPurpose::SignInLink,
        }
    }

    /// How long it is good.
    #[must_use]
    pub const fn life(self) -> TimeDelta {
        match self {
            Self::NewPassword => TimeDelta::minutes(30),
            Self::SignIn => TimeDelta::minutes(15),
        }
    }

    const fn letter(self, link: &str) -> Letter<'_> {
        match self {
            Self::NewPassword => Letter::NewPassword { link },
            Self::SignIn => Letter::SignIn { link },
        }
    }
}

/// Somebody asks for a link by mail.
#[derive(Debug, Clone, Copy)]
pub struct LinkRequest<'a> {
    /// What it is for.
    pub what: MailedLink,
    /// The address that was typed.
    pub email: &'a EmailAddress,
    /// From where.
    pub peer: Option<IpAddr>,
    /// The public address of the page that takes the link. The token goes into its fragment, which no server logs.
    pub page: &'a str,
}

impl AccessService<'_> {
    /// Mails a link to the account with this address, if it is confirmed and may come in. The answer does not say so; it comes
    /// before that is looked up. What it gives is ready once that was done, for those who have to wait for it.
    ///
    /// # Errors
    /// [`Error::MailNotSetUp`]; [`Error::TooManyAttempts`] after three requests for the address, or twenty from the peer,
    /// within an hour.
    pub async fn request_link(&self, request: LinkRequest<'_>) -> Result<JoinHandle<()>, Error> {
        self.runtime.mailer().ok_or(Error::MailNotSetUp)?;
        self.count_mail(request.email, request.peer).await?;
        let (runtime, origin, what) = (self.runtime.clone(), self.origin, request.what);
        let (email, page) = (request.email.clone(), request.page.to_owned());
        Ok(tokio::spawn(async move {
            if let Err(error) = mail_link(&runtime, origin, what, &email, &page).await {
                tracing::error!(code = %error.code(), "a link could not be mailed");
            }
        }))
    }

    /// The address of the account that a link of this kind is for.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the link is used, has expired, or is of another kind.
    pub async fn mailed_link_of(&self, token: &Token, what: MailedLink) -> Result<EmailAddress, Error> {
        Ok(self.holder_of(token, what.purpose()).await?.email)
    }

    /// The user that a token of this purpose was given to.
    pub(super) async fn holder_of(&self, token: &Token, purpose: TokenPurpose) -> Result<User, Error> {
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let found = store.user_token(system, &token.hash(), self.runtime.now()).await?;
        let found = found.filter(|found| found.purpose == purpose).ok_or(Error::Unauthenticated)?;
        store.user(system, UserKey::Id(found.user)).await?.ok_or(Error::Unauthenticated)
    }

    /// Sets a new password by a mailed link. All sessions of the user end, and so do their other links and known devices; they
    /// are told by mail. This does not sign them in, so the next sign-in still asks for a second factor.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the link is used or has expired; [`Error::Invalid`] for `password` if it cannot be
    /// taken; [`Error::Busy`] if too many others are signing in.
    pub async fn set_new_password(&self, token: &Token, new: &SecretString) -> Result<(), Error> {
        let user = self.holder_of(token, TokenPurpose::NewPassword).await?;
        let (org, member) = self.place_of(user.id).await?;
        password::judge_password(new, Some(&user.email))?;
        let hash = password::hash(new, self.line).await?;
        let change = UserChange { password: Some(hash), ..UserChange::default() };
        let mut writes = vec![
            SystemWrite::UseUserToken(token.hash()),
            SystemWrite::ChangeUser { user: user.id, revision: user.revision, change },
            SystemWrite::EndSessions { user: user.id, org: None, keep: None },
            SystemWrite::EndUserTokens(user.id),
        ];
        writes.extend(self.password_notice(&user, org).await?);
        let mut batch = Batch::by_nobody(Action::PasswordReset, self.origin, self.runtime.now());
        batch.about(member.id);
        let store = self.runtime.store();
        match store.commit_system(self.runtime.system(), writes, Some((&OrgScope::new(org), batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Unauthenticated),
            other => Ok(other.map(drop)?),
        }
    }

    /// Signs in by a mailed link; with a second factor, only as far as the second step.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the link is used or has expired.
    pub async fn sign_in_by_link(&self, token: &Token) -> Result<FirstStep, Error> {
        let user = self.holder_of(token, TokenPurpose::SignInLink).await?;
        let place = self.place_of(user.id).await?;
        let used = SystemWrite::UseUserToken(token.hash());
        let factor = self.runtime.store().second_factor(self.runtime.system(), user.id).await?;
        let done = if factor.is_some_and(|factor| factor.confirmed_at.is_some()) {
            self.second_step(user.id, vec![used]).await.map(FirstStep::Code)
        } else {
            self.begin_session(&place, vec![used], Action::LinkUsed).await.map(FirstStep::Done)
        };
        match done {
            // The same link came twice at the same time.
            Err(Error::Store(StoreError::PreconditionFailed(_))) => Err(Error::Unauthenticated),
            other => other,
        }
    }
}

/// Mails a link to the account with this address, if it is confirmed and may come in.
async fn mail_link(
    runtime: &Runtime,
    origin: Option<Network>,
    what: MailedLink,
    email: &EmailAddress,
    page: &str,
) -> Result<(), Error> {
    let (access, now) = (AccessService::new(runtime), runtime.now());
    let user = runtime.store().user(runtime.system(), UserKey::Email(email)).await?;
    // Mail to an unconfirmed address may reach somebody else.
    let Some(user) = user.filter(|user| user.email_confirmed_at.is_some()) else { return Ok(()) };
    let (org, member) = match access.place_of(user.id).await {
        Err(Error::Unauthenticated) => return Ok(()),
        other => other?,
    };
    let token = Token::plain(runtime.entropy());
    let expires_at = now + what.life();
    let kept =
        UserToken { hash: token.hash(), purpose: what.purpose(), user: user.id, created_at: now, expires_at };
    let link = format!("{page}#{}", token.reveal());
    // To the address that is kept: the one that was typed may be written in another way.
    let mail = mail::queue(runtime, &user.email, &what.letter(&link), Some(expires_at)).await?;
    let mut batch = Batch::by_nobody(Action::LinkMailed, origin, now);
    batch.about(member.id);
    let (scope, writes) = (OrgScope::new(org), vec![SystemWrite::UserToken(kept), mail]);
    runtime.store().commit_system(runtime.system(), writes, Some((&scope, batch))).await?;
    Ok(())
}
