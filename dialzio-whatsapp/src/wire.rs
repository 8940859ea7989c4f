//! Request bodies and answers of Graph.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::scalar::Scalar;

/// The product every write names.
pub(crate) const PRODUCT: &str = "whatsapp";

/// `POST /{phone_number_id}/messages`.
#[derive(Debug, Serialize)]
pub(crate) struct MetaMessage<'a> {
    pub(crate) messaging_product: &'static str,
    pub(crate) recipient_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recipient: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<MetaContext<'a>>,
    pub(crate) biz_opaque_callback_data: String,
    #[serde(flatten)]
    pub(crate) content: MetaContent<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MetaContext<'a> {
    pub(crate) message_id: &'a str,
}

/// The type of a message and what stands under its name.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MetaContent<'a> {
    Text { text: MetaText<'a> },
    Image { image: MetaFile<'a> },
    Video { video: MetaFile<'a> },
    Audio { audio: MetaFile<'a> },
    Document { document: MetaFile<'a> },
    Sticker { sticker: MetaFile<'a> },
    Reaction { reaction: MetaReaction<'a> },
    Template { template: MetaTemplate<'a> },
}

#[derive(Debug, Serialize)]
pub(crate) struct MetaText<'a> {
    pub(crate) body: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) preview_url: bool,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct MetaFile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) filename: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) voice: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct MetaReaction<'a> {
    pub(crate) message_id: &'a str,
    /// Empty takes the reaction back.
    pub(crate) emoji: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct MetaTemplate<'a> {
    pub(crate) name: &'a str,
    pub(crate) language: MetaLanguage<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) components: Vec<MetaComponent<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MetaLanguage<'a> {
    pub(crate) code: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MetaComponent<'a> {
    Header {
        parameters: Vec<MetaParameter<'a>>,
    },
    Body {
        parameters: Vec<MetaParameter<'a>>,
    },
    Button {
        sub_type: &'static str,
        /// The documentation shows text and number; text is accepted everywhere.
        index: String,
        parameters: Vec<MetaParameter<'a>>,
    },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MetaParameter<'a> {
    Text {
        #[serde(skip_serializing_if = "Option::is_none")]
        parameter_name: Option<&'a str>,
        text: &'a str,
    },
    Payload {
        payload: &'a str,
    },
    CouponCode {
        coupon_code: &'a str,
    },
    Image {
        image: MetaFile<'a>,
    },
    Video {
        video: MetaFile<'a>,
    },
    Document {
        document: MetaFile<'a>,
    },
    Location {
        location: MetaPlace<'a>,
    },
}

#[derive(Debug, Serialize)]
pub(crate) struct MetaPlace<'a> {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) name: &'a str,
    pub(crate) address: &'a str,
}

/// A read receipt, with or without showing that a member is typing.
#[derive(Debug, Serialize)]
pub(crate) struct MetaRead<'a> {
    pub(crate) messaging_product: &'static str,
    pub(crate) status: &'static str,
    pub(crate) message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) typing_indicator: Option<MetaTyping>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MetaTyping {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// The answer to a send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaAccepted<'a> {
    #[serde(borrow)]
    pub(crate) contacts: Vec<MetaAcceptedContact<'a>>,
    #[serde(borrow)]
    pub(crate) messages: Vec<MetaAcceptedMessage<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaAcceptedContact<'a> {
    #[serde(borrow)]
    pub(crate) wa_id: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) user_id: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaAcceptedMessage<'a> {
    #[serde(borrow)]
    pub(crate) id: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) message_status: Scalar<'a>,
}

/// The answer to an upload, and to a media look-up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaMedia<'a> {
    #[serde(borrow)]
    pub(crate) id: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) url: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) mime_type: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) sha256: Scalar<'a>,
}

/// The facts of a number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaNumber<'a> {
    #[serde(borrow)]
    pub(crate) id: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) display_phone_number: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) verified_name: Scalar<'a>,
    #[serde(borrow)]
    pub(crate) quality_rating: Scalar<'a>,
}

/// One page of templates.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaTemplatePage<'a> {
    #[serde(borrow)]
    pub(crate) data: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) paging: Option<MetaPaging<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaPaging<'a> {
    #[serde(borrow)]
    pub(crate) cursors: MetaCursors<'a>,
    /// There is a next page. Its address holds the token, so only the cursor is used.
    #[serde(borrow)]
    pub(crate) next: Scalar<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MetaCursors<'a> {
    #[serde(borrow)]
    pub(crate) after: Scalar<'a>,
}
