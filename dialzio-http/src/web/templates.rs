//! Settings: the templates of each line, whether they can be sent, and how they read.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::account::{AccountState, ProviderAccount};
use dialzio_core::conversation::{Template, TemplateStatus};
use dialzio_core::provider::TemplateSource;
use dialzio_core::{AccountId, Error, Permission};

use super::page_context::{PageContext, show};
use super::view::shell::Place;
use super::view::templates::{TemplateLine, TemplateRow, TemplatesPage};
use super::view::{Chip, Tone};
use super::{channels, picker, words};
use crate::api::Id;
use crate::problem::Problem;

/// Where an account's templates come from, if it has any.
fn source(ctx: &PageContext, account: &ProviderAccount) -> Option<TemplateSource> {
    let messaging = ctx.crm().accounts().messaging(account).ok()?;
    Some(messaging.capabilities().templates).filter(|source| *source != TemplateSource::None)
}

/// `GET /settings/templates`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let mut lines = Vec::new();
    for account in ctx.crm().accounts().list(&ctx.actor).await? {
        if source(&ctx, &account).is_some() {
            lines.push(line(&ctx, &account, None).await?);
        }
    }
    let can_connect = ctx.may(Permission::AccountsManage);
    show(&TemplatesPage { shell: ctx.shell("Templates", Place::Templates).await?, lines, can_connect })
}

async fn line(
    ctx: &PageContext,
    account: &ProviderAccount,
    problem: Option<String>,
) -> Result<TemplateLine, Problem> {
    let accounts = ctx.crm().accounts();
    let is_listed = source(ctx, account) == Some(TemplateSource::Provider);
    let mut templates = accounts.templates(&ctx.actor, account.id).await?;
    // What can be sent comes first.
    templates.sort_by_key(|template| template.status != TemplateStatus::Approved);
    let sendable = templates.iter().filter(|template| template.status == TemplateStatus::Approved).count();
    let asked = accounts.templates_asked_at(&ctx.actor, account.id).await?;
    let number = account.display_number.as_deref().unwrap_or("number not known yet");
    Ok(TemplateLine {
        id: account.id.to_string(),
        name: account.name.reveal().into(),
        line: format!("{} · {number}", channels::kind(accounts.provider(account)?)).into(),
        counted: format!("{sendable} of {} can be sent", templates.len()),
        read: is_listed.then(|| asked.map_or_else(|| "never".to_owned(), |at| ctx.when(at))),
        can_ask: is_listed
            && ctx.may(Permission::AccountsManage)
            && account.state != AccountState::Disconnected,
        is_listed,
        rows: templates.iter().map(row).collect(),
        problem,
    })
}

fn row(template: &Template) -> TemplateRow {
    let (tone, status) = match template.status {
        TemplateStatus::Approved => (Tone::Ok, "Approved"),
        TemplateStatus::Pending => (Tone::Info, "Pending"),
        TemplateStatus::Rejected => (Tone::Bad, "Rejected"),
        TemplateStatus::Paused => (Tone::Warn, "Paused"),
        TemplateStatus::Disabled => (Tone::Bad, "Disabled"),
        TemplateStatus::Unsupported => (Tone::Neutral, "Not supported"),
        TemplateStatus::Other => (Tone::Neutral, "Not approved"),
    };
    let (header, body) = picker::unfilled(template);
    TemplateRow {
        name: picker::capitalised(&template.name.replace('_', " ")).into(),
        key: template.name.as_str().into(),
        language: template.language.as_str().into(),
        category: words::category(template.category),
        quality: picker::quality(template),
        status: Chip::new(tone, status),
        stopped: picker::stopped(template).map(Into::into),
        header,
        body,
        footer: template.footer.as_deref().map(Into::into),
        buttons: template.buttons.iter().map(|button| button.text.as_str().into()).collect(),
    }
}

/// `POST /web/accounts/{account}/templates/sync`: asks the provider now.
pub(crate) async fn sync(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Response, Problem> {
    let account = ctx.crm().accounts().get(&ctx.actor, id).await?;
    match ctx.crm().accounts().sync_templates(&ctx.actor, id).await {
        Ok(_) => Ok(show(&line(&ctx, &account, None).await?)?.into_response()),
        Err(Error::Provider(refused)) => {
            let said = refused.detail().map_or_else(|| refused.to_string(), str::to_owned);
            let words = format!("The list could not be read. The provider says: {said}");
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&line(&ctx, &account, Some(words)).await?)?)
                .into_response())
        }
        Err(error) => Err(error.into()),
    }
}
