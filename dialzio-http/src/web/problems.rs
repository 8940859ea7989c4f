//! Problems in words: a part beside the control that was used, a page for a page, the way in for those outside.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::page_context::{show, theme};
use super::view::entry;
use crate::problem::Problem;
use crate::state::AppState;

/// The answer to an address that does not exist: a page for a browser, a problem document for a program.
pub(crate) async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let wants = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let page = wants.is_some_and(|kinds| kinds.contains("text/html"))
        && !request.uri().path().starts_with("/v1/")
        && !request.uri().path().starts_with("/hooks/");
    if page {
        page_of(&state, &Problem::not_found(), &request_jar(&request))
    } else {
        Problem::not_found().into_response()
    }
}

fn request_jar(request: &Request) -> axum_extra::extract::cookie::CookieJar {
    axum_extra::extract::cookie::CookieJar::from_headers(request.headers())
}

/// Turns the problems of a page's routes into what a page shows.
pub(crate) async fn in_words(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let here = request.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string);
    let jar = request_jar(&request);
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    let mut shown = if path.starts_with("/web/") {
        part_of(&problem)
    } else if problem.status == 401 {
        let here = format!("{}{here}", state.mount().prefix());
        let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        Redirect::to(&format!("{}?next={next}", state.sign_in())).into_response()
    } else if problem.code == "access.second_factor_required" {
        Redirect::to(&state.mount().to("second-factor")).into_response()
    } else {
        page_of(&state, &problem, &jar)
    };
    // What was refused is put on record further out.
    shown.extensions_mut().insert(problem);
    shown
}

/// A sentence for a person, with what is wrong in which field.
pub(crate) fn sentence(problem: &Problem) -> String {
    let mut words = match problem.errors.first() {
        Some(error) => {
            let field = error.pointer.trim_start_matches('/').replace('_', " ");
            let mut field: Vec<char> = field.chars().collect();
            if let Some(first) = field.first_mut() {
                *first = first.to_ascii_uppercase();
            }
            format!("{} {}", field.iter().collect::<String>(), error.detail)
        }
        None => match &problem.detail {
            // A provider's own words need to be told from ours.
            Some(detail) if problem.status == 502 => format!("{}: {detail}", problem.title),
            Some(detail) => detail.clone(),
            None => problem.title.clone(),
        },
    };
    if !words.ends_with(['.', '!', '?']) {
        words.push('.');
    }
    words[..1].to_uppercase() + &words[1..]
}

fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn part_of(problem: &Problem) -> Response {
    let part = entry::Problem { text: sentence(problem).into(), code: Some(problem.code.clone()) };
    // 422 is a form that comes back with its mistakes; a bare problem is not one.
    let status = match status(problem) {
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        other => other,
    };
    let mut response = (status, show(&part)).into_response();
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        if problem.code == "access.too_many_attempts" {
            crate::problem::say_limit(response.headers_mut(), seconds);
        }
    }
    response
}

fn page_of(state: &AppState, problem: &Problem, jar: &axum_extra::extract::cookie::CookieJar) -> Response {
    let (title, advice) = match problem.status {
        403 => ("You do not have access to this page", "Ask an admin of your organisation for access."),
        404 => ("This page does not exist", "It may have been removed, or the address has a mistake in it."),
        500.. => ("This did not work", "Nothing was changed. Try again in a moment."),
        _ => ("This cannot be shown", "Go back and try again."),
    };
    let page = entry::ProblemPage {
        base: state.mount().base(),
        theme: theme(jar),
        status: problem.status,
        title: title.into(),
        advice: advice.into(),
        details: Some(problem.code.clone()),
        back: "inbox".to_owned(),
        back_label: "Go to the inbox".to_owned(),
    };
    (status(problem), show(&page)).into_response()
}
