//! Everything that is neither a message nor a status: preferences, new ids, templates, the account.

use dialzio_core::{
    contact::BusinessScopedId,
    provider::{
        IdentityUpdate, Inbound, InboundBody, PreferenceUpdate, PreferenceValue, Sender, TemplateUpdate,
    },
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    person::{self, Named, is_somebody},
    status::MetaWebhookError,
    value::{Value, moment, normalised},
};
use crate::{object::part, scalar::Scalar, template::rejection};

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaPreference<'a> {
    #[serde(borrow)]
    wa_id: Scalar<'a>,
    #[serde(borrow)]
    user_id: Scalar<'a>,
    #[serde(borrow)]
    parent_user_id: Scalar<'a>,
    #[serde(borrow)]
    detail: Scalar<'a>,
    #[serde(borrow)]
    category: Scalar<'a>,
    #[serde(borrow)]
    value: Scalar<'a>,
    #[serde(borrow)]
    signup_id: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaUserId<'a> {
    #[serde(borrow)]
    wa_id: Scalar<'a>,
    #[serde(borrow)]
    detail: Scalar<'a>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    parent_user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
}

/// An alert; some payloads have its members one level up.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Alert<'a> {
    #[serde(borrow)]
    alert_type: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Turn<'a> {
    #[serde(borrow)]
    previous: Scalar<'a>,
    #[serde(borrow)]
    current: Scalar<'a>,
}

/// The words in which a business account's fields say what happened.
#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaAccountChange<'a> {
    #[serde(borrow)]
    event: Scalar<'a>,
    #[serde(borrow)]
    decision: Scalar<'a>,
    #[serde(borrow)]
    status: Scalar<'a>,
    #[serde(borrow)]
    alert_type: Scalar<'a>,
    #[serde(borrow)]
    alert_info: Option<&'a RawValue>,
    #[serde(borrow)]
    message_template_name: Scalar<'a>,
    #[serde(borrow)]
    message_template_language: Scalar<'a>,
    #[serde(borrow)]
    new_quality_score: Scalar<'a>,
    #[serde(borrow)]
    correct_category: Scalar<'a>,
    #[serde(borrow)]
    new_category: Scalar<'a>,
    #[serde(borrow)]
    reason: Scalar<'a>,
    #[serde(borrow)]
    rejection_info: Option<&'a RawValue>,
    #[serde(borrow)]
    disable_info: Option<&'a RawValue>,
    #[serde(borrow)]
    other_info: Option<&'a RawValue>,
    #[serde(borrow)]
    category_update_timestamp: Scalar<'a>,
}

/// When a template was, or will be, stopped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Disabled<'a> {
    #[serde(borrow)]
    disable_date: Scalar<'a>,
}

/// Why a template was paused or flagged.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Other<'a> {
    #[serde(borrow)]
    title: Scalar<'a>,
    #[serde(borrow)]
    description: Scalar<'a>,
}

/// A `value.errors` element: about the number as a whole.
pub(super) fn error(value: &Value<'_, '_>, raw: &str) -> Inbound {
    let code = serde_json::from_str::<MetaWebhookError<'_>>(raw).ok().and_then(|error| error.code.owned());
    let what = format!("error {}", code.as_deref().unwrap_or("unknown"));
    Inbound {
        account: value.account(),
        at: value.place.at(),
        body: InboundBody::Account { what },
        raw: value.alone("errors", raw, None),
    }
}

/// A `user_preferences` element.
pub(super) fn preference(value: &Value<'_, '_>, raw: &str) -> Inbound {
    let last = normalised(raw);
    let read = last.as_deref().and_then(|last| serde_json::from_str::<MetaPreference<'_>>(last).ok());
    let Some(said) = read else {
        return value.unknown("user_preferences", raw, "a preference of no known shape".to_owned());
    };
    let word = said.value.text().unwrap_or_default();
    // A stop counts however it is written and whatever it is about; what would permit more has to be exactly what is known.
    let marketing = said.category.text() == Some("marketing_messages");
    let choice = match word {
        _ if word.trim().eq_ignore_ascii_case("stop") => PreferenceValue::Stop,
        "resume" if marketing => PreferenceValue::Resume,
        "signup" if marketing => PreferenceValue::SignUp,
        "resume" | "signup" => {
            return value.unknown("user_preferences", raw, "a preference for another category".to_owned());
        }
        _ => return value.unknown("user_preferences", raw, format!("preference {word}")),
    };
    let named = Named {
        phone: said.wa_id.filled(),
        user_id: said.user_id.filled(),
        parent_id: said.parent_user_id.filled(),
    };
    let (sender, contact) = person::sender(named, &value.contacts);
    if !is_somebody(&sender) {
        return value.unknown("user_preferences", raw, "a preference without a person".to_owned());
    }
    let detail = match (said.detail.filled(), said.signup_id.filled()) {
        (Some(detail), Some(link)) => Some(format!("{detail} ({link})")),
        (detail, link) => detail.or(link).map(str::to_owned),
    };
    Inbound {
        account: value.account(),
        at: said.timestamp.integer().and_then(moment),
        body: InboundBody::Preference(PreferenceUpdate { sender, value: choice, detail }),
        raw: value.alone("user_preferences", raw, contact),
    }
}

/// A `user_id_update` element: the old and the new ids are one person.
pub(super) fn user_id(value: &Value<'_, '_>, raw: &str) -> Inbound {
    let last = normalised(raw);
    let read = last.as_deref().and_then(|last| serde_json::from_str::<MetaUserId<'_>>(last).ok());
    let Some(update) = read else {
        return value.unknown("user_id_update", raw, "an id change of no known shape".to_owned());
    };
    let turn = |raw| part::<Turn<'_>>(raw).unwrap_or_default();
    let (own, parent) = (turn(update.user_id), turn(update.parent_user_id));
    let scoped = |scalar: &Scalar<'_>| scalar.filled().and_then(BusinessScopedId::parse);
    let (known, contact) =
        person::sender(Named { phone: update.wa_id.filled(), ..Named::default() }, &value.contacts);
    let previous = Sender {
        phone: known.phone.clone(),
        scoped: scoped(&own.previous),
        parent_scoped: scoped(&parent.previous),
        ..Sender::default()
    };
    let current = Sender { scoped: scoped(&own.current), parent_scoped: scoped(&parent.current), ..known };
    if !is_somebody(&previous) || (current.scoped.is_none() && current.parent_scoped.is_none()) {
        return value.unknown("user_id_update", raw, "an id change without ids".to_owned());
    }
    let detail = update.detail.owned();
    Inbound {
        account: value.account(),
        at: update.timestamp.integer().and_then(moment),
        body: InboundBody::Identity(IdentityUpdate { external: None, previous, current, detail }),
        raw: value.alone("user_id_update", raw, contact),
    }
}

/// Fields about templates and the account; `None` for one that is not read.
pub(super) fn of_account(field: &str, raw: &str) -> Option<InboundBody> {
    let is_template = matches!(
        field,
        "message_template_status_update"
            | "message_template_quality_update"
            | "message_template_components_update"
            | "template_category_update"
    );
    let is_account = matches!(
        field,
        "account_update"
            | "account_alerts"
            | "account_review_update"
            | "account_settings_update"
            | "business_capability_update"
            | "business_username_update"
            | "partner_solutions"
            | "payment_configuration_update"
            | "phone_number_name_update"
            | "phone_number_quality_update"
            | "security"
    );
    if !is_template && !is_account {
        return None;
    }
    let last = normalised(raw)?;
    let change: MetaAccountChange<'_> = serde_json::from_str(&last).ok()?;
    if is_account {
        let alert: Alert<'_> = part(change.alert_info).unwrap_or_default();
        let words = [&change.event, &change.decision, &change.status, &change.alert_type, &alert.alert_type];
        let word = words.into_iter().find_map(Scalar::filled);
        let what = word.map_or_else(|| field.to_owned(), |word| format!("{field} {word}"));
        return Some(InboundBody::Account { what });
    }
    Some(InboundBody::Template(TemplateUpdate {
        name: change.message_template_name.owned()?,
        language: change.message_template_language.owned()?,
        what: template_change(&change),
    }))
}

/// By what is there, not by the field: one documented example carries another field's name. What the provider says
/// about why and when follows.
fn template_change(change: &MetaAccountChange<'_>) -> String {
    let category = change.correct_category.filled().or(change.new_category.filled());
    let word = match (change.new_quality_score.filled(), category, change.event.filled()) {
        (Some(score), _, _) => format!("quality {score}"),
        (_, Some(category), _) => format!("category {category}"),
        (_, _, Some(event)) => event.to_owned(),
        _ => "components".to_owned(),
    };
    let disabled: Disabled<'_> = part(change.disable_info).unwrap_or_default();
    let other: Other<'_> = part(change.other_info).unwrap_or_default();
    let date = |scalar: &Scalar<'_>| match scalar.integer().and_then(moment) {
        Some(at) => Some(at.format("%Y-%m-%d").to_string()),
        None => scalar.owned(),
    };
    let more = [
        rejection(change.reason.filled(), change.rejection_info),
        other.title.owned(),
        other.description.owned(),
        date(&disabled.disable_date).map(|date| format!("from {date}")),
        date(&change.category_update_timestamp).map(|date| format!("on {date}")),
    ];
    std::iter::once(word).chain(more.into_iter().flatten()).collect::<Vec<_>>().join(" · ")
}
