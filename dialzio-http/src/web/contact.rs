//! One contact as a page.

use axum::extract::Query;
use axum::response::{Html, Response};
use dialzio_core::{AccountId, ContactId, Permission};
use serde::Deserialize;

use super::desk::{Desk, show};
use super::entry::go_to;
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
    desk: Desk,
    Id(id): Id<ContactId>,
    Query(part): Query<Part>,
) -> Result<Html<String>, Problem> {
    let contact = desk.crm().contacts().get(&desk.actor, id).await?;
    let identities = desk.crm().contacts().identities(&desk.actor, id).await?;
    let accounts = desk.crm().accounts().list(&desk.actor).await?;
    let talks = desk.crm().conversations().of_contact(&desk.actor, id).await?;
    let line = |account: AccountId| -> Shown {
        let name = accounts.iter().find(|known| known.id == account).map(|known| known.name.reveal());
        format!("WhatsApp · {}", name.unwrap_or("a number that is gone")).into()
    };
    let may_open = desk.may(Permission::ConversationsWrite);
    let has_number =
        contact.details.iter().any(|detail| detail.value.kind() == "phone") || !identities.is_empty();
    let open = accounts
        .iter()
        .filter(|account| may_open && has_number && talks.iter().all(|talk| talk.account != account.id));
    let open = open.map(|account| {
        Action::new(
            format!("Write from {}", account.name.reveal()),
            format!("/web/contacts/{id}/conversation"),
        )
        .field("account", account.id.to_string())
    });
    let tab = if part.tab.as_deref() == Some("consent") { Tab::Consent } else { Tab::Timeline };
    let name = words::contact_name(&contact, &identities);
    let page = ContactPage {
        shell: desk.shell(name.as_str(), Place::Contacts).await?,
        id: id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        chips: person::chips(&desk, &contact, &identities),
        conversations: talks.iter().map(|talk| (format!("/inbox/{}", talk.id), line(talk.account))).collect(),
        open: open.collect(),
        timeline: if tab == Tab::Timeline {
            timeline::of(&desk, id, None).await?
        } else {
            Timeline::default()
        },
        ledger: if tab == Tab::Consent { consent::ledger(&desk, id).await? } else { Ledger::default() },
        tab,
        reach: person::reach(&contact, &identities),
        doubts: person::doubts(&desk, id, &identities),
        standing: person::standing(&desk, &contact),
        consent: person::consent_rows(&desk, id).await?,
        tasks: person::tasks(&desk, id, None).await?,
        notes: person::notes(&desk, id, None).await?,
        kept: person::kept(&desk).into(),
    };
    show(&page)
}

/// `POST /web/contacts/{contact}/conversation`: opens a conversation with somebody who has not written yet.
pub(crate) async fn open(desk: Desk, Id(id): Id<ContactId>, fields: Fields) -> Result<Response, Problem> {
    let account: AccountId = word("account", fields.get("account"))?;
    let conversation = desk.crm().conversations().open(&desk.actor, id, account).await?;
    Ok(go_to(&format!("/inbox/{}", conversation.id)))
}
