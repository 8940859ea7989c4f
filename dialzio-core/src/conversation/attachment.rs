//! Files that are sent: sealed and stored before their message is queued, without ever leaving bytes that belong to no message.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{Content, ConversationService};
use crate::blob::BlobKey;
use crate::error::Error;
use crate::id::{AccountId, JobId, MediaId, MessageId};
use crate::ledger::Action;
use crate::media::{FileError, FileType, Media, MediaState, NewFile, file_name};
use crate::outbox::{Job, JobKind, JobState, JobWrite};
use crate::provider::MessagingCapabilities;
use crate::scope::{Actor, OrgScope};
use crate::store::{Batch, Precondition};
use crate::text::MessageText;

/// How long bytes are kept whose message was never queued.
const ORPHAN_PERIOD: TimeDelta = TimeDelta::hours(24);

/// A file that was looked at and may be sent.
pub(super) struct Attachment<'a> {
    file: &'a NewFile,
    kind: FileType,
    /// Its id, which names its blob.
    pub(super) id: MediaId,
    /// SHA-256 of its bytes: by this, not by an id, a retry is known to be the same.
    pub(super) sha256: [u8; 32],
}

/// A stored file, and the deletion that waits in case its message is never queued.
pub(super) struct Kept {
    media: Media,
    guard: JobId,
}

impl Kept {
    /// Joins a file to its message: the deletion is called off in the same commit, which expects it to be waiting still.
    pub(super) fn join(self, batch: &mut Batch) {
        batch
            .require(Precondition::Job(self.guard, JobState::Pending))
            .write(crate::media::MediaWrite::Insert(self.media))
            .write(JobWrite::Update {
                id: self.guard,
                state: JobState::Cancelled,
                not_before: None,
                attempts: 0,
            });
    }
}

impl<'a> Attachment<'a> {
    /// Looks at a file and its words.
    pub(super) fn check(
        file: &'a NewFile,
        caption: Option<&MessageText>,
        capabilities: &MessagingCapabilities,
        id: MediaId,
    ) -> Result<Self, Error> {
        let kind = file.check(capabilities)?;
        if let Some(caption) = caption {
            use crate::conversation::MediaKind::{Audio, Sticker, Voice};
            if matches!(kind.what, Audio | Voice | Sticker) {
                return Err(FileError::Caption { what: kind.what, provider: capabilities.provider }.into());
            }
            let length = caption.reveal().chars().count();
            if length > capabilities.max_caption {
                let most = capabilities.max_caption;
                return Err(Error::invalid(
                    "caption",
                    format!("is too long under a file: {length} characters, at most {most} can be sent"),
                ));
            }
        }
        Ok(Self { file, kind, id, sha256: Sha256::digest(&file.bytes).into() })
    }

    /// What its message holds.
    pub(super) fn content(&self, caption: Option<&MessageText>) -> Content {
        Content::Media {
            what: self.kind.what,
            media: self.id,
            caption: caption.cloned(),
            filename: Some(file_name(&self.file.name)),
            link: None,
        }
    }
}

impl ConversationService<'_> {
    /// Seals and stores a file. Its deletion is queued first, so that a crash before its message is queued leaves
    /// nothing behind for longer than a day.
    pub(super) async fn keep(
        &self,
        by: &Actor,
        scope: &OrgScope,
        attachment: &Attachment<'_>,
        message: MessageId,
        account: AccountId,
        now: DateTime<Utc>,
    ) -> Result<Kept, Error> {
        let guard: JobId = self.runtime.ids().next(now);
        let mut ahead = Batch::new(by, Action::MediaTaken, now);
        ahead.about(attachment.id).job(Job::new(
            guard,
            JobKind::DeleteBlob(attachment.id),
            now + ORPHAN_PERIOD,
        ));
        self.runtime.store().commit_one(scope, ahead).await?;
        let blob = BlobKey { org: scope.org(), media: attachment.id };
        let wrapped = self.runtime.media_sealer().put(&blob, &attachment.file.bytes).await?;
        let media = Media {
            id: attachment.id,
            owner: message.into(),
            account,
            what: attachment.kind.what,
            state: MediaState::Stored,
            mime: Some(attachment.kind.mime.to_owned()),
            filename: Some(file_name(&attachment.file.name)),
            size: Some(attachment.file.bytes.len() as u64),
            sha256: Some(attachment.sha256),
            provider_id: None,
            blob: Some(blob),
            wrapped_key: Some(wrapped),
            event_at: now,
            expires_at: None,
        };
        Ok(Kept { media, guard })
    }
}
