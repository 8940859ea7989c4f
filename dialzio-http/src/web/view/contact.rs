//! One contact, and the form of a new one.

use askama::Template;

use super::{
    Action, Avatar, Chip, Choice, Moment, Shell, Shown,
    person::{ConsentRow, ContactStatus, Notes, Tasks},
    timeline::Timeline,
};

/// Which part of a contact is shown; `?tab=` in the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    /// What happened.
    #[default]
    Timeline,
    /// What the person agreed to, as a ledger.
    Consent,
}

/// The page at `/contacts/{contact}`.
#[derive(Clone, Debug, Template)]
#[template(path = "contact.html")]
pub(crate) struct ContactPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Id.
    pub(crate) id: String,
    /// Mark and name.
    pub(crate) head: ContactName,
    /// Stage, owner, and remarks such as a restriction.
    pub(crate) chips: Vec<Chip>,
    /// The number that is copied.
    pub(crate) number: Option<String>,
    /// Whether the number can be called from here.
    pub(crate) can_call: bool,
    /// Conversations: address and "WhatsApp · Shop line".
    pub(crate) conversations: Vec<(String, Shown)>,
    /// The ways to begin a conversation.
    pub(crate) open: ContactOpen,
    /// Open tab.
    pub(crate) tab: Tab,
    /// Newest first; filled for its tab.
    pub(crate) timeline: Timeline,
    /// Filled for its tab.
    pub(crate) ledger: Ledger,
    /// Numbers and addresses.
    pub(crate) addresses: ContactAddresses,
    /// Stage, owner, tags.
    pub(crate) status: ContactStatus,
    /// Present consent per purpose.
    pub(crate) consent: Vec<ConsentRow>,
    /// Follow-ups.
    pub(crate) tasks: Tasks,
    /// Notes.
    pub(crate) notes: Notes,
    /// How long things are kept.
    pub(crate) kept: Shown,
    /// Whether the number is masked.
    pub(crate) is_masked: bool,
    /// Whether the reader may delete the recordings of their calls.
    pub(crate) can_delete_recordings: bool,
}

impl ContactPage {
    /// Whether `tab` is open.
    pub(crate) fn is(&self, tab: Tab) -> bool {
        self.tab == tab
    }
}

/// The consent ledger with the forms that add to it. Answer of their post, put in the place of `#ledger`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "ledger.html")]
pub(crate) struct Ledger {
    /// Id of the contact.
    pub(crate) contact: String,
    /// Newest first; entries are never changed.
    pub(crate) entries: Vec<LedgerEntry>,
    /// Purposes to choose from: "marketing", "utility".
    pub(crate) purposes: Vec<Choice>,
    /// Channels to choose from.
    pub(crate) channels: Vec<Choice>,
    /// How consent was given.
    pub(crate) methods: Vec<Choice>,
    /// What is wrong with the form for a grant; it is then unfolded.
    pub(crate) record_error: Option<String>,
    /// What is wrong with the form for a withdrawal; it is then unfolded.
    pub(crate) withdraw_error: Option<String>,
    /// Today as ISO date, the greatest day that may be entered.
    pub(crate) today: String,
    /// Whether the reader may record and withdraw consent.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for Ledger {}

/// One entry of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct LedgerEntry {
    /// When it happened.
    pub(crate) time: Moment,
    /// "Given", "Withdrawn", "Refused".
    pub(crate) event: Chip,
    /// "Marketing".
    pub(crate) purpose: Shown,
    /// "WhatsApp".
    pub(crate) channel: Shown,
    /// "Web form", "Wrote STOP".
    pub(crate) method: Shown,
    /// What proves it.
    pub(crate) evidence: Shown,
    /// Who entered it.
    pub(crate) by: Shown,
    /// When it ends: "3 Oct 2028".
    pub(crate) expires: Option<String>,
}

/// The form of the new-contact dialog; answered with status 422 when something must be corrected.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "contact_new.html")]
pub(crate) struct NewContactForm {
    /// Name as typed.
    pub(crate) name: String,
    /// Number as typed.
    pub(crate) phone: String,
    /// E-mail address as typed.
    pub(crate) email: String,
    /// What is wrong with the name.
    pub(crate) name_error: Option<String>,
    /// What is wrong with the number.
    pub(crate) phone_error: Option<String>,
    /// What is wrong with the address.
    pub(crate) email_error: Option<String>,
    /// What is wrong with the whole, such as a contact that has this number already.
    pub(crate) problem: Option<String>,
    /// The contact that stands in the way.
    pub(crate) existing: Option<String>,
}

impl askama::filters::HtmlSafe for NewContactForm {}

/// The form of the edit dialog. Answer of `GET /web/contacts/{id}/edit`, and with status 422 of its post when a row is
/// added or removed or something must be corrected; put in the place of `#contact-edit`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "contact_edit.html")]
pub(crate) struct EditContactForm {
    /// Id of the contact.
    pub(crate) contact: String,
    /// The revision that is changed.
    pub(crate) revision: String,
    /// Name as typed.
    pub(crate) name: String,
    /// Numbers and addresses as typed.
    pub(crate) details: Vec<EditDetail>,
    /// What is wrong with the name.
    pub(crate) name_error: Option<String>,
    /// What is wrong with the whole, such as a change by a colleague meanwhile.
    pub(crate) problem: Option<String>,
    /// Another contact that has one of the numbers or addresses; saving again keeps it with both.
    pub(crate) existing: Option<String>,
}

impl askama::filters::HtmlSafe for EditContactForm {}

/// One row of the edit dialog.
#[derive(Clone, Debug, Default)]
pub(crate) struct EditDetail {
    /// `phone` or `email`.
    pub(crate) kind: &'static str,
    /// Number or address as typed.
    pub(crate) value: String,
    /// Label as typed, such as "work".
    pub(crate) label: String,
    /// What is wrong with the number or address.
    pub(crate) value_error: Option<String>,
    /// What is wrong with the label.
    pub(crate) label_error: Option<String>,
    /// Whether the row was added just now and takes the focus.
    pub(crate) is_new: bool,
}

impl EditDetail {
    /// "Number" or "Email".
    pub(crate) fn word(&self) -> &'static str {
        if self.kind == "phone" { "Number" } else { "Email" }
    }
}

/// The ways to begin a conversation; put into `#contact-open` after numbers have changed.
#[derive(Clone, Debug, Template)]
#[template(path = "contact_open.html")]
pub(crate) struct ContactOpen {
    /// Numbers from which a conversation can be opened: the answer is `HX-Redirect`.
    pub(crate) open: Vec<Action>,
}

impl askama::filters::HtmlSafe for ContactOpen {}

/// Mark and name of a contact; put into `#contact-name`.
#[derive(Clone, Debug, Template)]
#[template(path = "contact_name.html")]
pub(crate) struct ContactName {
    /// Mark.
    pub(crate) avatar: Avatar,
    /// Name, `@username` or number.
    pub(crate) name: Shown,
}

impl askama::filters::HtmlSafe for ContactName {}

/// Numbers and addresses; put into `#contact-addresses`.
#[derive(Clone, Debug, Template)]
#[template(path = "addresses.html")]
pub(crate) struct ContactAddresses {
    /// Numbers and addresses.
    pub(crate) addresses: super::addresses::Addresses,
    /// Who may be another person.
    pub(crate) doubts: Vec<super::person::Doubt>,
}

impl askama::filters::HtmlSafe for ContactAddresses {}
