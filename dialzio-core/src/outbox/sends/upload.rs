//! Files on their way to a provider. An upload is not visible to the person and may be repeated; the message that names it
//! is sent once, in a later step of the same queue.

use super::super::job::JobState;
use super::super::report::WorkReport;
use super::super::worker::Worker;
use crate::account::AccountService;
use crate::consent::SendFacts;
use crate::error::Error;
use crate::event::DomainEvent;
use crate::ledger::Action;
use crate::media::{Media, MediaState, MediaWrite};
use crate::provider::{ProviderError, ProviderId, RefusalReason, UploadedMedia};
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition};

impl Worker<'_> {
    /// Uploads the file of a send that the gate allows, and notes the provider's id for it. The send stays pending, and
    /// is decided on again before it leaves.
    pub(super) async fn upload(
        &self,
        scope: &OrgScope,
        facts: SendFacts,
        media: Media,
    ) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let outcome = self.hand_up(scope, &facts, &media).await;
        let now = self.runtime.now();
        // Not under the lease: a large file may take longer, and its id at the provider is true all the same.
        let mut batch = Batch::caused_by(&Cause::Stored, Action::MediaUploaded, now);
        batch.about(media.id).require(Precondition::Job(facts.job.id, JobState::Pending));
        let mut found = None;
        match outcome {
            Ok(uploaded) => {
                report.uploaded = 1;
                batch.write(MediaWrite::Update(Media { provider_id: Some(uploaded.provider_id), ..media }));
            }
            Err(error) => {
                report.failed = 1;
                tracing::warn!(code = %error.code(), media = %media.id, "a file was not taken");
                found = self.on_failure(&facts, &error, now, &mut batch);
                let (conversation, message) = (facts.conversation.id, facts.message.id);
                batch.event(DomainEvent::MessageChanged { conversation, message });
            }
        }
        self.conclude(scope, &facts, JobState::Pending, batch, found).await?;
        Ok(report)
    }

    async fn hand_up(
        &self,
        scope: &OrgScope,
        facts: &SendFacts,
        media: &Media,
    ) -> Result<UploadedMedia, ProviderError> {
        let service = AccountService::new(self.runtime);
        let provider =
            |code: &str| ProviderError::Fault { provider: ProviderId("dialzio"), code: code.to_owned() };
        let gone = || ProviderError::Refused {
            provider: ProviderId("dialzio"),
            code: "file_gone".to_owned(),
            reason: RefusalReason::Media,
            detail: None,
        };
        let messaging = service.messaging(&facts.account).map_err(|_| provider("messages"))?;
        let Ok(access) = service.access(scope.org(), &facts.account).await else {
            let provider = messaging.capabilities().provider;
            return Err(ProviderError::Credentials { provider, code: "sealed".into(), detail: None });
        };
        let (Some(blob), Some(key), Some(size), MediaState::Stored) =
            (media.blob.clone(), &media.wrapped_key, media.size, media.state)
        else {
            return Err(gone());
        };
        let sealer = self.runtime.media_sealer();
        let bytes = match sealer.open(blob, key, size).await {
            Ok(open) => sealer.read(&open, 0..size).await,
            Err(error) => Err(error),
        };
        let bytes = bytes.map_err(|error| match error {
            Error::Blob(crate::blob::BlobError::Missing) | Error::Sealed => gone(),
            _ => provider("blobs"),
        })?;
        let mime = media.mime.as_deref().unwrap_or("application/octet-stream");
        let name = media.filename.as_deref().unwrap_or("file");
        match messaging.upload_media(&access, mime, name, bytes).await {
            // Whether it arrived does not matter: a second upload is a second file that nothing refers to.
            Err(ProviderError::Ambiguous { provider, source }) => {
                Err(ProviderError::Unreachable { provider, source })
            }
            other => other,
        }
    }
}
