//! What is derived from a key and outlives it.
//!
//! Suppressions are keyed hashes of identifiers that are kept nowhere, so they cannot be made anew under another key; and
//! checkpoints outside the database stay signed as they are. The keys of both are derived from a key of the installation.
//! They are kept in the database beside the check value of that key, sealed under the current one, and wrapped anew like
//! every other sealed value: so a key can go without what was made under it.

use zeroize::Zeroizing;

use super::keys::{CHECKPOINT, KeyCheck, KeyError, RawKey, SUPPRESSION, row_of};
use super::{Sealed, SealedContext, Sealer};
use crate::error::Error;
use crate::id::OrgId;

/// The keys that are derived from one key of the installation.
#[derive(Clone)]
pub(crate) struct Derived {
    pub(crate) suppression: Zeroizing<[u8; 32]>,
    pub(crate) checkpoint: Zeroizing<[u8; 32]>,
}

impl Derived {
    pub(crate) fn of(key: &RawKey) -> Result<Self, KeyError> {
        let (suppression, checkpoint) = (key.derive(SUPPRESSION)?, key.derive(CHECKPOINT)?);
        Ok(Self { suppression: Zeroizing::new(suppression), checkpoint: Zeroizing::new(checkpoint) })
    }

    pub(crate) async fn seal(&self, sealer: &Sealer, place: u32) -> Result<Sealed, Error> {
        let plain = Zeroizing::new([*self.suppression, *self.checkpoint].concat());
        sealer.seal(&context(place), &plain).await
    }

    /// `None` if nothing is kept of the key, or it does not open.
    pub(crate) async fn kept(sealer: &Sealer, check: &KeyCheck) -> Option<Self> {
        let plain = sealer.open(&context(check.place), check.kept.as_ref()?).await.ok()?;
        let (suppression, checkpoint) = plain.split_first_chunk::<32>()?;
        Some(Self {
            suppression: Zeroizing::new(*suppression),
            checkpoint: Zeroizing::new(checkpoint.try_into().ok()?),
        })
    }
}

fn context(place: u32) -> SealedContext {
    SealedContext { org: OrgId::NIL, table: "key_check", row: row_of(place), kind: "kept" }
}
