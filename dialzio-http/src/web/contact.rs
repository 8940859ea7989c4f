//! One contact as a page.

use axum::extract::Query;
use axum::response::{Html, Response};
use dialzio_core::{AccountId, ContactId, Permission};
use serde::Deserialize;

use super::entry::go_to;
use super::page_context::{PageContext, show};
use super::view::contact::{ContactPage, Ledger, Tab, Timeline};
use super::view::shell::Place;
use super::view::{Action, Avatar, Shown};
use super::{consent, person, timeline, words};
use crate::api::{Id, word};
use crate::form::Fields;
use crate::problem::Problem;

/// Which part is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    tab: Option<String>,
}

/// `GET /contacts/{contact}`.
pub(crate) async fn page(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    Query(part): Query<Part>,
) -> Result<Html<String>, Problem> {
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    let identities = ctx.crm().contacts().identities(&ctx.actor, id).await?;
    let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
    let talks = ctx.crm().conversations().of_contact(&ctx.actor, id).await?;
    let line = |account: AccountId| -> Shown {
        let name = accounts.iter().find(|known| known.id == account).map(|known| known.name.reveal());
        format!("WhatsApp · {}", name.unwrap_or("a number that is gone")).into()
    };
    let may_open = ctx.may(Permission::ConversationsWrite);
    let has_number =
        contact.details.iter().any(|detail| detail.value.kind() == "phone") || !identities.is_empty();
    let open = accounts
        .iter()
        .filter(|account| may_open && has_number && talks.iter().all(|talk| talk.account != account.id));
    let open = open.map(|account| {
        Action::new(
            format!("Message from {}", account.name.reveal()),
            format!("/web/contacts/{id}/conversation"),
        )
        .field("account", account.id.to_string())
    });
    let tab = if part.tab.as_deref() == Some("consent") { Tab::Consent } else { Tab::Timeline };
    let name = words::contact_name(&contact, &identities);
    let page = ContactPage {
        shell: ctx.shell(name.as_str(), Place::Contacts).await?,
        id: id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        chips: person::chips(&ctx, &contact, &identities),
        conversations: talks.iter().map(|talk| (format!("/inbox/{}", talk.id), line(talk.account))).collect(),
        open: open.collect(),
        timeline: if tab == Tab::Timeline {
            timeline::of(&ctx, id, None).await?
        } else {
            Timeline::default()
        },
        ledger: if tab == Tab::Consent { consent::ledger(&ctx, id).await? } else { Ledger::default() },
        tab,
        addresses: person::addresses(&contact, &identities),
        doubts: person::doubts(&ctx, id, &identities),
        status: person::status(&ctx, &contact),
        consent: person::consent_rows(&ctx, id).await?,
        tasks: person::tasks(&ctx, id, None).await?,
        notes: person::notes(&ctx, id, None).await?,
        kept: person::kept(&ctx).into(),
    };
    show(&page)
}

/// `POST /web/contacts/{contact}/conversation`: opens a conversation with somebody who has not written yet.
pub(crate) async fn open(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let account: AccountId = word("account", fields.get("account"))?;
    let conversation = ctx.crm().conversations().open(&ctx.actor, id, account).await?;
    Ok(go_to(&format!("/inbox/{}", conversation.id)))
}
