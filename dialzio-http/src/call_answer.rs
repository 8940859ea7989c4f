//! The answer address of a provider: it asks what to do with a call that comes in, and gets the program of a call flow at once.
//! The same question is the report of a call, which is taken in once the answer is on its way.

use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::HookId;
use dialzio_core::intake::{AnsweredCall, CheckedWebhook};
use dialzio_core::provider::HookReply;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType};

use crate::hooks::{self, CheckRequest, HookPath, WebhookRequest};
use crate::operation::{Draft, JSON, Output};
use crate::peer::Client;
use crate::state::AppState;

/// The answer to a provider that asks.
#[derive(Debug)]
pub(crate) struct ProgramAnswer(Response);

impl IntoResponse for ProgramAnswer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for ProgramAnswer {
    const MEDIA_TYPE: &'static str = JSON;

    fn describe(draft: &mut Draft) {
        let body = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let body = body.description(Some("What is done with the call, in the form of the provider."));
        draft.answers(Self::MEDIA_TYPE, ContentBuilder::new().schema(Some(body.build())).build());
        for (status, meaning) in [
            (401, "The signature is missing or wrong"),
            (404, "No such address, or its provider does not ask"),
            (413, "The body is too large"),
            (415, "The body is compressed"),
        ] {
            draft.others.insert(status, ResponseBuilder::new().description(meaning).build());
        }
    }
}

/// `GET /hooks/{hook}/answer`.
pub(crate) async fn asked_by_query(
    state: State<AppState>,
    client: Extension<Client>,
    hook: HookPath,
    CheckRequest(request): CheckRequest,
) -> ProgramAnswer {
    ProgramAnswer(answer(state.0, client.0, &hook, request).await)
}

/// `POST /hooks/{hook}/answer`.
pub(crate) async fn asked(
    state: State<AppState>,
    client: Extension<Client>,
    hook: HookPath,
    WebhookRequest(request): WebhookRequest,
) -> ProgramAnswer {
    ProgramAnswer(answer(state.0, client.0, &hook, request).await)
}

async fn answer(
    state: AppState,
    client: Client,
    hook: &HookPath,
    request: axum::extract::Request,
) -> Response {
    let Some(hook) = hook.id() else { return StatusCode::NOT_FOUND.into_response() };
    let raw = match hooks::raw(&state, hook, client, request).await {
        Ok(raw) => raw,
        Err(response) => return *response,
    };
    let AnsweredCall { status, program, report } = state.crm().intake().answer(hook, raw).await;
    if let Some(report) = report {
        take_in(&state, hook, report);
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
    match program {
        Some(program) => {
            (status, [(header::CONTENT_TYPE, program.content_type)], program.body).into_response()
        }
        None => status.into_response(),
    }
}

/// Takes the report in by itself. Where there is no room for it the call is answered all the same: the provider's events tell of
/// it once more.
fn take_in(state: &AppState, hook: HookId, report: CheckedWebhook) {
    let place = state.hooks().try_acquire_owned().ok().filter(|_| state.free_space().webhooks);
    let Some(place) = place else {
        tracing::warn!(%hook, "a call was answered and not reported: there is no room");
        return;
    };
    let crm = state.crm().clone();
    tokio::spawn(async move {
        let _place = place;
        if crm.intake().accept(report).await != HookReply::OK {
            tracing::warn!(%hook, "a call was answered and could not be reported");
        }
    });
}
