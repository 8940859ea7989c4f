//! The disk below the data folder: room is kept for what must not be lost, and a network file system is refused.

use std::path::{Path, PathBuf};

/// Below this much free space webhooks are refused, so that what is acknowledged can be kept.
pub const WEBHOOK_RESERVE: u64 = 64 * 1024 * 1024;
/// Below this much free space uploads are refused.
pub const UPLOAD_RESERVE: u64 = 512 * 1024 * 1024;

/// File systems whose locks and flushes cannot be relied on, by the kernel's number for them. Source: `statfs(2)` and
/// Linux `include/uapi/linux/magic.h`.
#[cfg(target_os = "linux")]
const NETWORK: [u32; 8] = [
    0x6969,      // NFS
    0x517b,      // SMB
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB 2
    0x5346_414f, // AFS
    0x00c3_6400, // Ceph
    0x7375_7245, // Coda
    0x564c,      // NCP
];

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// It lies on a network file system, where a database loses data.
    #[error("it lies on a network file system, where a database loses data: choose a local disk")]
    Network,
    /// It cannot be looked at.
    #[error("it cannot be looked at: {0}")]
    Unreadable(#[source] std::io::Error),
}

/// The disk below a folder.
#[derive(Debug, Clone)]
pub struct Disk {
    folder: PathBuf,
    webhooks: u64,
    uploads: u64,
}

/// How much of the disk is free, and what may still be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeSpace {
    /// Free for this process, in bytes; `None` if it cannot be told.
    pub free: Option<u64>,
    /// Enough to take webhooks in.
    pub webhooks: bool,
    /// Enough to take uploads in.
    pub uploads: bool,
}

impl Disk {
    /// The disk below `folder`, with the usual reserves.
    ///
    /// # Errors
    /// [`DiskError`] if it is on a network file system or cannot be looked at.
    pub fn below(folder: &Path) -> Result<Self, DiskError> {
        #[cfg(target_os = "linux")]
        {
            let found = rustix::fs::statfs(folder).map_err(|error| DiskError::Unreadable(error.into()))?;
            if is_network(found.f_type) {
                return Err(DiskError::Network);
            }
        }
        Ok(Self { folder: folder.to_owned(), webhooks: WEBHOOK_RESERVE, uploads: UPLOAD_RESERVE })
    }

    /// With other reserves, in bytes.
    #[must_use]
    pub fn keeping(self, webhooks: u64, uploads: u64) -> Self {
        Self { webhooks, uploads, ..self }
    }

    /// How much is free now. What cannot be measured does not stop the work: the store itself refuses when it is full.
    #[must_use]
    pub fn free_space(&self) -> FreeSpace {
        #[cfg(unix)]
        let free = rustix::fs::statvfs(&self.folder).ok();
        #[cfg(unix)]
        let free = free.map(|found| found.f_bavail.saturating_mul(found.f_frsize));
        #[cfg(not(unix))]
        let free: Option<u64> = None;
        let over = |reserve| free.is_none_or(|free| free >= reserve);
        FreeSpace { free, webhooks: over(self.webhooks), uploads: over(self.uploads) }
    }
}

#[cfg(target_os = "linux")]
fn is_network(kind: impl TryInto<i64>) -> bool {
    // The number is 32 bits wide and kept in a word whose width and sign differ between machines.
    let kind = kind.try_into().map(|kind| kind & 0xffff_ffff).ok().and_then(|kind| u32::try_from(kind).ok());
    kind.is_some_and(|kind| NETWORK.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::below(folder.path()).unwrap().keeping(0, u64::MAX);
        let room = disk.free_space();
        assert!(room.free.is_some_and(|free| free > 0));
        assert!(room.webhooks && !room.uploads);
        assert!(!disk.keeping(u64::MAX, u64::MAX).free_space().webhooks);
        let gone = folder.path().join("gone");
        assert!(matches!(Disk::below(&gone), Err(DiskError::Unreadable(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn network_file_systems_are_known_in_any_width_and_local_ones_are_not() {
        assert!(is_network(0x6969_i64));
        assert!(is_network(0xff53_4d42_u32));
        assert!(is_network(i64::from(0xfe53_4d42_u32.cast_signed())));
        for local in [0xef53_i64, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630] {
            assert!(!is_network(local), "{local:x}");
        }
    }
}
