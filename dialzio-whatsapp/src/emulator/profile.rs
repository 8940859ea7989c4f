//! The business profile of a number: what its customers see about the business.

use serde_json::{Map, Value, json};

use super::{fields::Node, param::Param, refusal::Refusal, request::requires_product};

/// What was set; a field that was not is left out when it is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile(Map<String, Value>);

const PROFILE: Node = Node {
    name: "WhatsAppBusinessProfile",
    known: &[
        "about",
        "address",
        "description",
        "email",
        "profile_picture_url",
        "websites",
        "vertical",
        "messaging_product",
        "id",
    ],
    default: &[
        "about",
        "address",
        "description",
        "email",
        "profile_picture_url",
        "websites",
        "vertical",
        "messaging_product",
    ],
};

/// Texts and the most characters of each.
const TEXTS: &[(&str, usize)] = &[("about", 139), ("address", 256), ("description", 512), ("email", 128)];

const VERTICALS: &[&str] = &[
    "UNDEFINED",
    "OTHER",
    "AUTO",
    "BEAUTY",
    "APPAREL",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GROCERY",
    "GOVT",
    "HOTEL",
    "HEALTH",
    "NONPROFIT",
    "PROF_SERVICES",
    "RETAIL",
    "TRAVEL",
    "RESTAURANT",
    "NOT_A_BIZ",
    "ALCOHOL",
    "ONLINE_GAMBLING",
    "PHYSICAL_GAMBLING",
    "OTC_DRUGS",
    "MATRIMONY_SERVICE",
];

impl Profile {
    /// `GET /{phone_number_id}/whatsapp_business_profile`.
    pub(super) fn read(&self, query: &[(String, String)]) -> Result<Value, Refusal> {
        let mut all = self.0.clone();
        all.insert("messaging_product".to_owned(), json!("whatsapp"));
        all.entry("vertical").or_insert(json!("UNDEFINED"));
        Ok(json!({ "data": [PROFILE.pick(&Value::Object(all), query)?] }))
    }

    /// `POST /{phone_number_id}/whatsapp_business_profile`. What is not named stays.
    pub(super) fn change(&mut self, body: &Value) -> Result<Value, Refusal> {
        requires_product(body)?;
        let request = Param::root(body);
        request.only(&[
            "messaging_product",
            "about",
            "address",
            "description",
            "email",
            "websites",
            "vertical",
            "profile_picture_handle",
        ])?;
        let mut next = self.0.clone();
        for (name, most) in TEXTS {
            if let Some(text) = request.field(name) {
                let text = text.text()?;
                let longest = text.chars().count();
                if longest > *most || (*name == "about" && longest == 0) {
                    return Err(Refusal::parameter(format!(
                        "Param {name} must have at most {most} characters."
                    )));
                }
                next.insert((*name).to_owned(), json!(text));
            }
        }
        if let Some(vertical) = request.field("vertical") {
            let vertical = vertical.text()?;
            if !VERTICALS.contains(&vertical) {
                return Err(Refusal::parameter(format!(
                    "Param vertical must be one of {{{}}}.",
                    VERTICALS.join(", ")
                )));
            }
            next.insert("vertical".to_owned(), json!(vertical));
        }
        if let Some(websites) = request.field("websites") {
            let items = websites.items()?;
            if items.len() > 2 {
                return Err(Refusal::parameter("Param websites must have at most 2 items."));
            }
            for website in &items {
                website.text_to(256)?;
            }
            next.insert("websites".to_owned(), websites.value().clone());
        }
        self.0 = next;
        Ok(json!({ "success": true }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut profile = Profile::default();
        let about = |text: &str| json!({"messaging_product": "whatsapp", "about": text});
        profile.change(&about("Plants")).unwrap();
        for refused in [
            about(""),
            about(&"x".repeat(140)),
            json!({"about": "no product"}),
            json!({"messaging_product": "whatsapp", "about": "Trees", "vertical": "GARDEN"}),
            json!({"messaging_product": "whatsapp", "about": "Trees", "websites": ["https://a.example", "b", "c"]}),
            json!({"messaging_product": "whatsapp", "about": "Trees", "colour": "green"}),
        ] {
            assert!(profile.change(&refused).is_err(), "{refused}");
        }
        let read = profile.read(&[]).unwrap();
        assert_eq!(
            read,
            json!({"data": [{"about": "Plants", "vertical": "UNDEFINED", "messaging_product": "whatsapp"}]})
        );
    }
}
