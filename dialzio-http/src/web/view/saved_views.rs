//! The menu of saved views beside a list.

use askama::Template;

use super::Shown;

/// The menu. Answer of `GET /web/views` and of each change, put in the place of `#views-menu`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "view_menu.html")]
pub(crate) struct ViewMenu {
    /// The word for the list.
    pub(crate) list: &'static str,
    /// What the list shows now, as its address says it.
    pub(crate) here: String,
    /// The reader's own views, by name.
    pub(crate) own: Vec<ViewRow>,
    /// Views that colleagues share, by name.
    pub(crate) shared: Vec<ViewRow>,
    /// Whether the reader can save views: a member can.
    pub(crate) can_save: bool,
    /// Whether the reader may share views and change those that are shared.
    pub(crate) can_share: bool,
    /// The form that is open.
    pub(crate) form: ViewForm,
    /// What was done.
    pub(crate) said: Option<String>,
}

impl askama::filters::HtmlSafe for ViewMenu {}

impl ViewMenu {
    /// The groups that hold something, each with its heading.
    pub(crate) fn groups(&self) -> Vec<(&'static str, &[ViewRow])> {
        let groups = [("Your views", self.own.as_slice()), ("Shared by others", self.shared.as_slice())];
        groups.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// Whether the form of a row is open.
    pub(crate) fn is_edited(&self, row: &ViewRow) -> bool {
        self.form.id.as_deref() == Some(row.id.as_str())
    }

    /// The address that reads the menu again.
    pub(crate) fn again(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("list", self.list).append_pair("here", &self.here);
        format!("web/views?{}", query.finish())
    }
}

/// A view in the menu.
#[derive(Clone, Debug)]
pub(crate) struct ViewRow {
    /// Id.
    pub(crate) id: String,
    /// Counts its changes.
    pub(crate) revision: String,
    /// What it is called.
    pub(crate) name: Shown,
    /// Address of the list that shows it.
    pub(crate) href: String,
    /// Whether the list shows it now.
    pub(crate) is_active: bool,
    /// Whether all members see it.
    pub(crate) is_shared: bool,
    /// Whether the reader may change it.
    pub(crate) can_change: bool,
}

/// What was typed for a new view or one that is changed, with what is wrong about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ViewForm {
    /// The view that is changed; `None` for a new one.
    pub(crate) id: Option<String>,
    /// The revision that it was read at.
    pub(crate) revision: String,
    /// The name.
    pub(crate) name: String,
    /// Whether it is shared.
    pub(crate) is_shared: bool,
    /// What is wrong with the name.
    pub(crate) error: Option<String>,
}
