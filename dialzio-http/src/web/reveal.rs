//! How a person is reached, as the reader sees it, and revealing it to who sees it masked.

use axum::response::Html;
use dialzio_core::consent::Channel;
use dialzio_core::contact::{ChannelIdentity, Contact};
use dialzio_core::{ContactId, Identifiers};

use super::lines::Lines;
use super::page_context::{PageContext, show};
use super::view::Fact;
use super::view::addresses::Addresses;
use super::words;
use crate::api::Id;
use crate::problem::Problem;

/// Every way to reach a person, typed or seen.
pub(crate) fn addresses(
    contact: &Contact,
    identities: &[ChannelIdentity],
    lines: Option<&Lines>,
    seen: Identifiers,
) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for detail in &contact.details {
        let label = detail.label.as_ref().map_or_else(
            || if detail.value.kind() == "phone" { "Number".to_owned() } else { "Email".to_owned() },
            |label| label.reveal().to_owned(),
        );
        facts.push(Fact::new(label, words::detail(detail, seen)));
    }
    for identity in identities {
        if let Some(number) = identity.phone().map(|number| seen.international(number)) {
            let channel = lines.and_then(|lines| lines.channel_of(&identity.portfolio));
            let channel = words::channel(channel.unwrap_or(Channel::WhatsApp));
            let former = if identity.answers_to_a_former_number() { ", former number" } else { "" };
            let label = format!("{channel}{former}");
            facts.push(Fact::new(label, number));
        }
        if let Some(name) = &identity.username {
            facts.push(Fact::new("Username", format!("@{}", name.reveal().trim_start_matches('@'))));
        }
        if let Some(name) = identity.profile_name.as_ref().filter(|name| Some(*name) != contact.name.as_ref())
        {
            facts.push(Fact::new("Profile name", &*seen.name(name.reveal())));
        }
    }
    facts
}

/// The same with what the reader may do about it.
pub(super) fn shown(
    ctx: &PageContext,
    contact: &Contact,
    identities: &[ChannelIdentity],
    lines: &Lines,
) -> Addresses {
    let seen = ctx.identifiers();
    let facts = addresses(contact, identities, Some(lines), seen);
    let is_masked = !seen.are_whole() && !facts.is_empty();
    let may = seen == Identifiers::OnRequest;
    let reveal = may.then(|| format!("web/contacts/{}/reveal", contact.id));
    Addresses { facts, is_masked, reveal, is_revealed: false }
}

/// `POST /web/contacts/{contact}/reveal`.
pub(crate) async fn reveal(ctx: PageContext, Id(id): Id<ContactId>) -> Result<Html<String>, Problem> {
    let revealed = ctx.crm().contacts().reveal(&ctx.actor, id).await?;
    let lines = Lines::of(&ctx).await?;
    let facts = addresses(&revealed.contact, &revealed.identities, Some(&lines), Identifiers::Whole);
    show(&Addresses { facts, is_masked: false, reveal: None, is_revealed: true })
}
