//! Passwords: Argon2id, on its own threads, in turn.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, LazyLock};

use super::famous::is_famous;
use super::hashing::{Hashing, Line, NoTurn, Room};
use crate::error::Error;
use crate::text::EmailAddress;

/// Why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Shorter than 15 characters.
    #[error("must have at least 15 characters: a short sentence is easiest")]
    TooShort,
    /// Longer than 128 characters.
    #[error("must have at most 128 characters")]
    TooLong,
    /// Easily guessed: a common password or phrase, a pattern, or the address.
    #[error("is too easy to guess")]
    Guessable,
    /// Could not be hashed.
    #[error("could not be taken; try again")]
    Failed,
    /// Too many others wait to be hashed.
    #[error("could not be taken: too many people are signing in at the moment")]
    Busy,
}

impl From<NoTurn> for PasswordError {
    fn from(refused: NoTurn) -> Self {
        match refused {
            NoTurn::Busy => Self::Busy,
            NoTurn::Failed => Self::Failed,
        }
    }
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            other => Self::invalid("password", other),
        }
    }
}

/// Memory in KiB, passes, lanes of Argon2id. Source: RFC 9106, 4, the second recommended option, with one lane.
const COST: (u32, u32, u32) = (65_536, 3, 1);

/// The longest password, in bytes: hashing a longer one would cost more than its strength is worth.
const LONGEST_BYTES: usize = 1_024;

/// How hard a password has to be to guess: 10^10 guesses and more. Source: Wheeler, *zxcvbn*, USENIX Security 2016.
const HARD: zxcvbn::Score = zxcvbn::Score::Four;

/// A hash that no password has, so that an unknown user costs as much as a known one.
const NO_USER: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$c29tZSBmaXhlZCBzYWx0$1aVZWnK1jL0pJc5lVEvCPQn2yIWbm/IFE1rX4T3J5Ds";

/// Hashes at the same time hold 64 MiB each.
const ROOM: Room = Room { at_a_time: 2, known: 8, strangers: 16, at_one_address: 8 };

static HASHING: LazyLock<Arc<Hashing>> = LazyLock::new(|| Hashing::new(ROOM));

/// Whether a text could be a password at all: neither nothing nor longer than any that was ever taken.
#[must_use]
pub fn may_fit(password: &str) -> bool {
    (1..=LONGEST_BYTES).contains(&password.len())
}

fn argon() -> Argon2<'static> {
    let params = Params::new(COST.0, COST.1, COST.2, Some(32)).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Whether a password may be chosen by the person with this address, if it is known already. Nothing is looked up, and there is
/// no rule about kinds of characters. It works for some milliseconds, on the thread of the caller.
///
/// # Errors
/// [`PasswordError::TooShort`], [`PasswordError::TooLong`] or [`PasswordError::Guessable`].
pub fn judge_password(password: &SecretString, email: Option<&EmailAddress>) -> Result<(), PasswordError> {
    let text = password.expose_secret();
    let count = text.chars().count();
    if count < 15 {
        return Err(PasswordError::TooShort);
    }
    if count > 128 {
        return Err(PasswordError::TooLong);
    }
    // Common passwords, words, names, dates, runs and rows of keys, and what is known about this person and product.
    let address = email.map(EmailAddress::reveal).unwrap_or_default();
    let (local, domain) = address.split_once('@').unwrap_or_default();
    let known = [address, local, domain, "dialzio", "whatsapp"];
    if is_famous(text) {
        return Err(PasswordError::Guessable);
    }
    // Spaces between the same few words make nothing harder to guess.
    let joined: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let hard = |text: &str| zxcvbn::zxcvbn(text, &known).score() >= HARD;
    let letters = joined.is_empty() || hard(&joined);
    if letters && hard(text) { Ok(()) } else { Err(PasswordError::Guessable) }
}

/// Hashes a password into PHC form.
pub(super) async fn hash(password: &SecretString, line: Line) -> Result<SecretString, PasswordError> {
    let password = password.clone();
    let work = move || {
        argon().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string().into())
    };
    HASHING.run(line, work).await?.map_err(|_| PasswordError::Failed)
}

/// Whether a password fits; with no hash given it takes as long and says no.
///
/// # Errors
/// [`PasswordError::Busy`] if too many wait; [`PasswordError::Failed`].
pub(super) async fn verify(
    password: &SecretString,
    against: Option<SecretString>,
    line: Line,
) -> Result<bool, PasswordError> {
    let password = password.clone();
    let known = against.is_some();
    let work = move || {
        let stored = against.unwrap_or_else(|| NO_USER.into());
        let Ok(parsed) = PasswordHash::new(stored.expose_secret()) else { return false };
        argon().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok()
    };
    Ok(HASHING.run(line, work).await? && known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let line = Line::KnownDevices;
        let hash = hash(&"four small words here".into(), line).await.unwrap();
        assert!(hash.expose_secret().starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        assert_eq!(verify(&"four small words here".into(), Some(hash.clone()), line).await, Ok(true));
        assert_eq!(verify(&"four small words Here".into(), Some(hash), line).await, Ok(false));
        assert_eq!(verify(&"four small words here".into(), None, line).await, Ok(false));
        assert!(PasswordHash::new(NO_USER).is_ok());
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        let email = EmailAddress::parse("asha.motors@example.com").unwrap();
        for (text, why) in [
            ("short", PasswordError::TooShort),
            ("aaaaaaaaaaaaaaaa", PasswordError::Guessable),
            ("abababababababab", PasswordError::Guessable),
            ("abcdefghijklmnop", PasswordError::Guessable),
            ("asha.motors12345", PasswordError::Guessable),
            ("passwordpassword1", PasswordError::Guessable),
            ("qwertyuiopasdfgh", PasswordError::Guessable),
            ("1q2w3e4r5t6y7u8i", PasswordError::Guessable),
            ("password password", PasswordError::Guessable),
            ("Dialzio-WhatsApp1", PasswordError::Guessable),
            ("123456789123456789", PasswordError::Guessable),
            ("19801980198019801980", PasswordError::Guessable),
        ] {
            assert_eq!(judge_password(&text.into(), Some(&email)), Err(why), "{text}");
        }
        for good in ["four small words here", "நான்கு சிறிய சொற்கள் இங்கே", "kettle-orbit-91-mulberry"]
        {
            assert_eq!(judge_password(&good.into(), Some(&email)), Ok(()), "{good}");
        }
        assert_eq!(judge_password(&"x".repeat(129).into(), Some(&email)), Err(PasswordError::TooLong));
    }
}
