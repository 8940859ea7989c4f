//! Tokens of a user that are good for one purpose and are no session.

use chrono::{DateTime, Utc};

use super::TokenHash;
use crate::id::UserId;
use crate::name::string_enum;

string_enum! {
    /// What a token of a user is good for.
    pub enum TokenPurpose {
        /// The second step of signing in, after the right password. Once.
        SecondStep = "second_step",
        /// To show that the user signed in on this device before.
        KnownDevice = "known_device",
        /// To set a new password, sent by mail. Once.
        NewPassword = "new_password",
        /// To sign in, sent by mail. Once.
        SignInLink = "sign_in_link",
        /// To show that mail to the user's address arrives, sent by mail. Once.
        ConfirmAddress = "confirm_address",
        /// Nothing: it is a challenge that was answered, by a passkey or by an identity provider, kept until it has long ended so
        /// that it counts once.
        AnsweredChallenge = "answered_challenge",
    }
}

/// A token of a user. Only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserToken {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// What it is good for, and nothing else.
    pub purpose: TokenPurpose,
    /// Whom it was given to.
    pub user: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it can no longer be used.
    pub expires_at: DateTime<Utc>,
}
