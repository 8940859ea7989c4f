//! Numbers and business accounts as Graph shows them: facts, registration, webhook subscription.

use serde_json::{Map, Value, json};
use url::Url;

use super::{
    config::EmulatedNumber,
    graph::{Asked, requires_product},
    param::Param,
    refusal::Refusal,
    state::Shared,
};

/// `GET /{phone_number_id}?fields=`.
pub(super) fn number(shared: &Shared, id: &str, query: &[(String, String)]) -> Result<Value, Refusal> {
    let state = shared.state();
    match state.numbers.get(id) {
        Some(number) => select(&number.facts, query),
        None => Err(Refusal::no_such_object("GET", id)),
    }
}

/// `GET /{waba}/phone_numbers`.
pub(super) fn numbers(shared: &Shared, waba_id: &str, query: &[(String, String)]) -> Result<Value, Refusal> {
    let state = shared.state();
    let rows: Result<Vec<Value>, Refusal> = state
        .numbers
        .values()
        .filter(|number| number.facts.waba_id == waba_id)
        .map(|number| select(&number.facts, query))
        .collect();
    Ok(json!({ "data": rows? }))
}

fn select(number: &EmulatedNumber, query: &[(String, String)]) -> Result<Value, Refusal> {
    let all = json!({
        "id": number.phone_number_id,
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "code_verification_status": "VERIFIED",
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "is_on_biz_app": false,
        "account_mode": "LIVE",
        "messaging_limit_tier": "TIER_2K",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "webhook_configuration": {"application": number.webhook_url},
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    });
    let default = "id,display_phone_number,verified_name,code_verification_status,quality_rating,\
                   platform_type,throughput,webhook_configuration";
    let fields = query.iter().find(|(key, _)| key == "fields").map_or(default, |(_, fields)| fields.as_str());
    let mut row = Map::new();
    row.insert("id".to_owned(), all["id"].clone());
    for field in fields.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        let Some(value) = all.get(field) else {
            return Err(Refusal::parameter(format!("Tried accessing nonexisting field ({field})")));
        };
        row.insert(field.to_owned(), value.clone());
    }
    Ok(Value::Object(row))
}

/// `POST /{phone_number_id}/register`.
pub(super) fn register(body: &Value) -> Result<(), Refusal> {
    requires_product(body)?;
    let request = Param::root(body);
    request.only(&["messaging_product", "pin", "data_localization_region"])?;
    let pin = request.require("pin")?.text()?;
    if pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Refusal::parameter("Param pin must be 6 characters long."))
}

/// `GET`, `POST` and `DELETE /{waba}/subscribed_apps`.
///
/// A `POST` with `override_callback_uri` asks that address for the challenge before it is taken.
pub(super) async fn subscription(shared: &Shared, waba_id: &str, asked: &Asked) -> Result<Value, Refusal> {
    let body = asked.body.as_ref().unwrap_or(&Value::Null);
    match asked.method.as_str() {
        "GET" => {
            let state = shared.state();
            let is_subscribed =
                state.numbers.values().any(|number| number.facts.waba_id == waba_id && number.is_subscribed);
            let app = json!({"whatsapp_business_api_data": {"id": "670843887433847", "name": "Dialzio"}});
            Ok(json!({ "data": if is_subscribed { vec![app] } else { Vec::new() } }))
        }
        "POST" => {
            let callback = match body.get("override_callback_uri") {
                Some(_) => {
                    let request = Param::root(body);
                    request.only(&["override_callback_uri", "verify_token"])?;
                    let address = request.require("override_callback_uri")?.text_to(2000)?;
                    let token = request.require("verify_token")?.text_to(200)?;
                    let address = Url::parse(address)
                        .map_err(|_| Refusal::parameter("Param override_callback_uri is not a valid URL."))?;
                    challenge(shared, &address, token)
                        .await
                        .map_err(|reason| Refusal::of(2200).details(reason))?;
                    Some(address)
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
        if let Some(callback) = callback {
            number.facts.webhook_url = Some(callback.clone());
        }
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
