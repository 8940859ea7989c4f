//! One line for each element of a decoded webhook, to be compared with a table.

use dialzio_core::{
    call::LegResult,
    conversation::{Content, Direction},
    provider::{CallReport, Inbound, InboundBody, InboundContent},
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
        InboundBody::Call(report) => call(report),
        InboundBody::Account { what } => format!("account {what}"),
        InboundBody::Unknown { what } => format!("unknown {what}"),
        other => other.kind().to_owned(),
    }
}

/// Which way it goes, what is told of it, and why it failed.
fn call(report: &CallReport) -> String {
    let leg = &report.leg;
    let way = report.direction.map_or("either way", |direction| match direction {
        Direction::Inbound => "in",
        Direction::Outbound => "out",
    });
    let told = match (&leg.result, leg.answered, leg.ended) {
        (Some(LegResult::Other(word)), _, _) => word.as_str(),
        (Some(LegResult::Answered), _, _) => "answered",
        (Some(LegResult::Missed), _, _) => "missed",
        (Some(LegResult::Busy), _, _) => "busy",
        (Some(LegResult::Failed), _, _) => "failed",
        (None, Some(_), _) => "picked up",
        (None, None, Some(_)) => "over",
        (None, None, None) => "rings",
    };
    let talk = leg.talk_seconds.map(|seconds| format!(" {seconds} s")).unwrap_or_default();
    let why = report.failure.as_ref().map(|why| format!(" {}", why.code)).unwrap_or_default();
    format!("call {way} {told}{talk}{why}")
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
