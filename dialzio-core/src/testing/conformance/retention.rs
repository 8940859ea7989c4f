//! What has expired is not seen, swept or not; the sweep removes it and nothing else.

use chrono::TimeDelta;

use crate::access::{AccessWrite, OrgChange};
use crate::consent::Purpose;
use crate::conversation::{ActivityKind, ConversationWrite, InboundAsk, Message};
use crate::effect::{EffectState, LaneKind, Work};
use crate::id::MediaId;
use crate::media::{Media, MediaState, MediaWrite};
use crate::page::PageRequest;
use crate::store::{Due, Expect, Outcome, Purge, RecordRef, SystemWrite, Write};
use crate::testing::confirmed;
use crate::testing::conformance::{Bench, House, Person};
use crate::time::{Ahead, TimeMark};

async fn with_file(
    bench: &Bench,
    house: &House,
    person: &Person,
    text: &str,
    second: i64,
) -> (Message, Media) {
    let message = bench.hears(house, person, text, bench.at(second)).await;
    let media = bench.make.media(house.org.id, house.account.id, &message);
    bench.write(&house.scope, MediaWrite::Insert(media.clone())).await;
    (message, media)
}

async fn is_seen(bench: &Bench, house: &House, message: &Message, media: MediaId) -> bool {
    let scope = &house.scope;
    let one = bench.store.message(scope, message.id).await.unwrap().is_some();
    let page = bench.store.messages(scope, message.conversation, PageRequest::first(50)).await.unwrap();
    let file = bench.store.media(scope, media).await.unwrap().is_some();
    let files = bench.store.media_of(scope, &[message.id]).await.unwrap();
    let ask = InboundAsk {
        account: house.account.id,
        portfolio: house.account.portfolio.clone(),
        aliases: Vec::new(),
        external: message.external.clone().into_iter().collect(),
        own: vec![message.id],
        consent: true,
    };
    let facts = bench.store.inbound_facts(scope, &ask).await.unwrap();
    let entry = bench.store.inbox_entry(scope, message.conversation).await.unwrap().unwrap();
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
pub async fn what_has_expired_is_not_seen_before_any_sweep(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let (message, media) = with_file(&bench, &house, &person, "long ago", 0).await;
    bench.clock.advance(TimeDelta::days(365) - TimeDelta::seconds(5));
    assert!(is_seen(&bench, &house, &message, media.id).await);
    bench.clock.advance(TimeDelta::seconds(10));
    assert!(!is_seen(&bench, &house, &message, media.id).await);
    let conversation = bench.conversation(&house, &person).await;
    assert_eq!(conversation.last_message, Some(message.id), "the conversation itself stays");
}

/// An organisation may shorten the time, at once and for what is there already; it may not lengthen it.
pub async fn a_shorter_period_counts_at_once_and_a_longer_one_never(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let (message, media) = with_file(&bench, &house, &person, "long ago", 0).await;
    bench.clock.advance(TimeDelta::days(31));
    assert!(is_seen(&bench, &house, &message, media.id).await);
    let days = |days| AccessWrite::ChangeOrg(OrgChange { message_days: Some(days), ..OrgChange::default() });
    bench.write(&house.scope, days(30)).await;
    assert!(!is_seen(&bench, &house, &message, media.id).await);
    bench.write(&house.scope, days(365)).await;
    assert!(is_seen(&bench, &house, &message, media.id).await);
    bench.clock.advance(TimeDelta::days(335));
    assert!(!is_seen(&bench, &house, &message, media.id).await);
}

/// A message or file with an end of its own vanishes then, and its neighbour does not.
pub async fn an_end_of_its_own_counts_when_it_is_earlier(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let mut short = bench.make.inbound(&person.conversation, "forget this", bench.at(1));
    short.expires_at = Some(bench.now() + TimeDelta::hours(1));
    bench.write(&house.scope, bench.make.append(house.account.id, &short)).await;
    let (message, long) = with_file(&bench, &house, &person, "keep this", 2).await;
    let mut media = bench.make.media(house.org.id, house.account.id, &message);
    media.expires_at = short.expires_at;
    bench.write(&house.scope, MediaWrite::Insert(media.clone())).await;
    assert_eq!(bench.store.media_of(&house.scope, &[message.id]).await.unwrap().len(), 2);
    bench.clock.advance(TimeDelta::hours(1) + TimeDelta::seconds(1));
    assert!(bench.store.message(&house.scope, short.id).await.unwrap().is_none());
    assert!(bench.store.media(&house.scope, media.id).await.unwrap().is_none());
    let files = bench.store.media_of(&house.scope, &[message.id]).await.unwrap();
    assert_eq!(files.iter().map(|file| file.id).collect::<Vec<_>>(), [long.id]);
    assert!(bench.store.message(&house.scope, message.id).await.unwrap().is_some());
}

/// An expired message is not sent either.
pub async fn an_expired_message_is_no_fact_for_sending(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let mut message = bench.make.outbound(&person.conversation, "soon gone", bench.at(1));
    message.expires_at = Some(bench.at(60));
    message.purpose = Some(Purpose::Service);
    let effect = bench.queue(&house, &message).await;
    assert_eq!(bench.store.send_facts(&house.scope, &[effect.id]).await.unwrap().len(), 1);
    bench.clock.advance(TimeDelta::minutes(2));
    assert!(bench.store.send_facts(&house.scope, &[effect.id]).await.unwrap().is_empty());
}

async fn purge(bench: &Bench, house: &House, class: Purge, limit: u32) -> Vec<u64> {
    let at = confirmed(bench.now());
    let kept = match class {
        Purge::Messages => TimeDelta::days(365),
        _ => TimeDelta::zero(),
    };
    let mut answers = Vec::new();
    for _ in 0..100 {
        let commit = bench.write(&house.scope, Write::Purge { class, at, kept, limit }).await;
        answers.push(commit.touched);
        if commit.touched == 0 {
            return answers;
        }
    }
    panic!("a purge that is repeated ends");
}

async fn blobs_to_delete(bench: &Bench, house: &House) -> Vec<MediaId> {
    let lanes = bench.store.lanes_due(&bench.system, bench.now(), 100).await.unwrap();
    let mut found = Vec::new();
    for lane in lanes.into_iter().filter(|lane| lane.kind == LaneKind::Blob && lane.org == house.org.id) {
        let lease = bench.lease(lane).await;
        for due in bench.store.due(&house.scope, &lease, bench.now(), 100).await.unwrap() {
            match due {
                Due::Effect(effect) if effect.state == EffectState::Pending => match effect.work {
                    Work::DeleteBlob(media) => found.push(media),
                    other => panic!("not of this lane: {other:?}"),
                },
                other => panic!("not due: {other:?}"),
            }
        }
        bench.store.release(&bench.system, lease).await.unwrap();
    }
    found.sort_unstable();
    found
}

/// The sweep removes expired messages with their files in portions, queues the deletion of each blob in the same commit,
/// and answers zero when nothing is left. What is alive stays.
pub async fn the_sweep_removes_what_has_expired_and_queues_the_blobs(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let mut old = Vec::new();
    for second in 0..3 {
        old.push(with_file(&bench, &house, &person, "long ago", second).await);
    }
    let mut shortened = bench.make.inbound(&person.conversation, "forget this", bench.at(9));
    shortened.expires_at = Some(bench.at(600));
    bench.write(&house.scope, bench.make.append(house.account.id, &shortened)).await;
    bench.clock.advance(TimeDelta::days(300));
    let (young, file) = with_file(&bench, &house, &person, "lately", 300 * 86_400).await;
    bench.clock.advance(TimeDelta::days(66));
    assert!(blobs_to_delete(&bench, &house).await.is_empty());
    let answers = purge(&bench, &house, Purge::Messages, 1).await;
    assert!(
        answers.len() > 1 && answers[..answers.len() - 1].iter().all(|touched| *touched > 0),
        "{answers:?}"
    );
    let mut expected: Vec<_> = old.iter().map(|(_, media)| media.id).collect();
    expected.sort_unstable();
    assert_eq!(blobs_to_delete(&bench, &house).await, expected);
    assert!(is_seen(&bench, &house, &young, file.id).await);
    // Back in time: what was only out of sight would be seen again.
    bench.clock.advance(TimeDelta::days(-366));
    for (message, media) in &old {
        assert!(bench.store.message(&house.scope, message.id).await.unwrap().is_none());
        assert!(bench.store.media(&house.scope, media.id).await.unwrap().is_none());
    }
    assert!(bench.store.message(&house.scope, shortened.id).await.unwrap().is_none());
    assert!(bench.store.message(&house.scope, young.id).await.unwrap().is_some());
    let text = bench.conversation(&house, &person).await;
    assert_eq!(text.last_message, Some(young.id));
}

/// A file that was fetched after its message had been swept does not come back.
pub async fn a_swept_file_does_not_come_back(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let message = bench.hears(&house, &person, "picture", bench.at(1)).await;
    let mut media = bench.make.media(house.org.id, house.account.id, &message);
    let fetched = media.clone();
    (media.state, media.blob, media.wrapped_key) = (MediaState::Pending, None, None);
    bench.write(&house.scope, MediaWrite::Insert(media.clone())).await;
    bench.clock.advance(TimeDelta::days(366));
    purge(&bench, &house, Purge::Messages, 100).await;
    let late = bench.writes([MediaWrite::Update(fetched).into()]);
    let _ = bench.store.commit_one(&house.scope, late).await;
    bench.clock.advance(TimeDelta::days(-366));
    assert!(bench.store.media(&house.scope, media.id).await.unwrap().is_none());
}

/// Another organisation's rows are not swept.
pub async fn a_sweep_stays_in_its_organisation(bench: Bench) {
    let (house, other) = (bench.house().await, bench.house().await);
    let person = bench.person(&other, "Asha").await;
    let (message, media) = with_file(&bench, &other, &person, "long ago", 0).await;
    bench.clock.advance(TimeDelta::days(366));
    assert_eq!(purge(&bench, &house, Purge::Messages, 100).await, [0]);
    bench.clock.advance(TimeDelta::days(-366));
    assert!(is_seen(&bench, &other, &message, media.id).await);
}

/// Keys of clients and provider ids are forgotten, 61 days on; not a moment after they were written.
pub async fn bookkeeping_is_forgotten_in_time(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let message = bench.hears(&house, &person, "hello", bench.at(0)).await;
    let external = message.external.clone().unwrap();
    let key = crate::store::IdempotencyKey::parse("k-1").unwrap();
    let answer = RecordRef::Message(message.id);
    let commit = async || {
        let mut batch = bench.batch();
        let who = crate::scope::Principal::System;
        batch.once(crate::store::Once::new(&who, "any", &key, b"request", answer));
        bench.store.commit_one(&house.scope, batch).await.unwrap().outcome
    };
    assert_eq!(commit().await, Outcome::Applied);
    let (at, kept) = (confirmed(bench.now()), TimeDelta::seconds(1));
    let early = Write::Purge { class: Purge::Bookkeeping, at, kept, limit: 100 };
    assert_eq!(bench.write(&house.scope, early).await.touched, 0);
    assert_eq!(commit().await, Outcome::Replayed(answer));
    let newest = bench.store.newest_event(&house.scope).await.unwrap();
    bench.clock.advance(TimeDelta::days(61));
    purge(&bench, &house, Purge::Bookkeeping, 100).await;
    assert_eq!(commit().await, Outcome::Applied);
    assert!(bench.holds(&house.scope, Expect::ExternalFree(house.account.id, external)).await);
    assert!(
        bench.store.message(&house.scope, message.id).await.unwrap().is_some(),
        "messages are another class"
    );
    assert_eq!(bench.store.newest_event(&house.scope).await.unwrap(), newest, "places are never given twice");
}

/// What was done with a conversation is not seen once messages of its time are not, and is swept with them.
pub async fn what_was_done_is_seen_and_kept_as_long_as_messages(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let page = || PageRequest::first(50);
    let talk = person.conversation.id;
    let seen = async || bench.store.activities(&house.scope, talk, page()).await.unwrap().items.len();
    for second in 0..3 {
        let done = bench.make.activity(&person.conversation, ActivityKind::Closed, bench.at(second));
        bench.write(&house.scope, ConversationWrite::Activity(done)).await;
    }
    bench.clock.advance(TimeDelta::days(364));
    let done = bench.make.activity(&person.conversation, ActivityKind::Reopened, bench.now());
    bench.write(&house.scope, ConversationWrite::Activity(done)).await;
    assert_eq!(seen().await, 4);
    bench.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(10));
    assert_eq!(seen().await, 1, "before any sweep");
    assert_eq!(purge(&bench, &house, Purge::Messages, 2).await, [2, 1, 0]);
    assert_eq!(seen().await, 1);
}

/// What is known of the time is kept. What had expired by it stays hidden when the clock goes back, sessions included, and
/// what a clock that is not believed hid is seen again.
pub async fn what_had_expired_stays_hidden_when_the_clock_goes_back(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let (message, media) = with_file(&bench, &house, &person, "long ago", 0).await;
    let session = bench.make.session(bench.make.id(), house.org.id);
    let user = crate::access::User { id: session.user, ..bench.make.user("asha@shop.example") };
    bench.enact(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bench.make.member(user.id, crate::scope::Role::Agent);
    bench.write(&house.scope, AccessWrite::InsertMember(member)).await;
    bench.enact(SystemWrite::Session(session.clone())).await.unwrap();
    let invitation = bench.make.invitation(house.org.id, "ben@shop.example");
    bench.enact(SystemWrite::Invitation(invitation.clone())).await.unwrap();
    let ways_in = async || {
        let owner = bench.store.credential_owner(&bench.system, &session.hash, bench.now()).await.unwrap();
        let invited = bench.store.invitation(&bench.system, &invitation.hash, bench.now()).await.unwrap();
        assert_eq!(owner.is_some(), invited.is_some());
        owner.is_some()
    };
    assert_eq!(bench.store.time_mark(&bench.system).await.unwrap(), None);
    let (start, late) = (bench.now(), bench.now() + TimeDelta::days(366));
    // A clock that is only shown hides, and no more than that.
    bench.clock.set(late);
    assert!(!is_seen(&bench, &house, &message, media.id).await && !ways_in().await);
    bench.clock.set(start);
    assert!(is_seen(&bench, &house, &message, media.id).await && ways_in().await);
    // One that is not believed is kept as such.
    let ahead = Some(Ahead { at: late, held: TimeDelta::hours(3) });
    let doubted = TimeMark { trusted_at: start, ahead };
    bench.enact(SystemWrite::TimeMark(doubted)).await.unwrap();
    assert_eq!(bench.store.time_mark(&bench.system).await.unwrap(), Some(doubted));
    assert!(is_seen(&bench, &house, &message, media.id).await && ways_in().await);
    // One that was believed is not taken back by the clock.
    let believed = TimeMark { trusted_at: late, ahead: None };
    bench.enact(SystemWrite::TimeMark(believed)).await.unwrap();
    assert_eq!(bench.store.time_mark(&bench.system).await.unwrap(), Some(believed));
    assert!(!is_seen(&bench, &house, &message, media.id).await && !ways_in().await);
}

/// A purge deletes by the time that it is given, and nothing that a read still shows.
pub async fn a_purge_goes_by_the_time_it_is_given(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let (message, _) = with_file(&bench, &house, &person, "long ago", 0).await;
    let mut short = bench.make.inbound(&person.conversation, "forget this", bench.at(1));
    short.expires_at = Some(bench.at(600));
    bench.write(&house.scope, bench.make.append(house.account.id, &short)).await;
    let start = bench.now();
    let purge = |at| {
        let kept = TimeDelta::days(365);
        Write::Purge { class: Purge::Messages, at: confirmed(at), kept, limit: 100 }
    };
    // The clock has leapt, and what is confirmed has not.
    bench.clock.set(start + TimeDelta::days(400));
    assert_eq!(bench.write(&house.scope, purge(start)).await.touched, 0);
    bench.clock.set(start);
    for kept in [message.id, short.id] {
        assert!(bench.store.message(&house.scope, kept).await.unwrap().is_some());
    }
    // What is confirmed lies ahead of a clock that went back.
    assert_eq!(bench.write(&house.scope, purge(start + TimeDelta::days(400))).await.touched, 0);
    bench.clock.set(start + TimeDelta::days(400));
    assert_eq!(bench.write(&house.scope, purge(start + TimeDelta::days(400))).await.touched, 2);
}
