//! Templates of a business account: a realistic set, and their variables.

use serde_json::{Value, json};

/// The most characters of a footer.
const FOOTER: usize = 60;

/// A message template as the platform keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct EmulatedTemplate {
    /// Lower-case name; unique together with the language.
    pub name: String,
    /// Language code, such as `en` or `en_US`. Matched exactly.
    pub language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    pub category: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`, …
    pub status: String,
    /// `POSITIONAL` (`{{1}}`) or `NAMED` (`{{first_name}}`).
    pub parameter_format: String,
    /// The components as Graph lists them: an array of `HEADER`, `BODY`, `FOOTER`, `BUTTONS`.
    pub components: Value,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality: String,
}

impl EmulatedTemplate {
    /// An approved template with these components and positional variables.
    pub fn approved(name: &str, language: &str, category: &str, components: Value) -> Self {
        Self {
            name: name.to_owned(),
            language: language.to_owned(),
            category: category.to_owned(),
            status: "APPROVED".to_owned(),
            parameter_format: "POSITIONAL".to_owned(),
            components,
            quality: "GREEN".to_owned(),
        }
    }

    /// The same template with named variables.
    #[must_use]
    pub fn named(self) -> Self {
        Self { parameter_format: "NAMED".to_owned(), ..self }
    }

    /// What a small shop would have: an order notice in English and Tamil, an appointment with named
    /// variables, a seasonal offer with a picture, a plain offer, a login code, and one that is paused.
    /// `business` signs the notices, up to the 60 characters that a footer takes.
    pub fn samples(business: &str) -> Vec<Self> {
        let business: String = business.chars().take(FOOTER).collect();
        let track = json!({"type": "URL", "text": "Track", "url": "https://shop.example/o/{{1}}",
            "example": ["https://shop.example/o/A17"]});
        vec![
            Self::approved(
                "order_ready",
                "en",
                "UTILITY",
                json!([
                    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["A17"]}},
                    {"type": "BODY", "text": "Hello {{1}}, your order is ready. Please collect it before {{2}} today.",
                     "example": {"body_text": [["Asha", "6 pm"]]}},
                    {"type": "FOOTER", "text": business},
                    {"type": "BUTTONS", "buttons": [track]},
                ]),
            ),
            Self::approved(
                "order_ready",
                "ta",
                "UTILITY",
                json!([
                    {"type": "HEADER", "format": "TEXT", "text": "ஆர்டர் {{1}}", "example": {"header_text": ["A17"]}},
                    {"type": "BODY", "text": "வணக்கம் {{1}}, உங்கள் ஆர்டர் தயார். இன்று {{2}} மணிக்கு முன் பெற்றுக்கொள்ளவும்.",
                     "example": {"body_text": [["ஆஷா", "6"]]}},
                    {"type": "FOOTER", "text": business},
                    {"type": "BUTTONS", "buttons": [track]},
                ]),
            ),
            Self::approved(
                "appointment",
                "en",
                "UTILITY",
                json!([
                    {"type": "BODY", "text": "Hi {{first_name}}, see you on {{day}} at our shop.",
                     "example": {"body_text_named_params": [
                        {"param_name": "first_name", "example": "Asha"}, {"param_name": "day", "example": "Monday"}]}},
                    {"type": "BUTTONS", "buttons": [
                        {"type": "QUICK_REPLY", "text": "I will come"}, {"type": "QUICK_REPLY", "text": "Change it"}]},
                ]),
            )
            .named(),
            Self::approved(
                "new_season",
                "en",
                "MARKETING",
                json!([
                    {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2U="]}},
                    {"type": "BODY", "text": "Dear {{1}}, what is new this season has arrived. Come and have a look!",
                     "example": {"body_text": [["Asha"]]}},
                    {"type": "FOOTER", "text": "Tap below to stop these messages"},
                    {"type": "BUTTONS", "buttons": [
                        {"type": "QUICK_REPLY", "text": "Tell me more"}, {"type": "QUICK_REPLY", "text": "Stop"}]},
                ]),
            ),
            Self::approved(
                "weekend_offer",
                "en",
                "MARKETING",
                json!([
                    {"type": "BODY", "text": "This weekend everything is half price. We are open till eight."},
                    {"type": "BUTTONS", "buttons": [
                        {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+914412345678"}]},
                ]),
            ),
            Self::approved(
                "login_code",
                "en",
                "AUTHENTICATION",
                json!([
                    {"type": "BODY", "text": "*{{1}}* is your verification code. For your security, do not share it.",
                     "add_security_recommendation": true, "example": {"body_text": [["123456"]]}},
                    {"type": "FOOTER", "text": "This code expires in 10 minutes.", "code_expiration_minutes": 10},
                    {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}]},
                ]),
            ),
            Self {
                status: "PAUSED".to_owned(),
                quality: "RED".to_owned(),
                ..Self::approved(
                    "come_back",
                    "en",
                    "MARKETING",
                    json!([{"type": "BODY", "text": "We have not seen you for a while. Come back to us!"}]),
                )
            },
        ]
    }

    /// The component of this type.
    pub(super) fn component(&self, kind: &str) -> Option<&Value> {
        self.components.as_array()?.iter().find(|component| {
            component["type"].as_str().is_some_and(|given| given.eq_ignore_ascii_case(kind))
        })
    }
}

/// A template and the id it got.
#[derive(Debug, Clone)]
pub(super) struct StoredTemplate {
    pub(super) id: String,
    pub(super) template: EmulatedTemplate,
    /// How long a message made from it may wait for delivery, in seconds, if that was set.
    pub(super) lives: Option<i64>,
}

/// The variables of a text, each once, in the order of their first appearance.
pub(super) fn variables(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else { break };
        if !found.iter().any(|known| known == name.trim()) {
            found.push(name.trim().to_owned());
        }
        rest = tail;
    }
    found
}

/// The text with its variables replaced; values are never read for variables again.
pub(super) fn fill(text: &str, values: &[(String, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else { break };
        filled.push_str(before);
        match values.iter().find(|(key, _)| key == name.trim()) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_once_each() {
        assert_eq!(variables("{{1}} and {{ 2 }}, {{1}}"), ["1", "2"]);
        assert!(variables("no {{ closing").is_empty());
    }

    #[test]
    fn a_value_that_looks_like_a_variable_stays_text() {
        let values = [("1".to_owned(), "{{2}}".to_owned()), ("2".to_owned(), "x".to_owned())];
        assert_eq!(fill("{{1}} {{2}}", &values), "{{2}} x");
    }

    #[test]
    fn samples_are_unique_by_name_and_language() {
        let samples = EmulatedTemplate::samples("Green Leaf");
        for (position, one) in samples.iter().enumerate() {
            assert!(
                samples[position + 1..]
                    .iter()
                    .all(|two| (&two.name, &two.language) != (&one.name, &one.language))
            );
        }
    }
}
