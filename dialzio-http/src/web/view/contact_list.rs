//! The list of contacts: what narrows it, its rows, and the bar for those that are selected.

use askama::Template;

use super::contact::NewContactForm;
use super::filter::FilterChip;
use super::saved_views::ViewMenu;
use super::{Avatar, Chip, Choice, Moment, Shell, Shown};

/// The page at `/contacts`.
#[derive(Clone, Debug, Template)]
#[template(path = "contacts.html")]
pub(crate) struct ContactsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// What narrows and orders the list.
    pub(crate) filter: ContactFilter,
    /// Saved views.
    pub(crate) views: ViewMenu,
    /// The list.
    pub(crate) list: ContactRows,
    /// The bar for those that are selected; `None` for readers who may not change contacts.
    pub(crate) bulk: Option<ContactBulk>,
    /// Form for a new contact.
    pub(crate) new: NewContactForm,
}

/// The choices, beside the search box.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "contact_filter.html")]
pub(crate) struct ContactFilter {
    /// In which order.
    pub(crate) orders: Vec<Choice>,
    /// At which stage.
    pub(crate) stages: Vec<Choice>,
    /// Whose.
    pub(crate) owners: Vec<Choice>,
    /// With this tag.
    pub(crate) tag: Option<Shown>,
    /// How many choices are made.
    pub(crate) active: usize,
}

impl askama::filters::HtmlSafe for ContactFilter {}

/// The bar for those that are selected.
#[derive(Clone, Debug)]
pub(crate) struct ContactBulk {
    /// Members to give them to. The empty value is nobody.
    pub(crate) owners: Vec<Choice>,
    /// Stages to move them to.
    pub(crate) stages: Vec<Choice>,
}

/// A page of rows; answer of `GET /web/contacts`. The first page replaces `#contact-rows`, a further one follows it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "contact_rows.html")]
pub(crate) struct ContactRows {
    /// Text searched for.
    pub(crate) search: String,
    /// What narrows and orders the list, as names and values of its address.
    pub(crate) narrowed: Vec<(&'static str, String)>,
    /// A chip for each choice that narrows it.
    pub(crate) chips: Vec<FilterChip>,
    /// "12 contacts".
    pub(crate) count: String,
    /// Whether the newest come first.
    pub(crate) is_newest_first: bool,
    /// Rows in order.
    pub(crate) rows: Vec<ContactRow>,
    /// Key of the next page.
    pub(crate) next: Option<String>,
    /// Whether this follows a page that is already shown.
    pub(crate) is_continuation: bool,
    /// Whether the reader may change contacts.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for ContactRows {}

/// The query of a list of contacts; empty for the whole list.
pub(crate) fn list_query(search: &str, narrowed: &[(&'static str, String)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if !search.is_empty() {
        query.append_pair("q", search);
    }
    for (name, value) in narrowed {
        query.append_pair(name, value);
    }
    query.finish()
}

impl ContactRows {
    /// The query that lists the same again.
    pub(crate) fn here(&self) -> String {
        list_query(&self.search, &self.narrowed)
    }

    /// The address of the next page.
    pub(crate) fn more(&self, after: &str) -> String {
        let here = self.here();
        let and = if here.is_empty() { "" } else { "&" };
        format!("web/contacts?{here}{and}after={after}")
    }

    /// The address of the same list in an order; `name` is the one that needs no word.
    pub(crate) fn ordered(&self, order: &str) -> String {
        let mut narrowed = self.narrowed.clone();
        narrowed.retain(|(name, _)| *name != "order");
        if order != "name" {
            narrowed.push(("order", order.to_owned()));
        }
        format!("contacts?{}", list_query(&self.search, &narrowed))
    }

    /// The address of the list without its search.
    pub(crate) fn without_search(&self) -> String {
        format!("contacts?{}", list_query("", &self.narrowed))
    }

    /// The address of the list without what narrows it.
    pub(crate) fn without_filters(&self) -> String {
        let kept = self
            .narrowed
            .iter()
            .filter(|(name, _)| matches!(*name, "order" | "columns"))
            .cloned()
            .collect::<Vec<_>>();
        format!("contacts?{}", list_query(&self.search, &kept))
    }

    /// What is said where nothing is listed.
    pub(crate) fn empty_sentence(&self) -> String {
        match (self.search.is_empty(), self.chips.is_empty()) {
            (true, true) => "No contacts yet. People who write to you appear here automatically.".to_owned(),
            (true, false) => "No contact matches these filters.".to_owned(),
            (false, true) => format!("No contact matches “{}”.", self.search),
            (false, false) => format!("No contact matches “{}” and these filters.", self.search),
        }
    }
}

/// One contact in the list.
#[derive(Clone, Debug)]
pub(crate) struct ContactRow {
    /// Id.
    pub(crate) id: String,
    /// Name, `@username` or number.
    pub(crate) name: Shown,
    /// Mark.
    pub(crate) avatar: Avatar,
    /// The first number or address.
    pub(crate) address: Shown,
    /// Stage.
    pub(crate) stage: Shown,
    /// Owner, or empty.
    pub(crate) owner: Shown,
    /// Tags.
    pub(crate) tags: Vec<Shown>,
    /// Opted out, do not contact, and so on.
    pub(crate) chips: Vec<Chip>,
    /// When they were last heard, written to or called.
    pub(crate) last: Option<Moment>,
    /// When the contact was made.
    pub(crate) added: Moment,
}
