//! Connected numbers with their health, and the settings of the organisation.

use askama::Template;
use dialzio_core::provider::FormField;

use super::{Chip, Choice, Fact, Shell, Shown};

/// The page at `/settings/channels`.
#[derive(Clone, Debug, Template)]
#[template(path = "numbers.html")]
pub(crate) struct NumbersPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Whether the reader may connect one.
    pub(crate) can_manage: bool,
    /// Connected numbers.
    pub(crate) numbers: Vec<NumberCard>,
}

/// One connected number; answer of its check and of a new token, put in the place of `#number-{id}`.
#[derive(Clone, Debug, Template)]
#[template(path = "number_card.html")]
pub(crate) struct NumberCard {
    /// Id of the account.
    pub(crate) id: String,
    /// "Shop line".
    pub(crate) name: Shown,
    /// "WhatsApp · +91 80 4718 0000".
    pub(crate) line: Shown,
    /// "Works", "Token refused", "No webhook for 3 h".
    pub(crate) health: Chip,
    /// What to do when it does not work.
    pub(crate) advice: Option<Shown>,
    /// Last message in, last message out, quality, limit, name at the provider.
    pub(crate) facts: Vec<Fact>,
    /// The address that the provider posts webhooks to.
    pub(crate) hook: Option<HookPart>,
    /// The address that the provider asks what to do with calls, if it asks.
    pub(crate) answer: Option<String>,
    /// Whether the reader may check it and set a new token.
    pub(crate) can_manage: bool,
    /// Whether it is a telephone system whose users can be listed.
    pub(crate) agents: bool,
    /// Whether it can send SMS.
    pub(crate) sms: bool,
    /// Whether it is disconnected.
    pub(crate) is_off: bool,
    /// What requests to the provider are authorised with.
    pub(crate) credentials: Vec<FormField>,
    /// Why the new token was not saved; its form is then unfolded.
    pub(crate) token_error: Option<String>,
}

impl askama::filters::HtmlSafe for NumberCard {}

/// The webhook address, and the one before its rotation.
#[derive(Clone, Debug)]
pub(crate) struct HookPart {
    /// The address.
    pub(crate) address: String,
    /// "Last event Mon 10:00."
    pub(crate) seen: String,
    /// The address before, while it works, with until when and what arrived by it last.
    pub(crate) former: Option<(String, String)>,
    /// Whether the reader may rotate it: an app that the operator shares is rotated by the operator.
    pub(crate) can_rotate: bool,
}

/// The page at `/settings`.
#[derive(Clone, Debug, Template)]
#[template(path = "settings.html")]
pub(crate) struct SettingsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The form.
    pub(crate) form: SettingsForm,
}

/// Answer of `POST /web/settings`, put in the place of `#settings-form`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "settings_form.html")]
pub(crate) struct SettingsForm {
    /// Start of the quiet hours, `HH:MM`, in the person's own zone.
    pub(crate) quiet_from: String,
    /// End of the quiet hours, `HH:MM`.
    pub(crate) quiet_to: String,
    /// Marketing messages to one person in 7 days at most.
    pub(crate) marketing_cap: String,
    /// IANA zones.
    pub(crate) zones: Vec<Choice>,
    /// Whether members have to have a second factor.
    pub(crate) requires_second_factor: bool,
    /// Whether agents see numbers and addresses masked.
    pub(crate) agents_see_masked: bool,
    /// Whether single-key shortcuts are on in this browser.
    pub(crate) keys: bool,
    /// Whether the person may change the organisation's settings; without it they are shown only.
    pub(crate) can_manage: bool,
    /// What is wrong with the hours.
    pub(crate) quiet_error: Option<String>,
    /// What is wrong with the cap.
    pub(crate) cap_error: Option<String>,
    /// What is wrong with the zone.
    pub(crate) zone_error: Option<String>,
    /// Where numbers in national form are dialled: two letters, or nothing.
    pub(crate) country: String,
    /// What is wrong with the country.
    pub(crate) country_error: Option<String>,
    /// Whether it was saved just now.
    pub(crate) is_saved: bool,
}

impl askama::filters::HtmlSafe for SettingsForm {}
