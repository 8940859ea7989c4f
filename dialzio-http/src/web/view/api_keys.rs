//! Keys for programs.

use askama::Template;
use dialzio_core::Permission;

use super::{Choice, Shell, Shown};

/// The page at `/settings/api-keys`.
#[derive(Clone, Debug, Template)]
#[template(path = "api_keys_page.html")]
pub(crate) struct KeysPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The list.
    pub(crate) list: KeyList,
}

/// The keys that work, and the form for another one. Answer of each change, put in the place of `#api-keys`.
#[derive(Clone, Debug, Template)]
#[template(path = "api_keys.html")]
pub(crate) struct KeyList {
    /// Newest first.
    pub(crate) rows: Vec<KeyRow>,
    /// The form.
    pub(crate) form: KeyForm,
    /// The key that was just made.
    pub(crate) secret: Option<NewSecret>,
    /// What was just done.
    pub(crate) done: Option<String>,
}

impl askama::filters::HtmlSafe for KeyList {}

/// A key.
#[derive(Clone, Debug)]
pub(crate) struct KeyRow {
    /// Id.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: Shown,
    /// What it permits.
    pub(crate) permits: String,
    /// By whom it was made, and when.
    pub(crate) made: String,
    /// When it ends.
    pub(crate) ends: String,
    /// When it was used last, and from which network.
    pub(crate) used: String,
    /// From where it may be used.
    pub(crate) from: String,
    /// Changes it; `None` if the reader may not change, rotate or revoke it.
    pub(crate) edit: Option<KeyEdit>,
}

/// Changes a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyEdit {
    /// What the key was when it was read.
    pub(crate) revision: String,
    /// The name as typed.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) name_error: Option<String>,
    /// The addresses as typed, one on each line.
    pub(crate) addresses: String,
    /// What is wrong with them.
    pub(crate) addresses_error: Option<String>,
    /// What else is wrong.
    pub(crate) problem: Option<String>,
    /// Whether it is open: something was wrong.
    pub(crate) is_open: bool,
}

/// Makes a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyForm {
    /// The name as typed.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) name_error: Option<String>,
    /// The addresses as typed, one on each line.
    pub(crate) addresses: String,
    /// What is wrong with them.
    pub(crate) addresses_error: Option<String>,
    /// The permissions as chosen.
    pub(crate) chosen: Vec<Permission>,
    /// Permissions to choose from.
    pub(crate) permissions: Vec<PermissionChoice>,
    /// What is wrong with them.
    pub(crate) permissions_error: Option<String>,
    /// The life as chosen, in days; 0 before a choice.
    pub(crate) days: u16,
    /// Lives to choose from.
    pub(crate) lives: Vec<Choice>,
}

/// A permission to choose.
#[derive(Clone, Debug)]
pub(crate) struct PermissionChoice {
    /// Its word.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) label: &'static str,
    /// Whether it is chosen.
    pub(crate) is_chosen: bool,
}

/// A key in the clear, which is shown once.
#[derive(Clone)]
pub(crate) struct NewSecret {
    /// What people call it.
    pub(crate) name: Shown,
    /// The key.
    pub(crate) secret: String,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSecret").field("name", &self.name).finish_non_exhaustive()
    }
}
