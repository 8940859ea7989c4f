//! The second factor of a user: codes that change every 30 seconds (RFC 6238), and recovery codes for when the device that
//! shows them is lost.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::fmt;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::TokenHash;
use crate::account::{Sealed, SealedContext};
use crate::entropy::Entropy;
use crate::error::Error;
use crate::id::{OrgId, UserId};
use crate::store::{Revision, change};
use crate::text::EmailAddress;

/// What the app of the user shows above the codes.
const ISSUER: &str = "Dialzio";
/// Length of a secret in bytes: 160 bits. Source: RFC 4226, 4, R6.
pub(super) const SECRET: usize = 20;
/// Digits of a code, and how long one lasts in seconds. Source: RFC 6238, 5.2, and what the apps assume.
const DIGITS: u8 = 6;
const STEP: u64 = 30;
/// How many steps before and after the present one a code may be of.
const SKEW: u16 = 1;
/// How many recovery codes are made at a time.
const RECOVERY_CODES: usize = 10;
/// Length of a recovery code in bytes: 120 bits, 24 characters.
const RECOVERY: usize = 15;

/// The second factor of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Whose it is.
    pub user: UserId,
    /// The secret that the codes are made from.
    pub secret: Sealed,
    /// When the secret was made.
    pub created_at: DateTime<Utc>,
    /// When a first code showed that the user has the secret. It is asked for from then on.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// The time step of the last code that counted: no code of this step or an earlier one counts any more.
    pub last_step: u64,
    /// SHA-256 of the recovery codes that were not used.
    pub recovery: Vec<TokenHash>,
    /// Counts its changes.
    pub revision: Revision,
}

change! {
    /// What changes of a second factor. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct SecondFactorChange of SecondFactor {
        /// When it was confirmed.
        confirmed_at: Option<DateTime<Utc>>,
        /// The time step of the last code that counted.
        last_step: u64,
        /// The recovery codes that were not used.
        recovery: Vec<TokenHash>,
    }
}

/// A new secret, shown to its user until a first code confirms it.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// The secret in base32, to be typed.
    pub text: SecretString,
    /// The same as an `otpauth:` address, to be scanned.
    pub address: SecretString,
}

/// A recovery code in the clear, shown once. `Debug` shows nothing.
#[derive(Clone)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// The code in groups of four characters.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// What a user typed as a code.
pub(super) enum Typed {
    /// The digits that an app shows.
    Digits(String),
    /// A recovery code.
    Recovery(TokenHash),
}

impl Typed {
    /// Reads a code, whatever its case, spaces and dashes. `None` if it can be no code.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_between = |c: char| c.is_whitespace() || c == '-';
        let text: String = text.chars().filter(|c| !is_between(*c)).map(|c| c.to_ascii_uppercase()).collect();
        match text.len() {
            6 if text.bytes().all(|b| b.is_ascii_digit()) => Some(Self::Digits(text)),
            24 if text.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)) => {
                Some(Self::Recovery(hash(&text)))
            }
            _ => None,
        }
    }

    pub(super) const fn is_recovery(&self) -> bool {
        matches!(self, Self::Recovery(_))
    }
}

impl SecondFactor {
    /// Where its secret is kept; sealed bytes that are moved to another row do not open.
    pub(super) fn context(user: UserId) -> SealedContext {
        SealedContext::new(OrgId::NIL, "second_factor", user, "secret")
    }

    /// What changes if a code counts: no other code of its time step does, or the recovery code is used up. `None` if it does
    /// not count.
    pub(super) fn accept(
        &self,
        secret: &[u8],
        typed: &Typed,
        now: DateTime<Utc>,
    ) -> Result<Option<SecondFactorChange>, Error> {
        match typed {
            Typed::Digits(digits) => {
                let at = u64::try_from(now.timestamp()).unwrap_or_default();
                let step = totp(secret, "")?.check(digits, at).filter(|step| *step > self.last_step);
                Ok(step.map(|step| SecondFactorChange { last_step: Some(step), ..Default::default() }))
            }
            Typed::Recovery(typed) => {
                let left: Vec<_> = self.recovery.iter().copied().filter(|kept| kept != typed).collect();
                let is_known = left.len() < self.recovery.len();
                Ok(is_known.then(|| SecondFactorChange { recovery: Some(left), ..Default::default() }))
            }
        }
    }
}

fn hash(code: &str) -> TokenHash {
    TokenHash(Sha256::digest(code.as_bytes()).into())
}

fn totp(secret: &[u8], account: &str) -> Result<Totp, Error> {
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_skew(SKEW);
    let builder = builder.with_step_duration(STEP).with_secret(Secret::from(secret.to_vec()));
    let builder = builder.with_issuer(Some(ISSUER)).with_account_name(account);
    builder.build().map_err(|_| Error::Sealed)
}

/// How a secret is shown to its user.
pub(super) fn shown(secret: &[u8], email: &EmailAddress) -> Result<NewSecret, Error> {
    // A colon would end the name of the account.
    let account = email.reveal().replace(':', "");
    let address = totp(secret, &account)?.to_url().map_err(|_| Error::Sealed)?;
    Ok(NewSecret { text: Secret::from(secret.to_vec()).to_base32().into(), address: address.into() })
}

/// Ten new recovery codes, with what is kept of them.
pub(super) fn recovery_codes(entropy: &Entropy) -> (Vec<RecoveryCode>, Vec<TokenHash>) {
    let code = |_| {
        let text = Secret::from(entropy.array::<RECOVERY>().to_vec()).to_base32();
        let kept = hash(&text);
        let groups: Vec<&str> = (0..text.len()).step_by(4).map(|from| &text[from..from + 4]).collect();
        (RecoveryCode(groups.join("-")), kept)
    };
    (0..RECOVERY_CODES).map(code).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{IdSource, TypedId};

    const SECRET_OF_THE_RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn factor() -> SecondFactor {
        let user: UserId = IdSource::seeded(1).next(at(0));
        assert!(!user.uuid().is_nil());
        SecondFactor {
            user,
            secret: Sealed::from_bytes(Vec::new()),
            created_at: at(0),
            confirmed_at: None,
            last_step: 0,
            recovery: Vec::new(),
            revision: Revision::FIRST,
        }
    }

    fn accepted(factor: &SecondFactor, code: &str, now: i64) -> Option<SecondFactorChange> {
        factor.accept(SECRET_OF_THE_RFC, &Typed::parse(code)?, at(now)).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, with the last six of its eight digits.
        for (now, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert!(accepted(&factor(), code, now).is_some(), "{code}");
        }
    }

    #[test]
    fn a_code_counts_once_and_for_one_step_before_and_after_its_own() {
        let mut factor = factor();
        for (now, counts) in [(1_111_111_049, false), (1_111_111_079, true), (1_111_111_139, true)] {
            assert_eq!(accepted(&factor, "081804", now).is_some(), counts, "{now}");
        }
        assert!(accepted(&factor, "081804", 1_111_111_170).is_none(), "two steps late");
        accepted(&factor, " 081 804", 1_111_111_109).unwrap().apply(&mut factor);
        assert!(accepted(&factor, "081804", 1_111_111_109).is_none(), "the same code again");
        // The code of the step before is as old as one that was seen over a shoulder.
        let before = totp(SECRET_OF_THE_RFC, "").unwrap().generate(1_111_111_079).to_string();
        assert!(accepted(&factor, &before, 1_111_111_109).is_none());
        let after = totp(SECRET_OF_THE_RFC, "").unwrap().generate(1_111_111_139).to_string();
        assert!(accepted(&factor, &after, 1_111_111_139).is_some());
    }

    #[test]
    fn a_recovery_code_counts_once_in_any_spelling_and_is_never_printed() {
        let (codes, kept) = recovery_codes(&Entropy::seeded(4));
        assert_eq!((codes.len(), kept.len()), (10, 10));
        let mut factor = SecondFactor { recovery: kept, ..factor() };
        let code = codes[3].reveal();
        assert_eq!(code.len(), 29);
        assert!(!format!("{codes:?}").contains(code));
        let typed = code.to_lowercase().replace('-', " ");
        accepted(&factor, &typed, 0).unwrap().apply(&mut factor);
        assert_eq!(factor.recovery.len(), 9);
        assert!(accepted(&factor, code, 0).is_none());
        for none in ["", "12345", "1234567", "12a456", "１２３４５６", "AAAA-AAAA-AAAA-AAAA-AAAA-AAA1"]
        {
            assert!(Typed::parse(none).is_none(), "{none}");
        }
    }

    #[test]
    fn an_app_reads_issuer_account_and_secret() {
        let email = EmailAddress::parse("asha@example.com").unwrap();
        let shown = shown(SECRET_OF_THE_RFC, &email).unwrap();
        use secrecy::ExposeSecret;
        assert_eq!(shown.text.expose_secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let address = url::Url::parse(shown.address.expose_secret()).unwrap();
        assert_eq!((address.scheme(), address.host_str()), ("otpauth", Some("totp")));
        assert_eq!(address.path(), "/Dialzio:asha%40example.com");
        assert!(
            address
                .query_pairs()
                .any(|(name, value)| name == "secret" && value == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        );
        assert!(!format!("{shown:?}").contains("GEZDG"));
    }
}
