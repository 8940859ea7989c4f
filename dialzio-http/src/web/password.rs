//! What would be said about a password that is being chosen, before it is sent.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dialzio_core::access::judge_password;
use dialzio_core::text::EmailAddress;
use secrecy::SecretString;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::auth::OurPages;
use crate::form::Fields;

/// Passwords that are judged at the same time. Whoever comes meanwhile gets no hint, and is told when the form is sent.
static JUDGING: Semaphore = Semaphore::const_new(2);

/// The rule of the form, as a hint.
#[derive(Debug, Serialize)]
struct Judgement {
    fits: bool,
    says: String,
}

/// `POST /web/password`: whether it would be taken, with the address that the form shows. Nothing is kept. 204 while others are
/// judged.
pub(crate) async fn judge(_: OurPages, fields: Fields) -> Response {
    let Ok(_turn) = JUDGING.try_acquire() else { return StatusCode::NO_CONTENT.into_response() };
    let email = EmailAddress::parse(fields.get("email").trim()).ok();
    let password = SecretString::from(fields.get("password").to_owned());
    let judging = tokio::task::spawn_blocking(move || judge_password(&password, email.as_ref()));
    match judging.await {
        Ok(Ok(())) => Json(Judgement { fits: true, says: "Strong enough.".to_owned() }).into_response(),
        Ok(Err(error)) => {
            Json(Judgement { fits: false, says: format!("This password {error}.") }).into_response()
        }
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    }
}
