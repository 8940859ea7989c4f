//! Keys belong to the data: before a key is used, it is checked against the check values in the database.
//!
//! Suppressions are keyed hashes. With other keys people who opted out, or were erased, would not be recognised, and no
//! credential would open. So a key that the database does not know is not used at all.

use chrono::{DateTime, Utc};
use std::sync::Arc;
use subtle::ConstantTimeEq;

use super::derived::Derived;
use super::keys::{KeyChange, KeyCheck, KeyError, KeyProvider};
use super::{App, Sealed, SealedContext, Sealer};
use crate::entropy::Entropy;
use crate::error::Error;
use crate::id::OrgId;
use crate::scope::{OrgScope, SystemScope};
use crate::store::{Store, StoreError, SystemWrite};

/// What a check is made over.
const TEXT: &[u8] = b"dialzio/key-check/1";
/// How often another process may be faster.
const TRIES: usize = 4;

/// Whether keys are those of a store.
pub(super) struct Proof<'a> {
    pub(super) keys: &'a Arc<dyn KeyProvider>,
    pub(super) store: &'a dyn Store,
    pub(super) at: DateTime<Utc>,
    pub(super) system: SystemScope,
}

/// Shows that keys are those of a store, and fails otherwise; a new store takes them on.
///
/// # Errors
/// [`KeyError`] says what to restore.
pub async fn check_keys(
    store: &dyn Store,
    keys: &Arc<dyn KeyProvider>,
    at: DateTime<Utc>,
) -> Result<(), KeyError> {
    Proof { keys, store, at, system: SystemScope::new() }.prove(false).await
}

/// Whether a store holds nothing yet: no organisation, no app, no keys that it knows.
///
/// # Errors
/// [`StoreError`] if it cannot be read.
pub async fn is_new(store: &dyn Store) -> Result<bool, StoreError> {
    let system = SystemScope::new();
    Ok(store.key_checks(&system).await?.is_empty()
        && store.organisations(&system, None, 1).await?.is_empty()
        && store.apps(&system, None).await?.is_empty())
}

/// What of the data says about the keys.
#[derive(Debug, Default)]
struct Signs {
    opened: u64,
    shut: u64,
}

impl Proof<'_> {
    /// A store that knows no keys yet takes these on: at once if it is new, and otherwise if something in it was sealed with
    /// them, or an operator says so.
    pub(super) async fn prove(&self, vouched: bool) -> Result<(), KeyError> {
        for _ in 0..TRIES {
            let kept = self.store.key_checks(&self.system).await?;
            self.matches(&kept).await?;
            if kept.is_empty() && !vouched {
                self.fits_the_data().await?;
            }
            if self.add(&kept).await? {
                return self.keep().await;
            }
        }
        Err(KeyError::Store(StoreError::Unavailable))
    }

    /// Whether each key that the database knows is here, and is the same.
    async fn matches(&self, kept: &[KeyCheck]) -> Result<(), KeyError> {
        let (mut same, mut missing, mut other) = (0, Vec::new(), 0);
        let used: Vec<_> = kept.iter().filter(|check| check.retired_at.is_none()).collect();
        for check in &used {
            match self.keys.by_id(&check.key).await {
                Ok(key) if bool::from(key.derive(TEXT)?.ct_eq(&check.mac)) => same += 1,
                Ok(_) => other += 1,
                Err(KeyError::Unknown) => missing.push(check.key.clone()),
                Err(error) => return Err(error),
            }
        }
        match (kept.is_empty() || same == used.len(), other, same) {
            (true, ..) => Ok(()),
            (false, 0, 1..) => Err(KeyError::Incomplete { missing: missing.join(", ") }),
            (false, ..) => Err(KeyError::Foreign),
        }
    }

    /// Notes the keys that the database does not know yet; `false` if another process was faster.
    async fn add(&self, kept: &[KeyCheck]) -> Result<bool, KeyError> {
        let mut place = kept.last().map_or(0, |last| last.place);
        for id in self.keys.ids().await? {
            if kept.iter().any(|check| check.key == id) {
                continue;
            }
            place += 1;
            let mac = self.keys.by_id(&id).await?.derive(TEXT)?;
            let check = KeyCheck { place, key: id, mac, made_at: self.at, kept: None, retired_at: None };
            match self.store.commit_system(&self.system, vec![SystemWrite::KeyCheck(check)], None).await {
                Ok(_) => {}
                Err(StoreError::PreconditionFailed(_)) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Keeps what outlives each key, as long as it is there to be derived from.
    async fn keep(&self) -> Result<(), KeyError> {
        let kept = self.store.key_checks(&self.system).await?;
        let sealer = Sealer::new(Arc::clone(self.keys), Arc::new(Entropy::system()));
        for check in kept.iter().filter(|check| check.kept.is_none() && check.retired_at.is_none()) {
            let derived = Derived::of(&self.keys.by_id(&check.key).await?)?;
            let sealed = match derived.seal(&sealer, check.place).await {
                Ok(sealed) => sealed,
                Err(Error::Keys(error)) => return Err(error),
                Err(_) => return Err(KeyError::Unknown),
            };
            let change = SystemWrite::ChangeKey { place: check.place, change: KeyChange::Keep(sealed) };
            match self.store.commit_system(&self.system, vec![change], None).await {
                // Another process was faster.
                Ok(_) | Err(StoreError::PreconditionFailed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// A database of an earlier release knows no keys: what was sealed or hashed in it has to show whose they are.
    async fn fits_the_data(&self) -> Result<(), KeyError> {
        let sealer = Sealer::new(Arc::clone(self.keys), Arc::new(Entropy::system()));
        let mut signs = Signs::default();
        for app in self.store.apps(&self.system, None).await? {
            signs.app(&sealer, &app).await?;
        }
        let (mut after, mut suppressed) = (None, false);
        loop {
            let orgs = self.store.organisations(&self.system, after, 100).await?;
            let Some(last) = orgs.last() else { break };
            after = Some(last.id);
            for org in orgs {
                let scope = OrgScope::new(org.id);
                for app in self.store.apps(&self.system, Some(org.id)).await? {
                    signs.app(&sealer, &app).await?;
                }
                for account in self.store.accounts(&scope).await? {
                    let context =
                        SealedContext::new(org.id, "account", account.id, SealedContext::CREDENTIALS);
                    signs.look(&sealer, &context, &account.credentials).await?;
                }
                suppressed |= self.store.any_suppression(&scope).await?;
            }
        }
        match signs {
            Signs { opened: 0, shut: 1.. } => Err(KeyError::Foreign),
            Signs { shut: 1.., .. } => Err(KeyError::Unproven),
            Signs { opened: 1.., .. } => Ok(()),
            // Hashes do not show which key they were made with.
            Signs { .. } if suppressed => Err(KeyError::Unproven),
            Signs { .. } => Ok(()),
        }
    }
}

impl Signs {
    async fn app(&mut self, sealer: &Sealer, app: &App) -> Result<(), KeyError> {
        if let Some(token) = &app.verify_token {
            let context = SealedContext::new(OrgId::NIL, "app", app.id, "verify_token");
            self.look(sealer, &context, token).await?;
        }
        Ok(())
    }

    async fn look(
        &mut self,
        sealer: &Sealer,
        context: &SealedContext,
        sealed: &Sealed,
    ) -> Result<(), KeyError> {
        match sealer.open(context, sealed).await {
            Ok(_) => self.opened += 1,
            Err(Error::Keys(error)) => return Err(error),
            Err(_) => self.shut += 1,
        }
        Ok(())
    }
}
