//! The agreement to being recorded that an organisation requires.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Call, RecordingRule};
use crate::error::{Error, RecordKind};
use crate::id::{CallId, IdSource};
use crate::media::{Media, MediaState};
use crate::outbox::{Job, JobKind};
use crate::runtime::Runtime;
use crate::scope::OrgScope;
use crate::store::Batch;

/// How often a recording that waits for an agreement is looked at again, in case the organisation requires less by now.
pub(crate) const LOOK_AGAIN: TimeDelta = TimeDelta::hours(1);

/// When the organisation has recordings of its calls, as it decides now.
pub(super) async fn rule(runtime: &Runtime, scope: &OrgScope) -> Result<RecordingRule, Error> {
    let org = runtime.store().org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
    Ok(org.recordings)
}

/// Whether what is known of the person's agreement is enough for the recordings of a call.
pub(crate) async fn is_agreed(runtime: &Runtime, scope: &OrgScope, call: CallId) -> Result<bool, Error> {
    let call = runtime.store().call(scope, call).await?.ok_or(Error::missing(RecordKind::Call))?;
    Ok(rule(runtime, scope).await?.allows(call.recording_consent))
}

/// Fetches the recordings that waited for an agreement, now that it is entered.
pub(super) fn fetch_waiting(
    call: &Call,
    files: Vec<Media>,
    now: DateTime<Utc>,
    ids: &IdSource,
    batch: &mut Batch,
) {
    for file in files.into_iter().filter(|file| file.state == MediaState::Pending) {
        let job = Job::new(ids.next(now), JobKind::FetchMedia(file.id), now);
        batch.job(job.through(call.account));
    }
}
