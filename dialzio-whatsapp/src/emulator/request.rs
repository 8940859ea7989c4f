//! A request to the emulator, taken apart, and what is asked of every write.

use axum::http::{HeaderMap, Method};
use serde_json::Value;
use url::Url;

use super::{param::Param, refusal::Refusal};

/// A request, taken apart.
pub(super) struct Asked {
    pub(super) method: Method,
    /// Path segments after the version.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
    /// What a write is given: the body, and the query where the body does not say otherwise. The platform takes
    /// parameters from either.
    pub(super) parameters: Value,
    /// The address that was asked, on the emulator's own host.
    pub(super) here: Url,
}

impl Asked {
    /// The refusal of what is not known here.
    pub(super) fn unknown(&self) -> Refusal {
        Refusal::no_such_object(self.method.as_str(), &self.segments.join("/"))
    }
}

/// `{"messaging_product": "whatsapp", …}` of a write that is not a message.
pub(super) fn requires_product(body: &Value) -> Result<(), Refusal> {
    messaging_product(&Param::root(body))
}

/// Every write to the messages endpoint names the product.
pub(super) fn messaging_product(message: &Param<'_>) -> Result<(), Refusal> {
    if !message.value().is_object() {
        return Err(Refusal::parameter("The body must be a JSON object."));
    }
    match message.require("messaging_product")?.text()? {
        "whatsapp" => Ok(()),
        other => {
            Err(Refusal::parameter(format!("Param messaging_product must be \"whatsapp\", got \"{other}\".")))
        }
    }
}
