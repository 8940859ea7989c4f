//! Connecting a channel.

use askama::Template;
use dialzio_core::provider::FormField;

use super::{Choice, Shell, Shown};

/// The page at `/settings/channels/new`.
#[derive(Clone, Debug, Template)]
#[template(path = "channel_new.html")]
pub(crate) struct ChannelPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The providers to choose from.
    pub(crate) kinds: Vec<Choice>,
    /// The form.
    pub(crate) form: ChannelForm,
}

/// The fields of a provider; answer of `POST /web/channels` while something is wrong.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "channel_form.html")]
pub(crate) struct ChannelForm {
    /// The provider's word.
    pub(crate) provider: String,
    /// Apps that are registered; none of them chosen means a new one.
    pub(crate) apps: Vec<Choice>,
    /// What people call the channel.
    pub(crate) name: String,
    /// What is wrong with the name.
    pub(crate) name_error: Option<String>,
    /// The fields of a new app.
    pub(crate) app_entries: Vec<Entry>,
    /// The fields of the account.
    pub(crate) entries: Vec<Entry>,
    /// Another address of the provider.
    pub(crate) base_url: String,
    /// What is wrong with the address.
    pub(crate) base_url_error: Option<String>,
    /// What is wrong with none of the fields.
    pub(crate) problem: Option<String>,
}

impl askama::filters::HtmlSafe for ChannelForm {}

/// One field of the form.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As the provider declares it.
    pub(crate) field: FormField,
    /// What was typed, unless it is secret.
    pub(crate) value: String,
    /// Something was typed.
    pub(crate) is_given: bool,
    /// It has the format of the field.
    pub(crate) fits: bool,
    /// What is wrong with it.
    pub(crate) error: Option<String>,
}

impl Entry {
    /// With nothing typed.
    pub(crate) fn of(field: &FormField) -> Self {
        Self { field: *field, value: String::new(), is_given: false, fits: false, error: None }
    }
}

/// Answer of `POST /web/channels` that takes the form's place once the channel is connected.
#[derive(Clone, Debug, Template)]
#[template(path = "channel_connected.html")]
pub(crate) struct ChannelConnected {
    /// "Shop line".
    pub(crate) name: Shown,
    /// "+91 80 4718 0000".
    pub(crate) number: Shown,
    /// Where the provider has to post; `None` for one that posts nothing.
    pub(crate) webhook: Option<String>,
    /// What the provider calls the token that people entered; `None` if it asks for none.
    pub(crate) verify_token: Option<&'static str>,
    /// The wait for the first message.
    pub(crate) first: FirstMessage,
}

/// Whether anything has arrived yet; it replaces itself.
#[derive(Clone, Debug, Template)]
#[template(path = "channel_first.html")]
pub(crate) struct FirstMessage {
    /// Id of the account.
    pub(crate) account: String,
    /// Whether calls come by it, not messages.
    pub(crate) is_telephone: bool,
    /// Where the first message or call is, once there is one.
    pub(crate) arrived: Option<String>,
}

impl askama::filters::HtmlSafe for FirstMessage {}
