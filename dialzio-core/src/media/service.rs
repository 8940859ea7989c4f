//! Opening files.

use bytes::Bytes;
use std::ops::Range;

use super::{Media, MediaOwner, MediaState, OpenMedia};
use crate::error::{Error, RecordKind};
use crate::id::{MediaId, MessageId};
use crate::ledger::Action;
use crate::runtime::Runtime;
use crate::scope::{Actor, Permission};
use crate::store::Batch;

/// A file that was opened; read it by range.
#[derive(Debug)]
pub struct OpenedMedia {
    /// What is known of the file.
    pub media: Media,
    /// Its size in bytes.
    pub size: u64,
    open: OpenMedia,
}

/// What members may do with files: read them, with an audit entry.
#[derive(Debug, Clone, Copy)]
pub struct MediaService<'a> {
    runtime: &'a Runtime,
}

impl<'a> MediaService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// The files of some messages, without their bytes.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn of(&self, by: &Actor, messages: &[MessageId]) -> Result<Vec<Media>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let owners: Vec<_> = messages.iter().copied().map(MediaOwner::Message).collect();
        Ok(self.runtime.store().media_of(scope, &owners).await?)
    }

    /// Opens a file. The opening is audited. A recording is opened only if what is known of the person's agreement is enough for
    /// the organisation as it decides now.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::RecordingWithheld`]; [`Error::MediaUnavailable`] if it is not stored; [`Error::Denied`]
    /// without [`Permission::MediaRead`].
    pub async fn open(&self, by: &Actor, id: MediaId) -> Result<OpenedMedia, Error> {
        let scope = by.scope_for(Permission::MediaRead)?;
        let media = self.runtime.store().media(scope, id).await?.ok_or(Error::missing(RecordKind::Media))?;
        if let MediaOwner::Call(call) = media.owner
            && !crate::call::is_agreed(self.runtime, scope, call).await?
        {
            return Err(Error::RecordingWithheld);
        }
        let (Some(blob), Some(key), Some(size), MediaState::Stored) =
            (media.blob.clone(), &media.wrapped_key, media.size, media.state)
        else {
            return Err(Error::MediaUnavailable);
        };
        let open = self.runtime.media_sealer().open(blob, key, size).await?;
        let mut batch = Batch::new(by, Action::MediaOpened, self.runtime.now());
        batch.about(id);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(OpenedMedia { media, size, open })
    }

    /// Bytes of an opened file; a range past the end is cut.
    ///
    /// # Errors
    /// [`Error::Sealed`] if it was changed; [`Error::Blob`].
    pub async fn read(&self, file: &OpenedMedia, range: Range<u64>) -> Result<Bytes, Error> {
        self.runtime.media_sealer().read(&file.open, range).await
    }
}
