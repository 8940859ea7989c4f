//! A message may be mentioned under another form of its id than the one it is kept under: it is found all the same, and only in
//! the conversation of the person who mentions it.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use dialzio_core::account::App;
use dialzio_core::conversation::{Message, NewMessage};
use dialzio_core::page::PageRequest;
use dialzio_core::testing::ScriptedProvider;
use dialzio_core::{Actor, ConversationId, Crm};
use serde_json::{Value, json};

const ASHA: &str = "919840012345";
const RAVI: &str = "919840054321";

struct Shop {
    crm: Crm,
    me: Actor,
    app: App,
}

impl Shop {
    async fn open() -> Self {
        let clock = common::clock();
        let crm = common::builder(&clock)
            .store(common::memory(&clock))
            .provider(ScriptedProvider::new())
            .build()
            .unwrap();
        let me = common::owner(&crm, "Shop").await;
        let app = common::app(&crm, &me).await;
        common::connect(&crm, &me, &app).await;
        Self { crm, me, app }
    }

    async fn receives(&self, kind: &str, id: &str, from: &str, more: Value) {
        let mut element = json!({"type": kind, "id": id, "from": from});
        element.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(common::receive(&self.crm, &self.app, element).await, 200);
    }

    async fn conversations(&self) -> Vec<ConversationId> {
        common::inbox(&self.crm, &self.me).await.iter().map(|entry| entry.conversation.id).collect()
    }

    async fn messages(&self, of: ConversationId) -> Vec<Message> {
        self.crm.conversations().messages(&self.me, of, PageRequest::first(50)).await.unwrap().items
    }

    async fn message(&self, of: ConversationId, text: &str) -> Message {
        let messages = self.messages(of).await;
        messages.into_iter().find(|message| message.content.display_text() == Some(text)).unwrap()
    }
}

#[tokio::test]
async fn an_answer_that_names_another_form_of_an_id_is_an_answer_to_that_message() {
    let shop = Shop::open().await;
    shop.receives("message", "asha/KEY-1", ASHA, json!({"text": "Do you have ferns?"})).await;
    let [thread] = shop.conversations().await[..] else { panic!("one conversation") };
    let sent = shop.crm.conversations().send(&shop.me, thread, NewMessage::text("Yes").unwrap()).await;
    let sent = sent.unwrap().message.id;
    shop.crm.worker().run_once().await.unwrap();
    let ours = shop.message(thread, "Yes").await;
    let key = ours.external.unwrap().reveal().rsplit('/').next().unwrap().to_owned();

    let seen_by_asha = format!("business/{key}");
    shop.receives("message", "asha/KEY-2", ASHA, json!({"text": "Two", "reply_to": seen_by_asha})).await;
    let answer = shop.message(thread, "Two").await;
    assert_eq!((answer.reply_to, answer.context.quoted), (Some(sent), None));

    shop.receives("message", "asha/KEY-3", ASHA, json!({"text": "These", "reply_to": "IN.42/KEY-1"})).await;
    let first = shop.message(thread, "Do you have ferns?").await.id;
    let answer = shop.message(thread, "These").await;
    assert_eq!(answer.reply_to, Some(first), "an answer to a message of their own");
}

#[tokio::test]
async fn a_reaction_an_edit_and_a_revocation_find_their_message_under_another_form() {
    let shop = Shop::open().await;
    shop.receives("message", "asha/KEY-1", ASHA, json!({"text": "At four?"})).await;
    shop.receives("reaction", "asha/KEY-2", ASHA, json!({"target": "IN.42/KEY-1", "emoji": "👍"})).await;
    let [thread] = shop.conversations().await[..] else { panic!("one conversation") };
    assert_eq!(shop.messages(thread).await[0].reactions.len(), 1);
    shop.receives("edited", "asha/KEY-3", ASHA, json!({"target": "IN.42/KEY-1", "text": "At five?"})).await;
    assert_eq!(shop.messages(thread).await[0].content.display_text(), Some("At five?"));
    shop.receives("revoked", "asha/KEY-4", ASHA, json!({"target": "IN.42/KEY-1"})).await;
    assert!(shop.messages(thread).await[0].revoked_at.is_some());
}

#[tokio::test]
async fn nobody_reaches_a_message_of_another_person_by_a_part_of_its_id() {
    let shop = Shop::open().await;
    shop.receives("message", "asha/KEY-1", ASHA, json!({"text": "At four?"})).await;
    let [of_asha] = shop.conversations().await[..] else { panic!("one conversation") };
    shop.receives("message", "ravi/KEY-2", RAVI, json!({"text": "Hm", "reply_to": "ravi/KEY-1"})).await;
    shop.receives("revoked", "ravi/KEY-3", RAVI, json!({"target": "ravi/KEY-1"})).await;
    let of_ravi = shop.conversations().await.into_iter().find(|id| *id != of_asha).unwrap();
    let answer = shop.message(of_ravi, "Hm").await;
    assert_eq!(answer.reply_to, None);
    assert_eq!(
        answer.context.quoted.unwrap().reveal(),
        "ravi/KEY-1",
        "still an answer, to an unknown message"
    );
    assert!(shop.messages(of_asha).await[0].revoked_at.is_none());
}
