//! What members do about themselves: their name, their password, their sessions.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::hashing::Line;
use super::password;
use super::{AccessService, AccessWrite, Browser, Member, MemberChange, Session, Token, UserChange};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::SessionId;
use crate::ledger::Action;
use crate::scope::{Actor, OrgScope};
use crate::store::{Batch, StoreError, SystemWrite, UserKey};
use crate::text::PersonName;

/// One of the caller's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// What it is ended by.
    pub id: SessionId,
    /// When they signed in.
    pub since: DateTime<Utc>,
    /// Last use, to the minute.
    pub seen_at: DateTime<Utc>,
    /// What it was begun with, if that is known.
    pub browser: Option<Browser>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

impl AccessService<'_> {
    /// The member who asks.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member.
    pub async fn own_member(&self, by: &Actor) -> Result<Member, Error> {
        let id = by.member().ok_or(Error::invalid("member", "is needed: who asks is no member"))?;
        let found = self.runtime.store().member(&OrgScope::new(by.org()), id).await?;
        found.ok_or(Error::missing(RecordKind::Member))
    }

    /// The member who asks, who may change their account: what they sign in with, everywhere.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member, or signed in at an identity provider, whose word about who they are counts
    /// in its own organisation.
    pub(super) async fn own_account(&self, by: &Actor) -> Result<Member, Error> {
        if by.is_kept_in_org() {
            let problem = "was begun by single sign-on: sign in with your password to change your account";
            return Err(Error::invalid("session", problem));
        }
        self.own_member(by).await
    }

    /// Changes what colleagues call the member who asks.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member.
    pub async fn rename(&self, by: &Actor, name: PersonName) -> Result<Member, Error> {
        let member = self.own_member(by).await?;
        if member.name != name {
            let change = MemberChange { name: Some(name), ..MemberChange::default() };
            let mut batch = Batch::new(by, Action::MemberChanged, self.runtime.now());
            batch
                .about(member.id)
                .write(AccessWrite::ChangeMember { member: member.id, change })
                .event(DomainEvent::OrgChanged);
            self.runtime.store().commit_one(&OrgScope::new(by.org()), batch).await?;
        }
        self.own_member(by).await
    }

    /// What the member who asks signs in with.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member.
    pub async fn own_email(&self, by: &Actor) -> Result<crate::text::EmailAddress, Error> {
        let user = self.own_member(by).await?.user;
        let user = self.runtime.store().user(self.runtime.system(), UserKey::Id(user)).await?;
        Ok(user.ok_or(Error::missing(RecordKind::Member))?.email)
    }

    /// Changes the password of the member whose session this is. All their sessions end, in every organisation, and
    /// a new one replaces the caller's. They are told by mail.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `current` if it is not their password, and for `password` if it cannot be taken;
    /// [`Error::Unauthenticated`] if the session is not theirs; [`Error::Conflict`] if it was changed meanwhile;
    /// [`Error::Busy`] if too many others are signing in.
    pub async fn change_password(
        &self,
        by: &Actor,
        session: &Token,
        current: &SecretString,
        new: &SecretString,
    ) -> Result<Token, Error> {
        let member = self.own_account(by).await?;
        let present = self.present(&member, Some(session)).await?;
        let present = present.into_iter().find(|(_, is_current)| *is_current);
        let (present, _) = present.ok_or(Error::Unauthenticated)?;
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let user = store.user(system, UserKey::Id(member.user)).await?.ok_or(Error::Unauthenticated)?;
        if !password::verify(current, Some(user.password.clone()), Line::KnownDevices).await? {
            return Err(Error::invalid("current", "is not your password"));
        }
        password::judge_password(new, Some(&user.email))?;
        let hash = password::hash(new, Line::KnownDevices).await?;
        let (token, mut begun) = self.session(user.id, by.org());
        begun.browser = self.browser.or(present.browser);
        let change = UserChange { password: Some(hash), ..UserChange::default() };
        let mut writes = vec![
            SystemWrite::ChangeUser { user: user.id, revision: user.revision, change },
            SystemWrite::EndSessions { user: user.id, org: None, keep: None },
            SystemWrite::EndUserTokens(user.id),
            SystemWrite::Session(begun),
        ];
        writes.extend(self.password_notice(&user, by.org()).await?);
        let mut batch = Batch::new(by, Action::PasswordChanged, self.runtime.now());
        batch.about(member.id);
        match store.commit_system(system, writes, Some((&OrgScope::new(by.org()), batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Member }),
            other => Ok(other.map(|_| token)?),
        }
    }

    /// The sessions of the member who asks that still let them in, in whatever organisation: the one used last first.
    /// `current` is the token of the one that asks. A caller who is no member has none; who signed in at an identity provider has
    /// those in its organisation.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sessions(&self, by: &Actor, current: Option<&Token>) -> Result<Vec<OwnSession>, Error> {
        if by.member().is_none() {
            return Ok(Vec::new());
        }
        let mut found = self.present(&self.own_member(by).await?, current).await?;
        found.retain(|(session, _)| !by.is_kept_in_org() || session.org == by.org());
        let own = |(session, is_current): (Session, bool)| OwnSession {
            id: session.id(),
            since: session.created_at,
            seen_at: session.seen_at,
            browser: session.browser,
            is_current,
        };
        Ok(found.into_iter().map(own).collect())
    }

    /// Ends one session of the member who asks.
    ///
    /// # Errors
    /// [`Error::NotFound`] if they have none of this id, or are no member.
    pub async fn end_session(&self, by: &Actor, id: SessionId) -> Result<(), Error> {
        let missing = Error::missing(RecordKind::Session);
        if by.member().is_none() {
            return Err(missing);
        }
        let member = self.own_member(by).await?;
        let mut sessions = self.present(&member, None).await?;
        sessions.retain(|(session, _)| !by.is_kept_in_org() || session.org == by.org());
        let (session, _) = sessions.into_iter().find(|(session, _)| session.id() == id).ok_or(missing)?;
        self.end(by, &member, SystemWrite::EndSession(session.hash)).await
    }

    /// Ends all sessions of the member who asks but the one that asks: in every organisation, or in the one whose identity
    /// provider they signed in at.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member.
    pub async fn end_other_sessions(&self, by: &Actor, current: Option<&Token>) -> Result<(), Error> {
        let member = self.own_member(by).await?;
        let keep = current.map(Token::hash);
        let org = by.is_kept_in_org().then(|| by.org());
        self.end(by, &member, SystemWrite::EndSessions { user: member.user, org, keep }).await
    }

    async fn end(&self, by: &Actor, member: &Member, write: SystemWrite) -> Result<(), Error> {
        let mut batch = Batch::new(by, Action::SessionsEnded, self.runtime.now());
        batch.about(member.id);
        let scope = OrgScope::new(by.org());
        self.runtime.store().commit_system(self.runtime.system(), vec![write], Some((&scope, batch))).await?;
        Ok(())
    }

    /// The sessions of a member that let them in, and whether each is the one of this token.
    async fn present(&self, of: &Member, current: Option<&Token>) -> Result<Vec<(Session, bool)>, Error> {
        let (store, now) = (self.runtime.store(), self.runtime.now());
        let sessions = store.sessions_of(self.runtime.system(), of.user, now).await?;
        let current = current.map(Token::hash);
        let mut good: Vec<_> = sessions
            .into_iter()
            .filter(|session| !session.is_idle(now))
            .map(|session| {
                let is_current = current == Some(session.hash);
                (session, is_current)
            })
            .collect();
        good.sort_by_key(|(session, _)| std::cmp::Reverse(session.seen_at));
        Ok(good)
    }
}
