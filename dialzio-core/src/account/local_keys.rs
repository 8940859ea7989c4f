//! Keys in a file that only its owner may read.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::{self, Debug};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

use super::key_file::{self, Keyset, Line, Stamp};
use super::keys::{KeyError, KeyInfo, KeyProvider, RawKey};
use crate::entropy::Entropy;

/// How often a running process looks whether the file was changed. It looks at once when it meets a key that it does not
/// know.
const LOOK: Duration = Duration::from_secs(5);
/// After how long every running process has noticed a change, with room for one that is slow.
const NOTICED: TimeDelta = TimeDelta::seconds(15);

/// Keys in a file that only its owner may read. A running process notices when the file is replaced: within five seconds, and
/// at once when it meets a key that it does not know. A changed file that is not of the same keys is not taken.
pub struct LocalKeys {
    /// `None` for keys that live as long as the process.
    file: Option<PathBuf>,
    /// They are changed where they come from, and not from here.
    are_fixed: bool,
    held: Mutex<Held>,
}

struct Held {
    keys: Keyset,
    stamp: Option<Stamp>,
    looked: Instant,
}

impl Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalKeys({} keys)", self.held().keys.keys.len())
    }
}

impl LocalKeys {
    /// Opens a key file.
    ///
    /// # Errors
    /// [`KeyError::Missing`] if there is none; [`KeyError::Untrusted`] if it is no key file, or others may read or change
    /// it; [`KeyError::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let (keys, stamp) = key_file::read(path.as_ref())?;
        Ok(Self::holding(keys, Some(stamp), Some(path.as_ref().to_owned())))
    }

    /// Makes a key file with one random key, readable by its owner only: once, for a new installation.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is one; [`KeyError::Io`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let keys = Keyset::of_one(Entropy::system().array(), None);
        match key_file::create(path.as_ref(), &keys) {
            Err(KeyError::Io(error)) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(KeyError::Exists)
            }
            Err(error) => Err(error),
            Ok(stamp) => Ok(Self::holding(keys, Some(stamp), Some(path.as_ref().to_owned()))),
        }
    }

    /// Opens a key file, or makes one if there is none. Keys that were made beside the data of other keys are refused when
    /// they are used, see [`Crm::check_keys`](crate::Crm::check_keys).
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`create`](Self::create).
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        match Self::open(&path) {
            Err(KeyError::Missing) => {}
            other => return other,
        }
        match Self::create(&path) {
            // Another process was faster.
            Err(KeyError::Exists) => Self::open(&path),
            other => other,
        }
    }

    /// Keys in the form of a key file that come from elsewhere, such as the environment of the process. They are changed where
    /// they come from, and a process that holds them has to be started again.
    ///
    /// # Errors
    /// [`KeyError::Untrusted`] if the text is no key file.
    pub fn given(text: &SecretString) -> Result<Self, KeyError> {
        let keys = Keyset::parse(text.expose_secret().trim())?;
        Ok(Self { are_fixed: true, ..Self::holding(keys, None, None) })
    }

    /// One random key that lives as long as the process: for tests.
    #[must_use]
    pub fn ephemeral(entropy: &Entropy) -> Self {
        Self::holding(Keyset::of_one(entropy.array(), None), None, None)
    }

    /// The file gets this name once it is in use: changes are looked for there.
    #[must_use]
    pub fn renamed_to(self, path: impl AsRef<Path>) -> Self {
        Self { file: Some(path.as_ref().to_owned()), ..self }
    }

    fn holding(keys: Keyset, stamp: Option<Stamp>, file: Option<PathBuf>) -> Self {
        Self { file, are_fixed: false, held: Mutex::new(Held { keys, stamp, looked: Instant::now() }) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys, by what the file says now if it was looked at `age` ago or longer.
    fn after_a_look(&self, age: Duration) -> MutexGuard<'_, Held> {
        let mut held = self.held();
        let Some(path) = self.file.as_deref().filter(|_| held.looked.elapsed() >= age) else { return held };
        held.looked = Instant::now();
        // A file that is gone for a moment, or for good, changes nothing for those who have read it.
        let Some(stamp) = key_file::stamp_of(path).filter(|stamp| held.stamp != Some(*stamp)) else {
            return held;
        };
        match key_file::read(path) {
            Ok((keys, read)) if held.keys.is_of(&keys) => {
                tracing::info!(keys = keys.keys.len(), current = keys.current, "the key file was read again");
                (held.keys, held.stamp) = (keys, Some(read));
            }
            Ok(_) => {
                held.stamp = Some(stamp);
                tracing::error!("the key file was replaced by one of other keys, which is not used");
            }
            Err(error) => {
                held.stamp = Some(stamp);
                tracing::error!(%error, "the key file was changed and cannot be used: the keys of before stay");
            }
        }
        held
    }

    /// Changes the keys, and the file with them. What another process changed meanwhile is part of it.
    fn change<T>(&self, how: impl FnOnce(&mut Keyset) -> Result<T, KeyError>) -> Result<T, KeyError> {
        if self.are_fixed {
            return Err(KeyError::Fixed);
        }
        let mut held = self.held();
        let Some(path) = self.file.as_deref() else { return how(&mut held.keys) };
        let _lock = key_file::lock(path)?;
        let (mut keys, _) = key_file::read(path)?;
        if !held.keys.is_of(&keys) {
            return Err(KeyError::Untrusted("it was replaced by a file of other keys"));
        }
        let made = how(&mut keys)?;
        held.stamp = Some(key_file::replace(path, &keys)?);
        held.keys = keys;
        Ok(made)
    }
}

/// The number of a key of a file.
fn number(id: &str) -> Result<u32, KeyError> {
    id.parse().ok().filter(|number: &u32| number.to_string() == id).ok_or(KeyError::Unknown)
}

#[async_trait]
impl KeyProvider for LocalKeys {
    async fn current(&self) -> Result<(String, RawKey), KeyError> {
        let held = self.after_a_look(LOOK);
        let line = held.keys.keys.get(&held.keys.current).ok_or(KeyError::Unknown)?;
        Ok((held.keys.current.to_string(), RawKey::new(*line.key)))
    }

    async fn by_id(&self, id: &str) -> Result<RawKey, KeyError> {
        let number = number(id)?;
        let found = self.after_a_look(LOOK).keys.keys.get(&number).map(|line| RawKey::new(*line.key));
        if let Some(key) = found {
            return Ok(key);
        }
        let held = self.after_a_look(Duration::ZERO);
        held.keys.keys.get(&number).map(|line| RawKey::new(*line.key)).ok_or(KeyError::Unknown)
    }

    async fn ids(&self) -> Result<Vec<String>, KeyError> {
        Ok(self.after_a_look(LOOK).keys.keys.keys().map(u32::to_string).collect())
    }

    async fn describe(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let held = self.after_a_look(Duration::ZERO);
        let keys = &held.keys;
        let of = |(id, line): (&u32, &Line)| KeyInfo {
            id: id.to_string(),
            made_at: line.made_at,
            is_current: *id == keys.current,
            current_since: keys.current_since.filter(|_| *id == keys.current),
        };
        Ok(keys.keys.iter().map(of).collect())
    }

    async fn add(&self, taken: &[String], at: DateTime<Utc>) -> Result<String, KeyError> {
        let entropy = Entropy::system();
        self.change(|keys| {
            let taken = taken.iter().filter_map(|id| number(id).ok());
            let newest = taken.chain(keys.keys.keys().copied()).max().unwrap_or(0);
            let id = newest.checked_add(1).ok_or(KeyError::Untrusted("no id is left for a key"))?;
            let line = Line { key: Zeroizing::new(entropy.array()), made_at: Some(at) };
            keys.keys.insert(id, line);
            Ok(id.to_string())
        })
    }

    async fn promote(&self, id: &str, at: DateTime<Utc>) -> Result<(), KeyError> {
        let number = number(id)?;
        self.change(|keys| {
            let line = keys.keys.get(&number).ok_or(KeyError::Unknown)?;
            if let Some(seconds) = line.made_at.and_then(|made| until_noticed(made, at)) {
                return Err(KeyError::TooSoon { seconds });
            }
            if keys.current != number {
                (keys.current, keys.current_since) = (number, Some(at));
            }
            Ok(())
        })
    }

    async fn remove(&self, id: &str) -> Result<(), KeyError> {
        let number = number(id)?;
        self.change(|keys| {
            if keys.current == number {
                return Err(KeyError::Current);
            }
            keys.keys.remove(&number).map(drop).ok_or(KeyError::Unknown)
        })
    }
}

/// How many seconds are left until every running process has noticed a change.
pub(crate) fn until_noticed(changed: DateTime<Utc>, now: DateTime<Utc>) -> Option<u32> {
    let left = NOTICED - (now - changed);
    // A clock that was set back is no reason to wait for longer than that.
    let left = left.min(NOTICED);
    (left > TimeDelta::zero()).then(|| u32::try_from(left.num_seconds() + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    #[tokio::test]
    async fn a_key_file_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        assert!(matches!(LocalKeys::open(&path), Err(KeyError::Missing)));
        assert!(!path.exists(), "looking for keys makes none");
        let (_, first) = LocalKeys::create(&path).unwrap().current().await.unwrap();
        assert!(matches!(LocalKeys::create(&path), Err(KeyError::Exists)));
        for again in [LocalKeys::open(&path), LocalKeys::open_or_create(&path)] {
            let (_, again) = again.unwrap().current().await.unwrap();
            assert_eq!(first.expose(), again.expose());
        }
    }

    #[tokio::test]
    async fn keys_that_are_given_are_those_of_the_file_and_are_not_changed_from_here() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let (_, kept) = LocalKeys::create(&path).unwrap().current().await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let given = LocalKeys::given(&format!("\n{text}\n").into()).unwrap();
        let (id, key) = given.current().await.unwrap();
        assert_eq!((id.as_str(), key.expose()), ("1", kept.expose()));
        assert!(matches!(given.add(&[], DateTime::UNIX_EPOCH).await, Err(KeyError::Fixed)));
        assert!(matches!(LocalKeys::given(&"no keys".to_owned().into()), Err(KeyError::Untrusted(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_or_change_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        LocalKeys::create(&path).unwrap();
        let refused = || matches!(LocalKeys::open(&path), Err(KeyError::Untrusted(_)));
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for mode in [0o644, 0o640, 0o620, 0o602] {
            set(&path, mode);
            assert!(refused(), "{mode:o}");
        }
        set(&path, 0o600);
        assert!(!refused());
        // Only the system may give files away.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(4_711), None).unwrap();
            assert!(refused());
        }
        let other = dir.path().join("other");
        std::fs::write(&other, "hello").unwrap();
        set(&other, 0o600);
        assert!(matches!(LocalKeys::open(&other), Err(KeyError::Untrusted(_))));
        assert!(matches!(LocalKeys::open(dir.path()), Err(KeyError::Untrusted(_))));
    }

    #[tokio::test]
    async fn a_file_of_before_reads_with_its_newest_key_as_the_current_one() {
        let (one, two) = (STANDARD.encode([1; 32]), STANDARD.encode([2; 32]));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        write(&path, &format!("dialzio-keys/1\n1 {one}\n2 {two}\n"));
        let keys = LocalKeys::open(&path).unwrap();
        assert_eq!(keys.current().await.unwrap().0, "2");
        assert_eq!(keys.add(&["7".to_owned()], at(0)).await.unwrap(), "8", "no id is given twice");
        assert_eq!(keys.current().await.unwrap().0, "2", "a key that was added is not used yet");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("dialzio-keys/2\n1 {one} -\n2 {two} - current -\n8 ")), "{text}");
        for broken in [
            "dialzio-keys/2\n".to_owned(),
            format!("dialzio-keys/2\n1 {one} -\n"),
            format!("dialzio-keys/2\n1 {one} - current -\n2 {two} - current -\n"),
            format!("dialzio-keys/2\n1 {one} - current -\n1 {two} -\n"),
            format!("dialzio-keys/2\n1 {one} today current -\n"),
            format!("dialzio-keys/2\n1 {one} - current - more\n"),
            format!("dialzio-keys/1\n1 {one} -\n"),
            "dialzio-keys/1\n1 c2hvcnQ=\n".to_owned(),
        ] {
            write(&path, &broken);
            assert!(matches!(LocalKeys::open(&path), Err(KeyError::Untrusted(_))), "{broken}");
        }
    }

    #[tokio::test]
    async fn a_running_process_follows_its_file_and_takes_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let server = LocalKeys::create(&path).unwrap();
        let command = LocalKeys::open(&path).unwrap();
        assert_eq!(command.add(&[], at(0)).await.unwrap(), "2");
        let early = command.promote("2", at(3)).await;
        assert!(matches!(early, Err(KeyError::TooSoon { seconds: 13 })), "{early:?}");
        let (_, key) = (command.promote("2", at(20)).await.unwrap(), command.by_id("2").await.unwrap());
        // A key that it meets makes it look at once.
        assert_eq!(server.by_id("2").await.unwrap().expose(), key.expose());
        assert_eq!(server.current().await.unwrap().0, "2");
        assert!(matches!(command.remove("2").await, Err(KeyError::Current)));
        command.remove("1").await.unwrap();
        assert!(matches!(command.remove("1").await, Err(KeyError::Unknown)));
        server.describe().await.unwrap();
        assert!(matches!(server.by_id("1").await, Err(KeyError::Unknown)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let names: Vec<_> =
            std::fs::read_dir(&dir).unwrap().map(|found| found.unwrap().file_name()).collect();
        assert_eq!(names, ["keys"], "nothing is left beside it");
        // Neither a file of other keys nor a damaged or missing one takes the keys away from who has them.
        let stranger = dir.path().join("stranger");
        LocalKeys::create(&stranger).unwrap();
        std::fs::rename(&stranger, &path).unwrap();
        for _ in 0..2 {
            assert_eq!(server.describe().await.unwrap().len(), 1);
            assert_eq!(server.by_id("2").await.unwrap().expose(), key.expose());
            assert!(matches!(server.add(&[], at(50)).await, Err(KeyError::Untrusted(_))));
            write(&path, "damaged");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(server.describe().await.unwrap()[0].id, "2");
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}
