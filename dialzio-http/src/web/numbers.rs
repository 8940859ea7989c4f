//! Connected numbers and whether they work.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Utc};
use dialzio_core::account::{AccountState, App, OVERLAP, ProviderAccount};
use dialzio_core::provider::{ProviderError, TemplateSource};
use dialzio_core::{AccountId, Error, Permission};
use secrecy::SecretString;

use super::page_context::{PageContext, show};
use super::view::numbers::{HookPart, NumberCard, NumbersPage};
use super::view::shell::Place;
use super::view::{Chip, Fact, Tone};
use super::{channels, sms};
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;

/// `GET /settings/channels`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
    let apps = ctx.crm().accounts().apps(&ctx.actor).await?;
    let mut numbers = Vec::new();
    for account in &accounts {
        numbers.push(card(&ctx, account, &apps).await?);
    }
    let can_manage = ctx.may(Permission::AccountsManage);
    show(&NumbersPage { shell: ctx.shell("Channels", Place::Channels).await?, can_manage, numbers })
}

/// The card of one account that was changed.
async fn changed(ctx: &PageContext, account: &ProviderAccount) -> Result<NumberCard, Problem> {
    card(ctx, account, &ctx.crm().accounts().apps(&ctx.actor).await?).await
}

async fn card(ctx: &PageContext, account: &ProviderAccount, apps: &[App]) -> Result<NumberCard, Problem> {
    let accounts = ctx.crm().accounts();
    let templates = accounts.templates(&ctx.actor, account.id).await?;
    let (health, advice) = match account.state {
        AccountState::Routable => (Chip::new(Tone::Ok, "Connected"), None),
        AccountState::Unchecked => (
            Chip::new(Tone::Warn, "Not checked yet"),
            Some("Check it; messages are taken once the check succeeds."),
        ),
        AccountState::NeedsLogin => (
            Chip::new(Tone::Bad, "Token refused"),
            Some("Make a new token at the provider and set it here. Messages wait until then."),
        ),
        AccountState::Paused => (
            Chip::new(Tone::Bad, "Paused"),
            Some("The provider has paused this number. Look at its quality, then check it."),
        ),
        AccountState::Disconnected => (
            Chip::new(Tone::Neutral, "Disconnected"),
            Some("Nothing is received or sent by it until it is connected again."),
        ),
    };
    let number = account.display_number.as_deref().unwrap_or("number not known yet");
    let form = accounts.provider(account)?.connection();
    let mut facts = vec![Fact::new(form.routing_key.label, account.routing_key.as_str())];
    facts.push(Fact::new(
        "Last successful check",
        account.checked_at.map_or_else(|| "never".to_owned(), |at| ctx.when(at)),
    ));
    if let Some(problem) = &account.problem {
        let words = problem.detail.as_deref().unwrap_or("without a word");
        let why = format!("{words} ({}, {})", problem.code, ctx.when(problem.at));
        facts.push(Fact::new("What the provider said", why));
    }
    let provider = accounts.provider(account)?;
    if provider
        .messaging()
        .is_some_and(|messaging| messaging.capabilities().templates != TemplateSource::None)
    {
        facts.push(Fact::new("Templates", templates.len().to_string()));
    }
    let asks = provider.telephony().is_some_and(|telephony| telephony.capabilities().asks());
    let app = apps.iter().find(|app| app.id == account.app).filter(|_| asks);
    let answer = app.map(|app| channels::answer_address(ctx, app));
    if let Some(url) = &account.base_url {
        facts.push(Fact::new("API address", url.as_str()));
    }
    let own = apps.iter().find(|app| app.id == account.app);
    Ok(NumberCard {
        id: account.id.to_string(),
        hook: own.filter(|_| provider.webhooks().is_some()).map(|app| hook(ctx, app)),
        name: account.name.reveal().into(),
        line: format!("{} · {number}", channels::kind(provider)).into(),
        answer,
        agents: provider.telephony().is_some(),
        sms: sms::is_offered(provider),
        health,
        advice: advice.map(Into::into),
        facts,
        can_manage: ctx.may(Permission::AccountsManage),
        is_off: account.state == AccountState::Disconnected,
        credentials: form.credentials.to_vec(),
        token_error: None,
    })
}

/// The webhook address of an app, and the former one.
fn hook(ctx: &PageContext, app: &App) -> HookPart {
    let last = |seen: Option<DateTime<Utc>>| {
        seen.map_or_else(|| "No event yet.".to_owned(), |at| format!("Last event {}.", ctx.when(at)))
    };
    let former = app.former_at(ctx.now).map(|former| {
        let words = format!("It works until {}. {}", ctx.when(former.until), last(former.seen));
        (ctx.state.public_url(&format!("hooks/{}", former.hook)), words)
    });
    HookPart {
        address: channels::address(ctx, app),
        seen: last(app.hook_seen),
        former,
        can_rotate: ctx.may(Permission::AccountsManage) && app.org.is_some(),
    }
}

/// `POST /web/integrations/{account}/hook`: rotates the webhook address, or ends the former one.
pub(crate) async fn change_hook(
    ctx: PageContext,
    Id(id): Id<AccountId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let accounts = ctx.crm().accounts();
    let app = accounts.get(&ctx.actor, id).await?.app;
    match fields.get("act") {
        "rotate" => accounts.rotate_hook(&ctx.actor, app, OVERLAP).await?,
        "end" => accounts.end_former_hook(&ctx.actor, app).await?,
        _ => return Err(Problem::invalid("act", "is rotate or end")),
    };
    show(&stored(&ctx, id).await?)
}

/// The card of an account as it is stored now.
async fn stored(ctx: &PageContext, id: AccountId) -> Result<NumberCard, Problem> {
    changed(ctx, &ctx.crm().accounts().get(&ctx.actor, id).await?).await
}

/// `POST /web/integrations/{account}/token`. The token is never shown again: a refused form comes back without it.
pub(crate) async fn set_token(
    ctx: PageContext,
    Id(id): Id<AccountId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let accounts = ctx.crm().accounts();
    let account = accounts.get(&ctx.actor, id).await?;
    // White space at the ends comes from copying. What stays empty stays as it is.
    let typed = accounts.provider(&account)?.connection().credentials.iter().filter_map(|field| {
        let value = fields.get(field.name).trim();
        (!value.is_empty()).then(|| (field.name, SecretString::from(value)))
    });
    let refused = match accounts.set_credentials(&ctx.actor, id, None, typed.collect()).await {
        Ok(account) => return Ok(show(&changed(&ctx, &account).await?)?.into_response()),
        Err(Error::Provider(error @ ProviderError::Credentials { .. })) => {
            let said = error.detail().map(|detail| format!(" It says: {detail}")).unwrap_or_default();
            format!("The provider refused this token, so it was not saved.{said}")
        }
        Err(Error::Provider(error)) => {
            let said = error.detail().map_or_else(|| error.to_string(), str::to_owned);
            format!("The token could not be checked, so it was not saved. {said}")
        }
        Err(Error::Invalid { .. }) => "Paste the token as the provider shows it, without spaces.".to_owned(),
        Err(error) => return Err(error.into()),
    };
    let again = NumberCard { token_error: Some(refused), ..stored(&ctx, id).await? };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
}

/// `POST /web/integrations/{account}/check`.
pub(crate) async fn check(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Html<String>, Problem> {
    match ctx.crm().accounts().check(&ctx.actor, id, None).await {
        Ok((account, _)) => show(&changed(&ctx, &account).await?),
        Err(Error::Provider(refused)) => {
            let mut card = stored(&ctx, id).await?;
            card.health = Chip::new(Tone::Bad, "The check failed");
            let said = refused.detail().map_or_else(|| refused.to_string(), str::to_owned);
            card.advice = Some(format!("The provider says: {said}").into());
            show(&card)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/integrations/{account}/disconnect`.
pub(crate) async fn disconnect(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Html<String>, Problem> {
    let account = ctx.crm().accounts().disconnect(&ctx.actor, id, None).await?;
    show(&changed(&ctx, &account).await?)
}
