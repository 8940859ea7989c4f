//! The keys of a running process: used only once they are shown to be those of the store, and followed as they change.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use zeroize::Zeroizing;

use super::Sealer;
use super::derived::Derived;
use super::keyring::Proof;
use super::keys::{KeyCheck, KeyError, KeyInfo, KeyProvider, RawKey};
use crate::entropy::Entropy;
use crate::scope::SystemScope;
use crate::store::Store;
use crate::time::Clock;

/// How long a process goes without looking what the database says about the keys. A key that it does not know yet makes it
/// look at once.
const LOOK: Duration = Duration::from_secs(30);

/// Keys that are used only once they are shown to be those of the store.
#[derive(Debug)]
pub(crate) struct BoundKeys {
    keys: Arc<dyn KeyProvider>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    known: RwLock<Option<Arc<Known>>>,
    /// Held while the store is asked.
    looking: tokio::sync::Mutex<()>,
}

/// What the store says about the keys.
pub(crate) struct Known {
    /// In order of their places.
    pub(crate) checks: Vec<KeyCheck>,
    /// By place: what was derived from each key, also from one that was retired.
    derived: BTreeMap<u32, Derived>,
    looked: Duration,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("checks", &self.checks).finish_non_exhaustive()
    }
}

impl Known {
    fn check(&self, id: &str) -> Option<&KeyCheck> {
        self.checks.iter().find(|check| check.key == id)
    }

    /// The keys of suppression hashes, each with the place of the key that it was derived from.
    pub(crate) fn suppression_keys(&self) -> impl Iterator<Item = (u32, &Zeroizing<[u8; 32]>)> {
        self.derived.iter().map(|(place, derived)| (*place, &derived.suppression))
    }
}

impl BoundKeys {
    pub(crate) fn new(keys: Arc<dyn KeyProvider>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { keys, store, clock, known: RwLock::default(), looking: tokio::sync::Mutex::default() }
    }

    /// The keys themselves, of which nothing is shown.
    pub(crate) fn provider(&self) -> &dyn KeyProvider {
        &*self.keys
    }

    /// Shows that these are the keys of the store.
    pub(crate) async fn bind(&self) -> Result<(), KeyError> {
        self.known().await.map(drop)
    }

    /// As [`bind`](Self::bind), where nothing shows whose keys they are and an operator says that they are the right ones.
    pub(crate) async fn adopt(&self) -> Result<(), KeyError> {
        let _looking = self.looking.lock().await;
        self.look(true).await.map(drop)
    }

    /// What the store says about the keys, looked up lately.
    pub(crate) async fn known(&self) -> Result<Arc<Known>, KeyError> {
        let is_fresh = |known: &Arc<Known>| self.clock.uptime().saturating_sub(known.looked) < LOOK;
        if let Some(known) = self.held().filter(is_fresh) {
            return Ok(known);
        }
        let _looking = self.looking.lock().await;
        let held = self.held();
        if let Some(known) = held.clone().filter(is_fresh) {
            return Ok(known);
        }
        match (self.look(false).await, held) {
            (Ok(known), _) => Ok(known),
            // What was shown once stays shown while the store cannot be asked, or a key file is not everywhere yet.
            (Err(error), Some(known)) if !matches!(error, KeyError::Foreign) => {
                tracing::warn!(%error, "the keys cannot be compared with the database: those of before stay");
                Ok(self.hold(Known { looked: self.clock.uptime(), ..Known::clone(&known) }))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The same, looked up at this instant.
    pub(crate) async fn known_anew(&self) -> Result<Arc<Known>, KeyError> {
        let _looking = self.looking.lock().await;
        self.look(false).await
    }

    async fn look(&self, vouched: bool) -> Result<Arc<Known>, KeyError> {
        let system = SystemScope::new();
        let proof =
            Proof { keys: &self.keys, store: &*self.store, at: self.clock.now(), system: SystemScope::new() };
        proof.prove(vouched).await?;
        let checks = self.store.key_checks(&system).await?;
        let sealer = Sealer::new(Arc::clone(&self.keys), Arc::new(Entropy::system()));
        let mut derived = BTreeMap::new();
        for check in &checks {
            let of_key = match self.keys.by_id(&check.key).await {
                Ok(key) if check.retired_at.is_none() => Some(Derived::of(&key)?),
                Ok(_) | Err(KeyError::Unknown) => Derived::kept(&sealer, check).await,
                Err(error) => return Err(error),
            };
            match of_key {
                Some(of_key) => drop(derived.insert(check.place, of_key)),
                None => {
                    tracing::error!(key = check.key, "what was made under this key cannot be told any more");
                }
            }
        }
        Ok(self.hold(Known { checks, derived, looked: self.clock.uptime() }))
    }

    fn held(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        known
    }

    /// The store has to know a key before it is used. One that was retired is not used any more.
    async fn admit(&self, id: &str) -> Result<(), KeyError> {
        let known = self.known().await?;
        let found = match known.check(id) {
            Some(check) => check.retired_at,
            None => {
                let known = self.known_anew().await?;
                known.check(id).ok_or(KeyError::Unknown)?.retired_at
            }
        };
        if found.is_some() { Err(KeyError::Unknown) } else { Ok(()) }
    }

    /// What checkpoints under a key were signed with, also under one that was retired.
    pub(crate) async fn checkpoint_key(&self, id: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let mut known = self.known().await?;
        if known.check(id).is_none() {
            known = self.known_anew().await?;
        }
        let place = known.check(id).ok_or(KeyError::Unknown)?.place;
        known.derived.get(&place).map(|derived| derived.checkpoint.clone()).ok_or(KeyError::Unknown)
    }
}

impl Clone for Known {
    fn clone(&self) -> Self {
        Self { checks: self.checks.clone(), derived: self.derived.clone(), looked: self.looked }
    }
}

#[async_trait]
impl KeyProvider for BoundKeys {
    async fn current(&self) -> Result<(String, RawKey), KeyError> {
        self.bind().await?;
        let (id, key) = self.keys.current().await?;
        self.admit(&id).await?;
        Ok((id, key))
    }

    async fn by_id(&self, id: &str) -> Result<RawKey, KeyError> {
        self.bind().await?;
        // A provider that knows the key shows it to the store first.
        let key = self.keys.by_id(id).await?;
        self.admit(id).await?;
        Ok(key)
    }

    async fn ids(&self) -> Result<Vec<String>, KeyError> {
        self.bind().await?;
        self.keys.ids().await
    }

    async fn describe(&self) -> Result<Vec<KeyInfo>, KeyError> {
        self.bind().await?;
        self.keys.describe().await
    }
}
