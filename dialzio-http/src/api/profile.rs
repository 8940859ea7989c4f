//! The caller: who they are, their password, their sessions.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use dialzio_core::access::{Browser, OwnSession as Listed};
use dialzio_core::text::PersonName;
use dialzio_core::{Actor, OrgId, Permission, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::operation::{Draft, Output};
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// Who the credentials of the request belong to, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Caller)]
pub struct MeJson {
    organisation: OrgId,
    /// The caller: `member:` or `key:` and an id, or `service:` and a name.
    principal: String,
    /// What colleagues call the caller; `null` for one who is no member.
    #[schema(required)]
    name: Option<String>,
    permissions: Vec<Permission>,
}

impl MeJson {
    fn of(actor: &Actor, name: Option<&PersonName>) -> Self {
        Self {
            organisation: actor.org(),
            principal: actor.principal().to_ref(),
            name: name.map(|name| name.reveal().to_owned()),
            permissions: actor.grant().permissions().to_vec(),
        }
    }
}

/// `GET /v1/me`.
pub async fn me(State(state): State<AppState>, Caller(actor): Caller) -> Result<Json<MeJson>, Problem> {
    if actor.member().is_none() {
        return Ok(Json(MeJson::of(&actor, None)));
    }
    let member = state.crm().access().own_member(&actor).await?;
    Ok(Json(MeJson::of(&actor, Some(&member.name))))
}

/// Whether mail to the caller's address is known to arrive.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EmailConfirmation)]
pub struct ConfirmationJson {
    /// When the address was confirmed; `null` if it was not, and for one who is no member.
    #[schema(required)]
    confirmed_at: Option<DateTime<Utc>>,
}

/// `GET /v1/me/email-confirmation`.
pub async fn confirmation(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<ConfirmationJson>, Problem> {
    let confirmed_at = state.crm().access().address_confirmed(&actor).await?;
    Ok(Json(ConfirmationJson { confirmed_at }))
}

/// `POST /v1/me/email-confirmation`: mails a link that confirms the address; members only.
pub async fn send_confirmation(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<StatusCode, Problem> {
    let page = state.public_url("confirm");
    match state.crm().access().send_confirmation(&actor, &page).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(dialzio_core::Error::TooManyAttempts { seconds }) => {
            Err(session::too_many(seconds, "Too many mails were sent to you"))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the caller changes about themselves.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CallerPatch)]
#[serde(deny_unknown_fields)]
pub struct MePatchJson {
    /// What colleagues call them.
    #[schema(value_type = PersonName)]
    name: String,
}

/// `PATCH /v1/me`: members only.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(patch): Body<MePatchJson>,
) -> Result<Json<MeJson>, Problem> {
    let name = text::<PersonName>("name", &patch.name)?;
    let member = state.crm().access().rename(&actor, name).await?;
    Ok(Json(MeJson::of(&actor, Some(&member.name))))
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewPassword)]
#[serde(deny_unknown_fields)]
pub struct PasswordJson {
    /// The present one.
    #[schema(format = Password, max_length = 1024)]
    current: String,
    /// The one to take its place: 15 to 128 characters, hard to guess.
    #[schema(format = Password, min_length = 15, max_length = 128)]
    password: String,
}

impl std::fmt::Debug for PasswordJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordJson(…)")
    }
}

/// No content, with the cookie of the session that replaces the former one.
#[derive(Debug)]
pub struct Renewed(pub(super) Response);

impl IntoResponse for Renewed {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for Renewed {
    const MEDIA_TYPE: &'static str = "";

    fn describe(draft: &mut Draft) {
        draft.answers_header("Set-Cookie", "The new session, in place of the one that asked.");
    }
}

/// `PUT /v1/me/password`: members with a session only. All their sessions end; the answer begins a new one.
pub(crate) async fn change_password(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Caller(actor): Caller,
    own: OwnSession,
    Body(new): Body<PasswordJson>,
) -> Result<Renewed, Problem> {
    let texts = (new.current.as_str(), new.password.as_str());
    let token = session::change_password(&state, &actor, client, &own, texts).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    session::give(&state, &token, &mut response);
    Ok(Renewed(response))
}

/// One of the caller's own sessions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionJson {
    id: SessionId,
    signed_in_at: DateTime<Utc>,
    /// Last use, to the minute.
    seen_at: DateTime<Utc>,
    /// The family of the browser, if it is a known one.
    #[schema(required)]
    browser: Option<Browser>,
    /// Whether it is the one that asks.
    current: bool,
}

impl From<Listed> for SessionJson {
    fn from(session: Listed) -> Self {
        Self {
            id: session.id,
            signed_in_at: session.since,
            seen_at: session.seen_at,
            browser: session.browser,
            current: session.is_current,
        }
    }
}

/// `GET /v1/me/sessions`: those that have not ended, the one used last first. A caller who is no member has none.
pub async fn sessions(
    State(state): State<AppState>,
    Caller(actor): Caller,
    own: OwnSession,
) -> Result<Json<List<SessionJson>>, Problem> {
    let sessions = state.crm().access().sessions(&actor, own.token.as_ref()).await?;
    Ok(List::all(sessions.into_iter().map(SessionJson::from).collect()))
}

/// `DELETE /v1/me/sessions/{session}`.
pub async fn end_session(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Problem> {
    state.crm().access().end_session(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/me/sessions`: all but the one that asks. Members only.
pub async fn end_sessions(
    State(state): State<AppState>,
    Caller(actor): Caller,
    own: OwnSession,
) -> Result<StatusCode, Problem> {
    state.crm().access().end_other_sessions(&actor, own.token.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
