//! Templates by line.

use askama::Template;

use super::picker::PreviewPart;
use super::{Chip, Shell, Shown};

/// The page at `/settings/templates`.
#[derive(Clone, Debug, Template)]
#[template(path = "templates.html")]
pub(crate) struct TemplatesPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Lines that have templates.
    pub(crate) lines: Vec<TemplateLine>,
    /// Whether the reader may connect a line.
    pub(crate) can_connect: bool,
}

/// The templates of a line. Answer of asking the provider, put in the place of `#templates-{id}`.
#[derive(Clone, Debug, Template)]
#[template(path = "template_line.html")]
pub(crate) struct TemplateLine {
    /// Id of the account.
    pub(crate) id: String,
    /// "Shop line".
    pub(crate) name: Shown,
    /// "WhatsApp · +91 80 4718 0000".
    pub(crate) line: Shown,
    /// "3 of 5 can be sent".
    pub(crate) counted: String,
    /// When the provider was last asked, within a sentence; `None` if it keeps none.
    pub(crate) read: Option<String>,
    /// Whether the reader may ask the provider now.
    pub(crate) can_ask: bool,
    /// Whether the provider keeps them; otherwise they are entered with the line.
    pub(crate) is_listed: bool,
    /// Those that can be sent first.
    pub(crate) rows: Vec<TemplateRow>,
    /// Why the list could not be read.
    pub(crate) problem: Option<String>,
}

impl askama::filters::HtmlSafe for TemplateLine {}

/// One template.
#[derive(Clone, Debug)]
pub(crate) struct TemplateRow {
    /// As people read it: "Order ready".
    pub(crate) name: Shown,
    /// As the provider knows it.
    pub(crate) key: Shown,
    /// Language code.
    pub(crate) language: Shown,
    /// What it is for.
    pub(crate) category: &'static str,
    /// "quality low".
    pub(crate) quality: Option<String>,
    /// Whether it is approved.
    pub(crate) status: Chip,
    /// Why it cannot be sent.
    pub(crate) stopped: Option<Shown>,
    /// Above the body.
    pub(crate) header: Vec<PreviewPart>,
    /// The text.
    pub(crate) body: Vec<PreviewPart>,
    /// Below it.
    pub(crate) footer: Option<Shown>,
    /// What stands on the buttons.
    pub(crate) buttons: Vec<Shown>,
}
