//! Who else has the conversation on the screen.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use axum::response::sse::Event;
use dialzio_core::{Actor, ConversationId};
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::broadcast::error::RecvError;

use super::page_context::{PageContext, show};
use super::view::composer::Viewing;
use crate::api::{Id, word};
use crate::auth::Caller;
use crate::form::Fields;
use crate::presence::Doing;
use crate::problem::Problem;
use crate::state::AppState;

/// `POST /web/conversations/{conversation}/presence`: what this page does. It is kept in memory for seconds.
pub(crate) async fn note(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<StatusCode, Problem> {
    let presence = state.presence().ok_or_else(Problem::not_found)?;
    state.crm().conversations().get(&actor, id).await?;
    let doing: Doing = word("state", fields.get("state"))?;
    presence.note(actor.org(), &actor.principal().to_ref(), id, doing);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /web/conversations/{conversation}/presence`: the others, in words.
pub(crate) async fn read(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    ctx.crm().conversations().get(&ctx.actor, id).await?;
    show(&Viewing { viewing: words(&ctx, id).map(Into::into) })
}

/// "Ravi is writing, Meera is viewing".
pub(crate) fn words(ctx: &PageContext, id: ConversationId) -> Option<String> {
    let own = ctx.actor.principal().to_ref();
    let others = ctx.state.presence()?.others(ctx.actor.org(), id, &own);
    let said = |doing, verb| {
        let names: Vec<String> =
            others.iter().filter(|(_, is)| *is == doing).map(|(who, _)| ctx.who(who)).collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} is {verb}")),
            [one, other] => Some(format!("{one} and {other} are {verb}")),
            [one, rest @ ..] => Some(format!("{one} and {} others are {verb}", rest.len())),
        }
    };
    let all: Vec<String> =
        [said(Doing::Writing, "writing"), said(Doing::Viewing, "viewing")].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Tells pages in which conversation it changed, of those that the listener sees: its id, and nothing else.
pub(crate) fn changes(state: &AppState, actor: &Actor) -> BoxStream<'static, Event> {
    let Some(presence) = state.presence() else { return stream::pending().boxed() };
    let listening = (presence.changes(), state.clone(), actor.clone());
    let told = stream::unfold(listening, |(mut changes, state, actor)| async move {
        loop {
            match changes.recv().await {
                Ok((org, conversation)) if org == actor.org() => {
                    let is_all = actor.audience().is_all();
                    if !is_all && state.crm().conversations().get(&actor, conversation).await.is_err() {
                        continue;
                    }
                    let data = serde_json::json!({ "conversation": conversation }).to_string();
                    let event = Event::default().event("presence").data(data);
                    return Some((event, (changes, state, actor)));
                }
                // Pages repeat it every few seconds, so a missed one is made up for.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    told.boxed()
}
