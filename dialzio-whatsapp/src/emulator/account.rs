//! Numbers and business accounts as Graph shows them: facts, registration, webhook subscription.

use serde_json::{Value, json};
use url::Url;

use super::{
    fields::Node,
    paging,
    param::Param,
    refusal::Refusal,
    request::Asked,
    settings,
    state::{Number, Shared},
};

/// `GET /{phone_number_id}?fields=`.
pub(super) fn number(shared: &Shared, id: &str, query: &[(String, String)]) -> Result<Value, Refusal> {
    let state = shared.state();
    match state.numbers.get(id) {
        Some(number) => NUMBER.pick(&draw(number), query),
        None => Err(Refusal::no_such_object("GET", id)),
    }
}

/// `GET /{waba}/phone_numbers`.
pub(super) fn numbers(
    shared: &Shared,
    waba_id: &str,
    query: &[(String, String)],
    here: &Url,
) -> Result<Value, Refusal> {
    let state = shared.state();
    let rows: Vec<Value> =
        state.numbers.values().filter(|number| number.facts.waba_id == waba_id).map(draw).collect();
    paging::page(&rows, query, here, |row| NUMBER.pick(row, query))
}

fn draw(number: &Number) -> Value {
    let facts = &number.facts;
    let mut callbacks = json!({});
    let places = [
        ("application", &facts.webhook_url),
        ("whatsapp_business_account", &number.settings.account_callback),
        ("phone_number", &number.settings.number_callback),
    ];
    for (name, url) in places {
        if let Some(url) = url {
            callbacks[name] = json!(url);
        }
    }
    json!({
        "id": facts.phone_number_id,
        "display_phone_number": facts.display_phone_number,
        "verified_name": facts.verified_name,
        "code_verification_status": "VERIFIED",
        "conversational_automation": number.settings.automation,
        "quality_rating": "GREEN",
        "quality_score": {"score": "GREEN"},
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "name_status": "APPROVED",
        "new_name_status": "NONE",
        "status": "CONNECTED",
        "is_on_biz_app": false,
        "is_official_business_account": false,
        "is_pin_enabled": true,
        "is_preverified_number": false,
        "search_visibility": "NON_VISIBLE",
        "account_mode": "LIVE",
        "messaging_limit_tier": "TIER_2K",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "webhook_configuration": callbacks,
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    })
}

const NUMBER: Node = Node {
    name: "WhatsAppBusinessPhoneNumber",
    known: &[
        "id",
        "display_phone_number",
        "verified_name",
        "code_verification_status",
        "conversational_automation",
        "quality_rating",
        "quality_score",
        "platform_type",
        "throughput",
        "name_status",
        "new_name_status",
        "status",
        "is_on_biz_app",
        "is_official_business_account",
        "is_pin_enabled",
        "is_preverified_number",
        "search_visibility",
        "account_mode",
        "messaging_limit_tier",
        "whatsapp_business_manager_messaging_limit",
        "webhook_configuration",
        "health_status",
        "eligibility_for_api_business_global_search",
        "certificate",
        "new_certificate",
        "last_onboarded_time",
        "country_code",
        "country_dial_code",
        "username",
    ],
    default: &[
        "id",
        "display_phone_number",
        "verified_name",
        "code_verification_status",
        "quality_rating",
        "platform_type",
        "throughput",
        "webhook_configuration",
    ],
};

const ACCOUNT: Node = Node {
    name: "WhatsAppBusinessAccount",
    known: &[
        "id",
        "name",
        "timezone_id",
        "message_template_namespace",
        "status",
        "business_verification_status",
        "is_enabled_for_insights",
        "marketing_messages_lite_api_status",
        "marketing_messages_onboarding_status",
        "on_behalf_of_business_info",
        "ownership_type",
        "health_status",
        "currency",
        "country",
        "subscribed_apps",
        "owner_business_info",
        "account_review_status",
        "disable_marketing_messages_on_cloud_api",
        "primary_funding_id",
        "purchase_order_number",
    ],
    default: &["id", "name", "timezone_id", "message_template_namespace"],
};

/// `GET /{waba}?fields=`.
pub(super) fn account(shared: &Shared, waba_id: &str, query: &[(String, String)]) -> Result<Value, Refusal> {
    let state = shared.state();
    let mut of_account = state.numbers.values().filter(|number| number.facts.waba_id == waba_id);
    let Some(first) = of_account.next() else { return Err(Refusal::no_such_object("GET", waba_id)) };
    let all = json!({
        "id": waba_id,
        "name": first.facts.verified_name,
        "timezone_id": "71",
        "message_template_namespace": format!("emulated_{waba_id}"),
        "status": "ACTIVE",
        "business_verification_status": "verified",
        "is_enabled_for_insights": false,
        "ownership_type": "SELF",
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
        "currency": "INR",
        "country": "IN",
        "subscribed_apps": apps(first),
        "account_review_status": "APPROVED",
        "disable_marketing_messages_on_cloud_api": false,
    });
    ACCOUNT.pick(&all, query)
}

/// `POST /{phone_number_id}`: where its webhooks go, its two-step PIN, or the name it asks for.
pub(super) async fn change(shared: &Shared, id: &str, body: &Value) -> Result<Value, Refusal> {
    let request = Param::root(body);
    request.only(&["webhook_configuration", "pin", "new_display_name", "messaging_product"])?;
    if let Some(pin) = request.field("pin") {
        settings::pin(&pin)?;
    }
    if let Some(name) = request.field("new_display_name") {
        name.text_to(75)?;
    }
    if let Some(webhook) = request.field("webhook_configuration") {
        webhook.only(&["override_callback_uri", "verify_token"])?;
        let callback = if webhook.require("override_callback_uri")?.text()?.is_empty() {
            None
        } else {
            Some(proven(shared, &webhook).await?)
        };
        if let Some(number) = shared.state().numbers.get_mut(id) {
            number.settings.number_callback = callback;
        }
    }
    Ok(json!({ "success": true }))
}

/// The address of an override, once it has answered the challenge.
async fn proven(shared: &Shared, request: &Param<'_>) -> Result<Url, Refusal> {
    let address = request.require("override_callback_uri")?.text_to(2000)?;
    let token = request.require("verify_token")?.text_to(200)?;
    let address = Url::parse(address)
        .map_err(|_| Refusal::parameter("Param override_callback_uri is not a valid URL."))?;
    challenge(shared, &address, token).await.map_err(|reason| Refusal::of(2200).details(reason))?;
    Ok(address)
}

/// The apps that get the webhooks of a number's business account.
fn apps(number: &Number) -> Value {
    if !number.is_subscribed {
        return json!({ "data": [] });
    }
    let mut app = json!({"whatsapp_business_api_data": {
        "id": "670843887433847",
        "name": "Dialzio",
        "link": "https://www.facebook.com/games/?app_id=670843887433847",
    }});
    if let Some(callback) = &number.settings.account_callback {
        app["override_callback_uri"] = json!(callback);
    }
    json!({ "data": [app] })
}

/// `GET`, `POST` and `DELETE /{waba}/subscribed_apps`.
///
/// A `POST` with `override_callback_uri` asks that address for the challenge before it is taken; one without takes an
/// earlier one back.
pub(super) async fn subscription(shared: &Shared, waba_id: &str, asked: &Asked) -> Result<Value, Refusal> {
    let body = &asked.parameters;
    match asked.method.as_str() {
        "GET" => {
            let state = shared.state();
            let mut of_account = state.numbers.values().filter(|number| number.facts.waba_id == waba_id);
            Ok(of_account.next().map_or_else(|| json!({ "data": [] }), apps))
        }
        "POST" => {
            let request = Param::root(body);
            let callback = match request.field("override_callback_uri") {
                Some(_) => {
                    request.only(&["override_callback_uri", "verify_token"])?;
                    Some(proven(shared, &request).await?)
                }
                None => None,
            };
            subscribe(shared, waba_id, true, callback.as_ref());
            Ok(json!({ "success": true }))
        }
        "DELETE" => {
            subscribe(shared, waba_id, false, None);
            Ok(json!({ "success": true }))
        }
        other => Err(Refusal::no_such_object(other, waba_id)),
    }
}

fn subscribe(shared: &Shared, waba_id: &str, is_subscribed: bool, callback: Option<&Url>) {
    let mut state = shared.state();
    for number in state.numbers.values_mut().filter(|number| number.facts.waba_id == waba_id) {
        number.is_subscribed = is_subscribed;
        number.settings.account_callback = callback.cloned();
    }
}

/// Asks a webhook address to prove that it knows the verify token.
pub(super) async fn challenge(shared: &Shared, address: &Url, verify_token: &str) -> Result<(), String> {
    let expected = shared.state().next_serial().to_string();
    let mut asking = address.clone();
    asking
        .query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &expected)
        .append_pair("hub.verify_token", verify_token);
    let answer = shared.http.get(asking).send().await.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let body = answer.text().await.map_err(|error| error.to_string())?;
    if status == 200 && body == expected {
        return Ok(());
    }
    Err(format!("the callback answered {status} and not the challenge"))
}
