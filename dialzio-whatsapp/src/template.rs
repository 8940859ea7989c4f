//! The account's templates, page by page.

use dialzio_core::{
    AccountId,
    conversation::{
        ButtonKind, HeaderFormat, ParameterFormat, Template, TemplateButton, TemplateCategory, TemplateStatus,
    },
    provider::{AccountAccess, ProviderError},
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    client::{GraphClient, Repeat},
    error::WHATSAPP,
    scalar::Scalar,
    wire::MetaTemplatePage,
};

const FIELDS: &str =
    "id,name,status,category,language,components,quality_score,parameter_format,rejected_reason";
/// Templates on one page.
const PAGE: &str = "100";
/// Most pages that are read: a business account has at most 6,000 templates.
const MOST_PAGES: usize = 100;

/// All templates of the account's business account. One that cannot be read is left out.
pub(crate) async fn list(
    client: &GraphClient,
    access: &AccountAccess,
) -> Result<Vec<Template>, ProviderError> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut query = vec![("fields", FIELDS), ("limit", PAGE)];
        if let Some(after) = &after {
            query.push(("after", after));
        }
        let request =
            client.request(access, Method::GET, &[&access.business_id, "message_templates"])?.query(&query);
        let answer = client.json(request, Repeat::Harmless).await?;
        let page: MetaTemplatePage<'_> = serde_json::from_slice(&answer)
            .map_err(|_| ProviderError::Fault { provider: WHATSAPP, code: "unreadable".to_owned() })?;
        all.extend(page.data.iter().filter_map(|row| read(access.account, row)));
        let next = page.paging.and_then(|paging| {
            paging.next.filled()?;
            paging.cursors.after.owned()
        });
        match next {
            Some(cursor) if after.as_ref() != Some(&cursor) => after = Some(cursor),
            _ => return Ok(all),
        }
    }
    tracing::warn!(pages = MOST_PAGES, "more templates than are read");
    Ok(all)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    language: Scalar<'a>,
    #[serde(borrow)]
    category: Scalar<'a>,
    #[serde(borrow)]
    status: Scalar<'a>,
    #[serde(borrow)]
    parameter_format: Scalar<'a>,
    #[serde(borrow)]
    quality_score: Option<&'a RawValue>,
    #[serde(borrow)]
    rejected_reason: Scalar<'a>,
    #[serde(borrow)]
    rejection_info: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rejection<'a> {
    #[serde(borrow)]
    reason: Scalar<'a>,
    #[serde(borrow)]
    recommendation: Scalar<'a>,
}

/// Why a template was refused: the code, what is wrong, and what Meta recommends, as far as each is given.
pub(crate) fn rejection(code: Option<&str>, info: Option<&RawValue>) -> Option<String> {
    let info: Rejection<'_> = info.and_then(|info| serde_json::from_str(info.get()).ok()).unwrap_or_default();
    let code = code.filter(|code| *code != "NONE");
    let words = [code, info.reason.filled(), info.recommendation.filled()];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(" · "))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Quality<'a> {
    #[serde(borrow)]
    score: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Component<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow)]
    format: Scalar<'a>,
    #[serde(borrow)]
    text: Scalar<'a>,
    #[serde(borrow)]
    buttons: Vec<Button<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Button<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow)]
    text: Scalar<'a>,
    #[serde(borrow)]
    url: Scalar<'a>,
}

fn word(scalar: &Scalar<'_>) -> String {
    scalar.text().unwrap_or_default().to_ascii_uppercase()
}

fn read(account: AccountId, row: &RawValue) -> Option<Template> {
    let row: Row<'_> = serde_json::from_str(row.get()).ok()?;
    let mut template = Template {
        account,
        name: row.name.owned()?,
        language: row.language.owned()?,
        // A category that we do not know is treated as the strictest one.
        category: match word(&row.category).as_str() {
            "UTILITY" => TemplateCategory::Utility,
            "AUTHENTICATION" => TemplateCategory::Authentication,
            _ => TemplateCategory::Marketing,
        },
        status: match word(&row.status).as_str() {
            "APPROVED" => TemplateStatus::Approved,
            "PENDING" | "IN_APPEAL" => TemplateStatus::Pending,
            "REJECTED" => TemplateStatus::Rejected,
            "PAUSED" => TemplateStatus::Paused,
            "DISABLED" => TemplateStatus::Disabled,
            _ => TemplateStatus::Other,
        },
        quality: row
            .quality_score
            .and_then(|quality| serde_json::from_str::<Quality<'_>>(quality.get()).ok())
            .and_then(|quality| quality.score.owned()),
        rejection: rejection(row.rejected_reason.filled(), row.rejection_info),
        registration: None,
        format: match word(&row.parameter_format).as_str() {
            "NAMED" => ParameterFormat::Named,
            _ => ParameterFormat::Positional,
        },
        header: None,
        header_text: None,
        body: String::new(),
        footer: None,
        buttons: Vec::new(),
    };
    let mut is_complete = true;
    for component in &row.components {
        let component: Component<'_> = serde_json::from_str(component.get()).ok()?;
        match word(&component.kind).as_str() {
            "HEADER" => match word(&component.format).as_str() {
                "TEXT" => {
                    template.header = Some(HeaderFormat::Text);
                    template.header_text = component.text.owned();
                }
                "IMAGE" => template.header = Some(HeaderFormat::Image),
                "VIDEO" => template.header = Some(HeaderFormat::Video),
                "DOCUMENT" => template.header = Some(HeaderFormat::Document),
                "LOCATION" => template.header = Some(HeaderFormat::Location),
                _ => is_complete = false,
            },
            "BODY" => template.body = component.text.owned().unwrap_or_default(),
            "FOOTER" => template.footer = component.text.owned(),
            "BUTTONS" => template.buttons = component.buttons.iter().map(button).collect(),
            _ => is_complete = false,
        }
    }
    // A template with parts that cannot be filled in here (cards, offers) would be refused when sent.
    if !is_complete && template.status == TemplateStatus::Approved {
        template.status = TemplateStatus::Unsupported;
    }
    Some(template)
}

fn button(button: &Button<'_>) -> TemplateButton {
    TemplateButton {
        kind: match word(&button.kind).as_str() {
            "QUICK_REPLY" => ButtonKind::QuickReply,
            "URL" => ButtonKind::Url,
            "PHONE_NUMBER" => ButtonKind::PhoneNumber,
            "COPY_CODE" => ButtonKind::CopyCode,
            "OTP" => ButtonKind::OneTimePassword,
            _ => ButtonKind::Other,
        },
        text: button.text.owned().unwrap_or_default(),
        url: button.url.owned(),
    }
}
