//! One line for each element of a decoded webhook, to be compared with a table.

use dialzio_core::{
    conversation::Content,
    provider::{Inbound, InboundBody, InboundContent},
};

/// What an element is: its kind, and the words that tell it from its neighbours.
pub(crate) fn summary(inbound: &Inbound) -> String {
    match &inbound.body {
        InboundBody::Message(message) => {
            let group = if message.context.group.is_some() { " in a group" } else { "" };
            format!("message {}{group}", content(&message.content))
        }
        InboundBody::Reaction(update) => {
            format!("reaction {}", update.emoji.as_deref().unwrap_or("taken back"))
        }
        InboundBody::Edited { content: inner, .. } => format!("edited {}", content(inner)),
        InboundBody::Revoked { .. } => "revoked".to_owned(),
        InboundBody::Delivery(update) => match &update.failure {
            Some(failure) => format!("delivery {} {}", update.status, failure.code),
            None => format!("delivery {}", update.status),
        },
        InboundBody::Preference(update) => format!("preference {:?}", update.value),
        InboundBody::Identity(_) => "identity".to_owned(),
        InboundBody::Template(update) => format!("template {}", update.what),
        InboundBody::Account { what } => format!("account {what}"),
        InboundBody::Unknown { what } => format!("unknown {what}"),
        other => other.kind().to_owned(),
    }
}

fn content(content: &InboundContent) -> String {
    match content {
        InboundContent::Media(media) => media.what.to_string(),
        InboundContent::Ready(Content::Unsupported { what, .. }) => format!("unsupported {what}"),
        InboundContent::Ready(Content::Choice { what, .. }) => format!("choice {what}"),
        InboundContent::Ready(Content::System { what, .. }) => format!("system {what}"),
        InboundContent::Ready(other) => other.kind().to_owned(),
    }
}
