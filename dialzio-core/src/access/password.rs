//! Passwords: Argon2id, on its own threads, at most one for each core at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

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
}

/// Memory in KiB, rounds, lanes. Source: reliability reference, 10.1.
const COST: (u32, u32, u32) = (65_536, 3, 1);

/// How hard a password has to be to guess: 10^10 guesses and more. Source: Wheeler, *zxcvbn*, USENIX Security 2016.
const HARD: zxcvbn::Score = zxcvbn::Score::Four;

/// A hash that no password has, so that an unknown user costs as much as a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$c29tZSBmaXhlZCBzYWx0$1aVZWnK1jL0pJc5lVEvCPQn2yIWbm/IFE1rX4T3J5Ds";

static HASHING: Semaphore = Semaphore::const_new(2);

fn argon() -> Argon2<'static> {
    let params = Params::new(COST.0, COST.1, COST.2, Some(32)).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Checks what can be checked without looking anything up. No rule about kinds of characters.
pub(super) fn check(password: &SecretString, email: &EmailAddress) -> Result<(), PasswordError> {
    let text = password.expose_secret();
    let count = text.chars().count();
    if count < 15 {
        return Err(PasswordError::TooShort);
    }
    if count > 128 {
        return Err(PasswordError::TooLong);
    }
    // Common passwords, words, names, dates, runs and rows of keys, and what is known about this person and product.
    let (local, domain) = email.reveal().split_once('@').unwrap_or_default();
    let known = [email.reveal(), local, domain, "dialzio", "whatsapp"];
    // Spaces between the same few words make nothing harder to guess.
    let joined: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let hard = |text: &str| zxcvbn::zxcvbn(text, &known).score() >= HARD;
    let letters = joined.is_empty() || hard(&joined);
    if letters && hard(text) { Ok(()) } else { Err(PasswordError::Guessable) }
}

/// Hashes a password into PHC form.
pub(super) async fn hash(password: &SecretString) -> Result<SecretString, PasswordError> {
    let _turn = HASHING.acquire().await.map_err(|_| PasswordError::Failed)?;
    let password = password.clone();
    let work = move || {
        argon().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string().into())
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| PasswordError::Failed)?
        .map_err(|_| PasswordError::Failed)
}

/// Whether a password fits; with no hash given it takes as long and says no.
pub(super) async fn verify(password: &SecretString, against: Option<SecretString>) -> bool {
    let Ok(_turn) = HASHING.acquire().await else { return false };
    let password = password.clone();
    let known = against.is_some();
    let work = move || {
        let stored = against.unwrap_or_else(|| NOBODY.into());
        let Ok(parsed) = PasswordHash::new(stored.expose_secret()) else { return false };
        argon().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok()
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(false) && known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hash = hash(&"four small words here".into()).await.unwrap();
        assert!(hash.expose_secret().starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        assert!(verify(&"four small words here".into(), Some(hash.clone())).await);
        assert!(!verify(&"four small words Here".into(), Some(hash)).await);
        assert!(!verify(&"four small words here".into(), None).await);
        assert!(PasswordHash::new(NOBODY).is_ok());
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
            assert_eq!(check(&text.into(), &email), Err(why), "{text}");
        }
        for good in ["four small words here", "நான்கு சிறிய சொற்கள் இங்கே", "kettle-orbit-91-mulberry"]
        {
            assert_eq!(check(&good.into(), &email), Ok(()), "{good}");
        }
        assert_eq!(check(&"x".repeat(129).into(), &email), Err(PasswordError::TooLong));
    }
}
