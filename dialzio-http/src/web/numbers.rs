//! Connected numbers and whether they work.

use axum::response::Html;
use dialzio_core::account::{AccountState, ProviderAccount};
use dialzio_core::{AccountId, Error};

use super::page_context::{PageContext, show};
use super::view::numbers::{NumberCard, NumbersPage};
use super::view::shell::Place;
use super::view::{Chip, Fact, Tone};
use crate::api::Id;
use crate::problem::Problem;

/// `GET /settings/channels`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
    let mut numbers = Vec::new();
    for account in &accounts {
        numbers.push(card(&ctx, account).await?);
    }
    show(&NumbersPage { shell: ctx.shell("Channels", Place::Channels).await?, numbers })
}

async fn card(ctx: &PageContext, account: &ProviderAccount) -> Result<NumberCard, Problem> {
    let templates = ctx.crm().accounts().templates(&ctx.actor, account.id).await?;
    let (health, advice) = match account.state {
        AccountState::Routable => (Chip::new(Tone::Ok, "Connected"), None),
        AccountState::Unchecked => (
            Chip::new(Tone::Warn, "Not checked yet"),
            Some("Check it; messages are taken once the check succeeds."),
        ),
        AccountState::NeedsLogin => (
            Chip::new(Tone::Bad, "Token refused"),
            Some("Make a new token at the provider and connect it again."),
        ),
        AccountState::Paused => (
            Chip::new(Tone::Bad, "Paused"),
            Some("The provider has paused this number. Look at its quality, then check it."),
        ),
        AccountState::Disconnected => (Chip::new(Tone::Neutral, "Disconnected"), None),
    };
    let number = account.display_number.as_deref().unwrap_or("number not known yet");
    let mut facts = vec![Fact::new("Phone number ID", account.external_id.as_str())];
    facts.push(Fact::new(
        "Last successful check",
        account.checked_at.map_or_else(|| "never".to_owned(), |at| ctx.when(at)),
    ));
    if let Some(problem) = &account.problem {
        let words = problem.detail.as_deref().unwrap_or("without a word");
        let why = format!("{words} ({}, {})", problem.code, ctx.when(problem.at));
        facts.push(Fact::new("What the provider said", why));
    }
    facts.push(Fact::new("Templates", templates.len().to_string()));
    if let Some(url) = &account.base_url {
        facts.push(Fact::new("API address", url.as_str()));
    }
    Ok(NumberCard {
        id: account.id.to_string(),
        name: account.name.reveal().into(),
        line: format!("WhatsApp · {number}").into(),
        health,
        advice: advice.map(Into::into),
        facts,
    })
}

/// `POST /web/integrations/{account}/check`.
pub(crate) async fn check(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Html<String>, Problem> {
    match ctx.crm().accounts().check(&ctx.actor, id, None).await {
        Ok((account, _)) => show(&card(&ctx, &account).await?),
        Err(Error::Provider(refused)) => {
            let account =
                ctx.crm().accounts().list(&ctx.actor).await?.into_iter().find(|known| known.id == id);
            let account = account.ok_or_else(Problem::not_found)?;
            let mut card = card(&ctx, &account).await?;
            card.health = Chip::new(Tone::Bad, "The check failed");
            let said = refused.detail().map_or_else(|| refused.to_string(), str::to_owned);
            card.advice = Some(format!("The provider says: {said}").into());
            show(&card)
        }
        Err(error) => Err(error.into()),
    }
}
