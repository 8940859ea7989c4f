//! What a browser is asked of a passkey, and what it answers (WebAuthn Level 3, 7.1 and 7.2), by `webauthn_rp`.
//!
//! A device has to verify its user, by a PIN, a finger or a face, so a passkey counts as two factors. No attestation is asked
//! for: who made a device is not our concern. A challenge lasts five minutes. What has to be remembered of it is given to the
//! page, sealed, and comes back with the answer, so that strangers who only ask for challenges leave nothing behind.

use sha2::{Digest, Sha256};
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::{AuthenticationVerificationOptions, DiscoverableCredentialRequestOptions};
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialCreationOptions, PublicKeyCredentialUserEntity,
    RegistrationVerificationOptions, UserHandle64, Username,
};
use webauthn_rp::request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::register::{DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    Registration, RegistrationServerState,
};

use super::passkey::{COUNTERS, HANDLE, Passkey};
use super::{RelyingParty, TokenHash};
use crate::error::Error;
use crate::text::EmailAddress;

/// The answer is invalid. The caller is not told why: only a broken device or an attacker gets here.
#[derive(Debug)]
pub(super) struct Refused;

/// A challenge as it is sent, and what has to be remembered until it is answered.
pub(super) struct Asked {
    /// The options for the browser, as JSON (WebAuthn Level 3, 5.1.9 and 5.1.10).
    pub(super) options: String,
    /// What has to be remembered.
    pub(super) remembered: Vec<u8>,
}

/// What a new passkey has shown.
pub(super) struct Made {
    pub(super) credential: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) transports: u8,
    pub(super) counters: [u8; COUNTERS],
    /// What its challenge is known by, so that it counts once.
    pub(super) challenge: TokenHash,
}

fn site(of: &RelyingParty) -> Result<RpId, Error> {
    let domain = AsciiDomain::try_from(of.domain().to_owned());
    domain
        .map(RpId::Domain)
        .map_err(|_| Error::invalid("origin", "is no domain that passkeys can be bound to"))
}

fn hash(challenge: u128) -> TokenHash {
    TokenHash(Sha256::digest(challenge.to_le_bytes()).into())
}

fn handle(bytes: [u8; HANDLE]) -> UserHandle64 {
    let Ok(handle) = UserHandle64::decode(bytes);
    handle
}

/// Asks for a new passkey of the user that devices know by `known_as`, on a device that has none of these.
pub(super) fn ask_for_new(
    of: &RelyingParty,
    email: &EmailAddress,
    known_as: [u8; HANDLE],
    existing: &[Passkey],
) -> Result<Asked, Error> {
    let (site, handle) = (site(of)?, handle(known_as));
    let mut user = PublicKeyCredentialUserEntity::from(&handle);
    // What a device shows beside the passkey. It takes no address with letters that look like others.
    if let Ok(name) = Username::try_from(email.reveal()) {
        user.name = name;
    }
    let known = |passkey: &Passkey| {
        let id = CredentialId::<Vec<u8>>::decode(passkey.credential.clone()).ok()?;
        let transports = AuthTransports::decode(passkey.transports).ok()?;
        Some(PublicKeyCredentialDescriptor { id, transports })
    };
    let known = existing.iter().filter_map(known).collect();
    let mut options = PublicKeyCredentialCreationOptions::passkey(&site, user, known);
    // Devices that cannot protect a passkey by themselves would make none; each use asks them to verify their user anyway.
    options.extensions.cred_protect = CredProtect::None;
    let (server, client) = options.start_ceremony().map_err(|_| Error::Sealed)?;
    asked(&client, server.encode().map_err(|_| Error::Sealed)?)
}

/// Asks for whatever passkey a device has for this site.
pub(super) fn ask_for_any(of: &RelyingParty) -> Result<Asked, Error> {
    let site = site(of)?;
    let options = DiscoverableCredentialRequestOptions::passkey(&site);
    let (server, client) = options.start_ceremony().map_err(|_| Error::Sealed)?;
    asked(&client, server.encode().map_err(|_| Error::Sealed)?)
}

fn asked(client: &impl serde::Serialize, remembered: Vec<u8>) -> Result<Asked, Error> {
    let options = serde_json::to_string(client).map_err(|_| Error::Sealed)?;
    Ok(Asked { options, remembered })
}

/// Judges what a browser answered when it was asked for a new passkey.
pub(super) fn judge_new(of: &RelyingParty, remembered: &[u8], answer: &str) -> Result<Made, Refused> {
    let site = site(of).map_err(|_| Refused)?;
    let server = RegistrationServerState::<HANDLE>::decode(remembered).map_err(|_| Refused)?;
    let answer = Registration::from_json_relaxed(answer.as_bytes()).map_err(|_| Refused)?;
    let options = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &[of.origin()],
        // Browsers may tell more than they were asked for. Source: WebAuthn Level 3, 7.1, step 27.
        error_on_unsolicited_extensions: false,
        ..Default::default()
    };
    let challenge = answer.challenge_relaxed().map_err(|_| Refused)?;
    let made = server.verify(&site, &answer, &options).map_err(|_| Refused)?;
    let Ok(public_key) = made.static_state().encode();
    let Ok(counters) = made.dynamic_state().encode();
    let Ok(transports) = made.transports().encode();
    Ok(Made {
        credential: made.id().inner().to_vec(),
        public_key,
        transports,
        counters,
        challenge: hash(challenge.0),
    })
}

/// What a browser answered when it was asked for any passkey.
pub(super) struct Answer(DiscoverableAuthentication64);

impl Answer {
    /// Reads an answer; `None` if it can be none.
    pub(super) fn parse(answer: &str) -> Option<Self> {
        DiscoverableAuthentication64::from_json_relaxed(answer.as_bytes()).ok().map(Self)
    }

    /// What the device calls the passkey that it answered with.
    pub(super) fn credential(&self) -> Vec<u8> {
        self.0.raw_id().inner().to_vec()
    }

    /// Judges it by the passkey that is kept: what changes of that, and what its challenge is known by.
    pub(super) fn judge(
        &self,
        of: &RelyingParty,
        remembered: &[u8],
        kept: &Passkey,
    ) -> Result<([u8; COUNTERS], TokenHash), Refused> {
        let site = site(of).map_err(|_| Refused)?;
        let server = DiscoverableAuthenticationServerState::decode(remembered).map_err(|_| Refused)?;
        let key = StaticState::decode(kept.public_key.as_slice()).map_err(|_| Refused)?;
        let counters = DynamicState::decode(kept.counters).map_err(|_| Refused)?;
        let known_as = handle(kept.handle);
        let mut passkey =
            AuthenticatedCredential::new(self.0.raw_id(), &known_as, key, counters).map_err(|_| Refused)?;
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &[of.origin()],
            error_on_unsolicited_extensions: false,
            ..Default::default()
        };
        let challenge = self.0.challenge_relaxed().map_err(|_| Refused)?;
        server.verify(&site, &self.0, &mut passkey, &options).map_err(|_| Refused)?;
        let Ok(counters) = passkey.dynamic_state().encode();
        Ok((counters, hash(challenge.0)))
    }
}
