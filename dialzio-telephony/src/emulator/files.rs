//! Recorded files of both products.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    asked::Asked,
    call::Call,
    config::{Failure, Product},
    refusal::Refusal,
    sound,
    state::Shared,
};

/// Answers a question for a file; `None` if the path is none of these.
pub(super) fn serve(shared: &Shared, asked: &Asked) -> Option<Result<Response, Refusal>> {
    let (product, secret) = match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/v2/play") => (Product::TeleCmi, "secret"),
        ("GET", "/v2/piopiy/play") => (Product::Piopiy, "token"),
        _ => return None,
    };
    Some(play(shared, asked, product, secret))
}

fn play(shared: &Shared, asked: &Asked, product: Product, secret: &str) -> Result<Response, Refusal> {
    let missing = || Refusal::of(404, "Parameter missing");
    let given = |name: &str| asked.query(name).filter(|value| !value.is_empty()).ok_or_else(missing);
    let (app_id, secret, file) = (given("appid")?, given(secret)?, given("file")?);
    let app_id: u64 = app_id.parse().map_err(|_| Refusal::authentication())?;
    let (seconds, failure) = {
        let mut state = shared.state();
        state.opened(product, app_id, secret).ok_or_else(Refusal::authentication)?;
        let named = |name: &Option<String>| name.as_deref() == Some(file);
        let is_meant = |call: &&Call| {
            (call.shown.product, call.shown.app_id) == (product, app_id)
                && (named(&call.shown.recording) || named(&call.shown.voicemail))
        };
        let call = state.calls.iter().find(is_meant).ok_or_else(|| Refusal::of(404, "file not found"))?;
        let published = call.shown.ended_at.map(|ended| ended + state.behaviour.recording_delay);
        if published.is_none_or(|at| shared.now() < at) {
            return Err(Refusal::of(502, "Internal Server Error"));
        }
        let seconds = if named(&call.shown.voicemail) { call.all_seconds() } else { call.talk_seconds() };
        (seconds, state.file_failures.pop_front())
    };
    let whole = sound::tone(seconds);
    let kind = [(header::CONTENT_TYPE, "audio/x-wav")];
    Ok(match failure {
        Some(Failure::HalfRecording) => (kind, whole.slice(..whole.len() / 2)).into_response(),
        Some(Failure::RecordingElsewhere(url)) => {
            (StatusCode::FOUND, [(header::LOCATION, String::from(url))]).into_response()
        }
        _ => (kind, whole).into_response(),
    })
}
