//! One contact as a page.

use axum::extract::Query;
use axum::response::{Html, Response};
use dialzio_core::account::ProviderAccount;
use dialzio_core::consent::Channel;
use dialzio_core::contact::{ChannelIdentity, Contact};
use dialzio_core::{AccountId, ContactId, Permission};
use serde::Deserialize;

use super::entry::go_to;
use super::lines::Lines;
use super::page_context::{PageContext, show};
use super::view::contact::{ContactName, ContactOpen, ContactPage, Ledger, Tab};
use super::view::shell::Place;
use super::view::timeline::Timeline;
use super::view::{Action, Avatar, Chip, Shown, Tone};
use super::{consent, person, timeline, words};
use crate::api::{Id, word};
use crate::form::Fields;
use crate::problem::Problem;

/// Which part is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    tab: Option<String>,
    #[serde(default)]
    show: String,
}

/// `GET /contacts/{contact}`.
pub(crate) async fn page(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    Query(part): Query<Part>,
) -> Result<Html<String>, Problem> {
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    let identities = ctx.crm().contacts().identities(&ctx.actor, id).await?;
    let talks = ctx.crm().conversations().of_contact(&ctx.actor, id).await?;
    let lines = Lines::of(&ctx).await?;
    let line = |account: AccountId| -> Shown { lines.full_name(account).into() };
    let tab = if part.tab.as_deref() == Some("consent") { Tab::Consent } else { Tab::Timeline };
    let name = words::contact_name(&ctx, &contact, &identities);
    let page = ContactPage {
        shell: ctx.shell(name.as_str(), Place::Contacts).await?,
        id: id.to_string(),
        head: head(&ctx, &contact, &identities),
        chips: chips(&ctx, &contact, &identities),
        number: number(&ctx, &contact, &identities),
        can_call: ctx.can_call().await?,
        conversations: talks.iter().map(|talk| (format!("inbox/{}", talk.id), line(talk.account))).collect(),
        open: ways_to_open(&ctx, &contact, &identities).await?,
        timeline: if tab == Tab::Timeline {
            timeline::of(&ctx, id, &timeline::Asked::only(part.show)).await?
        } else {
            Timeline::default()
        },
        ledger: if tab == Tab::Consent { consent::ledger(&ctx, id).await? } else { Ledger::default() },
        tab,
        addresses: person::contact_addresses(&ctx, &contact, &identities, &lines),
        status: person::status(&ctx, &contact),
        consent: person::consent_rows(&ctx, id).await?,
        tasks: person::tasks(&ctx, id, None).await?,
        notes: person::notes(&ctx, id, None).await?,
        kept: person::kept(&ctx).into(),
        is_masked: !ctx.identifiers().are_whole(),
        can_delete_recordings: ctx.may(Permission::MediaDelete),
    };
    show(&page)
}

/// Stage, owner and remarks.
fn chips(ctx: &PageContext, contact: &Contact, identities: &[ChannelIdentity]) -> Vec<Chip> {
    let mut chips = vec![Chip::new(Tone::Neutral, words::stage(contact.stage))];
    if let Some(owner) = contact.owner.and_then(|owner| ctx.member(owner)) {
        chips.push(Chip::new(Tone::Neutral, format!("Owner: {owner}")));
    }
    chips.extend(person::chips(ctx, contact, identities));
    chips
}

/// The number to call or to copy: the one that was typed first, else the one that the person writes from.
fn number(ctx: &PageContext, contact: &Contact, identities: &[ChannelIdentity]) -> Option<String> {
    let number = contact.number(identities);
    number.map(|number| ctx.identifiers().international(number))
}

/// Mark and name.
pub(crate) fn head(ctx: &PageContext, contact: &Contact, identities: &[ChannelIdentity]) -> ContactName {
    let name = words::contact_name(ctx, contact, identities);
    ContactName { avatar: Avatar::of(&name), name: name.into() }
}

/// The accounts from which a conversation can be opened.
pub(crate) async fn ways_to_open(
    ctx: &PageContext,
    contact: &Contact,
    identities: &[ChannelIdentity],
) -> Result<ContactOpen, Problem> {
    let has_number =
        contact.details.iter().any(|detail| detail.value.kind() == "phone") || !identities.is_empty();
    if !has_number || !ctx.may(Permission::ConversationsWrite) {
        return Ok(ContactOpen { open: Vec::new() });
    }
    let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
    let talks = ctx.crm().conversations().of_contact(&ctx.actor, contact.id).await?;
    let service = ctx.crm().accounts();
    let sends = |account: &&ProviderAccount| service.messaging(account).is_ok();
    let free =
        accounts.iter().filter(sends).filter(|account| talks.iter().all(|talk| talk.account != account.id));
    let open = free.map(|account| {
        let path = format!("web/contacts/{}/conversation", contact.id);
        let by_sms = service
            .messaging(account)
            .is_ok_and(|messaging| messaging.capabilities().channel == Channel::Sms);
        let what = if by_sms { "SMS from" } else { "Message from" };
        Action::new(format!("{what} {}", account.name.reveal()), path)
            .field("account", account.id.to_string())
    });
    Ok(ContactOpen { open: open.collect() })
}

/// `POST /web/contacts/{contact}/conversation`: opens a conversation with a person who has not written yet.
pub(crate) async fn open(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let account: AccountId = word("account", fields.get("account"))?;
    let conversation = ctx.crm().conversations().open(&ctx.actor, id, account).await?;
    Ok(go_to(&ctx.state, &format!("inbox/{}", conversation.id)))
}
