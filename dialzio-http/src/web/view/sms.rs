//! How an account sends by SMS, and the texts that its organisation has registered.

use askama::Template;

use super::{Choice, Shell, Shown};

/// The page at `/settings/channels/{account}/sms`.
#[derive(Clone, Debug, Template)]
#[template(path = "sms_page.html")]
pub(crate) struct SmsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Name of the account.
    pub(crate) account: Shown,
    /// Settings and texts.
    pub(crate) part: SmsPart,
}

/// Answer of its posts, put in the place of `#sms`.
#[derive(Clone, Debug, Template)]
#[template(path = "sms.html")]
pub(crate) struct SmsPart {
    /// Id of the account.
    pub(crate) id: String,
    /// Whether the reader may change anything.
    pub(crate) can_manage: bool,
    /// The settings.
    pub(crate) form: SmsForm,
    /// Whether texts are entered here; otherwise the provider keeps them, or SMS is off.
    pub(crate) enters: bool,
    /// The registered texts.
    pub(crate) rows: Vec<TemplateRow>,
    /// One that is being entered.
    pub(crate) entry: TemplateEntry,
}

impl askama::filters::HtmlSafe for SmsPart {}

/// The settings, as they are or as they were typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct SmsForm {
    /// Whether it sends and receives.
    pub(crate) enabled: bool,
    /// DLT id of the business.
    pub(crate) entity: String,
    /// Registered sender id.
    pub(crate) header: String,
    /// When promotion begins, `HH:MM`.
    pub(crate) from: String,
    /// When it ends.
    pub(crate) until: String,
    /// What one segment costs.
    pub(crate) price: String,
    /// What is wrong with the entity.
    pub(crate) entity_error: Option<String>,
    /// What is wrong with the header.
    pub(crate) header_error: Option<String>,
    /// What is wrong with the hours.
    pub(crate) hours_error: Option<String>,
    /// What is wrong with the price.
    pub(crate) price_error: Option<String>,
    /// Why nothing was saved.
    pub(crate) problem: Option<String>,
    /// Whether it was saved just now.
    pub(crate) is_saved: bool,
}

/// A registered text.
#[derive(Clone, Debug)]
pub(crate) struct TemplateRow {
    /// Its name.
    pub(crate) name: String,
    /// Its language.
    pub(crate) language: String,
    /// What it is for.
    pub(crate) category: &'static str,
    /// The id that it is registered under.
    pub(crate) registration: Option<String>,
    /// The text.
    pub(crate) body: Shown,
    /// How long it is: "1 SMS before it is filled in".
    pub(crate) segments: String,
}

/// A text that is being entered.
#[derive(Clone, Debug, Default)]
pub(crate) struct TemplateEntry {
    /// Its name.
    pub(crate) name: String,
    /// Its language.
    pub(crate) language: String,
    /// The registered text.
    pub(crate) text: String,
    /// The id that it is registered under.
    pub(crate) registration: String,
    /// What it may be for.
    pub(crate) categories: Vec<Choice>,
    /// What is wrong with the name.
    pub(crate) name_error: Option<String>,
    /// What is wrong with the language.
    pub(crate) language_error: Option<String>,
    /// What is wrong with the text.
    pub(crate) text_error: Option<String>,
    /// What is wrong with the id.
    pub(crate) registration_error: Option<String>,
    /// Whether the form is unfolded.
    pub(crate) is_open: bool,
}

impl TemplateEntry {
    /// The first field with a mistake, which gets the focus.
    pub(crate) fn focus(&self) -> &'static str {
        let errors = [
            ("name", &self.name_error),
            ("language", &self.language_error),
            ("registration", &self.registration_error),
            ("text", &self.text_error),
        ];
        errors.iter().find(|(_, error)| error.is_some()).map_or("", |(name, _)| name)
    }
}

impl SmsForm {
    /// The first field with a mistake, which gets the focus.
    pub(crate) fn focus(&self) -> &'static str {
        let errors = [
            ("entity", &self.entity_error),
            ("header", &self.header_error),
            ("hours", &self.hours_error),
            ("price", &self.price_error),
        ];
        errors.iter().find(|(_, error)| error.is_some()).map_or("", |(name, _)| name)
    }
}
