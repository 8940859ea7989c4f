//! Going to anything: people by name or number, pages and commands by their words.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::contact::ContactQuery;
use dialzio_core::page::PageRequest;
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::goto::entries;
use super::view::shell::{GotoPerson, GotoResults};
use super::view::{Avatar, Shown};
use super::{reveal, words};
use crate::problem::Problem;

/// What is typed.
#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    q: String,
}

/// `GET /web/goto`.
pub(crate) async fn read(ctx: PageContext, Query(typed): Query<Typed>) -> Result<Html<String>, Problem> {
    let typed = typed.q.trim();
    let mut people = Vec::new();
    if !typed.is_empty() {
        let query = ContactQuery::matching(typed);
        let found = ctx.crm().contacts().list(&ctx.actor, &query, PageRequest::first(10)).await?;
        for contact in found.items {
            let identities = ctx.crm().contacts().identities(&ctx.actor, contact.id).await?;
            let talks = ctx.crm().conversations().of_contact(&ctx.actor, contact.id).await?;
            let name = words::contact_name(&ctx, &contact, &identities);
            let address =
                reveal::addresses(&contact, &identities, None, ctx.identifiers()).into_iter().next();
            people.push(GotoPerson {
                href: talks
                    .first()
                    .map_or_else(|| format!("contacts/{}", contact.id), |talk| format!("inbox/{}", talk.id)),
                avatar: Avatar::of(&name),
                name: name.into(),
                detail: address.map_or_else(Shown::default, |fact| fact.value),
            });
        }
    }
    let entries = entries(typed, ctx.offered());
    show(&GotoResults { query: typed.to_owned(), people, entries })
}
