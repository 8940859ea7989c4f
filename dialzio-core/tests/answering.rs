//! Answering beside colleagues: who was faster is named before a person is answered twice, and an answer opens a conversation.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use chrono::TimeDelta;
use dialzio_core::access::AccessWrite;
use dialzio_core::conversation::{ActivityKind, Conversation, ConversationState, NewMessage};
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::store::{Batch, IdempotencyKey};
use dialzio_core::testing::{Fixtures, ScriptedProvider, scope};
use dialzio_core::{Actor, Crm, Error, ManualClock, MessageId, Principal, Role};
use std::sync::Arc;

struct Desk {
    clock: Arc<ManualClock>,
    make: Fixtures,
    crm: Crm,
    owner: Actor,
    talk: Conversation,
}

async fn desk() -> Desk {
    let (clock, make) = (common::clock(), Fixtures::default());
    let crm = common::builder(&clock)
        .store(common::memory(&clock))
        .provider(ScriptedProvider::new())
        .build()
        .unwrap();
    let owner = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &owner).await;
    let account = common::connect(&crm, &owner, &app).await;
    let talk = common::talk(&crm, &make, &owner, &account).await;
    Desk { clock, make, crm, owner, talk }
}

impl Desk {
    async fn member(&self) -> Actor {
        let member = self.make.member(self.make.id(), Role::Agent);
        let mut batch = Batch::new(&self.owner, Action::MemberChanged, self.crm.clock().now());
        batch.write(AccessWrite::InsertMember(member.clone()));
        self.crm.store().commit_one(&scope(self.owner.org()), batch).await.unwrap();
        let principal = Principal::Member(member.id);
        self.crm.access().act_as(self.owner.org(), principal, Role::Agent.grant()).await.unwrap()
    }

    async fn send(&self, by: &Actor, text: &str, seen: Option<MessageId>) -> Result<MessageId, Error> {
        self.clock.advance(TimeDelta::seconds(1));
        let new = NewMessage { seen, ..NewMessage::text(text).unwrap() };
        Ok(self.crm.conversations().send(by, self.talk.id, new).await?.message.id)
    }

    async fn newest(&self) -> MessageId {
        let page = self.crm.conversations().messages(&self.owner, self.talk.id, PageRequest::first(1)).await;
        page.unwrap().items[0].id
    }
}

#[tokio::test]
async fn an_answer_is_refused_if_a_colleague_answered_after_what_one_had_seen() {
    let desk = desk().await;
    let (ravi, meera) = (desk.member().await, desk.member().await);
    let seen = desk.newest().await;
    let first = desk.send(&ravi, "Yes, it is", Some(seen)).await.unwrap();
    let refused = desk.send(&meera, "It is", Some(seen)).await;
    let Err(Error::Answered { message }) = refused else { panic!("{refused:?}") };
    assert_eq!(message, first);
    assert_eq!(desk.newest().await, first, "nothing was queued");
    desk.send(&meera, "It is", Some(first)).await.unwrap();
    desk.send(&ravi, "And in red", None).await.unwrap();
}

#[tokio::test]
async fn ones_own_answers_and_those_of_programs_are_in_nobodys_way() {
    let desk = desk().await;
    let ravi = desk.member().await;
    let seen = desk.newest().await;
    desk.send(&ravi, "Yes", Some(seen)).await.unwrap();
    desk.send(&desk.owner, "Your order was received", None).await.unwrap();
    desk.send(&ravi, "One moment", Some(seen)).await.unwrap();
}

#[tokio::test]
async fn a_retry_of_an_answer_that_was_taken_is_no_second_answer() {
    let desk = desk().await;
    let (ravi, meera) = (desk.member().await, desk.member().await);
    let seen = desk.newest().await;
    let new = || {
        let key = IdempotencyKey::parse("once").unwrap();
        NewMessage { seen: Some(seen), ..NewMessage::text("Yes").unwrap().once(key) }
    };
    let first = desk.crm.conversations().send(&ravi, desk.talk.id, new()).await.unwrap();
    desk.send(&meera, "It is", None).await.unwrap();
    let again = desk.crm.conversations().send(&ravi, desk.talk.id, new()).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.message.id, first.message.id);
}

#[tokio::test]
async fn an_answer_of_a_member_opens_a_closed_conversation_and_a_receipt_does_not() {
    let desk = desk().await;
    let ravi = desk.member().await;
    let service = desk.crm.conversations();
    let closed = async || {
        service.set_state(&ravi, desk.talk.id, ConversationState::Closed).await.unwrap();
        desk.clock.advance(TimeDelta::seconds(1));
    };
    let state = async || service.get(&ravi, desk.talk.id).await.unwrap().conversation.state;
    closed().await;
    desk.send(&desk.owner, "Your order was received", None).await.unwrap();
    assert_eq!(state().await, ConversationState::Closed);
    desk.send(&ravi, "One more thing", None).await.unwrap();
    assert_eq!(state().await, ConversationState::Open);
    let done = service.activities(&ravi, desk.talk.id, PageRequest::first(10)).await.unwrap().items;
    let reopened: Vec<_> = done.iter().filter(|done| done.what == ActivityKind::Reopened).collect();
    assert_eq!(reopened.len(), 1);
    assert_eq!(reopened[0].by, ravi.principal().to_ref());
}
