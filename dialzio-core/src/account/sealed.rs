//! A sealed value, and what it is bound to.

use std::fmt;
use uuid::Uuid;

use crate::id::{OrgId, TypedId};

/// How many bytes a nonce has.
pub(super) const NONCE: usize = 12;

/// What a sealed value is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedContext {
    /// The organisation; nil for system tables.
    pub org: OrgId,
    /// The table that the sealed value is kept in.
    pub table: &'static str,
    /// The id of the row that it is kept in.
    pub row: Uuid,
    /// What the value is.
    pub kind: &'static str,
}

impl SealedContext {
    /// The context of a value: sealed bytes that are moved to another place do not open.
    #[must_use]
    pub fn new(org: OrgId, table: &'static str, row: impl TypedId, kind: &'static str) -> Self {
        Self { org, table, row: row.uuid(), kind }
    }

    /// The kind of an account's credentials, as the first release named them.
    pub(crate) const CREDENTIALS: &'static str = "token";

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"dialzio/sealed/1\0".to_vec();
        out.extend_from_slice(self.org.uuid().as_bytes());
        out.extend_from_slice(self.row.as_bytes());
        for word in [self.table, self.kind] {
            out.extend_from_slice(word.as_bytes());
            out.push(0);
        }
        out
    }
}

/// A sealed value, as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub(super) Vec<u8>);

impl Sealed {
    /// Takes stored bytes; whether they open shows later.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
