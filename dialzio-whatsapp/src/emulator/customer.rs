//! The customer's side: what a person does on the phone, and the webhook that tells the business.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::Digest;

use super::{
    config::EmulatorError,
    media::{self, kind_of_mime},
    person::{CustomerIdentity, Person, PersonId},
    state::{Filed, Shared, State, StoredMedia},
    transcript::{Bubble, BubbleMedia, EmulatedStatus, Party, TranscriptEntry},
    webhook::{envelope, message_value, timestamp},
};

/// A file that a customer sends. The message type follows from the MIME type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerFile {
    /// The bytes of the file.
    pub bytes: Bytes,
    /// MIME type, such as `image/jpeg` or `audio/ogg; codecs=opus`.
    pub mime: String,
    /// Words under it, for images, videos and documents.
    pub caption: Option<String>,
    /// The name of a document.
    pub filename: Option<String>,
    /// Whether audio was recorded as a voice note.
    pub is_voice: bool,
}

impl CustomerFile {
    /// A file without caption or name.
    pub fn new(bytes: impl Into<Bytes>, mime: impl Into<String>) -> Self {
        Self { bytes: bytes.into(), mime: mime.into(), caption: None, filename: None, is_voice: false }
    }
}

/// What a customer sends.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CustomerMessage {
    /// A text message.
    Text(String),
    /// A picture, video, sound, sticker or document.
    File(CustomerFile),
    /// A place on the map.
    Location {
        /// Degrees north, from -90 to 90.
        latitude: f64,
        /// Degrees east, from -180 to 180.
        longitude: f64,
        /// The name of the place.
        name: Option<String>,
    },
    /// A reaction to a message of either side.
    Reaction {
        /// The message reacted to.
        message_id: String,
        /// `None` takes the reaction back.
        emoji: Option<String>,
    },
    /// A tap on a reply button.
    ButtonReply {
        /// The button's id.
        id: String,
        /// The button's words.
        title: String,
    },
    /// A choice from a list.
    ListReply {
        /// The row's id.
        id: String,
        /// The row's words.
        title: String,
        /// The row's second line.
        description: Option<String>,
    },
    /// A tap on a template's quick reply.
    TemplateButton {
        /// The payload that was sent with the template.
        payload: String,
        /// The button's words.
        text: String,
    },
    /// The answer to whether the business may call.
    CallPermission {
        /// Whether it may.
        accepted: bool,
        /// Until when; `None` if it may for good, and for a refusal.
        until: Option<DateTime<Utc>>,
    },
    /// New words for an earlier message of the customer.
    Edit {
        /// The message changed.
        message_id: String,
        /// The new words.
        text: String,
    },
    /// Deletes an earlier message of the customer for everyone.
    Revoke {
        /// The message deleted.
        message_id: String,
    },
    /// The chat was opened for the first time.
    RequestWelcome,
    /// Something that the platform does not pass on, such as a poll.
    Unsupported {
        /// What it was.
        kind: String,
    },
    /// Any message: its `type` and the content under that key.
    Raw {
        /// The value of `type` in the webhook.
        kind: String,
        /// The object under the key that `type` names.
        content: Value,
    },
}

impl CustomerMessage {
    /// A text message with these words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    /// A picture of this MIME type, with an optional caption.
    pub fn image(bytes: impl Into<Bytes>, mime: impl Into<String>, caption: Option<&str>) -> Self {
        Self::File(CustomerFile { caption: caption.map(str::to_owned), ..CustomerFile::new(bytes, mime) })
    }
}

/// Whether a customer wants marketing messages of a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketingChoice {
    /// No more of them; sends fail with 131050.
    Stop,
    /// The person takes marketing messages again.
    Resume,
}

/// One element of `contacts`.
pub(super) fn contact(person: &Person, user_ids: bool) -> Value {
    let mut profile = json!({ "name": person.profile_name });
    if let Some(username) = &person.username {
        profile["username"] = json!(username);
    }
    let mut contact = json!({ "profile": profile });
    if let Some(wa_id) = person.visible_wa_id() {
        contact["wa_id"] = json!(wa_id);
    }
    if user_ids || person.hides_phone {
        contact["user_id"] = json!(person.user_id);
    }
    contact
}

/// Files a customer's message and tells the business of it. Answers the message id.
pub(super) fn sends(
    shared: &Shared,
    number_id: &str,
    identity: &CustomerIdentity,
    reply_to: Option<&str>,
    message: &CustomerMessage,
) -> Result<String, EmulatorError> {
    let now = shared.now();
    if !shared.state().numbers.contains_key(number_id) {
        return Err(EmulatorError::UnknownNumber(number_id.to_owned()));
    }
    let media_id = match message {
        CustomerMessage::File(file) => {
            Some(media::keep(shared, number_id, file.mime.clone(), file.bytes.clone(), TimeDelta::days(7)))
        }
        _ => None,
    };
    let (wamid, webhook, is_blocked) = {
        let mut guard = shared.state();
        let state = &mut *guard;
        let person = state.people.meet(identity).ok_or(EmulatorError::NoIdentity)?;
        let wamid = state.next_wamid(person);
        let stored = media_id.as_ref().and_then(|id| Some((id.as_str(), state.media.get(id)?)));
        let (kind, content) = wire(message, stored, now, shared);
        let told = told(state, person, &wamid, (&kind, content), reply_to, now, number_id);
        let Some(number) = state.numbers.get(number_id) else {
            return Err(EmulatorError::UnknownNumber(number_id.to_owned()));
        };
        let mut value = message_value(&number.facts);
        value["contacts"] = json!([contact(state.people.get(person), state.behaviour.user_ids)]);
        value["messages"] = json!([told]);
        let webhook = envelope(&number.facts, "messages", &value);
        let filed = Filed {
            number_id: number_id.to_owned(),
            person,
            opaque_id: None,
            pricing: None,
            status: EmulatedStatus::Delivered,
        };
        state.messages.insert(wamid.clone(), filed);
        let bubble = bubble(&kind, message, media_id);
        show(state, number_id, person, (&wamid, now), (message, bubble, told, reply_to));
        (wamid, webhook, state.is_blocked(number_id, person))
    };
    shared.changed();
    // The business hears nothing of a person it has blocked.
    if !is_blocked {
        shared.post(number_id, &webhook);
    }
    Ok(wamid)
}

fn told(
    state: &State,
    person: PersonId,
    wamid: &str,
    (kind, content): (&str, Value),
    reply_to: Option<&str>,
    now: DateTime<Utc>,
    number_id: &str,
) -> Value {
    let known = state.people.get(person);
    let mut told = json!({"id": wamid, "timestamp": timestamp(now), "type": kind});
    if let Some(wa_id) = known.visible_wa_id() {
        told["from"] = json!(wa_id);
    }
    if state.behaviour.user_ids || known.hides_phone {
        told["from_user_id"] = json!(known.user_id);
    }
    if !content.is_null() {
        told[kind] = content;
    }
    if kind == "unsupported" {
        told["errors"] = json!([super::refusal::webhook_error(131_051)]);
    }
    if let Some(target) = reply_to {
        let conversation = state.conversations.get(&(number_id.to_owned(), person));
        let is_own = conversation
            .and_then(|talk| talk.entries.iter().find(|entry| entry.wamid == target))
            .is_some_and(|entry| entry.from == Party::Customer);
        let business = state.numbers.get(number_id).map(|number| &number.facts.display_phone_number);
        let mut context = json!({ "id": target });
        if is_own {
            if let Some(wa_id) = known.visible_wa_id() {
                context["from"] = json!(wa_id);
            }
        } else if let Some(business) = business {
            context["from"] = json!(business.replace(['+', ' ', '-'], ""));
        }
        told["context"] = context;
    }
    told
}

/// The `type` and what stands under it.
fn wire(
    message: &CustomerMessage,
    stored: Option<(&str, &StoredMedia)>,
    now: DateTime<Utc>,
    shared: &Shared,
) -> (String, Value) {
    let (kind, content) = match message {
        CustomerMessage::Text(words) => ("text", json!({ "body": words })),
        CustomerMessage::File(file) => return file_on_wire(file, stored, now, shared),
        CustomerMessage::Location { latitude, longitude, name } => {
            let mut place = json!({"latitude": latitude, "longitude": longitude});
            if let Some(name) = name {
                place["name"] = json!(name);
            }
            ("location", place)
        }
        CustomerMessage::Reaction { message_id, emoji } => {
            let mut reaction = json!({ "message_id": message_id });
            if let Some(emoji) = emoji {
                reaction["emoji"] = json!(emoji);
            }
            ("reaction", reaction)
        }
        CustomerMessage::ButtonReply { id, title } => {
            ("interactive", json!({"type": "button_reply", "button_reply": {"id": id, "title": title}}))
        }
        CustomerMessage::ListReply { id, title, description } => {
            let mut row = json!({"id": id, "title": title});
            if let Some(description) = description {
                row["description"] = json!(description);
            }
            ("interactive", json!({"type": "list_reply", "list_reply": row}))
        }
        CustomerMessage::TemplateButton { payload, text } => {
            ("button", json!({"payload": payload, "text": text}))
        }
        CustomerMessage::CallPermission { accepted, until } => {
            let mut reply = json!({"response": if *accepted { "accept" } else { "reject" },
                "response_source": "user_action"});
            match until {
                Some(until) => reply["expiration_timestamp"] = json!(until.timestamp()),
                None if *accepted => reply["is_permanent"] = json!(true),
                None => {}
            }
            ("interactive", json!({"type": "call_permission_reply", "call_permission_reply": reply}))
        }
        CustomerMessage::Edit { message_id, text } => (
            "edit",
            json!({"original_message_id": message_id, "message": {"type": "text", "text": {"body": text}}}),
        ),
        CustomerMessage::Revoke { message_id } => ("revoke", json!({ "original_message_id": message_id })),
        CustomerMessage::RequestWelcome => ("request_welcome", Value::Null),
        CustomerMessage::Unsupported { kind } => ("unsupported", json!({ "type": kind })),
        CustomerMessage::Raw { kind, content } => (kind.as_str(), content.clone()),
    };
    (kind.to_owned(), content)
}

fn file_on_wire(
    file: &CustomerFile,
    stored: Option<(&str, &StoredMedia)>,
    now: DateTime<Utc>,
    shared: &Shared,
) -> (String, Value) {
    let kind = kind_of_mime(&file.mime).unwrap_or("document");
    let digest =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sha2::Sha256::digest(&file.bytes));
    let mut object = json!({"mime_type": file.mime, "sha256": digest});
    if let Some((id, media)) = stored {
        object["id"] = json!(id);
        object["url"] = json!(media::address(id, media, now, &shared.base_url));
    }
    if let Some(caption) = file.caption.as_ref().filter(|_| matches!(kind, "image" | "video" | "document")) {
        object["caption"] = json!(caption);
    }
    match kind {
        "audio" => object["voice"] = json!(file.is_voice),
        "sticker" => object["animated"] = json!(false),
        "document" => object["filename"] = json!(file.filename.as_deref().unwrap_or("file")),
        _ => {}
    }
    (kind.to_owned(), object)
}

fn bubble(kind: &str, message: &CustomerMessage, media_id: Option<String>) -> Bubble {
    let text = match message {
        CustomerMessage::Text(words) => words.clone(),
        CustomerMessage::File(file) => file.caption.clone().unwrap_or_default(),
        CustomerMessage::Location { latitude, longitude, name } => match name {
            Some(name) => format!("{name}\n{latitude}, {longitude}"),
            None => format!("{latitude}, {longitude}"),
        },
        CustomerMessage::ButtonReply { title, .. } | CustomerMessage::ListReply { title, .. } => {
            title.clone()
        }
        CustomerMessage::TemplateButton { text, .. } => text.clone(),
        CustomerMessage::CallPermission { accepted: true, .. } => "You may call me".to_owned(),
        CustomerMessage::CallPermission { accepted: false, .. } => "Do not call me".to_owned(),
        CustomerMessage::Unsupported { kind } => kind.clone(),
        _ => String::new(),
    };
    let media = match message {
        CustomerMessage::File(file) => Some(BubbleMedia {
            kind: kind.to_owned(),
            id: media_id,
            link: None,
            filename: file.filename.clone(),
        }),
        _ => None,
    };
    Bubble { kind: kind.to_owned(), text, media, ..Bubble::default() }
}

/// Puts the message on the phone, or changes the one that it is about.
fn show(
    state: &mut State,
    number_id: &str,
    person: PersonId,
    (wamid, now): (&str, DateTime<Utc>),
    (message, bubble, raw, reply_to): (&CustomerMessage, Bubble, Value, Option<&str>),
) {
    state.conversation(number_id, person).last_inbound = Some(now);
    match message {
        CustomerMessage::Reaction { message_id, emoji } => {
            if let Some(entry) = state.entry_mut(message_id) {
                entry.customer_reaction = emoji.clone().filter(|emoji| !emoji.is_empty());
            }
        }
        CustomerMessage::Edit { message_id, text } => {
            if let Some(entry) = state.entry_mut(message_id) {
                entry.bubble.text.clone_from(text);
                entry.edited = true;
            }
        }
        CustomerMessage::Revoke { message_id } => {
            if let Some(entry) = state.entry_mut(message_id) {
                entry.revoked = true;
            }
        }
        CustomerMessage::RequestWelcome => {}
        _ => state.conversation(number_id, person).entries.push(TranscriptEntry {
            wamid: wamid.to_owned(),
            at: now,
            from: Party::Customer,
            bubble,
            status: EmulatedStatus::Delivered,
            read_by_business: false,
            reply_to: reply_to.map(str::to_owned),
            business_reaction: None,
            customer_reaction: None,
            edited: false,
            revoked: false,
            opaque_id: None,
            raw,
        }),
    }
}

/// Keeps the choice and tells the business of it.
pub(super) fn chooses(
    shared: &Shared,
    number_id: &str,
    identity: &CustomerIdentity,
    choice: MarketingChoice,
) -> Result<(), EmulatorError> {
    let now = shared.now();
    let webhook = {
        let mut guard = shared.state();
        let state = &mut *guard;
        let Some(number) = state.numbers.get(number_id) else {
            return Err(EmulatorError::UnknownNumber(number_id.to_owned()));
        };
        let facts = number.facts.clone();
        let person = state.people.meet(identity).ok_or(EmulatorError::NoIdentity)?;
        state.conversation(number_id, person).stopped_marketing = choice == MarketingChoice::Stop;
        let (word, detail) = match choice {
            MarketingChoice::Stop => ("stop", "User requested to stop marketing messages"),
            MarketingChoice::Resume => ("resume", "User requested to resume marketing messages"),
        };
        let known = state.people.get(person);
        let mut preference = json!({
            "detail": detail, "category": "marketing_messages", "value": word, "timestamp": now.timestamp(),
        });
        if let Some(wa_id) = known.visible_wa_id() {
            preference["wa_id"] = json!(wa_id);
        }
        if state.behaviour.user_ids || known.hides_phone {
            preference["user_id"] = json!(known.user_id);
        }
        let mut value = message_value(&facts);
        value["contacts"] = json!([contact(known, state.behaviour.user_ids)]);
        value["user_preferences"] = json!([preference]);
        envelope(&facts, "user_preferences", &value)
    };
    shared.changed();
    shared.post(number_id, &webhook);
    Ok(())
}
