//! Signing in, in one step or two, and out; who a session or a key belongs to.

use chrono::TimeDelta;
use secrecy::SecretString;

use super::factor::Typed;
use super::password;
use super::token::Token;
use super::{AccessService, Member, SignIn, SignedIn, Standing, TokenPurpose, UserToken, audience};
use crate::error::Error;
use crate::id::{OrgId, UserId};
use crate::ledger::{Action, Network};
use crate::runtime::Runtime;
use crate::scope::{Actor, Grant, OrgScope, Principal};
use crate::store::{Batch, StoreError, SystemWrite, UserKey};
use crate::text::EmailAddress;

/// How long the second step of signing in may take.
const STEP_LIFE: TimeDelta = TimeDelta::minutes(5);
/// How long a device is known.
pub const DEVICE_LIFE: TimeDelta = TimeDelta::days(180);
/// How often a change is tried again when another caller was faster.
const TRIES: usize = 3;

/// How far the right password leads.
#[derive(Debug, Clone)]
pub enum FirstStep {
    /// In.
    Done(SignedIn),
    /// To the second step, for which this token is good five minutes, and for nothing else.
    Code(Token),
}

impl FirstStep {
    /// Who has signed in; `None` if the second step is left.
    #[must_use]
    pub fn done(self) -> Option<SignedIn> {
        match self {
            Self::Done(signed_in) => Some(signed_in),
            Self::Code(_) => None,
        }
    }
}

/// The caller that a token belongs to.
#[derive(Debug, Clone)]
pub struct Identified {
    /// Who they are.
    pub actor: Actor,
    /// Whether they have what their organisation requires of them.
    pub standing: Standing,
}

impl Identified {
    /// The caller, if nothing is left for them to do before.
    fn complete(self) -> Result<Actor, Error> {
        match self.standing {
            Standing::Complete => Ok(self.actor),
            Standing::LacksSecondFactor => Err(Error::SecondFactorRequired),
        }
    }
}

impl AccessService<'_> {
    /// Signs a user in, into the organisation that they used last; with a second factor, only as far as the
    /// second step. Unknown addresses take as long as wrong passwords.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same for every cause; [`Error::Busy`] if too many others are signing in.
    pub async fn sign_in(&self, email: &EmailAddress, secret: &SecretString) -> Result<FirstStep, Error> {
        let store = self.runtime.store();
        let user = store.user(self.runtime.system(), UserKey::Email(email)).await?;
        let fits =
            password::verify(secret, user.as_ref().map(|user| user.password.clone()), self.line).await?;
        let user = user.ok_or(Error::Unauthenticated)?;
        if !fits {
            // Beside the answer, which must not take longer for addresses that are known.
            let (runtime, origin) = (self.runtime.clone(), self.origin);
            tokio::spawn(async move { refuse_sign_in(&runtime, user.id, origin).await });
            return Err(Error::Unauthenticated);
        }
        // Who belongs nowhere is let in nowhere, whatever else they have.
        if self.joining.is_none() {
            self.place_of(user.id).await?;
        }
        let factor = store.second_factor(self.runtime.system(), user.id).await?;
        if factor.is_some_and(|factor| factor.confirmed_at.is_some()) {
            return Ok(FirstStep::Code(self.second_step(user.id, Vec::new()).await?));
        }
        self.come_in(user.id, Vec::new(), Action::SignedIn).await.map(FirstStep::Done)
    }

    /// Lets somebody in who has shown who they are: where they come in, or where they join.
    pub(super) async fn come_in(
        &self,
        user: UserId,
        writes: Vec<SystemWrite>,
        action: Action,
    ) -> Result<SignedIn, Error> {
        match self.joining {
            Some(invitation) => self.join_as(user, invitation, writes).await,
            None => self.begin_session(&self.place_of(user).await?, writes, action).await,
        }
    }

    /// A token that is good for the second step of signing in, and for nothing else, in one commit with what led to it.
    pub(super) async fn second_step(
        &self,
        user: UserId,
        mut writes: Vec<SystemWrite>,
    ) -> Result<Token, Error> {
        let (token, now) = (Token::plain(self.runtime.entropy()), self.runtime.now());
        let step = UserToken {
            hash: token.hash(),
            purpose: TokenPurpose::SecondStep,
            user,
            created_at: now,
            expires_at: now + STEP_LIFE,
        };
        writes.push(SystemWrite::UserToken(step));
        self.runtime.store().commit_system(self.runtime.system(), writes, None).await?;
        Ok(token)
    }

    /// The second step of signing in: a code of the user's app, or one of their recovery codes.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `code` if it is not right or was used; [`Error::Unauthenticated`] if the token is used, has
    /// expired, or is none of a second step.
    pub async fn finish_sign_in(&self, step: &Token, code: &str) -> Result<SignedIn, Error> {
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let wrong = || Error::invalid("code", "is not right, or was used already");
        let typed = Typed::parse(code).ok_or_else(wrong)?;
        for _ in 0..TRIES {
            let found = store.user_token(system, &step.hash(), self.runtime.now()).await?;
            let found = found.filter(|found| found.purpose == TokenPurpose::SecondStep);
            let user = found.ok_or(Error::Unauthenticated)?.user;
            let factor = store.second_factor(system, user).await?;
            let factor = factor.filter(|factor| factor.confirmed_at.is_some());
            let factor = factor.ok_or(Error::Unauthenticated)?;
            let Some(change) = self.accepted(&factor, &typed).await? else {
                refuse_sign_in(self.runtime, user, self.origin).await;
                return Err(wrong());
            };
            let writes = vec![
                SystemWrite::UseUserToken(step.hash()),
                SystemWrite::ChangeSecondFactor { user, revision: factor.revision, change },
            ];
            let action = if typed.is_recovery() { Action::RecoveryCodeUsed } else { Action::SignedIn };
            match self.come_in(user, writes, action).await {
                // The same code, or the same step, came twice at the same time.
                Err(Error::Store(StoreError::PreconditionFailed(_))) => {}
                other => return other,
            }
        }
        Err(wrong())
    }

    /// The address of the user whose second step a token is for.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the token is used, has expired, or is none of a second step.
    pub async fn second_step_of(&self, step: &Token) -> Result<EmailAddress, Error> {
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let found = store.user_token(system, &step.hash(), self.runtime.now()).await?;
        let found = found.filter(|found| found.purpose == TokenPurpose::SecondStep);
        let user = found.ok_or(Error::Unauthenticated)?.user;
        let user = store.user(system, UserKey::Id(user)).await?;
        Ok(user.ok_or(Error::Unauthenticated)?.email)
    }

    /// Where a user comes in: the organisation that they used last, of those they are an active member of.
    pub(super) async fn place_of(&self, user: UserId) -> Result<(OrgId, Member), Error> {
        let store = self.runtime.store();
        let orgs = store.organisations_of(self.runtime.system(), user).await?;
        let org = *orgs.first().ok_or(Error::Unauthenticated)?;
        let members = store.members(&OrgScope::new(org)).await?;
        let member = members.into_iter().find(|member| member.user == user);
        Ok((org, member.ok_or(Error::Unauthenticated)?))
    }

    /// Remembers the device that somebody signs in on, unless it is already known; answers the token that identifies it from now on.
    pub(super) async fn remember_device(
        &self,
        user: UserId,
        writes: &mut Vec<SystemWrite>,
    ) -> Result<Option<Token>, Error> {
        let (store, system, now) = (self.runtime.store(), self.runtime.system(), self.runtime.now());
        if let Some(device) = &self.device {
            let found = store.user_token(system, device, now).await?;
            let is_known =
                |found: &UserToken| found.purpose == TokenPurpose::KnownDevice && found.user == user;
            if found.as_ref().is_some_and(is_known) {
                return Ok(None);
            }
        }
        let token = Token::plain(self.runtime.entropy());
        writes.push(SystemWrite::UserToken(UserToken {
            hash: token.hash(),
            purpose: TokenPurpose::KnownDevice,
            user,
            created_at: now,
            expires_at: now + DEVICE_LIFE,
        }));
        Ok(Some(token))
    }

    /// Begins a session, in one commit with what else signing in changes.
    pub(super) async fn begin_session(
        &self,
        (org, member): &(OrgId, Member),
        mut writes: Vec<SystemWrite>,
        action: Action,
    ) -> Result<SignedIn, Error> {
        let actor = self.actor_of(*org, member).await?.from_network(self.origin);
        let (token, session) = self.session(member.user, *org);
        let device = self.remember_device(member.user, &mut writes).await?;
        if device.is_some() {
            // An account is made by signing in, so this is not the first time.
            writes.extend(self.device_notice(member.user, *org).await?);
        }
        // Who signs in over a session leaves it.
        writes.extend(self.over.map(SystemWrite::EndSession));
        let mut batch = Batch::new(&actor, action, self.runtime.now());
        batch.about(member.id);
        let seen = SystemWrite::SessionSeen(session.hash, session.seen_at);
        writes.extend([SystemWrite::Session(session), seen]);
        let (store, scope) = (self.runtime.store(), OrgScope::new(*org));
        store.commit_system(self.runtime.system(), writes, Some((&scope, batch))).await?;
        Ok(SignedIn { token, actor, device })
    }

    /// The caller that a session token or API key belongs to. A session is used by this, so that it ends later for want of
    /// use.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the token is unknown, revoked or expired; [`Error::AddressRefused`] for a key that may not
    /// be used [from this address](Self::from_peer); [`Error::SecondFactorRequired`] for a session whose user has no second factor
    /// where the organisation requires one.
    pub async fn authenticate(&self, token: &str) -> Result<Actor, Error> {
        self.identify(token, true).await?.complete()
    }

    /// The same for a request that no person made, such as a page that refreshes itself or a stream that stays open. It does not
    /// count as use, so an idle session ends although a tab is open.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub async fn authenticate_unattended(&self, token: &str) -> Result<Actor, Error> {
        self.identify(token, false).await?.complete()
    }

    /// The caller that a token belongs to, and whether they still have to set up the second factor that their organisation
    /// requires: nothing but that is to be served to them before. `is_used` says whether a person made the request by hand.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the token is unknown, revoked or expired; [`Error::AddressRefused`] for a key that may not
    /// be used [from this address](Self::from_peer).
    pub async fn identify(&self, token: &str, is_used: bool) -> Result<Identified, Error> {
        let hash = Token::parse(token).ok_or(Error::Unauthenticated)?.hash();
        let (store, now) = (self.runtime.store(), self.runtime.now());
        match store
            .credential_owner(self.runtime.system(), &hash, now)
            .await?
            .ok_or(Error::Unauthenticated)?
        {
            SignIn::Key(org, key, last_used) => {
                let (permissions, sees, is_masked) = self.present_rights(org, &key).await?;
                self.check_address(org, &key).await?;
                self.note_key_use(org, &key, last_used).await;
                let actor = Actor::new(org, Principal::ApiKey(key.id), Grant::of(&permissions), sees)
                    .masked(is_masked);
                Ok(Identified { actor, standing: Standing::Complete })
            }
            SignIn::Session(session, member, terms) => {
                if session.is_idle(now) {
                    return Err(Error::Unauthenticated);
                }
                if is_used && session.seen_at + TimeDelta::minutes(1) <= now {
                    let seen = SystemWrite::SessionSeen(hash, now);
                    store.commit_system(self.runtime.system(), vec![seen], None).await?;
                }
                let sees = audience::of_member(self.runtime, session.org, &member).await?;
                let actor = Actor::new(session.org, Principal::Member(member.id), member.role.grant(), sees)
                    .masked(member.is_masked(terms.agents_see_masked))
                    .kept_in_org(session.is_kept_in_org);
                // Who signed in at an identity provider has whatever factors it asks for.
                let standing = if session.is_kept_in_org { Standing::Complete } else { terms.standing };
                Ok(Identified { actor, standing })
            }
        }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let Some(token) = Token::parse(token) else { return Ok(()) };
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let end = vec![SystemWrite::EndSession(token.hash())];
        match self.identify(token.reveal(), true).await {
            Ok(Identified { actor, .. }) => {
                let actor = actor.from_network(self.origin);
                let mut batch = Batch::new(&actor, Action::SignedOut, self.runtime.now());
                if let Some(member) = actor.member() {
                    batch.about(member);
                }
                store.commit_system(system, end, Some((&OrgScope::new(actor.org()), batch))).await?;
            }
            Err(Error::Unauthenticated) => {
                store.commit_system(system, end, None).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Puts a wrong password on record, in the organisation that the right one would have led into.
pub(super) async fn refuse_sign_in(runtime: &Runtime, user: UserId, origin: Option<Network>) {
    let put = async {
        let store = runtime.store();
        let orgs = store.organisations_of(runtime.system(), user).await?;
        let Some(org) = orgs.first() else { return Ok(()) };
        let scope = OrgScope::new(*org);
        let members = store.members(&scope).await?;
        let Some(member) = members.into_iter().find(|member| member.user == user) else { return Ok(()) };
        let mut batch = Batch::by_nobody(Action::SignInRefused, origin, runtime.now());
        batch.about(member.id);
        store.commit_one(&scope, batch).await.map(drop)
    };
    if let Err(error) = put.await {
        tracing::error!(code = %error.code(), "a refused sign-in could not be put on record");
    }
}
