//! The key file: its text, who may read it, and how it is replaced.
//!
//! ```text
//! dialzio-keys/2
//! 1 <key in base64> 2026-01-02T03:04:05Z
//! 2 <key in base64> 2026-12-01T00:00:00Z current 2026-12-01T00:10:00Z
//! ```
//!
//! The current key is the one that says so. Files of earlier releases (`dialzio-keys/1`) have an id and a key in a line, and
//! the greatest id is the current one; they are written in the new form when a key is added.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use std::collections::BTreeMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::keys::KeyError;

const FIRST: &str = "dialzio-keys/1";
const HEADER: &str = "dialzio-keys/2";
/// For an instant that is not known.
const UNKNOWN: &str = "-";

/// One key of a file.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) made_at: Option<DateTime<Utc>>,
}

/// What a key file says.
#[derive(Clone)]
pub(super) struct Keyset {
    pub(super) keys: BTreeMap<u32, Line>,
    pub(super) current: u32,
    pub(super) current_since: Option<DateTime<Utc>>,
}

/// By what a change of a file shows without reading it.
pub(super) type Stamp = (Option<std::time::SystemTime>, u64, u64);

impl Keyset {
    pub(super) fn of_one(key: [u8; 32], made_at: Option<DateTime<Utc>>) -> Self {
        let line = Line { key: Zeroizing::new(key), made_at };
        Self { keys: BTreeMap::from([(1, line)]), current: 1, current_since: made_at }
    }

    pub(super) fn parse(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines();
        let is_first = match lines.next() {
            Some(FIRST) => true,
            Some(HEADER) => false,
            _ => return Err(KeyError::Untrusted("not a key file")),
        };
        let (mut keys, mut current) = (BTreeMap::new(), None);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let broken = || KeyError::Untrusted("a damaged line");
            let mut words = line.split_ascii_whitespace();
            let id = words.next().and_then(|id| id.parse::<u32>().ok()).ok_or_else(broken)?;
            let bytes = STANDARD.decode(words.next().ok_or_else(broken)?).map(Zeroizing::new);
            let key = bytes.ok().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
            let key = Zeroizing::new(key.ok_or_else(broken)?);
            let made_at = if is_first { None } else { instant(words.next()).ok_or_else(broken)? };
            match (words.next(), is_first) {
                (None, _) => {}
                (Some("current"), false) if current.is_none() => {
                    current = Some((id, instant(words.next()).ok_or_else(broken)?));
                }
                (Some("current"), false) => return Err(KeyError::Untrusted("two keys are current")),
                _ => return Err(broken()),
            }
            if words.next().is_some() || keys.insert(id, Line { key, made_at }).is_some() {
                return Err(broken());
            }
        }
        let newest = *keys.last_key_value().ok_or(KeyError::Untrusted("holds no key"))?.0;
        let (current, current_since) = match current {
            Some(said) => said,
            None if is_first => (newest, None),
            None => return Err(KeyError::Untrusted("no key is current")),
        };
        Ok(Self { keys, current, current_since })
    }

    fn text(&self) -> Zeroizing<String> {
        let word = |at: Option<DateTime<Utc>>| {
            at.map_or_else(|| UNKNOWN.to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
        };
        let mut text = Zeroizing::new(format!("{HEADER}\n"));
        for (id, line) in &self.keys {
            let key = Zeroizing::new(STANDARD.encode(line.key.as_ref()));
            text.push_str(&format!("{id} {} {}", *key, word(line.made_at)));
            if *id == self.current {
                text.push_str(&format!(" current {}", word(self.current_since)));
            }
            text.push('\n');
        }
        text
    }

    /// Whether another keyset is a later or earlier state of this one: they share a key, and none differs.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        let mut shared = 0;
        for (id, line) in &self.keys {
            match other.keys.get(id) {
                Some(same) if bool::from(same.key.as_ref().ct_eq(line.key.as_ref())) => shared += 1,
                Some(_) => return false,
                None => {}
            }
        }
        shared > 0
    }
}

fn instant(word: Option<&str>) -> Option<Option<DateTime<Utc>>> {
    match word? {
        UNKNOWN => Some(None),
        word => DateTime::parse_from_rfc3339(word).ok().map(|at| Some(at.to_utc())),
    }
}

/// Reads a key file.
pub(super) fn read(path: &Path) -> Result<(Keyset, Stamp), KeyError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(KeyError::Missing),
        other => other?,
    };
    // Of the file that was opened, whatever its name leads to by now.
    let found = file.metadata()?;
    trusted(&found)?;
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    Ok((Keyset::parse(&text)?, stamp(&found)))
}

/// The stamp of a file, if there is one.
pub(super) fn stamp_of(path: &Path) -> Option<Stamp> {
    std::fs::metadata(path).ok().map(|found| stamp(&found))
}

fn stamp(found: &Metadata) -> Stamp {
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(found);
    #[cfg(not(unix))]
    let number = 0;
    (found.modified().ok(), found.len(), number)
}

/// Writes a new key file, readable by its owner only.
pub(super) fn create(path: &Path, keys: &Keyset) -> Result<Stamp, KeyError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(keys.text().as_bytes())?;
    file.sync_all()?;
    Ok(stamp(&file.metadata()?))
}

/// Keeps other processes from changing a key file, until it is dropped.
pub(super) fn lock(path: &Path) -> Result<File, KeyError> {
    // A folder can be locked where the file itself is about to be replaced.
    let locked = if cfg!(unix) { folder(path) } else { path.to_owned() };
    let file = File::open(locked)?;
    file.lock()?;
    Ok(file)
}

/// Replaces a key file, under its [`lock`]: whoever opens it finds the old or the new one, whole. The owner stays.
pub(super) fn replace(path: &Path, keys: &Keyset) -> Result<Stamp, KeyError> {
    let before = std::fs::metadata(path)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".changed");
    let beside = PathBuf::from(beside);
    // One that a process left behind which died while it wrote.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let made = create(&beside, keys)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let new = std::fs::metadata(&beside)?;
        if (new.uid(), new.gid()) != (before.uid(), before.gid()) {
            std::os::unix::fs::chown(&beside, Some(before.uid()), Some(before.gid()))?;
        }
    }
    #[cfg(not(unix))]
    drop(before);
    std::fs::rename(&beside, path)?;
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    Ok(made)
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Only its owner may read or change a key file, and the owner must be the user of this process or root.
#[cfg(unix)]
fn trusted(file: &Metadata) -> Result<(), KeyError> {
    use std::os::unix::fs::MetadataExt;
    if !file.is_file() {
        return Err(KeyError::Untrusted("it is no regular file"));
    }
    if file.mode() & 0o077 != 0 {
        return Err(KeyError::Untrusted("others may read it; chmod 600"));
    }
    let user = rustix::process::geteuid();
    if file.uid() != 0 && file.uid() != user.as_raw() {
        return Err(KeyError::Untrusted(
            "it belongs to another user; chown it to the one that runs this process",
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn trusted(file: &Metadata) -> Result<(), KeyError> {
    if file.is_file() { Ok(()) } else { Err(KeyError::Untrusted("it is no regular file")) }
}
