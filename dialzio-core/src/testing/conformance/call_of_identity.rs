//! Calls of channel identities, and what people permit about being called.

use crate::call::{Call, CallPermission, CallWrite, PermissionAnswer};
use crate::contact::{Alias, ContactWrite};
use crate::conversation::ConversationWrite;
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::TestBed;
use crate::testing::conformance::call::added;

/// Calls follow their identity when it turns out to be another one, and so does their contact, unless a member chose another.
/// Who decided on the call as it was has to look again.
pub async fn calls_follow_their_identity(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (scope, account) = (&tenant.scope, tenant.account.id);
    let [asha, hidden, third] = [
        bed.person(&tenant, "Asha").await,
        bed.person(&tenant, "A hidden number").await,
        bed.person(&tenant, "Meena").await,
    ];
    let of = |second, contact| Call {
        customer: None,
        withheld: true,
        identity: Some(hidden.identity.id),
        contact: Some(contact),
        ..bed.make.call(account, bed.at(second))
    };
    let follows = added(&bed, &tenant, of(1, hidden.contact.id)).await;
    let chosen = added(&bed, &tenant, of(2, third.contact.id)).await;
    let others = Call { contact: Some(hidden.contact.id), ..bed.make.call(account, bed.at(3)) };
    let others = added(&bed, &tenant, others).await;
    let join = |from, into| ContactWrite::JoinIdentity { from, into };
    bed.write(scope, join(hidden.identity.id, asha.identity.id)).await;

    let read = async |id| bed.store.call(scope, id).await.unwrap().unwrap();
    let joined = |call: &Call, contact| Call {
        identity: Some(asha.identity.id),
        contact: Some(contact),
        revision: Revision(2),
        ..call.clone()
    };
    assert_eq!(read(follows.id).await, joined(&follows, asha.contact.id));
    assert_eq!(read(chosen.id).await, joined(&chosen, third.contact.id));
    assert_eq!(read(others.id).await, others, "a call without an identity stays where it is");
    let mut late = bed.writes([CallWrite::Update(Box::new(follows.clone())).into()]);
    late.require(Precondition::Revision(RecordRef::Call(follows.id), follows.revision));
    let answer = bed.store.commit_one(scope, late).await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{answer:?}");

    // A second time they follow on, from the identity that they came to.
    bed.write(scope, join(asha.identity.id, third.identity.id)).await;
    let now = read(follows.id).await;
    assert_eq!((now.identity, now.contact), (Some(third.identity.id), Some(third.contact.id)));
}

/// Of answers in any order the newest stays, of the same instant the one that permits less; each on its own account.
pub async fn the_newest_answer_about_calls_stays(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let contact = bed.make.contact("Asha");
    let identity = bed.make.identity(contact.id, vec![Alias::Phone(bed.make.phone())]);
    let [talk, elsewhere] = {
        let other = bed.make.account(tenant.app.id);
        bed.write(scope, crate::account::AccountWrite::Insert(Box::new(other.clone()))).await;
        [tenant.account.id, other.id].map(|account| bed.make.conversation(account, &identity))
    };
    bed.write_all(
        scope,
        [
            ContactWrite::Insert(contact).into(),
            ContactWrite::Identity(identity).into(),
            ConversationWrite::Insert(talk.clone()).into(),
            ConversationWrite::Insert(elsewhere.clone()).into(),
        ],
    )
    .await;
    let answered = |answer, until, second| CallPermission { answer, until, at: bed.at(second) };
    let granted = answered(PermissionAnswer::Granted, None, 5);
    let for_a_while = answered(PermissionAnswer::Granted, Some(bed.at(700)), 5);
    let refused = answered(PermissionAnswer::Refused, None, 5);
    let sooner = answered(PermissionAnswer::Refused, None, 4);
    let later = answered(PermissionAnswer::Granted, Some(bed.at(800)), 6);
    let conversation = talk.id;
    for (heard, stays) in [
        (granted, granted),
        (sooner, granted),
        (for_a_while, for_a_while),
        (granted, for_a_while),
        (refused, refused),
        (for_a_while, refused),
        (later, later),
        (refused, later),
    ] {
        bed.write(scope, ConversationWrite::CallPermission { conversation, permission: heard }).await;
        let kept = bed.store.conversation(scope, conversation).await.unwrap().unwrap();
        assert_eq!(kept.call_permission, Some(stays), "{heard:?}");
        assert_eq!(kept.revision, talk.revision, "an answer is no change by a member");
    }
    assert_eq!(bed.store.conversation(scope, elsewhere.id).await.unwrap(), Some(elsewhere));
    // In one batch with a message, whose head is moved with it.
    let message = bed.make.inbound(&talk, "Call me", bed.at(7));
    let no = answered(PermissionAnswer::Refused, None, 7);
    bed.write_all(
        scope,
        [
            bed.make.append(tenant.account.id, &message).into(),
            ConversationWrite::CallPermission { conversation, permission: no }.into(),
        ],
    )
    .await;
    let kept = bed.store.conversation(scope, conversation).await.unwrap().unwrap();
    assert_eq!((kept.call_permission, kept.last_message, kept.unread), (Some(no), Some(message.id), 1));
    // What is not there is not answered for.
    let nowhere = ConversationWrite::CallPermission { conversation: bed.make.id(), permission: no };
    bed.write(scope, nowhere).await;
}
