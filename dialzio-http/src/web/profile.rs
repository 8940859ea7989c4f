//! Settings: what members change about themselves. Their name, their password, their sessions.

use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::access::{Browser, OwnSession as Listed};
use dialzio_core::text::PersonName;
use dialzio_core::{Error, SessionId};

use super::entry::go_to;
use super::page_context::{PageContext, show};
use super::view::passkeys::PasskeyForm;
use super::view::profile::{EmailCard, NameForm, PasswordForm, ProfilePage, SessionList, SessionRow};
use super::view::second_factor::Open;
use super::view::shell::Place;
use crate::api::Id;
use crate::form::Fields;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession, PasswordRefusal};

/// `GET /settings/profile`. Who comes in by an application of the host has name and password there.
pub(crate) async fn page(ctx: PageContext, own: OwnSession) -> Result<Html<String>, Problem> {
    let shell = ctx.shell("Profile", Place::Profile).await?;
    if ctx.own_session().is_none() {
        return show(&ProfilePage { shell, is_kept_in_org: false, own: None });
    }
    let access = ctx.crm().access();
    let member = access.own_member(&ctx.actor).await?;
    let email = access.own_email(&ctx.actor).await?.reveal().to_owned();
    let card = email_card(&ctx, false).await?;
    let name = NameForm { name: member.name.reveal().to_owned(), error: None };
    let password = PasswordForm { email, ..PasswordForm::default() };
    let sessions = list(&ctx, &own).await?;
    let passkeys = super::passkeys::own_card(&ctx, PasskeyForm::Closed).await?;
    let factor = super::second_factor::own_card(&ctx, Open::Nothing).await?;
    let is_kept_in_org = ctx.actor.is_kept_in_org();
    show(&ProfilePage {
        shell,
        is_kept_in_org,
        own: Some((name, card, password, passkeys, factor, sessions)),
    })
}

async fn email_card(ctx: &PageContext, is_sent: bool) -> Result<EmailCard, Problem> {
    let access = ctx.crm().access();
    let email = access.own_email(&ctx.actor).await?.reveal().to_owned();
    let is_confirmed = access.address_confirmed(&ctx.actor).await?.is_some();
    Ok(EmailCard { email, is_confirmed, mails: ctx.crm().sends_mail(), is_sent })
}

/// `POST /web/profile/confirmation`: mails the link that confirms the address.
pub(crate) async fn send_confirmation(ctx: PageContext) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    let page = ctx.state.public_url("confirm");
    match ctx.crm().access().send_confirmation(&ctx.actor, &page).await {
        Ok(()) => show(&email_card(&ctx, true).await?),
        // It was confirmed meanwhile.
        Err(Error::Invalid { field: "email", .. }) => show(&email_card(&ctx, false).await?),
        Err(Error::TooManyAttempts { seconds }) => {
            Err(session::too_many(seconds, "Too many mails were sent to you"))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/profile/name`: the page again, whose rail has the new name.
pub(crate) async fn rename(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    ctx.members_only()?;
    match PersonName::parse(fields.get("name").trim()) {
        Ok(name) => {
            ctx.crm().access().rename(&ctx.actor, name).await?;
            Ok(go_to(&ctx.state, "settings/profile"))
        }
        Err(error) => {
            let name = fields.get("name").to_owned();
            let form = NameForm { name, error: Some(format!("The name {error}.")) };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response())
        }
    }
}

/// `POST /web/profile/password`. No password comes back in a form.
pub(crate) async fn change_password(
    ctx: PageContext,
    Extension(client): Extension<Client>,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    ctx.members_only()?;
    let email = ctx.crm().access().own_email(&ctx.actor).await?.reveal().to_owned();
    let mut form = PasswordForm { email, ..PasswordForm::default() };
    let texts = (fields.get("current"), fields.get("password"));
    match session::change_password(&ctx.state, &ctx.actor, client, &own, texts).await {
        Ok(token) => {
            form.is_changed = true;
            let own = OwnSession { token: Some(token.clone()), ..own };
            let sessions =
                super::page_context::beside("profile-sessions", "outerHTML", &list(&ctx, &own).await?)?;
            let Html(html) = show(&form)?;
            let mut response = Html(html + &sessions).into_response();
            session::give(&ctx.state, &token, &mut response);
            return Ok(response);
        }
        Err(PasswordRefusal::Service(Error::Invalid { field: "current", .. })) => {
            form.current_error = Some("This is not your password.".to_owned());
        }
        Err(PasswordRefusal::Service(Error::Invalid { field: "password", problem })) => {
            form.password_error = Some(format!("The new password {problem}."));
        }
        Err(refused) => return Err(refused.into()),
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response())
}

async fn list(ctx: &PageContext, own: &OwnSession) -> Result<SessionList, Problem> {
    let mut sessions = ctx.crm().access().sessions(&ctx.actor, own.token.as_ref()).await?;
    sessions.sort_by_key(|session| !session.is_current);
    let has_others = sessions.iter().any(|session| !session.is_current);
    Ok(SessionList { has_others, rows: sessions.iter().map(|session| row(ctx, session)).collect() })
}

fn row(ctx: &PageContext, session: &Listed) -> SessionRow {
    SessionRow {
        id: session.id.to_string(),
        browser: session.browser.map_or("Unknown browser", family),
        is_current: session.is_current,
        since: ctx.when(session.since),
        seen: ctx.when(session.seen_at),
    }
}

/// What people call a browser.
pub(crate) const fn family(browser: Browser) -> &'static str {
    match browser {
        Browser::Chrome => "Chrome",
        Browser::Edge => "Edge",
        Browser::Firefox => "Firefox",
        Browser::Opera => "Opera",
        Browser::Safari => "Safari",
        Browser::Samsung => "Samsung Internet",
    }
}

/// `GET /web/profile/sessions`.
pub(crate) async fn sessions(ctx: PageContext, own: OwnSession) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    show(&list(&ctx, &own).await?)
}

/// `POST /web/profile/sessions/{session}`: ends it. One that has ended meanwhile is gone, which is what was asked for.
pub(crate) async fn end(
    ctx: PageContext,
    own: OwnSession,
    Id(id): Id<SessionId>,
) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    match ctx.crm().access().end_session(&ctx.actor, id).await {
        Ok(()) | Err(Error::NotFound { .. }) => show(&list(&ctx, &own).await?),
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/profile/sessions/others`.
pub(crate) async fn end_others(ctx: PageContext, own: OwnSession) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    ctx.crm().access().end_other_sessions(&ctx.actor, own.token.as_ref()).await?;
    show(&list(&ctx, &own).await?)
}
