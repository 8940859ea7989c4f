//! Search in what was said.

use chrono::TimeDelta;

use crate::conversation::{
    Content, ConversationWrite, Direction, MessageNarrow, MessageSearch, MessageSort, SoughtWords,
};
use crate::id::MessageId;
use crate::page::PageRequest;
use crate::store::{Purge, Write};
use crate::testing::confirmed;
use crate::testing::conformance::{Tenant, TestBed};

fn search(typed: &str) -> MessageSearch {
    MessageSearch::new(SoughtWords::parse(typed).unwrap())
}

/// All that a search finds, page by page; each answer comes with the conversation it belongs to.
async fn walk(bed: &TestBed, tenant: &Tenant, query: &MessageSearch, size: u32) -> Vec<MessageId> {
    let (mut found, mut page) = (Vec::new(), PageRequest::first(size));
    loop {
        let some = bed.store.find_messages(&tenant.scope, query, page.clone()).await.unwrap();
        assert!(some.items.len() <= size as usize);
        for one in some.items {
            assert_eq!(one.entry.conversation.id, one.message.conversation);
            found.push(one.message.id);
        }
        page.after = some.next;
        if page.after.is_none() {
            return found;
        }
    }
}

async fn found(bed: &TestBed, tenant: &Tenant, typed: &str) -> Vec<MessageId> {
    walk(bed, tenant, &search(typed), 50).await
}

/// Each word has to be there, in any order, case and accent; the last one may be a beginning. Answers and captions count.
pub async fn messages_are_found_by_their_words_newest_first(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let first = bed.hears(&tenant, &asha, "Do you have a Monstera?", bed.at(1)).await.id;
    let (answer, _) = bed.queues(&tenant, &asha, "The monstera costs ₹450 at the Café", bed.at(2)).await;
    let other = bed.hears(&tenant, &ben, "नमस्ते, is the café open?", bed.at(3)).await.id;
    assert_eq!(found(&bed, &tenant, "monstera").await, [answer.id, first]);
    assert_eq!(found(&bed, &tenant, "MONST").await, [answer.id, first]);
    assert_eq!(found(&bed, &tenant, "cafe").await, [other, answer.id]);
    assert_eq!(found(&bed, &tenant, "cafe monstera").await, [answer.id]);
    assert_eq!(found(&bed, &tenant, "450").await, [answer.id]);
    assert_eq!(found(&bed, &tenant, "नमस्").await, [other]);
    for typed in ["monster plant", "onstera", "monst cafe", "asha", "is%"] {
        let expected: &[MessageId] = if typed == "is%" { &[other] } else { &[] };
        assert_eq!(found(&bed, &tenant, typed).await, expected, "{typed}");
    }
}

/// Only what was said on one line, or in one conversation.
pub async fn a_search_in_messages_is_narrowed_by_account_and_conversation(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let hers = bed.hears(&tenant, &asha, "monstera", bed.at(1)).await.id;
    let his = bed.hears(&tenant, &ben, "monstera", bed.at(2)).await.id;
    let of = |conversation| MessageSearch { conversation: Some(conversation), ..search("monstera") };
    assert_eq!(walk(&bed, &tenant, &of(asha.conversation.id), 9).await, [hers]);
    assert_eq!(walk(&bed, &tenant, &of(ben.conversation.id), 9).await, [his]);
    assert!(walk(&bed, &tenant, &of(bed.make.id()), 9).await.is_empty());
    let on = |account| MessageSearch { account: Some(account), ..search("monstera") };
    assert_eq!(walk(&bed, &tenant, &on(tenant.account.id), 9).await, [his, hers]);
    assert!(walk(&bed, &tenant, &on(bed.make.id()), 9).await.is_empty());
}

/// Only what the person or we wrote, what holds a link, and what was written within a time: all that is asked has to hold.
pub async fn a_search_in_messages_is_narrowed_by_side_kind_and_time(bed: TestBed) {
    let tenant = bed.tenant().await;
    let asha = bed.person(&tenant, "Asha").await;
    let first = bed.hears(&tenant, &asha, "monstera https://plants.example/1", bed.at(1)).await.id;
    let (answer, _) = bed.queues(&tenant, &asha, "monstera, see HTTP://plants.example", bed.at(2)).await;
    let last = bed.hears(&tenant, &asha, "monstera", bed.at(3)).await.id;
    let narrowed =
        async |narrow| walk(&bed, &tenant, &MessageSearch { narrow, ..search("monstera") }, 2).await;
    let none = MessageNarrow::default();
    assert_eq!(narrowed(none).await, [last, answer.id, first]);
    let side = |direction| MessageNarrow { direction: Some(direction), ..none };
    assert_eq!(narrowed(side(Direction::Inbound)).await, [last, first]);
    assert_eq!(narrowed(side(Direction::Outbound)).await, [answer.id]);
    let links = MessageNarrow { sort: Some(MessageSort::Link), ..none };
    assert_eq!(narrowed(links).await, [answer.id, first]);
    assert_eq!(narrowed(MessageNarrow { sort: Some(MessageSort::Picture), ..none }).await, []);
    let within =
        |since, until| MessageNarrow { since: Some(bed.at(since)), until: Some(bed.at(until)), ..none };
    assert_eq!(narrowed(within(2, 3)).await, [answer.id]);
    assert_eq!(narrowed(within(1, 4)).await, [last, answer.id, first]);
    assert_eq!(narrowed(within(4, 9)).await, []);
    assert_eq!(
        narrowed(MessageNarrow { direction: Some(Direction::Inbound), ..within(1, 3) }).await,
        [first]
    );
}

/// No message twice and none left out, whatever the size of a page; by a whole word and by a beginning.
pub async fn pages_of_found_messages_hold_all_of_them_once(bed: TestBed) {
    let tenant = bed.tenant().await;
    let people = [bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await];
    let mut all = Vec::new();
    for place in 0..11 {
        let text = if place % 2 == 0 { "pot potted potter" } else { "pot" };
        all.push(bed.hears(&tenant, &people[place % 2], text, bed.at(place as i64)).await.id);
    }
    all.reverse();
    for size in [1, 2, 3, 11, 50] {
        assert_eq!(walk(&bed, &tenant, &search("pot"), size).await, all, "{size}");
        let potted = walk(&bed, &tenant, &search("pot potte"), size).await;
        let even: Vec<_> = all.iter().copied().step_by(2).collect();
        assert_eq!(potted, even, "{size}");
    }
}

/// Two words that stand in many messages, and together in one that is older than all that a page looks at.
pub async fn frequent_words_that_stand_together_once_are_found(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let both = bed.hears(&tenant, &person, "red pots", bed.at(0)).await.id;
    let each = MessageSearch::EXAMINED + 20;
    let mut writes: Vec<Write> = Vec::new();
    for place in 0..each * 2 {
        let text = if place < each { "red" } else { "pots" };
        let message = bed.make.inbound(&person.conversation, text, bed.at(1));
        writes.push(bed.make.append(tenant.account.id, &message).into());
        if writes.len() == 500 {
            bed.write_all(&tenant.scope, std::mem::take(&mut writes)).await;
        }
    }
    bed.write_all(&tenant.scope, writes).await;
    assert_eq!(walk(&bed, &tenant, &search("red pots"), 20).await, [both]);
    assert_eq!(walk(&bed, &tenant, &search("pots red"), 20).await, [both]);
}

/// A correction is found by what it says now; what was taken back is not found at all.
pub async fn what_was_edited_or_revoked_is_found_as_it_stands(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "Monday please", bed.at(1)).await.id;
    let content = Box::new(Content::text("Tuesday please").unwrap());
    let edit = ConversationWrite::Edit { message, content, beside: None, at: bed.at(2) };
    bed.write(&tenant.scope, edit).await;
    assert!(found(&bed, &tenant, "monday").await.is_empty());
    assert_eq!(found(&bed, &tenant, "tuesday").await, [message]);
    let content = Box::new(Content::System { what: "revoked".to_owned(), body: None });
    bed.write(&tenant.scope, ConversationWrite::Revoke { message, content, at: bed.at(3) }).await;
    assert!(found(&bed, &tenant, "tuesday").await.is_empty());
    assert!(found(&bed, &tenant, "please").await.is_empty());
}

/// At the end of its time, swept or not.
pub async fn what_has_expired_is_not_found(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let old = bed.hears(&tenant, &person, "monstera", bed.at(0)).await.id;
    bed.clock.advance(TimeDelta::days(365) - TimeDelta::seconds(5));
    assert_eq!(found(&bed, &tenant, "monstera").await, [old]);
    bed.clock.advance(TimeDelta::seconds(10));
    assert!(found(&bed, &tenant, "monstera").await.is_empty());
    let (at, kept) = (confirmed(bed.now()), TimeDelta::days(365));
    bed.write(&tenant.scope, Write::Purge { class: Purge::Messages, at, kept, limit: 100 }).await;
    bed.clock.advance(TimeDelta::days(-2));
    assert!(found(&bed, &tenant, "monstera").await.is_empty());
}

/// The same words in another organisation are its own.
pub async fn what_another_organisation_said_is_not_found(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let (asha, ben) = (bed.person(&mine, "Asha").await, bed.person(&other, "Ben").await);
    let own = bed.hears(&mine, &asha, "monstera", bed.at(1)).await.id;
    let theirs = bed.hears(&other, &ben, "monstera", bed.at(2)).await.id;
    assert_eq!(found(&bed, &mine, "monstera").await, [own]);
    assert_eq!(found(&bed, &other, "monst").await, [theirs]);
}
