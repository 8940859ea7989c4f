//! What can be set for a number besides its profile: commerce, opening questions and commands, the identity check.

use serde_json::{Value, json};
use url::Url;

use super::{
    fields::Node, link::Link, param::Param, person::PersonId, profile::Profile, refusal::Refusal,
    request::requires_product,
};

/// Everything that is kept for a number and can be changed over the API.
#[derive(Debug, Clone, Default)]
pub(super) struct NumberSettings {
    pub(super) profile: Profile,
    pub(super) links: Vec<Link>,
    pub(super) blocked: Vec<PersonId>,
    pub(super) commerce: Commerce,
    /// Opening questions and commands, if any were set.
    pub(super) automation: Option<Value>,
    pub(super) identity_check: bool,
    /// Where the number's own webhooks go instead of the app's address.
    pub(super) number_callback: Option<Url>,
    /// Where the webhooks of its business account go instead.
    pub(super) account_callback: Option<Url>,
}

/// Whether customers see a catalogue and can fill a cart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Commerce {
    has_cart: bool,
    shows_catalogue: bool,
}

impl Default for Commerce {
    fn default() -> Self {
        Self { has_cart: true, shows_catalogue: false }
    }
}

const COMMERCE: Node = Node {
    name: "WhatsAppBusinessCommerceSettings",
    known: &["id", "catalog_id", "is_cart_enabled", "is_catalog_visible"],
    default: &["id", "is_cart_enabled", "is_catalog_visible"],
};

const SETTINGS: Node = Node {
    name: "WhatsAppBusinessPhoneNumberSettings",
    known: &["calling", "storage_configuration", "user_identity_change", "payload_encryption"],
    default: &["storage_configuration", "user_identity_change"],
};

impl NumberSettings {
    /// `GET /{phone_number_id}/whatsapp_commerce_settings`.
    pub(super) fn read_commerce(
        &self,
        number_id: &str,
        query: &[(String, String)],
    ) -> Result<Value, Refusal> {
        let all = json!({
            "id": number_id,
            "is_cart_enabled": self.commerce.has_cart,
            "is_catalog_visible": self.commerce.shows_catalogue,
        });
        Ok(json!({ "data": [COMMERCE.pick(&all, query)?] }))
    }

    /// `POST /{phone_number_id}/whatsapp_commerce_settings`.
    pub(super) fn change_commerce(&mut self, body: &Value) -> Result<Value, Refusal> {
        let request = Param::root(body);
        request.only(&["is_cart_enabled", "is_catalog_visible"])?;
        let mut next = self.commerce;
        if let Some(cart) = request.field("is_cart_enabled") {
            next.has_cart = cart.flag()?;
        }
        if let Some(catalogue) = request.field("is_catalog_visible") {
            next.shows_catalogue = catalogue.flag()?;
        }
        self.commerce = next;
        Ok(json!({ "success": true }))
    }

    /// `POST /{phone_number_id}/conversational_automation`.
    pub(super) fn change_automation(&mut self, number_id: &str, body: &Value) -> Result<Value, Refusal> {
        let request = Param::root(body);
        request.only(&["enable_welcome_message", "prompts", "commands"])?;
        let mut next = self.automation.clone().unwrap_or_else(|| json!({ "id": number_id }));
        if let Some(welcome) = request.field("enable_welcome_message") {
            next["enable_welcome_message"] = json!(welcome.flag()?);
        }
        if let Some(prompts) = request.field("prompts") {
            let items = prompts.items()?;
            if items.len() > 4 {
                return Err(Refusal::parameter("Param prompts must have at most 4 items."));
            }
            for prompt in &items {
                prompt.text_to(80)?;
            }
            next["prompts"] = prompts.value().clone();
        }
        if let Some(commands) = request.field("commands") {
            let items = commands.items()?;
            if items.len() > 30 {
                return Err(Refusal::parameter("Param commands must have at most 30 items."));
            }
            for command in &items {
                command.only(&["command_name", "command_description"])?;
                command.require("command_name")?.text_to(32)?;
                command.require("command_description")?.text_to(256)?;
            }
            next["commands"] = commands.value().clone();
        }
        self.automation = Some(next);
        Ok(json!({ "success": true }))
    }

    /// `GET /{phone_number_id}/settings`. There are no calls here, so they are left out.
    pub(super) fn read(&self, query: &[(String, String)]) -> Result<Value, Refusal> {
        let all = json!({
            "storage_configuration": { "status": "DEFAULT" },
            "user_identity_change": { "enable_identity_key_check": self.identity_check },
        });
        SETTINGS.pick(&all, query)
    }

    /// `POST /{phone_number_id}/settings`; of the settings only the identity check is kept here.
    pub(super) fn change(&mut self, body: &Value) -> Result<Value, Refusal> {
        let request = Param::root(body);
        request.only(&["user_identity_change"])?;
        let identity = request.require("user_identity_change")?;
        identity.only(&["enable_identity_key_check"])?;
        self.identity_check = identity.require("enable_identity_key_check")?.flag()?;
        Ok(json!({ "success": true }))
    }
}

/// `POST /{phone_number_id}/register`.
pub(super) fn register(body: &Value) -> Result<Value, Refusal> {
    requires_product(body)?;
    let request = Param::root(body);
    request.only(&["messaging_product", "pin", "data_localization_region"])?;
    pin(&request.require("pin")?)?;
    Ok(json!({ "success": true }))
}

/// Six digits.
pub(super) fn pin(pin: &Param<'_>) -> Result<(), Refusal> {
    let pin = pin.text()?;
    if pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Refusal::parameter("Param pin must be 6 characters long."))
}
