//! Single sign-on: the page of an organisation's identity providers, coming back from one, and their list in the settings.

use askama::Template;

use super::{Choice, Shown, shell::Theme};

/// Where members of an organisation sign in.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_on.html")]
pub(crate) struct SignOnPage {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// The organisation.
    pub(crate) org: String,
    /// Its identity providers: id and name.
    pub(crate) choices: Vec<Choice>,
}

/// Coming back from an identity provider: a form that sends itself, for a page that is only read changes nothing.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_on_return.html")]
pub(crate) struct SignOnReturn {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// The form.
    pub(crate) form: SignOnForm,
}

/// The form of [`SignOnReturn`]; answered alone with status 422 when nobody was let in.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_on_form.html")]
pub(crate) struct SignOnForm {
    /// What the sign-in is known by.
    pub(crate) state: String,
    /// What the provider gave.
    pub(crate) code: String,
    /// Why nobody was let in.
    pub(crate) problem: Option<String>,
}

impl askama::filters::HtmlSafe for SignOnForm {}

/// The identity providers, with the form that is open. Answer of `GET /web/identity-providers` and of each change, put in the
/// place of `#identity-providers`.
#[derive(Clone, Debug, Template)]
#[template(path = "identity_providers.html")]
pub(crate) struct IdentityProviderList {
    /// By name.
    pub(crate) rows: Vec<IdentityProviderRow>,
    /// The form, if it is open.
    pub(crate) form: Option<IdentityProviderForm>,
    /// What was just done.
    pub(crate) done: Option<String>,
    /// The page where members sign in.
    pub(crate) sign_in_address: String,
    /// What the provider has to know as the redirect URI.
    pub(crate) redirect_uri: String,
}

impl askama::filters::HtmlSafe for IdentityProviderList {}

/// An identity provider.
#[derive(Clone, Debug)]
pub(crate) struct IdentityProviderRow {
    /// Id.
    pub(crate) id: String,
    /// What members call it.
    pub(crate) name: Shown,
    /// Its issuer identifier.
    pub(crate) issuer: Shown,
    /// The revision that is shown.
    pub(crate) revision: String,
}

/// Adds an identity provider, or changes one.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdentityProviderForm {
    /// Which one is changed; `None` for a new one.
    pub(crate) id: Option<String>,
    /// The revision that is changed.
    pub(crate) revision: String,
    /// The name as typed.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) name_error: Option<String>,
    /// The issuer identifier as typed.
    pub(crate) issuer: String,
    /// What is wrong with it.
    pub(crate) issuer_error: Option<String>,
    /// The client id as typed.
    pub(crate) client_id: String,
    /// What is wrong with it.
    pub(crate) client_id_error: Option<String>,
    /// What is wrong with the secret, which is never shown.
    pub(crate) secret_error: Option<String>,
    /// What was refused.
    pub(crate) problem: Option<String>,
}
