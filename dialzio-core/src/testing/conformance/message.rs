//! Messages, and the updates about them that arrive late, doubled and out of order.

use crate::conversation::{
    Content, ConversationWrite, DeliveryStatus, Direction, Evidence, ExternalId, FailureNote, InboundQuery,
    Message, MessageDigest, Reaction,
};
use crate::entropy::Entropy;
use crate::id::MessageId;
use crate::store::{Precondition, StoreError, Write};
use crate::testing::conformance::{Person, Tenant, TestBed};

/// The same delivery twice: the second is refused as a whole, and nothing counts double.
pub async fn a_repeated_delivery_changes_nothing(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let before = bed.conversation(&tenant, &person).await;
    let again = Message { id: bed.make.id_at(bed.at(1)), ..message.clone() };
    let taken = Precondition::ExternalFree(tenant.account.id, message.external.clone().unwrap());
    let append = |message: &Message| -> Write { bed.make.append(tenant.account.id, message).into() };
    assert_eq!(bed.refused(&tenant.scope, append(&again)).await, taken);
    assert_eq!(bed.refused(&tenant.scope, append(&message)).await, taken, "with the same id as well");
    let newer = bed.make.inbound(&person.conversation, "newer", bed.at(5));
    let together = bed.writes([append(&newer), append(&again)]);
    assert!(bed.store.commit_one(&tenant.scope, together).await.is_err());
    assert!(bed.store.message(&tenant.scope, newer.id).await.unwrap().is_none());
    assert_eq!(bed.conversation(&tenant, &person).await, before);
    assert!(bed.store.message(&tenant.scope, again.id).await.unwrap().is_none());
    assert_eq!(bed.message(&tenant, message.id).await, message);
}

fn evidence(message: MessageId, status: DeliveryStatus, bed: &TestBed, second: i64) -> ConversationWrite {
    let failure = (status == DeliveryStatus::Failed).then(|| FailureNote {
        code: "scripted.131026".to_owned(),
        detail: Some("undeliverable".to_owned()),
    });
    ConversationWrite::Evidence { message, evidence: Evidence { status, at: bed.at(second), failure } }
}

/// All that is known about a delivery stays: a failure that was outranked as well. Nothing of other messages.
pub async fn every_piece_of_evidence_is_kept(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, _) = bed.queues(&tenant, &person, "on its way", bed.at(1)).await;
    let (other, _) = bed.queues(&tenant, &person, "another", bed.at(2)).await;
    for (status, second) in [(DeliveryStatus::Failed, 5), (DeliveryStatus::Delivered, 6)] {
        bed.write(&tenant.scope, evidence(message.id, status, &bed, second)).await;
    }
    let mut found = bed.store.evidence_of(&tenant.scope, &[message.id]).await.unwrap();
    found.sort_by_key(|(_, evidence)| evidence.at);
    let statuses: Vec<_> = found.iter().map(|(of, evidence)| (*of, evidence.status)).collect();
    let wanted = [DeliveryStatus::Queued, DeliveryStatus::Failed, DeliveryStatus::Delivered];
    assert_eq!(statuses, wanted.map(|status| (message.id, status)));
    assert_eq!(found[1].1.failure.as_ref().unwrap().code, "scripted.131026");
    assert_eq!(bed.store.evidence_of(&tenant.scope, &[message.id, other.id]).await.unwrap().len(), 4);
    assert!(bed.store.evidence_of(&tenant.scope, &[]).await.unwrap().is_empty());
}

/// Evidence in any order, doubled as well, ends in the same state: the highest rank, at its earliest time.
pub async fn evidence_in_any_order_ends_in_the_same_state(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let entropy = Entropy::seeded(11);
    let news = [
        (DeliveryStatus::Dispatched, 2),
        (DeliveryStatus::Accepted, 3),
        (DeliveryStatus::Sent, 4),
        (DeliveryStatus::Failed, 5),
        (DeliveryStatus::Delivered, 6),
        (DeliveryStatus::Read, 8),
        (DeliveryStatus::Read, 7),
    ];
    for take in [3, 5, 7] {
        for _ in 0..6 {
            let (message, _) = bed.queues(&tenant, &person, "on its way", bed.at(1)).await;
            let mut order: Vec<_> = news[..take].iter().chain(&news[..take]).collect();
            shuffle(&mut order, &entropy);
            for (status, second) in order {
                bed.write(&tenant.scope, evidence(message.id, *status, &bed, *second)).await;
            }
            let shown = bed.message(&tenant, message.id).await.delivery;
            let (status, at, failed) = match take {
                3 => (DeliveryStatus::Sent, 4, false),
                5 => (DeliveryStatus::Delivered, 6, false),
                _ => (DeliveryStatus::Read, 7, false),
            };
            assert_eq!((shown.status, shown.at), (status, bed.at(at)));
            assert_eq!(shown.failure.is_some(), failed);
        }
    }
}

/// Mixes the order.
pub(super) fn shuffle<T>(items: &mut [T], entropy: &Entropy) {
    for place in (1..items.len()).rev() {
        let bound = u64::try_from(place).unwrap_or(0) + 1;
        items.swap(place, usize::try_from(entropy.u64() % bound).unwrap_or(0));
    }
}

/// A failure is shown with its reason, until better news comes; an end that is reached from the queue only is not reached
/// from anywhere else.
pub async fn a_failure_is_shown_and_outranked(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, _) = bed.queues(&tenant, &person, "on its way", bed.at(1)).await;
    let id = message.id;
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Dispatched, &bed, 2)).await;
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Failed, &bed, 3)).await;
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Sent, &bed, 4)).await;
    let shown = bed.message(&tenant, id).await.delivery;
    assert_eq!((shown.status, shown.at), (DeliveryStatus::Failed, bed.at(3)));
    let note = shown.failure.expect("why it failed");
    assert_eq!((note.code.as_str(), note.detail.as_deref()), ("scripted.131026", Some("undeliverable")));
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Suppressed, &bed, 5)).await;
    assert_eq!(bed.message(&tenant, id).await.delivery.status, DeliveryStatus::Failed);
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Delivered, &bed, 6)).await;
    let shown = bed.message(&tenant, id).await.delivery;
    assert_eq!((shown.status, shown.failure), (DeliveryStatus::Delivered, None));
    let (held, _) = bed.queues(&tenant, &person, "not sent", bed.at(1)).await;
    bed.write(&tenant.scope, evidence(held.id, DeliveryStatus::Cancelled, &bed, 2)).await;
    assert_eq!(bed.message(&tenant, held.id).await.delivery.status, DeliveryStatus::Cancelled);
}

/// A message whose request was refused waits again and says why, until it is handed over; what was taken never goes back.
pub async fn a_refused_request_leads_back_to_the_queue_with_why(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, _) = bed.queues(&tenant, &person, "on its way", bed.at(1)).await;
    let id = message.id;
    let why = |code: &str| FailureNote { code: code.to_owned(), detail: Some("expired".to_owned()) };
    let refused =
        |code: &str, second| ConversationWrite::Requeue { message: id, why: why(code), at: bed.at(second) };
    let shown = async || bed.message(&tenant, id).await.delivery;
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Dispatched, &bed, 2)).await;
    bed.write(&tenant.scope, refused("scripted.190", 3)).await;
    let waits = shown().await;
    assert_eq!((waits.status, waits.at), (DeliveryStatus::Queued, bed.at(3)));
    assert_eq!(waits.failure, Some(why("scripted.190")));
    bed.write(&tenant.scope, refused("scripted.200", 4)).await;
    let waits = shown().await;
    assert_eq!((waits.at, waits.failure), (bed.at(3), Some(why("scripted.200"))), "it waits since then");
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Dispatched, &bed, 5)).await;
    let again = shown().await;
    assert_eq!((again.status, again.failure), (DeliveryStatus::Dispatched, None));
    bed.write(&tenant.scope, evidence(id, DeliveryStatus::Accepted, &bed, 6)).await;
    bed.write(&tenant.scope, refused("scripted.190", 7)).await;
    let taken = shown().await;
    assert_eq!((taken.status, taken.failure), (DeliveryStatus::Accepted, None));
}

/// An update of a message that is not there, or not there any more, is no error: it is only of no use.
pub async fn news_about_a_message_that_is_gone_changes_nothing(bed: TestBed) {
    let tenant = bed.tenant().await;
    let unknown: MessageId = bed.make.id();
    let content = || Box::new(Content::text("changed").unwrap());
    let reaction = Reaction { message: unknown, by: Direction::Inbound, emoji: None, at: bed.at(2) };
    let why = FailureNote { code: "scripted.190".to_owned(), detail: None };
    let writes: [ConversationWrite; 5] = [
        ConversationWrite::Requeue { message: unknown, why, at: bed.at(2) },
        evidence(unknown, DeliveryStatus::Read, &bed, 2),
        ConversationWrite::Reaction(reaction),
        ConversationWrite::Edit { message: unknown, content: content(), beside: None, at: bed.at(2) },
        ConversationWrite::Revoke { message: unknown, content: content(), at: bed.at(2) },
    ];
    bed.write_all(&tenant.scope, writes.map(Into::into)).await;
    assert!(bed.store.message(&tenant.scope, unknown).await.unwrap().is_none());
}

async fn reaction_of(bed: &TestBed, tenant: &Tenant, id: MessageId, by: Direction) -> Option<String> {
    let message = bed.message(tenant, id).await;
    let all: Vec<_> = message.reactions.into_iter().filter(|reaction| reaction.by == by).collect();
    assert!(all.len() <= 1, "each side has at most one");
    all.into_iter().next().and_then(|reaction| reaction.emoji)
}

/// The newest reaction of each side stays, also when it was taken back; at the same instant the greater emoji. One that
/// was taken back may be listed without an emoji, or not at all.
pub async fn the_newest_reaction_of_each_side_stays(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let history = [(Some("👍"), 2), (Some("🙏"), 4), (None, 6), (Some("👎"), 8), (Some("❤"), 8)];
    let entropy = Entropy::seeded(5);
    for take in [2, 3, 5] {
        for _ in 0..5 {
            let (message, _) = bed.queues(&tenant, &person, "hello", bed.at(1)).await;
            let by = Direction::Outbound;
            let own = Reaction { message: message.id, by, emoji: Some("🙂".to_owned()), at: bed.at(3) };
            bed.write(&tenant.scope, ConversationWrite::Reaction(own)).await;
            let mut order: Vec<_> = history[..take].iter().chain(&history[..take]).collect();
            shuffle(&mut order, &entropy);
            for (emoji, second) in order {
                let reaction = Reaction {
                    message: message.id,
                    by: Direction::Inbound,
                    emoji: emoji.map(str::to_owned),
                    at: bed.at(*second),
                };
                bed.write(&tenant.scope, ConversationWrite::Reaction(reaction)).await;
            }
            let kept = reaction_of(&bed, &tenant, message.id, Direction::Inbound).await;
            let expected = match take {
                2 => Some("🙏"),
                3 => None,
                // Compared as bytes of UTF-8.
                _ => Some("👎"),
            };
            assert_eq!(kept.as_deref(), expected);
            let ours = reaction_of(&bed, &tenant, message.id, Direction::Outbound).await;
            assert_eq!(ours.as_deref(), Some("🙂"));
        }
    }
}

/// The newest edit stays; a message that was taken back stays taken back, whatever comes later and in whatever order.
pub async fn the_newest_edit_stays_and_taking_back_beats_it(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let content = |text: &str| Box::new(Content::text(text).unwrap());
    let gone = || Content::System { what: "revoked".to_owned(), body: None };
    let message = bed.hears(&tenant, &person, "first", bed.at(1)).await.id;
    let edit = |text: &str, second| ConversationWrite::Edit {
        message,
        content: content(text),
        beside: None,
        at: bed.at(second),
    };
    bed.write(&tenant.scope, edit("third", 4)).await;
    bed.write(&tenant.scope, edit("second", 3)).await;
    let kept = bed.message(&tenant, message).await;
    assert_eq!((kept.content.display_text(), kept.edited_at), (Some("third"), Some(bed.at(4))));
    let revoke = ConversationWrite::Revoke { message, content: Box::new(gone()), at: bed.at(5) };
    bed.write(&tenant.scope, revoke).await;
    bed.write(&tenant.scope, edit("fourth", 6)).await;
    let kept = bed.message(&tenant, message).await;
    assert_eq!((kept.content, kept.revoked_at), (gone(), Some(bed.at(5))));

    let message = bed.hears(&tenant, &person, "other", bed.at(1)).await.id;
    let revoke = ConversationWrite::Revoke { message, content: Box::new(gone()), at: bed.at(2) };
    bed.write(&tenant.scope, revoke).await;
    let edit = ConversationWrite::Edit { message, content: content("late"), beside: None, at: bed.at(9) };
    bed.write(&tenant.scope, edit).await;
    let kept = bed.message(&tenant, message).await;
    assert_eq!((kept.content, kept.revoked_at), (gone(), Some(bed.at(2))));
}

fn query_for(bed: &TestBed, tenant: &Tenant, external: Vec<ExternalId>, own: Vec<MessageId>) -> InboundQuery {
    let _ = bed;
    InboundQuery {
        account: tenant.account.id,
        portfolio: tenant.account.portfolio.clone(),
        aliases: Vec::new(),
        external,
        own,
        consent: true,
    }
}

/// A message of ours is known by its own id at once, and by the provider's once that was learned; a received one with
/// what it said.
pub async fn a_message_is_known_by_both_ids(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let (ours, _) = bed.queues(&tenant, &person, "good morning", bed.at(2)).await;
    let external = bed.make.external();
    let question = query_for(&bed, &tenant, vec![external.clone()], vec![ours.id]);
    let facts = bed.store.inbound_facts(&tenant.scope, &question).await.unwrap();
    assert_eq!(facts.messages.len(), 1);
    assert_eq!((facts.messages[0].id, &facts.messages[0].external), (ours.id, &None));
    assert_eq!(facts.messages[0].digest, None);

    let account = tenant.account.id;
    let learn = ConversationWrite::External { account, message: ours.id, external: external.clone() };
    bed.write_all(&tenant.scope, [learn.clone().into(), learn.into()]).await;
    assert_eq!(bed.message(&tenant, ours.id).await.external, Some(external.clone()));
    let stranger = bed.make.external();
    let both = vec![external.clone(), heard.external.clone().unwrap(), stranger];
    let facts =
        bed.store.inbound_facts(&tenant.scope, &query_for(&bed, &tenant, both, vec![ours.id])).await.unwrap();
    let mut known = facts.messages;
    known.sort_by_key(|message| message.id);
    assert_eq!(known.iter().map(|m| m.id).collect::<Vec<_>>(), [heard.id, ours.id], "each once");
    assert_eq!(known[0].digest, Some(MessageDigest::of(b"hello")));
    assert_eq!((known[0].direction, known[0].status), (Direction::Inbound, DeliveryStatus::Received));
    assert_eq!(known[0].conversation, person.conversation.id);
    assert_eq!((known[1].direction, known[1].status), (Direction::Outbound, DeliveryStatus::Queued));
    assert_eq!((&known[1].external, known[1].digest), (&Some(external.clone()), None));
    assert!(!bed.holds(&tenant.scope, Precondition::ExternalFree(account, external)).await);
}

/// The provider's ids count for each account by itself.
pub async fn a_provider_id_of_one_account_is_free_on_another(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let second = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, crate::account::AccountWrite::Insert(Box::new(second.clone()))).await;
    let other = bed.make.conversation(second.id, &person.identity);
    bed.write(&tenant.scope, ConversationWrite::Insert(other.clone())).await;
    let same_id = Message { id: bed.make.id_at(bed.at(1)), conversation: other.id, ..message.clone() };
    bed.write(&tenant.scope, bed.make.append(second.id, &same_id)).await;
    for (account, id) in [(tenant.account.id, message.id), (second.id, same_id.id)] {
        let mut question = query_for(&bed, &tenant, vec![message.external.clone().unwrap()], Vec::new());
        question.account = account;
        let facts = bed.store.inbound_facts(&tenant.scope, &question).await.unwrap();
        assert_eq!(facts.messages.iter().map(|m| m.id).collect::<Vec<_>>(), [id]);
    }
}

/// A message can only be appended to a conversation that is there.
pub async fn a_message_needs_its_conversation(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person: Person = bed.person(&tenant, "Asha").await;
    let nowhere = bed.make.conversation(tenant.account.id, &person.identity);
    let message = bed.make.inbound(&nowhere, "hello", bed.at(1));
    let batch = bed.writes([bed.make.append(tenant.account.id, &message).into()]);
    let answer = bed.store.commit_one(&tenant.scope, batch).await;
    assert!(matches!(&answer, Err(error) if !matches!(error, StoreError::Unavailable)), "{answer:?}");
    assert!(bed.store.message(&tenant.scope, message.id).await.unwrap().is_none());
}
