//! Rotation of the keys that wrap data keys, by the operator, while the servers run: a key is added, promoted, everything is
//! wrapped anew with it, and the key of before is retired.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{Operator, OperatorAction, TRIES};
use crate::account::{
    KeyChange, KeyError, KeyProvider, Rewrap, SealedKind, SealedPlace, SealedRow, Sealer, row_of,
    until_noticed,
};
use crate::error::Error;
use crate::id::OrgId;
use crate::ledger::Action;
use crate::scope::{OrgScope, Permission};
use crate::store::{Batch, StoreError, SystemWrite, Write};

/// How many records one part reads: few enough to be done within a second.
const PART: u32 = 300;
/// How often one part asks for records of a kind in an organisation that has none.
const EMPTY: u32 = 200;

/// A key of the installation, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// Its id.
    pub id: String,
    /// What tells it apart; of a key that was retired nothing is left to tell.
    pub fingerprint: Option<String>,
    /// When it was made, or else when it was first used here.
    pub made_at: chrono::DateTime<chrono::Utc>,
    /// Whether new values are wrapped with it.
    pub is_current: bool,
    /// Since when, if that is known.
    pub current_since: Option<chrono::DateTime<chrono::Utc>>,
    /// When it was retired.
    pub retired_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Where a walk over everything sealed goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWalk {
    org: Option<OrgId>,
    kind: SealedKind,
    after: Option<SealedPlace>,
}

/// How many records of a kind are wrapped with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTally {
    /// The kind.
    pub kind: SealedKind,
    /// The key's id; `None` for bytes that name none.
    pub key: Option<String>,
    /// How many.
    pub records: u64,
}

/// What one part of a walk found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWalked {
    /// What was found, before anything was wrapped anew.
    pub found: Vec<KeyTally>,
    /// How many were wrapped anew. One that was written meanwhile stays as it was written.
    pub rewrapped: u64,
    /// Those that cannot be opened, by kind and row. They stay as they are.
    pub unreadable: Vec<String>,
    /// Where it goes on; `None` at the end.
    pub next: Option<KeyWalk>,
}

/// The tallies of a walk, added up.
#[derive(Debug, Default)]
struct Tallies(BTreeMap<(SealedKind, Option<String>), u64>);

impl Tallies {
    fn into_list(self) -> Vec<KeyTally> {
        self.0.into_iter().map(|((kind, key), records)| KeyTally { kind, key, records }).collect()
    }
}

const OF_SYSTEM: fn(&SealedKind) -> bool = |kind| kind.is_of_system();

impl KeyWalk {
    /// Kinds of the installation, or of an organisation, after one of them.
    fn kind_after(org: Option<OrgId>, before: Option<SealedKind>) -> Option<SealedKind> {
        let kinds = SealedKind::ALL.iter().filter(|kind| OF_SYSTEM(kind) == org.is_none());
        kinds.copied().find(|kind| before.is_none_or(|before| *kind > before))
    }
}

impl Operator<'_> {
    /// The keys, oldest first, also those that were retired.
    ///
    /// # Errors
    /// [`Error::Keys`]; [`Error::Store`].
    pub async fn keys(&self) -> Result<Vec<KeyStatus>, Error> {
        let keys = self.listed_keys().await?;
        self.record(OperatorAction::KeysListed, super::NO_RECORD, None, None).await?;
        Ok(keys)
    }

    async fn listed_keys(&self) -> Result<Vec<KeyStatus>, Error> {
        let known = self.runtime.keys().known_anew().await?;
        let provider = self.runtime.keys().provider();
        let described = provider.describe().await?;
        let mut found = Vec::with_capacity(known.checks.len());
        for check in &known.checks {
            let info = described.iter().find(|info| info.id == check.key && check.retired_at.is_none());
            let fingerprint = match info {
                Some(info) => Some(provider.by_id(&info.id).await?.fingerprint()?),
                None => None,
            };
            found.push(KeyStatus {
                id: check.key.clone(),
                fingerprint,
                made_at: info.and_then(|info| info.made_at).unwrap_or(check.made_at),
                is_current: info.is_some_and(|info| info.is_current),
                current_since: info.and_then(|info| info.current_since),
                retired_at: check.retired_at,
            });
        }
        Ok(found)
    }

    async fn key(&self, id: &str) -> Result<KeyStatus, Error> {
        let found = self.listed_keys().await?.into_iter().find(|key| key.id == id);
        found.ok_or(Error::Keys(KeyError::Unknown))
    }

    /// Makes a key. It is not used before it is promoted, so that every process knows it by then.
    ///
    /// # Errors
    /// [`KeyError::Fixed`] if the keys are not changed from here; [`Error::Store`].
    pub async fn add_key(&self) -> Result<KeyStatus, Error> {
        let known = self.runtime.keys().known_anew().await?;
        let taken: Vec<_> = known.checks.iter().map(|check| check.key.clone()).collect();
        let id = self.runtime.keys().provider().add(&taken, self.runtime.now()).await?;
        // The store knows the key from here on.
        let made = self.key(&id).await?;
        self.record_key(OperatorAction::KeyAdded, &id, None).await?;
        Ok(made)
    }

    /// New values are wrapped with this key from now on.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], [`KeyError::Retired`]; [`KeyError::TooSoon`] while a process may not know the key;
    /// [`KeyError::Fixed`]; [`Error::Store`].
    pub async fn promote_key(&self, id: &str) -> Result<KeyStatus, Error> {
        if self.key(id).await?.retired_at.is_some() {
            return Err(KeyError::Retired.into());
        }
        self.runtime.keys().provider().promote(id, self.runtime.now()).await?;
        self.record_key(OperatorAction::KeyPromoted, id, None).await?;
        self.key(id).await
    }

    /// Destroys a key with which nothing is wrapped any more. What was derived from it for suppressions and checkpoints stays,
    /// sealed under the current key.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], [`KeyError::Current`], [`KeyError::Fingerprint`]; [`KeyError::InUse`] with what is left;
    /// [`KeyError::TooSoon`] while a process may still wrap values with it; [`KeyError::Fixed`]; [`Error::Store`].
    pub async fn retire_key(&self, id: &str, fingerprint: &str) -> Result<(), Error> {
        let keys = self.listed_keys().await?;
        let key = keys.iter().find(|key| key.id == id).ok_or(Error::Keys(KeyError::Unknown))?;
        if key.is_current {
            return Err(KeyError::Current.into());
        }
        let current = keys.iter().find(|key| key.is_current);
        if let Some(since) = current.and_then(|current| current.current_since)
            && let Some(seconds) = until_noticed(since, self.runtime.now())
        {
            return Err(KeyError::TooSoon { seconds }.into());
        }
        // One that was retired and is still there is removed now: the process that retired it did not get so far.
        let retiring = key.retired_at.is_none();
        if retiring {
            let said: String = fingerprint.chars().filter(|c| !c.is_whitespace()).collect();
            if key.fingerprint.as_deref() != Some(said.to_ascii_lowercase().as_str()) {
                return Err(KeyError::Fingerprint.into());
            }
        }
        self.refuse_in_use(id).await?;
        if retiring {
            let at = self.runtime.now();
            self.record_key(OperatorAction::KeyRetired, id, Some(KeyChange::Retire(at))).await?;
        }
        self.runtime.keys().provider().remove(id).await?;
        self.runtime.keys().known_anew().await?;
        Ok(())
    }

    async fn refuse_in_use(&self, id: &str) -> Result<(), Error> {
        let (mut left, mut next) = (BTreeMap::<SealedKind, u64>::new(), None);
        loop {
            let walked = self.walk(next, None).await?;
            for tally in walked.found.iter().filter(|tally| tally.key.as_deref() == Some(id)) {
                *left.entry(tally.kind).or_default() += tally.records;
            }
            match walked.next {
                Some(_) => next = walked.next,
                None => break,
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        let left: Vec<_> = left.iter().map(|(kind, records)| format!("{kind}: {records}")).collect();
        Err(KeyError::InUse { left: left.join(", ") }.into())
    }

    /// Counts what is wrapped with which key: the first part, or the one that begins where the part before ended.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count_wrapped(&self, from: Option<KeyWalk>) -> Result<KeyWalked, Error> {
        self.walk(from, None).await
    }

    /// Wraps everything that another key wraps with the current one: the first part, or the one that begins where the part before
    /// ended. It may be stopped and begun again at any time; readers and writers go on. Values that are written meanwhile
    /// stay, so walks are repeated until one finds nothing to do.
    ///
    /// # Errors
    /// [`Error::Keys`]; [`Error::Store`].
    pub async fn rewrap_keys(&self, from: Option<KeyWalk>) -> Result<KeyWalked, Error> {
        let (current, _) = self.runtime.keys().current().await?;
        if from.is_none() {
            self.record_key(OperatorAction::KeysRewrapped, &current, None).await?;
        }
        self.walk(from, Some(&current)).await
    }

    async fn walk(&self, from: Option<KeyWalk>, onto: Option<&str>) -> Result<KeyWalked, Error> {
        let start = KeyWalk { org: None, kind: SealedKind::ALL[0], after: None };
        let (mut at, mut walked, mut tallies) =
            (from.unwrap_or(start), KeyWalked::default(), Tallies::default());
        let (mut left, mut looks) = (PART, EMPTY);
        while left > 0 && looks > 0 {
            looks -= 1;
            let rows = self.rows(at, left).await?;
            let full = rows.len() >= left as usize;
            left -= u32::try_from(rows.len()).unwrap_or(left).min(left);
            let mut anew = Vec::new();
            for row in &rows {
                let wrapped = row.head.get(at.kind.before()..).unwrap_or_default();
                let key = Sealer::key_of(wrapped).ok().filter(|key| !key.is_empty());
                *tallies.0.entry((at.kind, key.map(str::to_owned))).or_default() += 1;
                if onto.is_some_and(|onto| key != Some(onto)) {
                    match self.rewrapped(at.kind, row).await {
                        Ok(rewrap) => anew.push(rewrap),
                        Err(Error::Sealed) => {
                            walked.unreadable.push(format!("{} {}", at.kind, row.place.row));
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            walked.rewrapped += u64::try_from(anew.len()).unwrap_or(u64::MAX);
            self.write(at.org, anew).await?;
            if full {
                at.after = rows.last().map(|row| row.place);
                continue;
            }
            match self.after(at).await? {
                Some(next) => at = next,
                None => {
                    walked.found = tallies.into_list();
                    return Ok(walked);
                }
            }
        }
        walked.found = tallies.into_list();
        walked.next = Some(at);
        Ok(walked)
    }

    async fn rows(&self, at: KeyWalk, limit: u32) -> Result<Vec<SealedRow>, Error> {
        let store = self.runtime.store();
        Ok(match at.org {
            None => store.sealed(self.runtime.system(), at.kind, at.after, limit).await?,
            Some(org) => store.sealed_in(&OrgScope::new(org), at.kind, at.after, limit).await?,
        })
    }

    /// The next kind, or the first kind of the next organisation.
    async fn after(&self, at: KeyWalk) -> Result<Option<KeyWalk>, Error> {
        if let Some(kind) = KeyWalk::kind_after(at.org, Some(at.kind)) {
            return Ok(Some(KeyWalk { kind, after: None, ..at }));
        }
        let next = self.runtime.store().organisations(self.runtime.system(), at.org, 1).await?;
        let org = next.first().map(|org| org.id);
        let kind = KeyWalk::kind_after(org, None);
        Ok(org.and(kind).map(|kind| KeyWalk { org, kind, after: None }))
    }

    async fn rewrapped(&self, kind: SealedKind, row: &SealedRow) -> Result<Rewrap, Error> {
        let (version, wrapped) = row.head.split_at_checked(kind.before()).ok_or(Error::Sealed)?;
        let (used, anew) = self.runtime.sealer().rewrap(&kind.context(row), wrapped).await?;
        let from = row.head.get(..version.len() + used).ok_or(Error::Sealed)?.to_vec();
        Ok(Rewrap { kind, place: row.place, from, to: [version, &anew].concat() })
    }

    async fn write(&self, org: Option<OrgId>, anew: Vec<Rewrap>) -> Result<(), Error> {
        if anew.is_empty() {
            return Ok(());
        }
        let store = self.runtime.store();
        match org {
            None => {
                let writes = anew.into_iter().map(SystemWrite::Rewrap).collect();
                store.commit_system(self.runtime.system(), writes, None).await?;
            }
            Some(org) => {
                let actor = self.act_as(org).await?;
                let mut batch = Batch::new(&actor, Action::KeysRewrapped, self.runtime.now());
                for rewrap in anew {
                    batch.write(Write::Rewrap(rewrap));
                }
                store.commit_one(actor.scope_for(Permission::AuditRead)?, batch).await?;
            }
        }
        Ok(())
    }

    /// Puts what is done with a key on record, together with what changes of it.
    async fn record_key(
        &self,
        action: OperatorAction,
        id: &str,
        change: Option<KeyChange>,
    ) -> Result<(), Error> {
        let known = self.runtime.keys().known().await?;
        let place = known.checks.iter().find(|check| check.key == id).map(|check| check.place);
        let place = place.ok_or(Error::Keys(KeyError::Unknown))?;
        for _ in 0..TRIES {
            let entry = self.entry(action, None, Some(row_of(place))).await?;
            let change = change.clone().map(|change| SystemWrite::ChangeKey { place, change });
            let writes = std::iter::once(SystemWrite::Operator(entry)).chain(change).collect();
            match self.runtime.store().commit_system(self.runtime.system(), writes, None).await {
                Ok(_) => return Ok(()),
                // Another operator took the place in the log: the entry goes behind theirs.
                Err(StoreError::PreconditionFailed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable.into())
    }
}
