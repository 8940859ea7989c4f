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
        InboundBody::Reaction(news) => format!("reaction {}", news.emoji.as_deref().unwrap_or("taken back")),
        InboundBody::Edited { content: inner, .. } => format!("edited {}", content(inner)),
        InboundBody::Revoked { .. } => "revoked".to_owned(),
        InboundBody::Delivery(news) => match &news.failure {
            Some(failure) => format!("delivery {} {}", news.status, failure.code),
            None => format!("delivery {}", news.status),
        },
        InboundBody::Preference(news) => format!("preference {:?}", news.value),
        InboundBody::Identity(_) => "identity".to_owned(),
        InboundBody::Template(news) => format!("template {}", news.what),
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
