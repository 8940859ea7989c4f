//! Passwords: Argon2id, on its own threads. Few hashes are made at a time, few more may wait, and further ones are
//! refused at once.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::famous::is_famous;
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

/// Hashes at the same time, each of which holds 64 MiB.
const AT_A_TIME: usize = 2;
/// Hashes that may wait for those.
const WAITING: usize = 16;

static HASHING: LazyLock<Hashing> = LazyLock::new(|| Hashing::new(AT_A_TIME, WAITING));

/// The turns of work that is dear. A turn belongs to the work, not to the caller who waits for it: a caller who leaves
/// takes work along that has not begun, and work that has begun keeps its turn to its end.
#[derive(Debug)]
struct Hashing {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Hashing {
    fn new(at_a_time: usize, waiting: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(at_a_time + waiting)),
            turns: Arc::new(Semaphore::new(at_a_time)),
        }
    }

    /// Does the work on a thread where it may block.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] at once if no more may wait.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        // The set calls work off that has not begun when the caller leaves.
        let mut running = JoinSet::new();
        running.spawn_blocking(move || {
            let _held = (place, turn);
            work()
        });
        running.join_next().await.and_then(Result::ok).ok_or(PasswordError::Failed)
    }
}

/// Whether a text could be a password at all: neither nothing nor longer than any that was ever taken.
#[must_use]
pub fn may_fit(password: &str) -> bool {
    (1..=LONGEST_BYTES).contains(&password.len())
}

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
pub(super) async fn hash(password: &SecretString) -> Result<SecretString, PasswordError> {
    let password = password.clone();
    let work = move || {
        argon().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string().into())
    };
    HASHING.run(work).await?.map_err(|_| PasswordError::Failed)
}

/// Whether a password fits; with no hash given it takes as long and says no.
///
/// # Errors
/// [`PasswordError::Busy`] if too many wait; [`PasswordError::Failed`].
pub(super) async fn verify(
    password: &SecretString,
    against: Option<SecretString>,
) -> Result<bool, PasswordError> {
    let password = password.clone();
    let known = against.is_some();
    let work = move || {
        let stored = against.unwrap_or_else(|| NO_USER.into());
        let Ok(parsed) = PasswordHash::new(stored.expose_secret()) else { return false };
        argon().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok()
    };
    Ok(HASHING.run(work).await? && known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hash = hash(&"four small words here".into()).await.unwrap();
        assert!(hash.expose_secret().starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        assert_eq!(verify(&"four small words here".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(verify(&"four small words Here".into(), Some(hash)).await, Ok(false));
        assert_eq!(verify(&"four small words here".into(), None).await, Ok(false));
        assert!(PasswordHash::new(NO_USER).is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_keeps_its_turn_when_its_caller_has_left() {
        let hashing = Arc::new(Hashing::new(1, 1));
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (finish, finishes) = std::sync::mpsc::channel::<()>();
        let first = {
            let hashing = Arc::clone(&hashing);
            let work = move || {
                begun.send(()).unwrap();
                finishes.recv().unwrap();
            };
            tokio::spawn(async move { hashing.run(work).await })
        };
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(hashing.turns.available_permits(), 0, "the work still runs");

        let ran = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let second = {
            let (hashing, ran) = (Arc::clone(&hashing), Arc::clone(&ran));
            let work = move || ran.store(true, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(async move { hashing.run(work).await })
        };
        while hashing.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.run(|| ()).await, Err(PasswordError::Busy), "one works and one waits");
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        assert_eq!(hashing.places.available_permits(), 1, "who leaves gives the place back");

        finish.send(()).unwrap();
        assert_eq!(hashing.run(|| 7).await, Ok(7));
        assert!(!ran.load(std::sync::atomic::Ordering::SeqCst), "work whose caller left was not begun");
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
