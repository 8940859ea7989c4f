//! The second factor of the member who asks: turned on, with new recovery codes, off. In the profile, and on a page of its
//! own for those who come in no further without one.

use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use dialzio_core::access::RecoveryCode;
use dialzio_core::{Actor, Error};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::entry::go_to;
use super::page_context::{PageContext, beside, show, theme};
use super::view::second_factor::{ConfirmForm, FactorCard, FactorState, Open, Qr, SecondFactorPage};
use crate::auth::CallerInSetUp;
use crate::form::Fields;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession, PasswordRefusal};
use crate::state::AppState;

/// Whether the organisation of a member requires one of them.
async fn is_required(state: &AppState, actor: &Actor) -> Result<bool, Problem> {
    Ok(state.crm().access().org(actor).await?.requires_second_factor)
}

fn card(state: &AppState, is_required: bool, shown: FactorState) -> FactorCard {
    FactorCard { state: shown, done: state.mount().to("settings/profile"), is_required }
}

fn again<T: askama::Template>(part: &T) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(part)?).into_response())
}

/// `GET /second-factor`: for those who have none and need one. Others have it in their profile.
pub(crate) async fn page(
    State(state): State<AppState>,
    CallerInSetUp(actor): CallerInSetUp,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let is_on = state.crm().access().second_factor(&actor).await?.is_some();
    if is_on || !is_required(&state, &actor).await? {
        return Ok(Redirect::to(&state.mount().to("settings/profile")).into_response());
    }
    let card = card(&state, true, FactorState::Off { error: None });
    Ok(show(&SecondFactorPage { base: state.mount().base(), theme: theme(&jar), card })?.into_response())
}

/// Which form is open.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Opened {
    #[serde(default)]
    open: String,
}

/// The card in the profile.
pub(crate) async fn own_card(ctx: &PageContext, open: Open) -> Result<FactorCard, Problem> {
    let own = ctx.crm().access().second_factor(&ctx.actor).await?;
    let shown = match own {
        Some(own) => FactorState::On { since: ctx.day_of(own.since), left: own.recovery_codes, open },
        None => FactorState::Off { error: None },
    };
    Ok(card(&ctx.state, ctx.org.requires_second_factor, shown))
}

/// `GET /web/second-factor`: the card, with the form that is asked for.
pub(crate) async fn read(ctx: PageContext, Query(opened): Query<Opened>) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    let open = match opened.open.as_str() {
        "codes" => Open::Codes { error: None },
        "off" => Open::Off { password_error: None, code_error: None },
        _ => Open::Nothing,
    };
    show(&own_card(&ctx, open).await?)
}

/// `POST /web/second-factor/begin`: a new secret.
pub(crate) async fn begin(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    CallerInSetUp(actor): CallerInSetUp,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let required = is_required(&state, &actor).await?;
    let wrong =
        |error: &str| again(&card(&state, required, FactorState::Off { error: Some(error.to_owned()) }));
    let typed = fields.get("password");
    // What cannot be a password is neither tried nor counted.
    if !dialzio_core::access::may_fit(typed) {
        return wrong("This is not your password.");
    }
    let (access, password) = (state.crm().access(), SecretString::from(typed.to_owned()));
    let work = access.begin_second_factor(&actor, &password);
    match session::attempt(&state, &actor, (client, &own), work).await {
        Ok(made) => {
            let secret = made.text.expose_secret();
            let groups: Vec<_> =
                (0..secret.len()).step_by(4).filter_map(|from| secret.get(from..from + 4)).collect();
            let qr = Qr::of(made.address.expose_secret()).ok_or_else(|| Problem::new("server.failed"))?;
            let shown = FactorState::New { qr, text: groups.join(" "), form: ConfirmForm::default() };
            Ok(show(&card(&state, required, shown))?.into_response())
        }
        Err(PasswordRefusal::Service(Error::Invalid { field: "password", .. })) => {
            wrong("This is not your password.")
        }
        // It was turned on in another window.
        Err(PasswordRefusal::Service(Error::Invalid { field: "second_factor", .. })) => {
            Ok(go_to(&state, "settings/profile"))
        }
        Err(refused) => Err(refused.into()),
    }
}

fn shown_codes(state: &AppState, required: bool, codes: &[RecoveryCode]) -> FactorCard {
    let codes = codes.iter().map(|code| code.reveal().to_owned()).collect();
    card(state, required, FactorState::Codes(codes))
}

/// `POST /web/second-factor/confirm`: the recovery codes, in the place of the card.
pub(crate) async fn confirm(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    CallerInSetUp(actor): CallerInSetUp,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let token = own.token.clone().ok_or_else(Problem::unauthenticated)?;
    let required = is_required(&state, &actor).await?;
    let access = state.crm().access();
    let work = access.confirm_second_factor(&actor, &token, fields.get("code"));
    match session::attempt(&state, &actor, (client, &own), work).await {
        Ok(codes) => {
            let codes = shown_codes(&state, required, &codes);
            Ok(Html(beside("second-factor", "outerHTML", &codes)?).into_response())
        }
        Err(PasswordRefusal::Service(Error::Invalid { field, problem })) => {
            let error = if field == "code" { "This code" } else { "The second factor" };
            again(&ConfirmForm { error: Some(format!("{error} {problem}.")) })
        }
        Err(refused) => Err(refused.into()),
    }
}

/// `POST /web/second-factor/codes`: new recovery codes.
pub(crate) async fn renew_codes(
    ctx: PageContext,
    Extension(client): Extension<Client>,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    ctx.members_only()?;
    let access = ctx.crm().access();
    let work = access.renew_recovery_codes(&ctx.actor, fields.get("code"));
    match session::attempt(&ctx.state, &ctx.actor, (client, &own), work).await {
        Ok(codes) => {
            Ok(show(&shown_codes(&ctx.state, ctx.org.requires_second_factor, &codes))?.into_response())
        }
        Err(PasswordRefusal::Service(Error::Invalid { problem, .. })) => {
            let error = Some(format!("This code {problem}."));
            again(&own_card(&ctx, Open::Codes { error }).await?)
        }
        Err(refused) => Err(refused.into()),
    }
}

/// `POST /web/second-factor/off`: the profile again, whose list of sessions is shorter.
pub(crate) async fn end(
    ctx: PageContext,
    Extension(client): Extension<Client>,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    ctx.members_only()?;
    let token = own.token.clone().ok_or_else(Problem::unauthenticated)?;
    let (mut password_error, mut code_error) = (None, None);
    let typed = fields.get("password");
    if dialzio_core::access::may_fit(typed) {
        let (access, password) = (ctx.crm().access(), SecretString::from(typed.to_owned()));
        let work = access.end_second_factor(&ctx.actor, &token, &password, fields.get("code"));
        match session::attempt(&ctx.state, &ctx.actor, (client, &own), work).await {
            Ok(()) => return Ok(go_to(&ctx.state, "settings/profile")),
            Err(PasswordRefusal::Service(Error::Invalid { field: "code", problem })) => {
                code_error = Some(format!("This code {problem}."));
            }
            Err(PasswordRefusal::Service(Error::Invalid { field: "password", .. })) => {
                password_error = Some("This is not your password.".to_owned());
            }
            Err(refused) => return Err(refused.into()),
        }
    } else {
        password_error = Some("This is not your password.".to_owned());
    }
    again(&own_card(&ctx, Open::Off { password_error, code_error }).await?)
}
