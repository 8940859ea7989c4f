//! Live updates for pages: names and ids only, never content. The page reads its fragments again.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use dialzio_core::Actor;
use dialzio_core::conversation::InboxEntry;
use dialzio_core::event::{DomainEvent, EventSeq, Recorded};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde::Deserialize;
use serde_json::{Value, json};
use std::future::ready;
use std::time::Duration;

use super::page_context;
use crate::api::events::last_event_id;
use crate::auth::{Caller, SignInCheck};
use crate::problem::Problem;
use crate::realtime::{Live, follow, respond};
use crate::state::AppState;

/// How long news is gathered before unread conversations are counted again.
const DEBOUNCE: Duration = Duration::from_millis(400);

fn event(name: &str, data: &Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

/// Where a page's stream begins.
#[derive(Debug, Deserialize)]
pub(crate) struct Begin {
    /// The last event before the page was read.
    after: Option<u64>,
}

/// `GET /web/events`: what has happened since the page was read or, when the stream is opened again, since its last event.
pub(crate) async fn stream(
    State(state): State<AppState>,
    Caller(actor): Caller,
    check: SignInCheck,
    Query(page): Query<Begin>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let after = last_event_id(&headers).or(page.after.map(EventSeq));
    let live = follow(&state, actor.clone(), after, check).await?;
    let (news, _) = tokio::sync::broadcast::channel::<()>(16);
    let counted = counts(state.clone(), actor.clone(), news.subscribe());
    let present = super::presence::changes(&state, &actor);
    let (told, from) = (state.clone(), actor);
    let told = live.then(move |live| {
        let (state, actor, news) = (told.clone(), from.clone(), news.clone());
        async move {
            // A missing counter is no error: the stream is ending.
            let _ = news.send(());
            stream::iter(tell(&state, &actor, live).await)
        }
    });
    let told: BoxStream<'static, Event> = told.flatten().boxed();
    let counted = stream::select(counted, present);
    #[cfg(feature = "sandbox")]
    let counted = stream::select(counted, super::sandbox::changes(&state));
    // The stream ends when the listener's session ends or the server stops; then all of it ends.
    let told = told.map(Some).chain(stream::once(ready(None)));
    let all = stream::select(told, counted.map(Some)).take_while(|event| ready(event.is_some()));
    Ok(respond(all.filter_map(ready)))
}

/// Unread conversations and notices, counted again some time after there was news.
fn counts(
    state: AppState,
    actor: Actor,
    news: tokio::sync::broadcast::Receiver<()>,
) -> BoxStream<'static, Event> {
    let counted =
        stream::unfold((state, actor, news, None), |(state, actor, mut news, mut last)| async move {
            loop {
                match news.recv().await {
                    Ok(()) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return None,
                }
                tokio::time::sleep(DEBOUNCE).await;
                while news.try_recv().is_ok() {}
                let Ok(unread) = page_context::unread(&state, &actor).await else { continue };
                let Ok(notices) = page_context::unread_notices(&state, &actor).await else { continue };
                if last != Some((unread, notices)) {
                    last = Some((unread, notices));
                    let counted = json!({ "unread": unread, "notices": notices });
                    return Some((event("counts", &counted), (state, actor, news, last)));
                }
            }
        });
    counted.boxed()
}

/// What a page hears of an event.
async fn tell(state: &AppState, actor: &Actor, live: Live) -> Vec<Event> {
    let recorded = match live {
        Live::Event(recorded) => recorded,
        Live::Resync => return vec![event("resync", &json!({}))],
    };
    let mut events = match recorded.event {
        DomainEvent::MessageReceived { conversation, message }
        | DomainEvent::MessageQueued { conversation, message }
        | DomainEvent::MessageChanged { conversation, message }
        | DomainEvent::MediaChanged { conversation, message, .. } => {
            vec![event("conversation", &json!({ "conversation": conversation, "item": message }))]
        }
        DomainEvent::ConversationChanged { conversation }
        | DomainEvent::ScheduledChanged { conversation } => {
            vec![event("conversation", &json!({ "conversation": conversation }))]
        }
        // With the number, so that the row is changed without being read again.
        DomainEvent::ConversationRead { conversation } => {
            let found = state.crm().conversations().get(actor, conversation).await;
            let told = |entry: InboxEntry| {
                event("read", &json!({ "conversation": conversation, "unread": entry.conversation.unread }))
            };
            found.map(told).into_iter().collect()
        }
        DomainEvent::CallChanged { call, contact } => {
            vec![event("call", &json!({ "call": call, "contact": contact }))]
        }
        // A draft is its member's own matter.
        DomainEvent::DraftChanged { conversation, member } if actor.member() == Some(member) => {
            vec![event("draft", &json!({ "conversation": conversation }))]
        }
        DomainEvent::ContactChanged { contact } | DomainEvent::ConsentChanged { contact } => {
            let mut events = vec![event("contact", &json!({ "contact": contact }))];
            // Notes and consent stand in the log of each of the person's conversations.
            for talk in state.crm().conversations().of_contact(actor, contact).await.unwrap_or_default() {
                events.push(event("conversation", &json!({ "conversation": talk.id })));
            }
            events
        }
        _ => Vec::new(),
    };
    // The place goes with the last event, so that a break between them loses none.
    if let Some(last) = events.pop() {
        events.push(last.id(place(&recorded)));
    }
    events
}

fn place(recorded: &Recorded) -> String {
    recorded.seq.0.to_string()
}
