//! What has expired is not seen, swept or not; the sweep removes it and nothing else.

use chrono::TimeDelta;

use crate::access::{AccessWrite, OrgChange};
use crate::consent::Purpose;
use crate::conversation::{ActivityKind, ConversationWrite, InboundQuery, Message};
use crate::id::MediaId;
use crate::media::{Media, MediaState, MediaWrite};
use crate::outbox::{Due, JobKind, JobState, QueueKind};
use crate::page::PageRequest;
use crate::store::{Outcome, Precondition, Purge, RecordRef, SystemWrite, Write};
use crate::testing::confirmed;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::time::{Ahead, TimeMark};

async fn with_file(
    bed: &TestBed,
    tenant: &Tenant,
    person: &Person,
    text: &str,
    second: i64,
) -> (Message, Media) {
    let message = bed.hears(tenant, person, text, bed.at(second)).await;
    let media = bed.make.media(tenant.org.id, tenant.account.id, &message);
    bed.write(&tenant.scope, MediaWrite::Insert(media.clone())).await;
    (message, media)
}

async fn is_seen(bed: &TestBed, tenant: &Tenant, message: &Message, media: MediaId) -> bool {
    let scope = &tenant.scope;
    let one = bed.store.message(scope, message.id).await.unwrap().is_some();
    let page = bed.store.messages(scope, message.conversation, PageRequest::first(50)).await.unwrap();
    let file = bed.store.media(scope, media).await.unwrap().is_some();
    let files = bed.store.media_of(scope, &[message.id.into()]).await.unwrap();
    let query = InboundQuery {
        account: tenant.account.id,
        portfolio: tenant.account.portfolio.clone(),
        aliases: Vec::new(),
        external: message.external.clone().into_iter().collect(),
        own: vec![message.id],
        consent: true,
    };
    let facts = bed.store.inbound_facts(scope, &query).await.unwrap();
    let entry = bed.store.inbox_entry(scope, message.conversation).await.unwrap().unwrap();
    let ways = [
        page.items.iter().any(|each| each.id == message.id),
        file,
        files.iter().any(|each| each.id == media),
        facts.messages.iter().any(|each| each.id == message.id),
        entry.last.is_some_and(|last| last.id == message.id),
    ];
    assert_eq!(ways, [one; 5], "every read agrees: page, file, files, facts, list");
    one
}

/// After 365 days a message and its file are not seen by any read, before any sweep.
pub async fn what_has_expired_is_not_seen_before_any_sweep(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, media) = with_file(&bed, &tenant, &person, "long ago", 0).await;
    bed.clock.advance(TimeDelta::days(365) - TimeDelta::seconds(5));
    assert!(is_seen(&bed, &tenant, &message, media.id).await);
    bed.clock.advance(TimeDelta::seconds(10));
    assert!(!is_seen(&bed, &tenant, &message, media.id).await);
    let conversation = bed.conversation(&tenant, &person).await;
    assert_eq!(conversation.last_message, Some(message.id), "the conversation itself stays");
}

/// An organisation may shorten the time, at once and for what is there already; it may not lengthen it.
pub async fn a_shorter_period_counts_at_once_and_a_longer_one_never(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, media) = with_file(&bed, &tenant, &person, "long ago", 0).await;
    bed.clock.advance(TimeDelta::days(31));
    assert!(is_seen(&bed, &tenant, &message, media.id).await);
    let days = |days| AccessWrite::ChangeOrg(OrgChange { message_days: Some(days), ..OrgChange::default() });
    bed.write(&tenant.scope, days(30)).await;
    assert!(!is_seen(&bed, &tenant, &message, media.id).await);
    bed.write(&tenant.scope, days(365)).await;
    assert!(is_seen(&bed, &tenant, &message, media.id).await);
    bed.clock.advance(TimeDelta::days(335));
    assert!(!is_seen(&bed, &tenant, &message, media.id).await);
}

/// A message or file with an end of its own vanishes then, and its neighbour does not.
pub async fn an_end_of_its_own_counts_when_it_is_earlier(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let mut short = bed.make.inbound(&person.conversation, "forget this", bed.at(1));
    short.expires_at = Some(bed.now() + TimeDelta::hours(1));
    bed.write(&tenant.scope, bed.make.append(tenant.account.id, &short)).await;
    let (message, long) = with_file(&bed, &tenant, &person, "keep this", 2).await;
    let mut media = bed.make.media(tenant.org.id, tenant.account.id, &message);
    media.expires_at = short.expires_at;
    bed.write(&tenant.scope, MediaWrite::Insert(media.clone())).await;
    assert_eq!(bed.store.media_of(&tenant.scope, &[message.id.into()]).await.unwrap().len(), 2);
    bed.clock.advance(TimeDelta::hours(1) + TimeDelta::seconds(1));
    assert!(bed.store.message(&tenant.scope, short.id).await.unwrap().is_none());
    assert!(bed.store.media(&tenant.scope, media.id).await.unwrap().is_none());
    let files = bed.store.media_of(&tenant.scope, &[message.id.into()]).await.unwrap();
    assert_eq!(files.iter().map(|file| file.id).collect::<Vec<_>>(), [long.id]);
    assert!(bed.store.message(&tenant.scope, message.id).await.unwrap().is_some());
}

/// An expired message is not sent either.
pub async fn an_expired_message_is_no_fact_for_sending(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let mut message = bed.make.outbound(&person.conversation, "soon gone", bed.at(1));
    message.expires_at = Some(bed.at(60));
    message.purpose = Some(Purpose::Service);
    let job = bed.queue(&tenant, &message).await;
    assert_eq!(bed.store.send_facts(&tenant.scope, &[job.id]).await.unwrap().len(), 1);
    bed.clock.advance(TimeDelta::minutes(2));
    assert!(bed.store.send_facts(&tenant.scope, &[job.id]).await.unwrap().is_empty());
}

async fn purge(bed: &TestBed, tenant: &Tenant, class: Purge, limit: u32) -> Vec<u64> {
    let at = confirmed(bed.now());
    let kept = match class {
        Purge::Messages => TimeDelta::days(365),
        _ => TimeDelta::zero(),
    };
    let mut answers = Vec::new();
    for _ in 0..100 {
        let commit = bed.write(&tenant.scope, Write::Purge { class, at, kept, limit }).await;
        answers.push(commit.rows_affected);
        if commit.rows_affected == 0 {
            return answers;
        }
    }
    panic!("a purge that is repeated ends");
}

async fn blobs_to_delete(bed: &TestBed, tenant: &Tenant) -> Vec<MediaId> {
    let queues = bed.store.queues_due(&bed.system, bed.now(), 100).await.unwrap();
    let mut found = Vec::new();
    for queue in
        queues.into_iter().filter(|queue| queue.kind == QueueKind::Blob && queue.org == tenant.org.id)
    {
        let lease = bed.lease(queue).await;
        for due in bed.store.due(&tenant.scope, &lease, bed.now(), 100).await.unwrap() {
            match due {
                Due::Job(job) if job.state == JobState::Pending => match job.kind {
                    JobKind::DeleteBlob(media) => found.push(media),
                    other => panic!("not of this queue: {other:?}"),
                },
                other => panic!("not due: {other:?}"),
            }
        }
        bed.store.release(&bed.system, lease).await.unwrap();
    }
    found.sort_unstable();
    found
}

/// The sweep removes expired messages with their files in portions, queues the deletion of each blob in the same commit,
/// and answers zero when nothing is left. What is alive stays.
pub async fn the_sweep_removes_what_has_expired_and_queues_the_blobs(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let mut old = Vec::new();
    for second in 0..3 {
        old.push(with_file(&bed, &tenant, &person, "long ago", second).await);
    }
    let mut shortened = bed.make.inbound(&person.conversation, "forget this", bed.at(9));
    shortened.expires_at = Some(bed.at(600));
    bed.write(&tenant.scope, bed.make.append(tenant.account.id, &shortened)).await;
    bed.clock.advance(TimeDelta::days(300));
    let (young, file) = with_file(&bed, &tenant, &person, "lately", 300 * 86_400).await;
    bed.clock.advance(TimeDelta::days(66));
    assert!(blobs_to_delete(&bed, &tenant).await.is_empty());
    let answers = purge(&bed, &tenant, Purge::Messages, 1).await;
    assert!(
        answers.len() > 1 && answers[..answers.len() - 1].iter().all(|touched| *touched > 0),
        "{answers:?}"
    );
    let mut expected: Vec<_> = old.iter().map(|(_, media)| media.id).collect();
    expected.sort_unstable();
    assert_eq!(blobs_to_delete(&bed, &tenant).await, expected);
    assert!(is_seen(&bed, &tenant, &young, file.id).await);
    // Back in time: what was only out of sight would be seen again.
    bed.clock.advance(TimeDelta::days(-366));
    for (message, media) in &old {
        assert!(bed.store.message(&tenant.scope, message.id).await.unwrap().is_none());
        assert!(bed.store.media(&tenant.scope, media.id).await.unwrap().is_none());
    }
    assert!(bed.store.message(&tenant.scope, shortened.id).await.unwrap().is_none());
    assert!(bed.store.message(&tenant.scope, young.id).await.unwrap().is_some());
    let text = bed.conversation(&tenant, &person).await;
    assert_eq!(text.last_message, Some(young.id));
}

/// A file that was fetched after its message had been swept does not come back.
pub async fn a_swept_file_does_not_come_back(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "picture", bed.at(1)).await;
    let mut media = bed.make.media(tenant.org.id, tenant.account.id, &message);
    let fetched = media.clone();
    (media.state, media.blob, media.wrapped_key) = (MediaState::Pending, None, None);
    bed.write(&tenant.scope, MediaWrite::Insert(media.clone())).await;
    bed.clock.advance(TimeDelta::days(366));
    purge(&bed, &tenant, Purge::Messages, 100).await;
    let late = bed.writes([MediaWrite::Update(fetched).into()]);
    let _ = bed.store.commit_one(&tenant.scope, late).await;
    bed.clock.advance(TimeDelta::days(-366));
    assert!(bed.store.media(&tenant.scope, media.id).await.unwrap().is_none());
}

/// Another organisation's rows are not swept.
pub async fn a_sweep_stays_in_its_organisation(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let person = bed.person(&other, "Asha").await;
    let (message, media) = with_file(&bed, &other, &person, "long ago", 0).await;
    bed.clock.advance(TimeDelta::days(366));
    assert_eq!(purge(&bed, &tenant, Purge::Messages, 100).await, [0]);
    bed.clock.advance(TimeDelta::days(-366));
    assert!(is_seen(&bed, &other, &message, media.id).await);
}

/// Keys of clients and provider ids are forgotten, 61 days on; not a moment after they were written.
pub async fn bookkeeping_is_forgotten_in_time(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "hello", bed.at(0)).await;
    let external = message.external.clone().unwrap();
    let key = crate::store::IdempotencyKey::parse("k-1").unwrap();
    let answer = RecordRef::Message(message.id);
    let commit = async || {
        let mut batch = bed.batch();
        let who = crate::scope::Principal::System;
        batch.once(crate::store::Idempotency::new(&who, "any", &key, b"request", answer));
        bed.store.commit_one(&tenant.scope, batch).await.unwrap().outcome
    };
    assert_eq!(commit().await, Outcome::Applied);
    let (at, kept) = (confirmed(bed.now()), TimeDelta::seconds(1));
    let early = Write::Purge { class: Purge::Bookkeeping, at, kept, limit: 100 };
    assert_eq!(bed.write(&tenant.scope, early).await.rows_affected, 0);
    assert_eq!(commit().await, Outcome::Replayed(answer));
    let newest = bed.store.newest_event(&tenant.scope).await.unwrap();
    bed.clock.advance(TimeDelta::days(61));
    purge(&bed, &tenant, Purge::Bookkeeping, 100).await;
    assert_eq!(commit().await, Outcome::Applied);
    assert!(bed.holds(&tenant.scope, Precondition::ExternalFree(tenant.account.id, external)).await);
    assert!(
        bed.store.message(&tenant.scope, message.id).await.unwrap().is_some(),
        "messages are another class"
    );
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), newest, "places are never given twice");
}

/// What was done with a conversation is not seen once messages of its time are not, and is swept with them.
pub async fn what_was_done_is_seen_and_kept_as_long_as_messages(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let page = || PageRequest::first(50);
    let talk = person.conversation.id;
    let seen = async || bed.store.activities(&tenant.scope, talk, page()).await.unwrap().items.len();
    for second in 0..3 {
        let done = bed.make.activity(&person.conversation, ActivityKind::Closed, bed.at(second));
        bed.write(&tenant.scope, ConversationWrite::Activity(done)).await;
    }
    bed.clock.advance(TimeDelta::days(364));
    let done = bed.make.activity(&person.conversation, ActivityKind::Reopened, bed.now());
    bed.write(&tenant.scope, ConversationWrite::Activity(done)).await;
    assert_eq!(seen().await, 4);
    bed.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(10));
    assert_eq!(seen().await, 1, "before any sweep");
    assert_eq!(purge(&bed, &tenant, Purge::Messages, 2).await, [2, 1, 0]);
    assert_eq!(seen().await, 1);
}

/// What is known of the time is kept. What had expired by it stays hidden when the clock goes back, sessions included, and
/// what a clock that is not believed hid is seen again.
pub async fn what_had_expired_stays_hidden_when_the_clock_goes_back(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, media) = with_file(&bed, &tenant, &person, "long ago", 0).await;
    let session = bed.make.session(bed.make.id(), tenant.org.id);
    let user = crate::access::User { id: session.user, ..bed.make.user("asha@shop.example") };
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bed.make.member(user.id, crate::scope::Role::Agent);
    bed.write(&tenant.scope, AccessWrite::InsertMember(member)).await;
    bed.commit_system(SystemWrite::Session(session.clone())).await.unwrap();
    let invitation = bed.make.invitation(tenant.org.id, "ben@shop.example");
    bed.commit_system(SystemWrite::Invitation(invitation.clone())).await.unwrap();
    let ways_in = async || {
        let owner = bed.store.credential_owner(&bed.system, &session.hash, bed.now()).await.unwrap();
        let invited = bed.store.invitation(&bed.system, &invitation.hash, bed.now()).await.unwrap();
        assert_eq!(owner.is_some(), invited.is_some());
        owner.is_some()
    };
    assert_eq!(bed.store.time_mark(&bed.system).await.unwrap(), None);
    let (start, late) = (bed.now(), bed.now() + TimeDelta::days(366));
    // A clock that is only shown hides, and no more than that.
    bed.clock.set(late);
    assert!(!is_seen(&bed, &tenant, &message, media.id).await && !ways_in().await);
    bed.clock.set(start);
    assert!(is_seen(&bed, &tenant, &message, media.id).await && ways_in().await);
    // One that is not believed is kept as such.
    let ahead = Some(Ahead { at: late, held: TimeDelta::hours(3) });
    let doubted = TimeMark { trusted_at: start, ahead };
    bed.commit_system(SystemWrite::TimeMark(doubted)).await.unwrap();
    assert_eq!(bed.store.time_mark(&bed.system).await.unwrap(), Some(doubted));
    assert!(is_seen(&bed, &tenant, &message, media.id).await && ways_in().await);
    // One that was believed is not taken back by the clock.
    let believed = TimeMark { trusted_at: late, ahead: None };
    bed.commit_system(SystemWrite::TimeMark(believed)).await.unwrap();
    assert_eq!(bed.store.time_mark(&bed.system).await.unwrap(), Some(believed));
    assert!(!is_seen(&bed, &tenant, &message, media.id).await && !ways_in().await);
}

/// A purge deletes by the time that it is given, and nothing that a read still shows.
pub async fn a_purge_goes_by_the_time_it_is_given(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, _) = with_file(&bed, &tenant, &person, "long ago", 0).await;
    let mut short = bed.make.inbound(&person.conversation, "forget this", bed.at(1));
    short.expires_at = Some(bed.at(600));
    bed.write(&tenant.scope, bed.make.append(tenant.account.id, &short)).await;
    let start = bed.now();
    let purge = |at| {
        let kept = TimeDelta::days(365);
        Write::Purge { class: Purge::Messages, at: confirmed(at), kept, limit: 100 }
    };
    // The clock has leapt, and what is confirmed has not.
    bed.clock.set(start + TimeDelta::days(400));
    assert_eq!(bed.write(&tenant.scope, purge(start)).await.rows_affected, 0);
    bed.clock.set(start);
    for kept in [message.id, short.id] {
        assert!(bed.store.message(&tenant.scope, kept).await.unwrap().is_some());
    }
    // What is confirmed lies ahead of a clock that went back.
    assert_eq!(bed.write(&tenant.scope, purge(start + TimeDelta::days(400))).await.rows_affected, 0);
    bed.clock.set(start + TimeDelta::days(400));
    assert_eq!(bed.write(&tenant.scope, purge(start + TimeDelta::days(400))).await.rows_affected, 2);
}
