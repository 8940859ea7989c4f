//! Passkeys: added, listed and removed by their user, and used to sign in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::challenge::{self, Answer, Asked};
use super::second_factor::own_password;
use super::signing_in::refuse_sign_in;
use super::{AccessService, HANDLE, Passkey, PasskeyChange, RelyingParty, SignedIn};
use crate::account::{Sealed, SealedContext};
use crate::error::{Error, RecordKind};
use crate::id::{OrgId, PasskeyId, UserId};
use crate::ledger::Action;
use crate::mail::Letter;
use crate::scope::{Actor, OrgScope};
use crate::store::{Batch, Revision, StoreError, SystemWrite, UserKey};
use crate::text::Title;

/// How many passkeys a user may have.
const MOST: usize = 20;

/// What a page needs to ask its browser for a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyChallenge {
    /// The options for `navigator.credentials`, as JSON: `PublicKeyCredentialCreationOptionsJSON` or
    /// `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3.
    pub options: String,
    /// What has to come back with the answer, within five minutes. Sealed: the page can neither read nor change it.
    pub state: String,
}

/// A passkey as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPasskey {
    /// Its id.
    pub id: PasskeyId,
    /// What the user calls it.
    pub name: Title,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last signed its user in.
    pub used_at: Option<DateTime<Utc>>,
}

impl From<Passkey> for OwnPasskey {
    fn from(kept: Passkey) -> Self {
        Self { id: kept.id, name: kept.name, created_at: kept.created_at, used_at: kept.used_at }
    }
}

/// Where what is remembered of a challenge belongs: what was asked for another user does not open.
fn new_of(user: UserId) -> SealedContext {
    SealedContext::new(OrgId::NIL, "passkey", user, "new")
}

/// The same before it is known who answers.
fn any() -> SealedContext {
    SealedContext::new(OrgId::NIL, "passkey", OrgId::NIL, "any")
}

impl AccessService<'_> {
    /// The passkeys of the member who asks, oldest first. A caller who is no member has none.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn passkeys(&self, by: &Actor) -> Result<Vec<OwnPasskey>, Error> {
        if by.member().is_none() {
            return Ok(Vec::new());
        }
        let user = self.own_member(by).await?.user;
        let found = self.runtime.store().passkeys(self.runtime.system(), user).await?;
        Ok(found.into_iter().map(OwnPasskey::from).collect())
    }

    /// Asks the browser of the member for a new passkey.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `password` if it is not theirs, for `passkey` if they have twenty, and for `member` if who asks
    /// is none; [`Error::Busy`] if too many others are signing in.
    pub async fn begin_passkey(
        &self,
        by: &Actor,
        site: &RelyingParty,
        password: &SecretString,
    ) -> Result<PasskeyChallenge, Error> {
        let member = self.own_account(by).await?;
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let user = store.user(system, UserKey::Id(member.user)).await?.ok_or(Error::Unauthenticated)?;
        own_password(password, &user.password).await?;
        let existing = store.passkeys(system, user.id).await?;
        if existing.len() >= MOST {
            return Err(Error::invalid("passkey", "cannot be added: there are 20 already, remove one first"));
        }
        let known_as = existing.first().map(|passkey| passkey.handle);
        let known_as = known_as.unwrap_or_else(|| self.runtime.entropy().array::<HANDLE>());
        let asked = challenge::ask_for_new(site, &user.email, known_as, &existing)?;
        let mut remembered = known_as.to_vec();
        remembered.extend_from_slice(&asked.remembered);
        self.sealed(&new_of(user.id), Asked { remembered, ..asked }).await
    }

    /// Adds the passkey that the member's browser has created, and notifies the member by mail.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `passkey` if the answer is not one to a challenge of the last five minutes to this member at
    /// this site, or was given before.
    pub async fn add_passkey(
        &self,
        by: &Actor,
        site: &RelyingParty,
        (state, answer): (&str, &str),
        name: Title,
    ) -> Result<OwnPasskey, Error> {
        let wrong = || Error::invalid("passkey", "was not made for this page just now: begin again");
        let member = self.own_account(by).await?;
        let (store, system, now) = (self.runtime.store(), self.runtime.system(), self.runtime.now());
        let user = store.user(system, UserKey::Id(member.user)).await?.ok_or(Error::Unauthenticated)?;
        let remembered = self.opened(&new_of(user.id), state).await.ok_or_else(wrong)?;
        let (handle, remembered) = remembered.split_first_chunk::<HANDLE>().ok_or_else(wrong)?;
        let made = challenge::judge_new(site, remembered, answer).map_err(|_| wrong())?;
        if store.passkeys(system, user.id).await?.len() >= MOST {
            return Err(Error::invalid("passkey", "cannot be added: there are 20 already, remove one first"));
        }
        let passkey = Passkey {
            id: self.runtime.ids().next(now),
            user: user.id,
            name,
            credential: made.credential,
            handle: *handle,
            public_key: made.public_key,
            transports: made.transports,
            counters: made.counters,
            created_at: now,
            used_at: None,
            revision: Revision::FIRST,
        };
        let own = OwnPasskey::from(passkey.clone());
        let mut writes = vec![SystemWrite::InsertPasskey(passkey), self.answered(user.id, made.challenge)];
        let at = (now, self.zone_of(by.org()).await?);
        writes.extend(self.notice(&user, &Letter::PasskeyAdded { at, name: &own.name }).await?);
        let mut batch = Batch::new(by, Action::PasskeyAdded, now);
        batch.about(member.id);
        match store.commit_system(system, writes, Some((&OrgScope::new(by.org()), batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(wrong()),
            other => Ok(other.map(|_| own)?),
        }
    }

    /// Removes one of the caller's passkeys. The device may still offer it, but it no longer signs anybody in.
    ///
    /// # Errors
    /// [`Error::NotFound`] if they have no such passkey.
    pub async fn remove_passkey(&self, by: &Actor, id: PasskeyId) -> Result<(), Error> {
        let missing = || Error::missing(RecordKind::Passkey);
        by.member().ok_or_else(missing)?;
        let member = self.own_account(by).await?;
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let found = store.passkeys(system, member.user).await?;
        found.iter().find(|passkey| passkey.id == id).ok_or_else(missing)?;
        let mut batch = Batch::new(by, Action::PasskeyRemoved, self.runtime.now());
        batch.about(member.id);
        let write = vec![SystemWrite::EndPasskey(id)];
        match store.commit_system(system, write, Some((&OrgScope::new(by.org()), batch))).await {
            Err(StoreError::PreconditionFailed(_)) => Err(missing()),
            other => Ok(other.map(drop)?),
        }
    }

    /// Makes the challenge for signing in with a passkey. The answer identifies the user.
    ///
    /// # Errors
    /// [`Error::Sealed`] without a key to seal with.
    pub async fn begin_passkey_sign_in(&self, site: &RelyingParty) -> Result<PasskeyChallenge, Error> {
        self.sealed(&any(), challenge::ask_for_any(site)?).await
    }

    /// What the device calls the passkey in an answer, to count attempts by; `None` if it can be no answer.
    #[must_use]
    pub fn passkey_named(answer: &str) -> Option<String> {
        Answer::parse(answer).map(|answer| URL_SAFE_NO_PAD.encode(answer.credential()))
    }

    /// Signs in with a passkey. The device has verified its user, so no other factor is asked for.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same for every cause: the answer is none to a challenge of the last five minutes at
    /// this site or was given before, the passkey is not known, its counter went back, or its user may come in nowhere.
    pub async fn sign_in_by_passkey(
        &self,
        site: &RelyingParty,
        (state, answer): (&str, &str),
    ) -> Result<SignedIn, Error> {
        let answer = Answer::parse(answer).ok_or(Error::Unauthenticated)?;
        let remembered = self.opened(&any(), state).await.ok_or(Error::Unauthenticated)?;
        let found = self.runtime.store().passkey(self.runtime.system(), &answer.credential()).await?;
        let passkey = found.ok_or(Error::Unauthenticated)?;
        let Ok((counters, challenge)) = answer.judge(site, &remembered, &passkey) else {
            refuse_sign_in(self.runtime, passkey.user, self.origin).await;
            return Err(Error::Unauthenticated);
        };
        let used_at = Some(Some(self.runtime.now()));
        let change = PasskeyChange { counters: Some(counters), used_at, ..PasskeyChange::default() };
        let (id, revision) = (passkey.id, passkey.revision);
        let writes = vec![
            SystemWrite::ChangePasskey { passkey: id, revision, change },
            self.answered(passkey.user, challenge),
        ];
        match self.come_in(passkey.user, writes, Action::PasskeyUsed).await {
            // The same answer came twice, or the passkey was removed meanwhile.
            Err(Error::Store(StoreError::PreconditionFailed(_))) => Err(Error::Unauthenticated),
            other => other,
        }
    }

    async fn sealed(&self, context: &SealedContext, asked: Asked) -> Result<PasskeyChallenge, Error> {
        let sealed = self.runtime.sealer().seal(context, &asked.remembered).await?;
        Ok(PasskeyChallenge { options: asked.options, state: URL_SAFE_NO_PAD.encode(sealed.as_bytes()) })
    }

    /// What was remembered of a challenge; `None` if it was not sealed here for this.
    async fn opened(&self, context: &SealedContext, state: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(state).ok()?;
        let plain = self.runtime.sealer().open(context, &Sealed::from_bytes(bytes)).await.ok()?;
        Some(plain.to_vec())
    }
}
