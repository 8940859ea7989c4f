//! Convergence: what the provider tells us in any order, any number of times, ends in the same state.

use crate::consent::{ConsentWrite, Suppression, SuppressionScope};
use crate::contact::{Alias, ContactWrite};
use crate::conversation::{
    Content, ConversationWrite, DeliveryStatus, Direction, Evidence, ExternalId, FailureNote, Message,
    Reaction,
};
use crate::entropy::Entropy;
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::store::{StoreError, Write};
use crate::testing::conformance::message::shuffle;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::text::{PersonName, TagName, Username};

/// Content, status, its time, why it failed, when it was edited and taken back.
type Shown = (Content, DeliveryStatus, i64, Option<FailureNote>, Option<i64>, Option<i64>);

/// What a reader can see, without the ids that differ between two tellings.
#[derive(Debug, PartialEq)]
struct Seen {
    head: (u32, Option<usize>, Option<usize>, i64, Option<i64>),
    wait: (Option<i64>, bool),
    messages: Vec<Shown>,
    reactions: Vec<Vec<(Direction, String, i64)>>,
    aliases: Vec<(&'static str, String)>,
    profile: (Option<PersonName>, Option<Username>),
    tags: Vec<TagName>,
    suppressed: usize,
}

async fn seen(bed: &TestBed, tenant: &Tenant, person: &Person) -> Seen {
    let scope = &tenant.scope;
    let head = bed.conversation(tenant, person).await;
    let page = PageRequest::first(200);
    let mut all = bed.store.messages(scope, person.conversation.id, page).await.unwrap().items;
    all.reverse();
    let place = |id| all.iter().position(|message| Some(message.id) == id);
    let identity = bed.store.channel_identity(scope, person.identity.id).await.unwrap().unwrap();
    let contact = bed.store.contact(scope, person.contact.id).await.unwrap().unwrap();
    let micros = |at: chrono::DateTime<chrono::Utc>| at.timestamp_micros();
    let reaction = |reaction: &Reaction| {
        let emoji = reaction.emoji.clone()?;
        Some((reaction.by, emoji, micros(reaction.at)))
    };
    Seen {
        head: (
            head.unread,
            place(head.last_message),
            place(head.last_inbound),
            micros(head.last_at),
            head.last_inbound_at.map(micros),
        ),
        wait: (head.waiting_since.map(micros), head.last_failed),
        reactions: all
            .iter()
            .map(|message| {
                let mut shown: Vec<_> = message.reactions.iter().filter_map(reaction).collect();
                shown.sort();
                shown
            })
            .collect(),
        aliases: identity
            .aliases
            .iter()
            .map(|alias| (alias.kind().as_str(), alias.reveal().to_owned()))
            .collect(),
        profile: (identity.profile_name, identity.username),
        tags: contact.tags,
        suppressed: bed.store.suppressions(scope, &[[1; 16], [2; 16]]).await.unwrap().len(),
        messages: all
            .into_iter()
            .map(|message| {
                let shown = message.delivery;
                // Whether an edit came before it was taken back does not matter any more.
                let edited = message.edited_at.filter(|_| message.revoked_at.is_none());
                let (edited, revoked) = (edited.map(micros), message.revoked_at.map(micros));
                (message.content, shown.status, micros(shown.at), shown.failure, edited, revoked)
            })
            .collect(),
    }
}

fn external(place: i64) -> ExternalId {
    ExternalId::parse(&format!("history.{place}")).unwrap()
}

/// All updates of three messages that are there and four that arrive.
fn story(bed: &TestBed, tenant: &Tenant, person: &Person, there: &[Message]) -> Vec<Write> {
    let (account, identity) = (tenant.account.id, person.identity.id);
    let text = |text: &str| Box::new(Content::text(text).unwrap());
    let mut writes: Vec<Write> = Vec::new();
    for place in 0..4 {
        let mut message =
            bed.make.inbound(&person.conversation, &format!("late {place}"), bed.at(20 + place));
        message.external = Some(external(place));
        writes.push(bed.make.append(account, &message).into());
    }
    let failure = Some(FailureNote { code: "scripted.1".to_owned(), detail: None });
    let news = [
        (0, DeliveryStatus::Dispatched, 30, None),
        (0, DeliveryStatus::Sent, 31, None),
        (0, DeliveryStatus::Read, 35, None),
        (0, DeliveryStatus::Read, 34, None),
        (0, DeliveryStatus::Delivered, 33, None),
        (1, DeliveryStatus::Dispatched, 30, None),
        (1, DeliveryStatus::Failed, 36, failure.clone()),
        (1, DeliveryStatus::Failed, 35, failure),
        (1, DeliveryStatus::Sent, 37, None),
    ];
    for (place, status, second, failure) in news {
        let evidence = Evidence { status, at: bed.at(second), failure };
        writes.push(ConversationWrite::Evidence { message: there[place].id, evidence }.into());
    }
    for (place, by, emoji, second) in [
        (0, Direction::Inbound, Some("👍"), 40),
        (0, Direction::Inbound, Some("❤"), 41),
        (0, Direction::Outbound, Some("🙂"), 40),
        (1, Direction::Inbound, Some("👍"), 42),
        (1, Direction::Inbound, None, 43),
    ] {
        let emoji = emoji.map(str::to_owned);
        let reaction = Reaction { message: there[place].id, by, emoji, at: bed.at(second) };
        writes.push(ConversationWrite::Reaction(reaction).into());
    }
    for (place, body, second) in [(2, "edited", 50), (2, "edited again", 51), (0, "changed", 52)] {
        let edit = ConversationWrite::Edit {
            message: there[place].id,
            content: text(body),
            beside: None,
            at: bed.at(second),
        };
        writes.push(edit.into());
    }
    let revoke = ConversationWrite::Revoke { message: there[2].id, content: text("gone"), at: bed.at(49) };
    writes.push(revoke.into());
    for (digits, second) in [("447700900801", 60), ("447700900802", 62), ("447700900803", 61)] {
        let alias = Alias::Phone(PhoneNumber::from_digits(digits).unwrap());
        writes.push(ContactWrite::Alias { identity, alias, seen_at: bed.at(second) }.into());
    }
    for (name, second) in [("Old", 10), ("New", 12), ("Older", 9)] {
        let profile = ContactWrite::Profile {
            identity,
            name: PersonName::received(name),
            username: Username::received(name),
            at: bed.at(second),
        };
        writes.push(profile.into());
    }
    for tag in ["vip", "garden", "autumn"] {
        let tags = vec![TagName::parse(tag).unwrap()];
        writes.push(ContactWrite::AddTags { contact: person.contact.id, tags }.into());
    }
    for byte in [1, 2] {
        let suppression = Suppression {
            hash: [byte; 16],
            key_version: 1,
            scope: SuppressionScope::Marketing,
            created_at: bed.at(1),
        };
        writes.push(ConsentWrite::Suppress(suppression).into());
    }
    writes
}

/// A story told in order once, and the same story shuffled and doubled, end in the same state. A repeated message is
/// refused, and counts as told.
pub async fn the_same_history(bed: TestBed) {
    let entropy = Entropy::seeded(42);
    let mut first: Option<Seen> = None;
    for telling in 0..8 {
        let tenant = bed.tenant().await;
        let mut person = bed.person(&tenant, "Asha").await;
        let common = Alias::Phone(PhoneNumber::from_digits("447700900800").unwrap());
        person.identity = bed.make.identity(person.contact.id, vec![common]);
        bed.write(&tenant.scope, ContactWrite::Identity(person.identity.clone())).await;
        person.conversation = bed.make.conversation(tenant.account.id, &person.identity);
        bed.write(&tenant.scope, ConversationWrite::Insert(person.conversation.clone())).await;
        let mut there = Vec::new();
        for second in 0..3 {
            there.push(bed.queues(&tenant, &person, "there", bed.at(second)).await.0);
        }
        let mut writes = story(&bed, &tenant, &person, &there);
        if telling > 0 {
            let again = writes.clone();
            writes.extend(again);
            shuffle(&mut writes, &entropy);
        }
        let batches = writes.into_iter().map(|write| bed.writes([write])).collect();
        for answer in bed.store.commit(&tenant.scope, batches).await {
            if let Err(error) = answer {
                assert!(matches!(error, StoreError::PreconditionFailed(_)), "{error}");
            }
        }
        let seen = seen(&bed, &tenant, &person).await;
        match &first {
            None => first = Some(seen),
            Some(first) => assert_eq!(seen, *first, "telling {telling}"),
        }
    }
}
