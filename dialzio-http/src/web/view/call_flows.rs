//! Call flows: the list under Settings, its form, and what a flow does at a time in words.

use askama::Template;
use dialzio_core::call_flow::FlowStep;

use super::{Choice, Shell, Shown};

/// The page at `/settings/call-flows`.
#[derive(Clone, Debug, Template)]
#[template(path = "call_flows.html")]
pub(crate) struct FlowPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The list.
    pub(crate) list: FlowList,
}

/// All call flows, with the form that is open. Answer of `GET /web/call-flows` and of each change, put in the place of
/// `#flow-list`.
#[derive(Clone, Debug, Template)]
#[template(path = "flow_list.html")]
pub(crate) struct FlowList {
    /// Whether the reader may change them.
    pub(crate) can_manage: bool,
    /// Whether there is an account whose provider asks what to do with calls.
    pub(crate) is_possible: bool,
    /// By name.
    pub(crate) rows: Vec<FlowRow>,
    /// The form that is open.
    pub(crate) form: Option<FlowForm>,
}

impl askama::filters::HtmlSafe for FlowList {}

impl FlowList {
    /// Whether a new one is being written.
    pub(crate) fn is_adding(&self) -> bool {
        self.form.as_ref().is_some_and(|form| form.id.is_none())
    }

    /// The form of a row that is being edited.
    pub(crate) fn editing(&self, row: &FlowRow) -> Option<&FlowForm> {
        self.form.as_ref().filter(|form| form.id.as_ref() == Some(&row.id))
    }
}

/// One call flow.
#[derive(Clone, Debug)]
pub(crate) struct FlowRow {
    /// Id.
    pub(crate) id: String,
    /// The revision that is shown.
    pub(crate) revision: String,
    /// What members call it.
    pub(crate) name: Shown,
    /// Whether it answers calls.
    pub(crate) is_on: bool,
    /// "Hotline (Piopiy) · all numbers".
    pub(crate) line: Shown,
    /// What it does now.
    pub(crate) preview: FlowPreview,
}

/// What a flow does with a call at a time; answer of its question, put in the place of `#flow-preview-{id}`.
#[derive(Clone, Debug, Template)]
#[template(path = "flow_preview.html")]
pub(crate) struct FlowPreview {
    /// Id of the flow.
    pub(crate) id: String,
    /// "Monday 10:30: greeting, then rings Asha and Ravi together for 20 s, then voicemail".
    pub(crate) words: Shown,
    /// The time in the zone of the flow, as a field of a form has it.
    pub(crate) at: String,
    /// "Asia/Kolkata".
    pub(crate) zone: String,
    /// Whether a time was asked for that cannot be read.
    pub(crate) is_unread: bool,
}

impl askama::filters::HtmlSafe for FlowPreview {}

/// A span of a day in the form: a day has two, for a break at noon. Empty is closed.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlowDay {
    /// `mon`.
    pub(crate) day: &'static str,
    /// "Monday".
    pub(crate) name: &'static str,
    /// From and until of the first span, `HH:MM`.
    pub(crate) first: (String, String),
    /// From and until of the second span.
    pub(crate) second: (String, String),
}

/// Somebody in the ring step of the form.
#[derive(Clone, Debug)]
pub(crate) struct FlowTarget {
    /// `member:` and an id, or `number:` and a number.
    pub(crate) value: String,
    /// "Asha" or "+91 98765 00101".
    pub(crate) label: Shown,
    /// "Desk 1, +91 44 7100 0101", or that there is no telephone.
    pub(crate) detail: Shown,
    /// Whether a member has no telephone, so that they are passed over.
    pub(crate) is_away: bool,
}

/// A button of the form that changes the ring step and saves nothing.
#[derive(Clone, Debug, Template)]
#[template(path = "flow_act.html")]
pub(crate) struct FlowAct {
    id: String,
    /// Which one is edited; `None` for a new one.
    flow: Option<String>,
    /// What is done, as the form sends it.
    value: String,
    label: &'static str,
    /// With whom, for those who do not see the row.
    spoken: Shown,
    is_focus: bool,
}

impl askama::filters::HtmlSafe for FlowAct {}

/// What is wrong with a field, below it.
#[derive(Clone, Debug, Template)]
#[template(path = "flow_error.html")]
pub(crate) struct FlowError {
    field: &'static str,
    words: Option<String>,
}

impl askama::filters::HtmlSafe for FlowError {}

/// Attributes of a control.
#[derive(Clone, Debug)]
pub(crate) struct Marks(String);

impl std::fmt::Display for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Made of names of fields alone.
impl askama::filters::HtmlSafe for Marks {}

/// The fields of one, as typed.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "flow_form.html")]
pub(crate) struct FlowForm {
    /// Which one is edited; `None` for a new one.
    pub(crate) id: Option<String>,
    /// The revision that is edited.
    pub(crate) revision: String,
    /// What members call it.
    pub(crate) name: String,
    /// Accounts whose providers ask; of one that is edited its own alone.
    pub(crate) accounts: Vec<Choice>,
    /// What a flow of the chosen account can do; the form has fields for nothing else.
    pub(crate) steps: Vec<FlowStep>,
    /// The number that it is for; empty for all.
    pub(crate) number: String,
    /// Whether it answers calls.
    pub(crate) enabled: bool,
    /// `none`, `say` or `play`.
    pub(crate) greeting: &'static str,
    /// The words of the greeting.
    pub(crate) greeting_say: String,
    /// The sound file of the greeting.
    pub(crate) greeting_play: String,
    /// Whether there are business hours.
    pub(crate) has_hours: bool,
    /// IANA zones.
    pub(crate) zones: Vec<Choice>,
    /// From Monday on.
    pub(crate) days: Vec<FlowDay>,
    /// Dates, separated by commas.
    pub(crate) closed_dates: String,
    /// What is spoken outside hours.
    pub(crate) closed_say: String,
    /// What comes then.
    pub(crate) closed: Vec<Choice>,
    /// In their order.
    pub(crate) ring: Vec<FlowTarget>,
    /// Members that can be added, the empty choice first.
    pub(crate) members: Vec<Choice>,
    /// A number that was typed and not added yet.
    pub(crate) new_number: String,
    /// One after the other, or all at once.
    pub(crate) strategy: Vec<Choice>,
    /// For how long each is rung.
    pub(crate) seconds: String,
    /// The fallback number.
    pub(crate) fallback: String,
    /// Whether there is voicemail.
    pub(crate) has_voicemail: bool,
    /// What is spoken before the recording.
    pub(crate) voicemail: String,
    /// What is wrong with all of it.
    pub(crate) problem: Option<String>,
    /// What is wrong, by field.
    pub(crate) errors: Vec<(&'static str, String)>,
    /// The id of the control to go on with, if no field is wrong.
    pub(crate) focus: String,
}

/// The fields in the order of the page.
const FIELDS: [&str; 15] = [
    "name",
    "account",
    "number",
    "greeting",
    "zone",
    "hours",
    "closed_dates",
    "closed_say",
    "closed",
    "ring",
    "new_number",
    "strategy",
    "seconds",
    "fallback",
    "voicemail",
];

impl FlowForm {
    /// What is wrong with a field.
    pub(crate) fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(wrong, _)| *wrong == field).map(|(_, words)| words.as_str())
    }

    /// Whether a flow of the chosen account can do this.
    pub(crate) fn can(&self, step: &str) -> bool {
        self.steps.iter().any(|known| known.as_str() == step)
    }

    /// The first field of the page that is wrong.
    fn first(&self) -> Option<&'static str> {
        FIELDS.into_iter().find(|field| self.error(field).is_some())
    }

    /// Whether the control with this id is the one to go on with.
    pub(crate) fn is_focus(&self, id: &str) -> bool {
        match self.first() {
            Some(field) => id.strip_prefix("flow-") == Some(field),
            None => self.focus == id,
        }
    }

    /// The attributes of a field's control: what is wrong with it, and whether to go on there.
    pub(crate) fn marks(&self, field: &'static str) -> Marks {
        let mut marks = String::new();
        if self.error(field).is_some() {
            marks = format!(r#" aria-invalid="true" aria-describedby="flow-{field}-error""#);
        }
        if self.is_focus(&format!("flow-{field}")) {
            marks.push_str(" autofocus");
        }
        Marks(marks)
    }

    /// What is wrong with a field, as a line below it.
    pub(crate) fn line(&self, field: &'static str) -> FlowError {
        FlowError { field, words: self.error(field).map(str::to_owned) }
    }

    /// A button of somebody in the ring step.
    pub(crate) fn act(
        &self,
        label: &'static str,
        target: &FlowTarget,
        word: &str,
        row: impl std::fmt::Display,
    ) -> FlowAct {
        self.button(label, target.label.clone(), format!("{word}:{row}"), format!("flow-{word}-{row}"))
    }

    /// The button that adds a member or a number.
    pub(crate) fn add(&self, what: &'static str) -> FlowAct {
        self.button("Add", what.into(), what.to_owned(), format!("flow-add-{what}"))
    }

    fn button(&self, label: &'static str, spoken: Shown, value: String, id: String) -> FlowAct {
        FlowAct { is_focus: self.is_focus(&id), id, flow: self.id.clone(), value, label, spoken }
    }
}

impl askama::filters::HtmlSafe for FlowForm {}
