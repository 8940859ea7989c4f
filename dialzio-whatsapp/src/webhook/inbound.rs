//! A message as it arrives: its members, unread.

use serde_json::value::RawValue;

use crate::{object::object, scalar::Scalar};

object! {
    /// One message; what it holds stands under the name of its type.
    pub(super) struct MetaInbound<'a> {
        pub(super) id: Scalar<'a> = "id",
        pub(super) timestamp: Scalar<'a> = "timestamp",
        pub(super) kind: Scalar<'a> = "type",
        pub(super) from: Scalar<'a> = "from",
        pub(super) from_user_id: Scalar<'a> = "from_user_id",
        pub(super) from_parent_user_id: Scalar<'a> = "from_parent_user_id",
        pub(super) group_id: Scalar<'a> = "group_id",
        /// Where shared cards come from, in one revision of the payloads.
        pub(super) origin: Scalar<'a> = "origin",
        pub(super) context: Option<&'a RawValue> = "context",
        pub(super) referral: Option<&'a RawValue> = "referral",
        pub(super) text: Option<&'a RawValue> = "text",
        pub(super) image: Option<&'a RawValue> = "image",
        pub(super) video: Option<&'a RawValue> = "video",
        pub(super) audio: Option<&'a RawValue> = "audio",
        pub(super) document: Option<&'a RawValue> = "document",
        pub(super) sticker: Option<&'a RawValue> = "sticker",
        pub(super) location: Option<&'a RawValue> = "location",
        pub(super) contacts: Option<&'a RawValue> = "contacts",
        pub(super) interactive: Option<&'a RawValue> = "interactive",
        pub(super) button: Option<&'a RawValue> = "button",
        pub(super) order: Option<&'a RawValue> = "order",
        pub(super) unsupported: Option<&'a RawValue> = "unsupported",
        pub(super) reaction: Option<&'a RawValue> = "reaction",
        pub(super) system: Option<&'a RawValue> = "system",
        pub(super) edit: Option<&'a RawValue> = "edit",
        pub(super) revoke: Option<&'a RawValue> = "revoke",
    }
}

impl MetaInbound<'_> {
    /// What kind of message it is: as it says, or, if it does not say, by the part that is there.
    pub(super) fn what(&self) -> Option<&str> {
        self.kind.filled().or_else(|| {
            let parts = [
                ("text", self.text),
                ("image", self.image),
                ("video", self.video),
                ("audio", self.audio),
                ("document", self.document),
                ("sticker", self.sticker),
                ("location", self.location),
                ("contacts", self.contacts),
                ("interactive", self.interactive),
                ("button", self.button),
                ("order", self.order),
                ("reaction", self.reaction),
                ("system", self.system),
                ("edit", self.edit),
                ("revoke", self.revoke),
                ("unsupported", self.unsupported),
            ];
            parts.into_iter().find(|(_, part)| part.is_some()).map(|(kind, _)| kind)
        })
    }
}
