//! Choosing and filling in a template.

use askama::Template;

use super::{Choice, Shown};

/// The picker, in `#picker`. Answer of `GET /web/conversations/{id}/templates`.
#[derive(Clone, Debug, Template)]
#[template(path = "picker.html")]
pub(crate) struct Picker {
    /// Id of the conversation.
    pub(crate) conversation: String,
    /// What is searched for.
    pub(crate) search: String,
    /// Templates of this number, those that may be sent first.
    pub(crate) templates: Vec<TemplateItem>,
    /// The chosen one.
    pub(crate) chosen: Option<TemplateForm>,
    /// Whether "back to reply" is offered, because the window is open.
    pub(crate) can_close: bool,
}

impl askama::filters::HtmlSafe for Picker {}

/// One template in the list.
#[derive(Clone, Debug)]
pub(crate) struct TemplateItem {
    /// Id of the template in one language.
    pub(crate) id: String,
    /// Its name in words: "Order ready".
    pub(crate) name: Shown,
    /// Its name at the provider: "order_ready".
    pub(crate) key: Shown,
    /// "Utility", "Marketing", "Authentication".
    pub(crate) category: String,
    /// "quality low", where it is not high.
    pub(crate) quality: Option<String>,
    /// Language code: "en".
    pub(crate) language: String,
    /// Why it may not be sent to this person now: "Tara opted out on 2 Nov (wrote STOP)".
    pub(crate) refusal: Option<Shown>,
    /// Whether it is the chosen one.
    pub(crate) is_chosen: bool,
}

/// The chosen template with its fields and preview.
#[derive(Clone, Debug)]
pub(crate) struct TemplateForm {
    /// Id of the template in one language.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: Shown,
    /// Fields in order.
    pub(crate) fields: Vec<TemplateField>,
    /// First line in bold.
    pub(crate) header: Vec<PreviewPart>,
    /// Body.
    pub(crate) body: Vec<PreviewPart>,
    /// Last line, small.
    pub(crate) footer: Option<Shown>,
    /// Labels of its buttons.
    pub(crate) buttons: Vec<Shown>,
    /// Why it cannot be sent at all.
    pub(crate) refusal: Option<Shown>,
    /// Offered when an opt-in would help.
    pub(crate) opt_in: Option<OptIn>,
}

impl TemplateForm {
    /// Why the button does nothing yet, while fields are empty.
    pub(crate) fn missing(&self) -> Option<String> {
        let empty: Vec<&str> =
            self.fields.iter().filter(|f| f.value.is_empty()).map(|f| f.label.as_str()).collect();
        match empty.as_slice() {
            [] => None,
            [one] => Some(format!("Fill in {one} to send")),
            many => Some(format!("Fill in {} fields to send", many.len())),
        }
    }
}

/// One value that the template asks for.
#[derive(Clone, Debug)]
pub(crate) struct TemplateField {
    /// Name in the form; it is sent as `field.{name}`.
    pub(crate) name: String,
    /// "Order number".
    pub(crate) label: String,
    /// Value so far, filled in from the contact where possible.
    pub(crate) value: String,
    /// Whether it has to be an https address.
    pub(crate) is_link: bool,
    /// What is wrong with it.
    pub(crate) error: Option<String>,
}

/// A piece of the preview.
#[derive(Clone, Debug)]
pub(crate) enum PreviewPart {
    /// Fixed words.
    Text(Shown),
    /// Shows what is typed into the field of this name.
    Slot {
        /// Name of the field.
        name: String,
        /// Shown while the field is empty.
        label: String,
        /// Value so far.
        value: Shown,
    },
}

/// Recording an opt-in right here, with its evidence.
#[derive(Clone, Debug)]
pub(crate) struct OptIn {
    /// "marketing".
    pub(crate) purpose: String,
    /// "WhatsApp, marketing".
    pub(crate) label: Shown,
    /// How the person agreed: in a form, on the phone, on paper.
    pub(crate) methods: Vec<Choice>,
    /// Evidence as typed.
    pub(crate) evidence: String,
    /// Day as typed, ISO date.
    pub(crate) date: String,
    /// What is wrong with the form.
    pub(crate) error: Option<String>,
    /// Whether the form is unfolded.
    pub(crate) is_open: bool,
}
