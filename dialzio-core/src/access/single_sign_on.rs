//! Signing in at an identity provider of an organisation.
//!
//! The provider's word counts in its organisation and nowhere else: a session that begins with it does not move to another
//! organisation of the same user, and changes nothing about their account. Who signs in there for the first time is known by their
//! address, which the provider has to confirm, and from then on by what it calls them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use super::sign_on_client::{self, Claims, Outbound, ProviderFault, Secrets};
use super::{AccessService, Invitation, Member, MemberState, SignedIn, TokenHash, User, password};
use crate::account::{Sealed, SealedContext};
use crate::error::{Error, RecordKind};
use crate::id::{IdentityProviderId, MemberId, OrgId, UserId};
use crate::identity_provider::{IdentityProvider, IdentityProviderWrite, Issuer, MemberIdentity};
use crate::ledger::Action;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Revision, StoreError, SystemWrite, UserKey};
use crate::text::{EmailAddress, Subject, Title};

/// How long signing in at the provider may take.
pub const SIGN_ON_LIFE: TimeDelta = TimeDelta::minutes(10);

/// Why nobody was let in. The person may be told: they have signed in at the provider, or it has failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignOnError {
    /// It took too long, was begun in another browser, was answered before, or the identity provider is gone.
    #[error("this sign-in has ended")]
    Ended,
    /// The identity provider let nobody in.
    #[error("the identity provider let nobody in: {0}")]
    Provider(#[from] ProviderFault),
    /// The provider does not say that the address is theirs, and does not know them from before.
    #[error("the identity provider does not confirm the email address")]
    NoAddress,
    /// Nobody here has their address, and it is not invited.
    #[error("nobody with this address works here, and it is not invited")]
    NotKnown,
    /// Their address is invited and has an account, whose owner has to sign in to join.
    #[error("the address has an account: its owner joins by the link of the invitation")]
    HasAccount,
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for SignOnError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// A sign-in that was begun.
#[derive(Debug, Clone)]
pub struct SignOnBegun {
    /// Where the person signs in.
    pub address: Url,
    /// What the browser has to keep until they come back, for ten minutes. Sealed: it can neither read nor change it.
    pub state: String,
}

/// An identity provider as those see it who want to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOnChoice {
    /// The identity provider.
    pub id: IdentityProviderId,
    /// What members call it.
    pub name: Title,
}

/// What is remembered of a sign-in until the person comes back.
#[derive(Serialize, Deserialize)]
struct Remembered {
    org: OrgId,
    provider: IdentityProviderId,
    issuer: Issuer,
    state: String,
    nonce: String,
    verifier: String,
    until: DateTime<Utc>,
}

fn context() -> SealedContext {
    SealedContext::new(OrgId::NIL, "single_sign_on", OrgId::NIL, "begun")
}

impl AccessService<'_> {
    /// Where members of an organisation may sign in. Nothing for an organisation that is not there, as for one that has no
    /// identity provider.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sign_on_choices(&self, org: OrgId) -> Result<Vec<SignOnChoice>, Error> {
        let all = self.runtime.store().identity_providers(&OrgScope::new(org)).await?;
        Ok(all.into_iter().map(|kept| SignOnChoice { id: kept.id, name: kept.name }).collect())
    }

    /// Reads the settings of an identity provider, and says why they cannot be read if they cannot.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::SignOnManage`].
    pub async fn check_identity_provider(
        &self,
        by: &Actor,
        id: IdentityProviderId,
        outbound: &Outbound,
    ) -> Result<Option<ProviderFault>, Error> {
        let scope = by.scope_for(Permission::SignOnManage)?;
        let found = self.runtime.store().identity_provider(scope, id).await?;
        let found = found.ok_or(Error::missing(RecordKind::IdentityProvider))?;
        Ok(sign_on_client::check(&found.issuer, outbound).await.err())
    }

    /// Begins to sign somebody in at an identity provider. `redirect` is the public address that they come back to.
    ///
    /// # Errors
    /// [`SignOnError::Ended`] if the organisation has no such identity provider; [`SignOnError::Provider`] if its settings cannot
    /// be read.
    pub async fn begin_sign_on(
        &self,
        (org, provider): (OrgId, IdentityProviderId),
        redirect: &str,
        outbound: &Outbound,
    ) -> Result<SignOnBegun, SignOnError> {
        let found = self.runtime.store().identity_provider(&OrgScope::new(org), provider).await?;
        let found = found.ok_or(SignOnError::Ended)?;
        let random = || URL_SAFE_NO_PAD.encode(self.runtime.entropy().array::<32>());
        let secrets = Secrets { state: random(), nonce: random(), verifier: random() };
        let address = sign_on_client::address(&found, redirect, &secrets, outbound).await?;
        let until = self.runtime.now() + SIGN_ON_LIFE;
        let Secrets { state, nonce, verifier } = secrets;
        let remembered = Remembered { org, provider, issuer: found.issuer, state, nonce, verifier, until };
        let plain = serde_json::to_vec(&remembered).map_err(|_| Error::Sealed)?;
        let sealed = self.runtime.sealer().seal(&context(), &plain).await?;
        Ok(SignOnBegun { address, state: URL_SAFE_NO_PAD.encode(sealed.as_bytes()) })
    }

    /// Signs in who came back from an identity provider: a member whom it knows, the member with their address, or who is
    /// invited under it, who joins. `kept` is what the browser kept, `state` and `code` are what it came back with.
    ///
    /// # Errors
    /// [`SignOnError`].
    pub async fn finish_sign_on(
        &self,
        redirect: &str,
        kept: &str,
        (state, code): (&str, &str),
        outbound: &Outbound,
    ) -> Result<SignedIn, SignOnError> {
        let remembered = self.remembered(kept).await.ok_or(SignOnError::Ended)?;
        let is_ours = remembered.state.as_bytes().ct_eq(state.as_bytes());
        if remembered.until < self.runtime.now() || !bool::from(is_ours) {
            return Err(SignOnError::Ended);
        }
        let (org, provider) = (remembered.org, remembered.provider);
        let scope = OrgScope::new(org);
        let found = self.runtime.store().identity_provider(&scope, provider).await?;
        let found = found.filter(|found| found.issuer == remembered.issuer).ok_or(SignOnError::Ended)?;
        let secret = self.client_secret(org, &found).await?;
        let Remembered { state, nonce, verifier, .. } = remembered;
        let secrets = Secrets { state, nonce, verifier };
        let now = self.runtime.now();
        let claims =
            sign_on_client::exchange(&found, &secret, (redirect, code, &secrets), now, outbound).await?;
        let answered = TokenHash(Sha256::digest(secrets.state.as_bytes()).into());
        let kept_in_org = Self { is_kept_in_org: true, ..*self };
        kept_in_org.let_in(org, provider, claims, answered).await
    }

    /// Lets in who signed in at the provider, once.
    async fn let_in(
        &self,
        org: OrgId,
        provider: IdentityProviderId,
        claims: Claims,
        answered: TokenHash,
    ) -> Result<SignedIn, SignOnError> {
        let (store, scope) = (self.runtime.store(), OrgScope::new(org));
        if let Some(known) = store.member_identity(&scope, provider, &claims.subject).await? {
            let member = store.member(&scope, known.member).await?;
            let active = member.filter(|member| member.state == MemberState::Active);
            return self.begin_kept(org, active.ok_or(SignOnError::NotKnown)?, answered).await;
        }
        let email = claims.email.clone().ok_or(SignOnError::NoAddress)?;
        let user = store.user(self.runtime.system(), UserKey::Email(&email)).await?;
        let members = store.members(&scope).await?;
        let member =
            members.into_iter().find(|member| user.as_ref().is_some_and(|user| user.id == member.user));
        if let Some(member) = member {
            if member.state != MemberState::Active {
                return Err(SignOnError::NotKnown);
            }
            self.link(org, (provider, &claims.subject), &member).await?;
            return self.begin_kept(org, member, answered).await;
        }
        let invitations = store.invitations_into(self.runtime.system(), org, self.runtime.now()).await?;
        let invited = |one: &Invitation| {
            one.email.as_ref().is_some_and(|invited| invited.match_key() == email.match_key())
        };
        let invitation = invitations.into_iter().find(invited).ok_or(SignOnError::NotKnown)?;
        if user.is_some() {
            return Err(SignOnError::HasAccount);
        }
        let subject = claims.subject.clone();
        let (signed_in, member) = self.join_from(&invitation, claims, email, answered).await?;
        self.link(org, (provider, &subject), &member).await?;
        Ok(signed_in)
    }

    async fn begin_kept(
        &self,
        org: OrgId,
        member: Member,
        answered: TokenHash,
    ) -> Result<SignedIn, SignOnError> {
        let writes = vec![self.answered(member.user, answered)];
        match self.begin_session(&(org, member), writes, Action::SingleSignOnUsed).await {
            // The same answer came twice.
            Err(Error::Store(StoreError::PreconditionFailed(_))) => Err(SignOnError::Ended),
            other => Ok(other?),
        }
    }

    /// Makes an account without a password that anybody knows, and the member who was invited.
    async fn join_from(
        &self,
        invitation: &Invitation,
        claims: Claims,
        email: EmailAddress,
        answered: TokenHash,
    ) -> Result<(SignedIn, Member), SignOnError> {
        let now = self.runtime.now();
        let unknown = SecretString::from(URL_SAFE_NO_PAD.encode(self.runtime.entropy().array::<32>()));
        let password = password::hash(&unknown, self.line).await.map_err(Error::from)?;
        let name = match claims.name {
            Some(name) => name,
            None => Self::name_from(&email)?,
        };
        let id: UserId = self.runtime.ids().next(now);
        // The provider's word does not count beyond its organisation, so the address is not confirmed by it.
        let email_confirmed_at = invitation.mailed.then_some(now);
        let revision = Revision::FIRST;
        let user = User { id, email, password, created_at: now, revision, email_confirmed_at };
        let writes = vec![SystemWrite::InsertUser(user), self.answered(id, answered)];
        let signed_in = match self.enter(invitation, (id, name), writes, None).await {
            // The invitation was used meanwhile, or the same answer came twice.
            Err(Error::Unauthenticated) => return Err(SignOnError::Ended),
            other => other?,
        };
        let joined: Option<MemberId> = signed_in.actor.member();
        let joined = joined.ok_or(SignOnError::Ended)?;
        let member = self.runtime.store().member(&OrgScope::new(invitation.org), joined).await?;
        Ok((signed_in, member.ok_or(SignOnError::Ended)?))
    }

    /// Keeps what the provider calls a member.
    async fn link(
        &self,
        org: OrgId,
        (provider, subject): (IdentityProviderId, &Subject),
        member: &Member,
    ) -> Result<(), SignOnError> {
        let (now, subject) = (self.runtime.now(), subject.clone());
        let actor = self.actor_of(org, member).await?.from_network(self.origin);
        let mut batch = Batch::new(&actor, Action::IdentityLinked, now);
        let identity = MemberIdentity { provider, subject, member: member.id, linked_at: now };
        batch.about(member.id).write(IdentityProviderWrite::Link(identity));
        self.runtime.store().commit_one(&OrgScope::new(org), batch).await?;
        Ok(())
    }

    async fn client_secret(&self, org: OrgId, of: &IdentityProvider) -> Result<SecretString, Error> {
        let context = IdentityProvider::secret_context(org, of.id);
        self.runtime.sealer().open_secret(&context, &of.client_secret).await
    }

    /// What was remembered; `None` if it was not sealed here for this.
    async fn remembered(&self, kept: &str) -> Option<Remembered> {
        let bytes = URL_SAFE_NO_PAD.decode(kept).ok()?;
        let plain = self.runtime.sealer().open(&context(), &Sealed::from_bytes(bytes)).await.ok()?;
        serde_json::from_slice(&plain).ok()
    }
}
