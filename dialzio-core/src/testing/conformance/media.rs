//! A file belongs to one owner for as long as it exists: it never comes without it, never changes it, and goes with it.

use chrono::TimeDelta;

use crate::media::{Media, MediaState, MediaWrite};
use crate::outbox::{Due, JobKind, JobState, QueueKind};
use crate::page::PageRequest;
use crate::store::{Purge, StoreError, Write};
use crate::testing::confirmed;
use crate::testing::conformance::{Tenant, TestBed};

async fn refused(bed: &TestBed, tenant: &Tenant, writes: impl IntoIterator<Item = Write>) {
    let batch = bed.writes(writes);
    let answer = bed.store.commit_one(&tenant.scope, batch).await;
    assert!(matches!(answer, Err(StoreError::Unreadable(_))), "{answer:?}");
}

async fn purge(bed: &TestBed, tenant: &Tenant) {
    let (at, kept) = (confirmed(bed.now()), TimeDelta::days(365));
    let write = Write::Purge { class: Purge::Messages, at, kept, limit: 100 };
    assert!(bed.write(&tenant.scope, write).await.rows_affected > 0);
}

/// A file is refused whose owner is not there, is another organisation's, or has been swept. Nothing of its batch stays.
pub async fn a_file_needs_its_owner(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let person = bed.person(&tenant, "Asha").await;
    let theirs = bed.person(&other, "Ben").await;
    let never = bed.make.inbound(&person.conversation, "never written", bed.at(1));
    let elsewhere = bed.hears(&other, &theirs, "elsewhere", bed.at(2)).await;
    let swept = bed.hears(&tenant, &person, "long ago", bed.at(3)).await;
    bed.clock.advance(TimeDelta::days(366));
    purge(&bed, &tenant).await;
    for owner in [&never, &elsewhere, &swept] {
        let mut file = bed.make.media(tenant.org.id, tenant.account.id, owner);
        file.event_at = bed.now();
        let beside = bed.make.inbound(&person.conversation, "beside it", bed.now());
        let append = bed.make.append(tenant.account.id, &beside);
        refused(&bed, &tenant, [append.into(), MediaWrite::Insert(file.clone()).into()]).await;
        assert_eq!(bed.store.media(&tenant.scope, file.id).await.unwrap(), None);
        let page = bed.store.messages(&tenant.scope, person.conversation.id, PageRequest::first(9)).await;
        assert!(page.unwrap().items.is_empty(), "the batch is undone as a whole");
    }
    // A batch sees what it wrote itself, and a file may follow its owner in the next one.
    let heard = bed.make.inbound(&person.conversation, "here", bed.now());
    let [mut first, mut second] = [(); 2].map(|()| bed.make.media(tenant.org.id, tenant.account.id, &heard));
    (first.event_at, second.event_at) = (bed.now(), bed.now());
    let append = bed.make.append(tenant.account.id, &heard);
    bed.write_all(&tenant.scope, [append.into(), Write::from(MediaWrite::Insert(first.clone()))]).await;
    bed.write(&tenant.scope, MediaWrite::Insert(second.clone())).await;
    let mut found = bed.store.media_of(&tenant.scope, &[heard.id.into()]).await.unwrap();
    found.sort_by_key(|file| file.id);
    assert_eq!(found, [first, second]);
}

/// A file is never handed to another owner, there or not.
pub async fn the_owner_of_a_file_stays(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "picture", bed.at(1)).await;
    let other = bed.hears(&tenant, &person, "another", bed.at(2)).await;
    let file = bed.make.media(tenant.org.id, tenant.account.id, &heard);
    bed.write(&tenant.scope, MediaWrite::Insert(file.clone())).await;
    for owner in [other.id, bed.make.id()] {
        let mut moved = file.clone();
        moved.owner = owner.into();
        moved.filename = None;
        refused(&bed, &tenant, [MediaWrite::Update(moved).into()]).await;
        assert_eq!(bed.store.media(&tenant.scope, file.id).await.unwrap().as_ref(), Some(&file));
    }
}

/// What ends a file changes nothing else of it, and nothing brings it back: neither a later end nor the file as another caller
/// has read it.
pub async fn the_end_of_a_file_stays(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "picture", bed.at(1)).await;
    let stored = bed.make.media(tenant.org.id, tenant.account.id, &heard);
    let waiting = Media { state: MediaState::Pending, blob: None, wrapped_key: None, ..stored.clone() };
    bed.write(&tenant.scope, MediaWrite::Insert(waiting.clone())).await;
    let found = async || bed.store.media(&tenant.scope, stored.id).await.unwrap();
    let end = |after| MediaWrite::End { id: stored.id, at: bed.now() + TimeDelta::seconds(after) };
    bed.write(&tenant.scope, end(60)).await;
    let ending = Some(bed.now() + TimeDelta::seconds(60));
    assert_eq!(found().await, Some(Media { expires_at: ending, ..waiting.clone() }));
    // It was being fetched: its bytes are stored, and have to be deleted.
    bed.write(&tenant.scope, MediaWrite::Update(stored.clone())).await;
    bed.write(&tenant.scope, end(90)).await;
    assert_eq!(found().await, Some(Media { expires_at: ending, ..stored.clone() }));
    bed.write(&tenant.scope, end(0)).await;
    assert_eq!(found().await, None);
    assert!(bed.store.media_of(&tenant.scope, &[heard.id.into()]).await.unwrap().is_empty());
    for late in [MediaWrite::Update(stored.clone()), end(90)] {
        bed.write(&tenant.scope, late).await;
        assert_eq!(found().await, None);
    }
    purge(&bed, &tenant).await;
    let queues = bed.store.queues_due(&bed.system, bed.now(), 100).await.unwrap();
    assert!(queues.iter().any(|queue| queue.kind == QueueKind::Blob && queue.org == tenant.org.id));
    // Neither a file that is not there nor one that is past the longest time is anything to end.
    bed.write(&tenant.scope, MediaWrite::End { id: bed.make.id(), at: bed.now() }).await;
    let old = bed.make.media(tenant.org.id, tenant.account.id, &heard);
    bed.write(&tenant.scope, MediaWrite::Insert(old.clone())).await;
    bed.clock.advance(TimeDelta::days(366));
    bed.write(&tenant.scope, MediaWrite::End { id: old.id, at: bed.now() }).await;
}

/// With its owner a file goes in the same commit, whatever its own time says, and the deletion of its bytes is queued.
pub async fn a_file_goes_with_its_owner(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "pictures", bed.at(1)).await;
    let kept = bed.hears(&tenant, &person, "stays", bed.at(366 * 86_400)).await;
    let mut files = Vec::new();
    for owner in [&heard, &heard, &kept] {
        let mut file = bed.make.media(tenant.org.id, tenant.account.id, owner);
        file.event_at = kept.event_at;
        bed.write(&tenant.scope, MediaWrite::Insert(file.clone())).await;
        files.push(file);
    }
    bed.clock.advance(TimeDelta::days(366));
    purge(&bed, &tenant).await;
    let left = bed.store.media_of(&tenant.scope, &[heard.id.into(), kept.id.into()]).await.unwrap();
    assert_eq!(left, files[2..]);
    for gone in &files[..2] {
        assert_eq!(bed.store.media(&tenant.scope, gone.id).await.unwrap(), None);
    }
    let queues = bed.store.queues_due(&bed.system, bed.now(), 100).await.unwrap();
    let queue = queues.into_iter().find(|queue| queue.kind == QueueKind::Blob && queue.org == tenant.org.id);
    let lease = bed.lease(queue.expect("bytes wait to be deleted")).await;
    let due = bed.store.due(&tenant.scope, &lease, bed.now(), 100).await.unwrap();
    let mut deleted: Vec<_> = due
        .into_iter()
        .map(|due| match due {
            Due::Job(job) if job.state == JobState::Pending => job.kind,
            other => panic!("not due: {other:?}"),
        })
        .collect();
    deleted.sort_unstable_by_key(JobKind::subject);
    let mut expected = [JobKind::DeleteBlob(files[0].id), JobKind::DeleteBlob(files[1].id)];
    expected.sort_unstable_by_key(JobKind::subject);
    assert_eq!(deleted, expected);
}
