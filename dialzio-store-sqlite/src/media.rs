//! Files.

use rusqlite::{Connection, params};

use dialzio_core::MediaId;
use dialzio_core::media::{Media, MediaOwner, MediaWrite};
use dialzio_core::store::StoreError;
use dialzio_core::time::RETENTION_CAP;

use crate::apply::Scope;
use crate::codec::{id, read, time, uuid_list};
use crate::error::{Failure, Res, unreadable};
use crate::retention::RetentionCutoff;
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn one(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    of: MediaId,
) -> Res<Option<Media>> {
    db.one(sql::MEDIA, params![org, retention.cutoff, retention.now, id(of)], read)
}

pub(crate) fn of_owners(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    owners: &[MediaOwner],
) -> Res<Vec<Media>> {
    let mut found = Vec::new();
    for (kind, ids) in MediaOwner::by_kind(owners) {
        let row = params![org, retention.cutoff, retention.now, kind.as_str(), uuid_list(ids)];
        found.extend(db.all(sql::MEDIA_OF, row, read)?);
    }
    Ok(found)
}

impl Scope<'_> {
    pub(crate) fn write_media(&mut self, write: &MediaWrite) -> Res<()> {
        match write {
            MediaWrite::Insert(file) if self.has_owner(file.owner)? => {
                self.db.put(sql::PUT_MEDIA, self.key, file).map(drop)
            }
            MediaWrite::Insert(_) => Err(unreadable("owner of a file")),
            MediaWrite::Update(file) => {
                let is_of_another = self.db.put(sql::SET_MEDIA, self.key, file)? == 0
                    && self.db.any(sql::MEDIA_HELD, params![self.key, id(file.id)])?;
                // One that was purged meanwhile stays gone.
                if is_of_another { Err(unreadable("owner of a file")) } else { Ok(()) }
            }
            MediaWrite::End { id: file, at } => {
                // One that is past the longest time is gone already, and its end may not lie beyond it.
                let row = params![self.key, id(*file), time(*at), time(*at - RETENTION_CAP)];
                self.db.run(sql::END_MEDIA, row).map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to files"))),
        }
    }

    /// Whether the owner of a file is there, expired or not: it takes its files with it when it goes.
    fn has_owner(&self, owner: MediaOwner) -> Res<bool> {
        match owner {
            MediaOwner::Message(message) => self.db.any(sql::MESSAGE_HELD, params![self.key, id(message)]),
            MediaOwner::Call(call) => Ok(crate::calls::revision(self.db, self.key, call)?.is_some()),
            _ => Err(Failure::Store(StoreError::Unsupported("an owner of files"))),
        }
    }
}
