//! Recordings under Settings: those of a person or a period, deleted before their time.

use askama::Template;

use super::{Fact, Shell, Shown};

/// The page at `/settings/recordings`.
#[derive(Clone, Debug, Template)]
#[template(path = "recordings.html")]
pub(crate) struct RecordingsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// When recordings are kept.
    pub(crate) rule: RuleForm,
    /// The form; `None` for who may not delete recordings.
    pub(crate) delete: Option<DeleteRecordings>,
}

/// When the organisation has recordings of its calls. Answer of its post, put in the place of `#recording-rule`.
#[derive(Clone, Debug, Template)]
#[template(path = "recordings_rule.html")]
pub(crate) struct RuleForm {
    /// The revision of the settings that is shown.
    pub(crate) revision: String,
    /// Each rule: its word, what it is called, what it means, and whether it is the one there is.
    pub(crate) rules: Vec<RuleChoice>,
    /// Whether the reader may change it.
    pub(crate) can_manage: bool,
    /// Whether it was saved just now.
    pub(crate) is_saved: bool,
    /// Why it was not saved.
    pub(crate) error: Option<String>,
}

impl askama::filters::HtmlSafe for RuleForm {}

/// One rule to choose.
#[derive(Clone, Debug)]
pub(crate) struct RuleChoice {
    /// Its word.
    pub(crate) value: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// What it means.
    pub(crate) hint: &'static str,
    /// Whether it is the one there is.
    pub(crate) selected: bool,
}

/// Which recordings are to be deleted, what that would take, and what became of it. Answer of the preview and of the deletion,
/// put in the place of `#delete-recordings`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "recordings_delete.html")]
pub(crate) struct DeleteRecordings {
    /// Id and name of the person whose recordings are meant; `None` for everybody's.
    pub(crate) person: Option<(String, Shown)>,
    /// The first day, as typed.
    pub(crate) from: String,
    /// The last day, as typed.
    pub(crate) to: String,
    /// What is wrong with the first day.
    pub(crate) from_error: Option<String>,
    /// What is wrong with the last day.
    pub(crate) to_error: Option<String>,
    /// What was counted.
    pub(crate) found: Option<FoundRecordings>,
    /// What became of it: "12 recordings are deleted."
    pub(crate) outcome: Option<String>,
}

impl askama::filters::HtmlSafe for DeleteRecordings {}

/// What a deletion would take.
#[derive(Clone, Debug)]
pub(crate) struct FoundRecordings {
    /// "12 recordings".
    pub(crate) recordings: String,
    /// How many there are, how large they are, the first and the last of them.
    pub(crate) facts: Vec<Fact>,
    /// Stands for these very recordings.
    pub(crate) seen: String,
    /// What has to be typed.
    pub(crate) word: &'static str,
    /// What was typed instead is not the word.
    pub(crate) word_error: Option<String>,
    /// There were others when it was confirmed, so nothing was deleted.
    pub(crate) has_changed: bool,
}
