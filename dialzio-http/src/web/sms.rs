//! Settings: how an account sends by SMS, and the texts that its organisation has registered.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::account::{AccountPatch, NewTemplate, ProviderAccount};
use dialzio_core::consent::{Channel, QuietHours};
use dialzio_core::conversation::{Template, TemplateCategory};
use dialzio_core::provider::{Provider, TemplateSource};
use dialzio_core::sms::{DltId, DltSender, SegmentPrice, Segments, SmsHeader, SmsSettings};
use dialzio_core::{AccountId, Error, Permission};

use super::page_context::{PageContext, show};
use super::view::Choice;
use super::view::shell::Place;
use super::view::sms::{SmsForm, SmsPage, SmsPart, TemplateEntry, TemplateRow};
use super::words;
use crate::api::organisation::{clock, minutes};
use crate::api::{Id, word};
use crate::form::Fields;
use crate::problem::Problem;

/// Whether a provider sends SMS.
pub(crate) fn is_offered(provider: &dyn Provider) -> bool {
    provider.messaging().is_some_and(|messaging| messaging.capabilities().channel == Channel::Sms)
}

/// The account, if its provider sends SMS.
async fn account(ctx: &PageContext, id: AccountId) -> Result<ProviderAccount, Problem> {
    let service = ctx.crm().accounts();
    let account = service.get(&ctx.actor, id).await?;
    if is_offered(service.provider(&account)?) { Ok(account) } else { Err(Problem::not_found()) }
}

/// `GET /settings/channels/{account}/sms`.
pub(crate) async fn page(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Html<String>, Problem> {
    let account = account(&ctx, id).await?;
    let part = part(&ctx, &account, None, None).await?;
    show(&SmsPage {
        shell: ctx.shell("SMS", Place::Channels).await?,
        account: account.name.reveal().into(),
        part,
    })
}

/// The settings and the texts, with what was typed where it was refused.
async fn part(
    ctx: &PageContext,
    account: &ProviderAccount,
    form: Option<SmsForm>,
    entry: Option<TemplateEntry>,
) -> Result<SmsPart, Problem> {
    let service = ctx.crm().accounts();
    let messaging = service.provider(account)?.messaging();
    let enters =
        messaging.is_some_and(|messaging| messaging.capabilities().templates == TemplateSource::Organisation);
    let templates = service.templates(&ctx.actor, account.id).await?;
    Ok(SmsPart {
        id: account.id.to_string(),
        can_manage: ctx.may(Permission::AccountsManage),
        form: form.unwrap_or_else(|| form_of(account)),
        enters: enters && service.messaging(account).is_ok(),
        rows: templates.iter().map(row).collect(),
        entry: entry
            .unwrap_or_else(|| TemplateEntry { categories: categories(""), ..TemplateEntry::default() }),
    })
}

fn form_of(account: &ProviderAccount) -> SmsForm {
    let Some(sms) = &account.sms else { return SmsForm::default() };
    let hours = sms.promotional_hours;
    SmsForm {
        enabled: sms.enabled,
        entity: sms.dlt.as_ref().map(|dlt| dlt.entity.as_str().to_owned()).unwrap_or_default(),
        header: sms.dlt.as_ref().map(|dlt| dlt.header.as_str().to_owned()).unwrap_or_default(),
        from: hours.map(|hours| clock(hours.open_from)).unwrap_or_default(),
        until: hours.map(|hours| clock(hours.open_until)).unwrap_or_default(),
        price: sms.segment_price.as_ref().map(SegmentPrice::to_string).unwrap_or_default(),
        ..SmsForm::default()
    }
}

fn row(template: &Template) -> TemplateRow {
    let count = Segments::of(&template.body).count;
    TemplateRow {
        name: template.name.clone(),
        language: template.language.clone(),
        category: words::category(template.category),
        registration: template.registration.as_ref().map(|id| id.as_str().to_owned()),
        body: template.body.as_str().into(),
        segments: format!("{count} SMS before it is filled in"),
    }
}

fn categories(chosen: &str) -> Vec<Choice> {
    let choice = |category: &TemplateCategory| {
        let choice = Choice::new(category.as_str(), words::category(*category));
        if category.as_str() == chosen { choice.chosen() } else { choice }
    };
    TemplateCategory::ALL.iter().rev().map(choice).collect()
}

/// What was typed, checked; mistakes are marked in the form.
fn checked(form: &mut SmsForm) -> Option<SmsSettings> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let dlt = match (given(&form.entity), given(&form.header)) {
        (None, None) => None,
        (None, Some(_)) => {
            form.entity_error = Some("Needed with the header.".to_owned());
            None
        }
        (Some(_), None) => {
            form.header_error = Some("Needed with the entity.".to_owned());
            None
        }
        (Some(entity), Some(header)) => {
            let (entity, header) = (DltId::parse(&entity), SmsHeader::parse(&header));
            form.entity_error = entity.as_ref().err().map(|error| format!("This {error}."));
            form.header_error = header.as_ref().err().map(|error| format!("This {error}."));
            entity.ok().zip(header.ok()).map(|(entity, header)| DltSender { entity, header })
        }
    };
    let hours = match (given(&form.from), given(&form.until)) {
        (None, None) => None,
        (Some(from), Some(until)) => {
            let minute = |text: &str| minutes("hours", text).ok();
            let hours = minute(&from).zip(minute(&until));
            let hours = hours.and_then(|(from, until)| QuietHours::checked(from, until));
            if hours.is_none() {
                form.hours_error = Some("Both within 08:00 to 21:00, and at least an hour apart.".to_owned());
            }
            hours
        }
        _ => {
            form.hours_error = Some("Give both, or neither.".to_owned());
            None
        }
    };
    let price = given(&form.price).map(|text| SegmentPrice::parse(&text)).transpose();
    form.price_error = price.as_ref().err().map(|error| format!("This {error}."));
    let settings = SmsSettings {
        enabled: form.enabled,
        dlt,
        promotional_hours: hours,
        segment_price: price.ok().flatten(),
    };
    let errors = [&form.entity_error, &form.header_error, &form.hours_error, &form.price_error];
    errors.iter().all(|error| error.is_none()).then_some(settings)
}

/// `POST /web/accounts/{account}/sms`.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<AccountId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let mut form = SmsForm {
        enabled: fields.get("enabled") == "yes",
        entity: fields.get("entity").to_owned(),
        header: fields.get("header").to_owned(),
        from: fields.get("from").to_owned(),
        until: fields.get("until").to_owned(),
        price: fields.get("price").to_owned(),
        ..SmsForm::default()
    };
    let before = account(&ctx, id).await?;
    if let Some(settings) = checked(&mut form) {
        let patch = AccountPatch { sms: Some(settings), ..AccountPatch::default() };
        match ctx.crm().accounts().update(&ctx.actor, id, patch).await {
            Ok(after) => {
                let saved = SmsForm { is_saved: true, ..form_of(&after) };
                return Ok(show(&part(&ctx, &after, Some(saved), None).await?)?.into_response());
            }
            Err(Error::Provider(error)) => {
                let said = error.detail().map_or_else(|| error.to_string(), str::to_owned);
                form.problem = Some(format!(
                    "Not saved: the provider does not accept the user token for SMS. It says: {said}. Set a new one under Channels."
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let again = part(&ctx, &before, Some(form), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
}

/// `POST /web/accounts/{account}/sms/templates`.
pub(crate) async fn enter(
    ctx: PageContext,
    Id(id): Id<AccountId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let account = account(&ctx, id).await?;
    let mut entry = TemplateEntry {
        name: fields.get("name").trim().to_owned(),
        language: fields.get("language").trim().to_owned(),
        text: fields.get("text").to_owned(),
        registration: fields.get("registration").trim().to_owned(),
        categories: categories(fields.get("category")),
        is_open: true,
        ..TemplateEntry::default()
    };
    let registration = match entry.registration.as_str() {
        "" => Ok(None),
        text => DltId::parse(text).map(Some),
    };
    entry.registration_error = registration.as_ref().err().map(|error| format!("This {error}."));
    if let Ok(registration) = registration {
        let new = NewTemplate {
            name: entry.name.clone(),
            language: entry.language.clone(),
            category: word("category", fields.get("category"))?,
            text: entry.text.clone(),
            registration,
        };
        match ctx.crm().accounts().enter_template(&ctx.actor, id, new).await {
            Ok(_) => return Ok(show(&part(&ctx, &account, None, None).await?)?.into_response()),
            Err(Error::Invalid { field, problem }) => {
                let problem = Some(format!("This {problem}."));
                match field {
                    "language" => entry.language_error = problem,
                    "text" => entry.text_error = problem,
                    _ => entry.name_error = problem,
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    let again = part(&ctx, &account, None, Some(entry)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
}

/// `POST /web/accounts/{account}/sms/templates/remove`.
pub(crate) async fn remove(
    ctx: PageContext,
    Id(id): Id<AccountId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let (name, language) = (fields.get("name"), fields.get("language"));
    ctx.crm().accounts().remove_template(&ctx.actor, id, name, language).await?;
    show(&part(&ctx, &account(&ctx, id).await?, None, None).await?)
}
