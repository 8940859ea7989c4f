//! What members change about themselves.

use askama::Template;

use super::Shell;
use super::passkeys::PasskeyCard;
use super::second_factor::FactorCard;

/// The page at `/settings/profile`.
#[derive(Clone, Debug, Template)]
#[template(path = "profile.html")]
pub(crate) struct ProfilePage {
    /// Around it.
    pub(crate) shell: Shell,
    /// They signed in at an identity provider, whose word does not count for their account.
    pub(crate) is_kept_in_org: bool,
    /// Name, address, password, passkeys, second factor and sessions; `None` for who comes in by an application of the host.
    pub(crate) own: Option<(NameForm, EmailCard, PasswordForm, PasskeyCard, FactorCard, SessionList)>,
}

/// The name. Answered alone with status 422 when something must be corrected.
#[derive(Clone, Debug, Template)]
#[template(path = "profile_name.html")]
pub(crate) struct NameForm {
    /// As it is, or as it was typed.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) error: Option<String>,
}

impl askama::filters::HtmlSafe for NameForm {}

/// The address, and whether it is confirmed.
#[derive(Clone, Debug, Template)]
#[template(path = "profile_email.html")]
pub(crate) struct EmailCard {
    /// What the member signs in with.
    pub(crate) email: String,
    /// It was shown that mail arrives there.
    pub(crate) is_confirmed: bool,
    /// The server sends mail.
    pub(crate) mails: bool,
    /// A link was just sent.
    pub(crate) is_sent: bool,
}

impl askama::filters::HtmlSafe for EmailCard {}

/// The password. Holds none.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "profile_password.html")]
pub(crate) struct PasswordForm {
    /// What the member signs in with, for the browser that keeps their passwords.
    pub(crate) email: String,
    /// What is wrong with the present one.
    pub(crate) current_error: Option<String>,
    /// What is wrong with the new one.
    pub(crate) password_error: Option<String>,
    /// It was changed.
    pub(crate) is_changed: bool,
}

impl askama::filters::HtmlSafe for PasswordForm {}

/// The sessions. Answer of `GET /web/profile/sessions` and of what ends some, put in the place of `#profile-sessions`.
#[derive(Clone, Debug, Template)]
#[template(path = "profile_sessions.html")]
pub(crate) struct SessionList {
    /// This one first.
    pub(crate) rows: Vec<SessionRow>,
    /// Whether there is another one than this.
    pub(crate) has_others: bool,
}

impl askama::filters::HtmlSafe for SessionList {}

/// One session.
#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    /// Id.
    pub(crate) id: String,
    /// Family of the browser.
    pub(crate) browser: &'static str,
    /// Whether this page is in it.
    pub(crate) is_current: bool,
    /// When they signed in, within a sentence.
    pub(crate) since: String,
    /// When it was last used, within a sentence.
    pub(crate) seen: String,
}
