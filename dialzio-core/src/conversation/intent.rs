//! What the gate is asked about a message, from the account that it leaves by.

use super::Template;
use crate::account::ProviderAccount;
use crate::consent::{Intent, Purpose};
use crate::provider::{MessagingCapabilities, TemplateSource};
use crate::sms::DltRegistration;

/// What a message says, as far as the gate looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wording<'a> {
    /// Free text or a file.
    Free,
    /// A template; `None` if it is not listed any more.
    Template(Option<&'a Template>),
}

/// What the gate is asked about a message through an account.
pub(crate) fn intent(
    capabilities: &MessagingCapabilities,
    account: &ProviderAccount,
    purpose: Purpose,
    wording: Wording<'_>,
) -> Intent {
    let template = match wording {
        Wording::Free => None,
        Wording::Template(template) => template,
    };
    Intent {
        channel: capabilities.channel,
        purpose,
        template: matches!(wording, Wording::Template(_)),
        reply_window: capabilities.reply_window,
        registered: registration(capabilities, account, template).is_some(),
        hours: account.sms.as_ref().and_then(|sms| sms.promotional_hours),
    }
}

/// What the text of a template is registered under, if it is and the account has a registered sender.
pub(crate) fn registration(
    capabilities: &MessagingCapabilities,
    account: &ProviderAccount,
    template: Option<&Template>,
) -> Option<DltRegistration> {
    let entered = capabilities.templates == TemplateSource::Organisation;
    let sender = account.sms.as_ref()?.dlt.clone()?;
    let template = template.filter(|_| entered)?.registration.clone()?;
    Some(DltRegistration { sender, template })
}
