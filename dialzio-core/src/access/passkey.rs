//! Passkeys of a user, as they are kept.

use chrono::{DateTime, Utc};
use std::fmt;

use crate::id::{PasskeyId, UserId};
use crate::store::{Revision, change};
use crate::text::Title;

/// Length of a user handle in bytes. Source: WebAuthn Level 3, 14.6.1, which recommends 64 random bytes.
pub const HANDLE: usize = 64;
/// Length of what changes of a passkey each time that it is used.
pub const COUNTERS: usize = 7;

/// A passkey of a user: a key pair of which the private half never leaves the device that made it, or the account that the
/// device keeps its passkeys in. Nothing of it is secret here. `Debug` shows neither its key nor what the device calls it.
#[derive(Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// Whose it is.
    pub user: UserId,
    /// What the user calls it.
    pub name: Title,
    /// What the device calls it, 16 to 1,023 bytes. Source: WebAuthn Level 3, 4, "Credential ID".
    pub credential: Vec<u8>,
    /// What the device knows the user by: random, the same for all passkeys of a user.
    pub handle: [u8; HANDLE],
    /// The public key, and what was agreed when it was made, in the form of `webauthn_rp`.
    pub public_key: Vec<u8>,
    /// How its device can be reached, in the form of `webauthn_rp`.
    pub transports: u8,
    /// The counter of its device and what else changes with its use, in the form of `webauthn_rp`.
    pub counters: [u8; COUNTERS],
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last signed its user in.
    pub used_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub revision: Revision,
}

impl fmt::Debug for Passkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passkey").field("id", &self.id).field("user", &self.user).finish_non_exhaustive()
    }
}

change! {
    /// What changes of a passkey. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct PasskeyChange of Passkey {
        /// What the user calls it.
        name: Title,
        /// The counter of its device and what else changes with its use.
        counters: [u8; COUNTERS],
        /// When it last signed its user in.
        used_at: Option<DateTime<Utc>>,
    }
}
