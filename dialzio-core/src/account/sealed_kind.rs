//! Every kind of sealed value that a store keeps, so that all of them can be wrapped with another key.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SealedContext;
use crate::id::OrgId;
use crate::name::string_enum;

string_enum! {
    /// A column that holds sealed values: its table and its name.
    pub enum SealedKind {
        /// What outlives keys of the installation.
        KeptKey = "key_check.kept",
        /// The secrets that sign an app's webhooks.
        AppSecret = "app_secret.sealed",
        /// The token of an app's subscription check.
        VerifyToken = "app.verify_token",
        /// The secret of a member's second factor.
        SecondFactor = "second_factor.secret",
        /// Mail that waits to be sent.
        Mail = "mail.sealed",
        /// Bytes that could not be used, of all organisations and of none.
        Quarantine = "quarantine.sealed",
        /// The credentials of accounts.
        Credentials = "account.token",
        /// The secrets that are shown to identity providers.
        ClientSecret = "identity_provider.client_secret",
        /// What a provider sent with a message.
        Beside = "message.beside",
        /// The keys of files and recordings, whose bytes are in the blob store.
        File = "media.wrapped_key",
        /// Received elements that wait.
        Inbox = "inbox_item.sealed",
    }
}

/// The longest beginning of a sealed value that a key can be wrapped in: version, length, id, nonce, key and tag.
const LONGEST_HEAD: usize = 1 + 1 + 255 + super::sealed::NONCE + 48;

impl SealedKind {
    /// How many bytes of a value a store answers: as many as its wrapped key can have.
    pub const HEAD: u32 = LONGEST_HEAD as u32;

    /// Whether values are in tables of the installation rather than in those of an organisation.
    #[must_use]
    pub const fn is_of_system(self) -> bool {
        match self {
            Self::KeptKey
            | Self::AppSecret
            | Self::VerifyToken
            | Self::SecondFactor
            | Self::Mail
            | Self::Quarantine => true,
            Self::Credentials | Self::ClientSecret | Self::Beside | Self::File | Self::Inbox => false,
        }
    }

    /// How many bytes stand before the wrapped key: a file's key is kept by itself.
    pub(crate) const fn before(self) -> usize {
        match self {
            Self::File => 0,
            _ => 1,
        }
    }

    /// What a value of this kind is bound to.
    pub(crate) fn context(self, row: &SealedRow) -> SealedContext {
        let (table, kind) = match self {
            Self::KeptKey => ("key_check", "kept"),
            Self::AppSecret => ("app", "secret"),
            Self::VerifyToken => ("app", "verify_token"),
            Self::SecondFactor => ("second_factor", "secret"),
            Self::Mail => ("mail", "content"),
            Self::Quarantine => ("quarantine", "body"),
            Self::Credentials => ("account", SealedContext::CREDENTIALS),
            Self::ClientSecret => ("identity_provider", "client_secret"),
            Self::Beside => ("message", "beside"),
            Self::File => ("media", "body"),
            Self::Inbox => ("inbox", "element"),
        };
        SealedContext { org: row.org, table, row: row.place.row, kind }
    }
}

/// Where a sealed value is within its kind: they are listed in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SealedPlace {
    /// The row. Of a key: its place among the keys, as a number.
    pub row: Uuid,
    /// Which of several in the row.
    pub place: u32,
}

impl SealedPlace {
    /// The only value of a row.
    #[must_use]
    pub const fn of(row: Uuid) -> Self {
        Self { row, place: 0 }
    }
}

/// The beginning of a sealed value.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// Whose it is; nil if no organisation's.
    pub org: OrgId,
    /// Where it is.
    pub place: SealedPlace,
    /// Its first bytes, at most [`SealedKind::HEAD`].
    pub head: Vec<u8>,
}

impl std::fmt::Debug for SealedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedRow({}, {} bytes)", self.place.row, self.head.len())
    }
}

/// A data key wrapped anew: the value goes on as it was. One that was written meanwhile begins with other bytes, and stays.
#[derive(Clone, PartialEq, Eq)]
pub struct Rewrap {
    /// Of which kind.
    pub kind: SealedKind,
    /// Where it is.
    pub place: SealedPlace,
    /// The bytes that the value has to begin with.
    pub from: Vec<u8>,
    /// The bytes that take their place.
    pub to: Vec<u8>,
}

impl std::fmt::Debug for Rewrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rewrap({}, {})", self.kind, self.place.row)
    }
}

impl Rewrap {
    /// What a value becomes; `None` if it does not begin with the bytes that are expected.
    #[must_use]
    pub fn applied(&self, value: &[u8]) -> Option<Vec<u8>> {
        let rest = value.strip_prefix(self.from.as_slice())?;
        Some([&self.to, rest].concat())
    }
}
