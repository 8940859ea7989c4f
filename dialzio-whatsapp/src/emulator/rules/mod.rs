//! What the platform accepts to send, judged on plain JSON.
//!
//! Nothing here is shared with the adapter: the rules are written from the platform's documentation
//! (*Cloud API reference, messages*, read 2026-05), so that a mistake has to be made twice to pass.

mod content;
mod interactive;
mod template;

use std::collections::HashMap;

use serde_json::Value;

use super::{
    config::EmulatedNumber, param::Param, person::is_user_id, refusal::Refusal, request::messaging_product,
    state::StoredMedia, template::StoredTemplate, transcript::Bubble,
};

type Judged<T> = Result<T, Refusal>;

/// What a request is judged against.
pub(super) struct Surroundings<'a> {
    pub(super) number: &'a EmulatedNumber,
    pub(super) templates: &'a [StoredTemplate],
    pub(super) media: &'a HashMap<String, StoredMedia>,
    /// The marketing endpoint takes marketing templates only.
    pub(super) marketing_only: bool,
}

/// Whom a message goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Recipient {
    /// Digits with country code.
    Phone(String),
    /// A business-scoped user id.
    UserId(String),
}

/// A message that the platform takes.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) recipient: Recipient,
    /// The address as it was given.
    pub(super) input: String,
    pub(super) content: Drawn,
    pub(super) reply_to: Option<String>,
    pub(super) opaque_id: Option<String>,
}

/// The content, as far as the phone and the price list care.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub(super) bubble: Bubble,
    /// The template's category; `None` for free-form messages.
    pub(super) category: Option<String>,
    /// Target and emoji of a reaction; an empty emoji removes.
    pub(super) reaction: Option<(String, String)>,
    /// The code of a failure that shows only after the message was accepted.
    pub(super) fails_later: Option<u32>,
}

const ENVELOPE: &[&str] = &[
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "context",
    "biz_opaque_callback_data",
    "recipient_identity_key_hash",
    "message_activity_sharing",
    "type",
];

const TYPES: &[&str] = &[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

/// Judges the body of a send.
pub(super) fn judge(body: &Value, around: &Surroundings<'_>) -> Judged<Draft> {
    let message = Param::root(body);
    messaging_product(&message)?;
    let kind = match message.field("type") {
        Some(kind) => kind.text()?,
        None => "text",
    };
    if !TYPES.contains(&kind) {
        return Err(Refusal::of(131_051).details(format!("Unsupported message type \"{kind}\".")));
    }
    let mut keys = ENVELOPE.to_vec();
    keys.push(kind);
    message.only(&keys)?;

    let (recipient, input) = recipient(&message, around.number)?;
    let content = content(kind, &message.require(kind)?, around, &recipient)?;
    if around.marketing_only {
        match content.category.as_deref() {
            None => return Err(Refusal::of(100).details("Message must be a template message.")),
            Some("MARKETING") => {}
            Some(_) => return Err(Refusal::of(134_100)),
        }
    }
    let reply_to = match message.field("context") {
        Some(context) => {
            context.only(&["message_id"])?;
            Some(context.require("message_id")?.text_to(1024)?.to_owned())
        }
        None => None,
    };
    let opaque_id = match message.field("biz_opaque_callback_data") {
        Some(opaque) => {
            let text = opaque.text()?;
            if text.len() > 512 {
                return Err(Refusal::parameter(
                    "Param biz_opaque_callback_data must be at most 512 characters long.",
                ));
            }
            Some(text.to_owned())
        }
        None => None,
    };
    Ok(Draft { recipient, input, content, reply_to, opaque_id })
}

fn content(kind: &str, body: &Param<'_>, around: &Surroundings<'_>, to: &Recipient) -> Judged<Drawn> {
    match kind {
        "text" => content::text(body),
        "location" => content::location(body),
        "contacts" => content::contacts(body),
        "reaction" => content::reaction(body),
        "interactive" => interactive::judge(body, around),
        "template" => template::judge(body, around, to),
        media => content::media(media, body, around.media),
    }
}

/// `to` wins over `recipient` when both are there.
fn recipient(message: &Param<'_>, number: &EmulatedNumber) -> Judged<(Recipient, String)> {
    match message.field("recipient_type").map(|kind| kind.text()).transpose()? {
        None | Some("individual") => {}
        Some("group") => return Err(Refusal::of(131_041).details("This number is in no group.")),
        Some(other) => {
            return Err(Refusal::parameter(format!(
                "Param recipient_type must be one of {{individual, group}}, got \"{other}\"."
            )));
        }
    }
    let invalid =
        |name: &str| Refusal::of(131_009).details(format!("Param {name} is not a valid recipient."));
    if let Some(to) = message.field("to") {
        let input = to.text()?;
        let digits = phone_digits(input).ok_or_else(|| invalid("to"))?;
        if Some(&digits) == phone_digits(&number.display_phone_number).as_ref() {
            return Err(Refusal::of(131_021).details("Recipient phone number is the sender's own."));
        }
        return Ok((Recipient::Phone(digits), input.to_owned()));
    }
    let Some(user_id) = message.field("recipient") else {
        return Err(Refusal::of(131_008).details("One of the parameters to and recipient is required."));
    };
    let input = user_id.text()?;
    if !is_user_id(input) {
        return Err(invalid("recipient"));
    }
    Ok((Recipient::UserId(input.to_owned()), input.to_owned()))
}

/// Digits of a number that may be written with plus, blanks, hyphens and parentheses.
pub(super) fn phone_digits(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    for (position, character) in text.trim().chars().enumerate() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if position == 0 => {}
            ' ' | '-' | '(' | ')' => {}
            _ => return None,
        }
    }
    (7..=15).contains(&digits.len()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(phone_digits("+91 98765-00001").as_deref(), Some("919876500001"));
        assert_eq!(phone_digits("(1) 650 555 1234").as_deref(), Some("16505551234"));
        assert_eq!(phone_digits("IN.8812"), None);
        assert_eq!(phone_digits("12"), None);
    }
}
