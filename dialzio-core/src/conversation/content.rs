//! What a message holds. Stored as versioned JSON beside a kind column and a text column.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::template::TemplateCategory;
use crate::id::MediaId;
use crate::masking::Identifiers;
use crate::name::string_enum;
use crate::text::MessageText;

string_enum! {
    /// What a file is.
    pub enum MediaKind {
        /// A picture, such as JPEG or PNG.
        Image = "image",
        /// A video with or without sound.
        Video = "video",
        /// A sound file.
        Audio = "audio",
        /// A voice note.
        Voice = "voice",
        /// Any other file.
        Document = "document",
        /// A sticker in WebP, still or animated.
        Sticker = "sticker",
    }
}

string_enum! {
    /// Which control the person used to choose.
    pub enum ChoiceKind {
        /// A reply button of an interactive message.
        Button = "button",
        /// A row of a list.
        ListRow = "list_row",
        /// A quick reply of a template.
        TemplateButton = "template_button",
    }
}

/// One product line of an order. What the provider left out, or wrote so that it cannot be read, is absent: a line
/// without a price is still a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderItem {
    /// The seller's product id.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub product: Option<String>,
    /// How many of the item, as the shop counts it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub quantity: Option<f64>,
    /// Price of one, in major units of `currency`, as the provider wrote it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub price: Option<f64>,
    /// The currency as an ISO 4217 code, such as `INR`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub currency: Option<String>,
}

/// A number or an address on a contact card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "StoredLine")]
pub struct CardLine {
    /// The number or address as written.
    pub value: String,
    /// What kind it is, in the sender's word: `CELL`, `WORK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The provider's id of the person at this number, where the provider knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
}

impl CardLine {
    /// A line with nothing but its value.
    #[must_use]
    pub fn plain(value: impl Into<String>) -> Self {
        Self { value: value.into(), label: None, provider_id: None }
    }
}

/// Cards were stored with bare values once; both forms are read.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredLine {
    Plain(String),
    Labelled {
        value: String,
        #[serde(default)]
        label: Option<String>,
        #[serde(default)]
        provider_id: Option<String>,
    },
}

impl From<StoredLine> for CardLine {
    fn from(stored: StoredLine) -> Self {
        match stored {
            StoredLine::Plain(value) => Self::plain(value),
            StoredLine::Labelled { value, label, provider_id } => Self { value, label, provider_id },
        }
    }
}

/// A contact card that a person shared.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactCard {
    /// The name on it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: Option<String>,
    /// Telephone numbers as they were typed, with labels.
    pub phones: Vec<CardLine>,
    /// E-mail addresses as they were typed, with labels.
    pub emails: Vec<CardLine>,
    /// Where the person works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// What they do there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Web addresses as they were typed, with labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<CardLine>,
    /// Postal addresses, each in one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<CardLine>,
    /// The birthday, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// The card shows the sender's own number, on request.
    pub own: bool,
}

impl ContactCard {
    /// What the card is called: its name, else the first number, else the first address on it.
    #[must_use]
    pub fn caption(&self) -> Option<&str> {
        let lines = self.phones.iter().chain(&self.emails).map(|line| line.value.as_str());
        self.name.as_deref().into_iter().chain(lines).find(|text| !text.is_empty())
    }
}

impl ContactCard {
    /// As a reader sees it, who may see numbers and addresses masked.
    #[must_use]
    pub fn seen_with(mut self, identifiers: Identifiers) -> Self {
        for line in self.phones.iter_mut().chain(&mut self.emails) {
            line.value = identifiers.written(&line.value).into_owned();
            if !identifiers.are_whole() {
                line.provider_id = None;
            }
        }
        self.name = self.name.map(|name| identifiers.name(&name).into_owned());
        self
    }
}

impl std::fmt::Debug for ContactCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContactCard(… {} phones)", self.phones.len())
    }
}

impl std::fmt::Debug for CardLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardLine(…)")
    }
}

/// What a message holds. The kind words are part of the API.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Text without any markup of ours; links stay text.
    Text {
        /// What it says.
        body: MessageText,
    },
    /// A picture, video, voice note, document or sticker.
    Media {
        /// What it is.
        what: MediaKind,
        /// The row of the file, which knows whether it was fetched.
        media: MediaId,
        /// Text under it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<MessageText>,
        /// Its name, as the sender called it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
        /// Where the provider says that it is, if it gave an address instead of an id. Never fetched by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// A place on the map, or the person's own position.
    Location {
        /// Degrees north, where they can be read.
        #[cfg_attr(feature = "openapi", schema(required))]
        latitude: Option<f64>,
        /// Degrees east, where they can be read.
        #[cfg_attr(feature = "openapi", schema(required))]
        longitude: Option<f64>,
        /// The name of the place, as the person chose it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The address of the place in one line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
        /// A page about it, as the sender's app gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// Contact cards (vCards) that the person shared.
    Contacts {
        /// The cards in the order they were shared; at least one.
        cards: Vec<ContactCard>,
    },
    /// A button or row that the person chose.
    Choice {
        /// The control that was used: a button, a list row or a template button.
        what: ChoiceKind,
        /// The id or payload behind it.
        id: String,
        /// What was written on it.
        title: MessageText,
        /// The line below it, which tells rows of one title apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<MessageText>,
    },
    /// A form that the person filled in.
    Form {
        /// Its name at the provider.
        name: String,
        /// The answers, as JSON text.
        response: String,
    },
    /// The answer to a request to be called.
    CallPermission {
        /// Whether the person agreed.
        accepted: bool,
        /// Until when, in Unix seconds; absent if the permission is permanent or refused.
        #[cfg_attr(feature = "openapi", schema(required))]
        expires_at: Option<i64>,
    },
    /// An order from a catalogue.
    Order {
        /// The catalogue, where the provider names it.
        #[cfg_attr(feature = "openapi", schema(required))]
        catalog: Option<String>,
        /// What the person wrote with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<MessageText>,
        /// What was ordered.
        items: Vec<OrderItem>,
    },
    /// A template as it was sent.
    Template {
        /// The name of the template at the provider.
        name: String,
        /// Its language, exactly as at the provider.
        language: String,
        /// Its category when it was sent.
        category: TemplateCategory,
        /// Header, body and footer with the parameters filled in.
        body: MessageText,
        /// The parameters, for the wire.
        parameters: super::template::TemplateSend,
    },
    /// A notice of the provider about the person.
    System {
        /// What happened, in the provider's words for it.
        what: String,
        /// The provider's sentence, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<MessageText>,
    },
    /// The person opened the chat for the first time.
    Welcome,
    /// Not understood; kept whole.
    Unsupported {
        /// The provider's word for it.
        what: String,
        /// The element as it arrived, as JSON text.
        raw: String,
    },
}

impl Content {
    /// Plain text.
    ///
    /// # Errors
    /// [`crate::TextError`] if empty, longer than [`MessageText::MAX`] or with control characters.
    pub fn text(body: &str) -> Result<Self, crate::TextError> {
        MessageText::parse(body).map(|body| Self::Text { body })
    }

    /// The stored and published word for the kind. A file's kind is its [`MediaKind`].
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media { what, .. } => what.as_str(),
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::Choice { .. } => "choice",
            Self::Form { .. } => "form",
            Self::CallPermission { .. } => "call_permission",
            Self::Order { .. } => "order",
            Self::Template { .. } => "template",
            Self::System { .. } => "system",
            Self::Welcome => "welcome",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// What a person would read: the text column, and what previews show.
    #[must_use]
    pub fn display_text(&self) -> Option<&str> {
        match self {
            Self::Text { body } | Self::Template { body, .. } => Some(body.reveal()),
            Self::Media { caption: text, .. }
            | Self::Order { text, .. }
            | Self::System { body: text, .. } => text.as_ref().map(MessageText::reveal),
            Self::Choice { title, .. } => Some(title.reveal()),
            Self::Location { name, address, .. } => name.as_deref().or(address.as_deref()),
            Self::Contacts { cards } => cards.first().and_then(ContactCard::caption),
            Self::Form { .. } | Self::CallPermission { .. } | Self::Welcome | Self::Unsupported { .. } => {
                None
            }
        }
    }

    /// As a reader sees it: the numbers and addresses on contact cards are masked if the reader sees those of people so. What
    /// people wrote stays as it is.
    #[must_use]
    pub fn seen_with(&self, identifiers: Identifiers) -> Cow<'_, Self> {
        if identifiers.are_whole() {
            return Cow::Borrowed(self);
        }
        match self {
            Self::Contacts { cards } => {
                let cards = cards.iter().map(|card| card.clone().seen_with(identifiers)).collect();
                Cow::Owned(Self::Contacts { cards })
            }
            Self::System { what, body: Some(body) } => {
                let body = MessageText::received(&identifiers.sentence(body.reveal()));
                Cow::Owned(Self::System { what: what.clone(), body })
            }
            // The raw form of what was not understood may hold anything.
            Self::Unsupported { what, .. } => {
                Cow::Owned(Self::Unsupported { what: what.clone(), raw: String::new() })
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// The file, if it is one.
    #[must_use]
    pub const fn media(&self) -> Option<MediaId> {
        match self {
            Self::Media { media, .. } => Some(*media),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({}, …)", self.kind())
    }
}
