//! The list of contacts: read leniently from its address, since anything may be typed into one.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::Permission;
use dialzio_core::contact::{ContactEntry, ContactOrder, ContactQuery, Stage};
use dialzio_core::page::PageRequest;
use dialzio_core::saved_view::{SavedQuery, Whose};

use super::contact_query::Listed;
use super::page_context::{PageContext, show};
use super::view::contact::NewContactForm;
use super::view::contact_list::{ContactFilter, ContactRow, ContactRows, ContactsPage, list_query};
use super::view::filter::FilterChip;
use super::view::shell::Place;
use super::view::{Avatar, Choice, Shown};
use super::{contact_bulk, person, reveal, saved_views, words};
use crate::api::contact_export::ContactsExport;
use crate::api::csv_file::CsvFile;
use crate::api::{decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 50;

/// `GET /contacts`.
pub(crate) async fn page(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    let page = ContactsPage {
        shell: ctx.shell("Contacts", Place::Contacts).await?,
        filter: filter(&ctx, &listed),
        views: saved_views::menu(&ctx, list_query("", &listed.pairs()), SavedQuery::Contacts(listed.saved()))
            .await?,
        list: rows(&ctx, &listed).await?,
        bulk: contact_bulk::bar(&ctx),
        new: NewContactForm::default(),
    };
    show(&page)
}

/// `GET /web/contacts`.
pub(crate) async fn read(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    show(&rows(&ctx, &listed).await?)
}

/// `GET /contacts.csv`: the same rows as a file.
pub(crate) async fn csv(ctx: PageContext, Query(listed): Query<Listed>) -> Result<CsvFile, Problem> {
    let query = listed.query(ctx.actor.member());
    CsvFile::of(ContactsExport { state: ctx.state, by: ctx.actor, query }).await
}

async fn rows(ctx: &PageContext, listed: &Listed) -> Result<ContactRows, Problem> {
    let after = listed.after.as_deref().map(decode_cursor).transpose()?;
    let is_continuation = after.is_some();
    let query = listed.query(ctx.actor.member());
    let request = PageRequest { after, ..PageRequest::first(listed.rows.unwrap_or(ROWS)) };
    let page = ctx.crm().contacts().entries(&ctx.actor, &query, request).await?;
    let count = if is_continuation {
        String::new()
    } else {
        counted(ctx.crm().contacts().count(&ctx.actor, &query).await?, &query)
    };
    Ok(ContactRows {
        search: listed.search().to_owned(),
        narrowed: listed.pairs(),
        chips: chips(ctx, listed, &query),
        count,
        is_newest_first: query.order == ContactOrder::Newest,
        rows: page.items.iter().map(|entry| row(ctx, entry)).collect(),
        next: page.next.as_ref().map(encode_cursor),
        is_continuation,
        can_write: ctx.may(Permission::ContactsWrite),
    })
}

fn counted(total: Option<u32>, query: &ContactQuery) -> String {
    let is_plain = query.tokens.is_empty() && query.tag.is_none();
    let most = if is_plain { ContactQuery::COUNTED } else { ContactQuery::MANY - 1 };
    match total {
        Some(1) => "1 contact".to_owned(),
        Some(many) => format!("{} contacts", grouped(many)),
        None => format!("More than {} contacts", grouped(most)),
    }
}

/// Thousands are set apart: "10,000".
fn grouped(number: u32) -> String {
    match (number / 1_000, number % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

fn row(ctx: &PageContext, entry: &ContactEntry) -> ContactRow {
    let (contact, identities) = (&entry.contact, &entry.identities);
    let name = words::contact_name(ctx, contact, identities);
    let address = reveal::addresses(contact, identities, None, ctx.identifiers()).into_iter().next();
    ContactRow {
        id: contact.id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        address: address.map_or_else(Shown::default, |fact| fact.value),
        stage: words::stage(contact.stage).into(),
        owner: contact.owner.and_then(|owner| ctx.member(owner)).unwrap_or_default().into(),
        tags: contact.tags.iter().map(|tag| tag.reveal().into()).collect(),
        chips: person::chips(ctx, contact, identities),
        last: entry.last_contact_at.map(|at| ctx.moment(at)),
        added: ctx.moment(contact.created_at),
    }
}

/// A chip for each choice, with the address of the list without it.
fn chips(ctx: &PageContext, listed: &Listed, query: &ContactQuery) -> Vec<FilterChip> {
    let chip = |name: &str, label: String| {
        let mut without = listed.pairs();
        without.retain(|(kept, _)| *kept != name);
        let href = format!("contacts?{}", list_query(listed.search(), &without));
        FilterChip { label: label.into(), href }
    };
    let mut chips = Vec::new();
    if let Some(stage) = query.stage {
        chips.push(chip("stage", words::stage(stage).to_owned()));
    }
    match listed.owner() {
        None => {}
        Some(Whose::Me) => chips.push(chip("owner", "Mine".to_owned())),
        Some(Whose::Nobody) => chips.push(chip("owner", "Without an owner".to_owned())),
        Some(Whose::Member(member)) => {
            let name = ctx.member(member).unwrap_or_else(|| "a former member".to_owned());
            chips.push(chip("owner", format!("Owner: {name}")));
        }
    }
    if let Some(tag) = &query.tag {
        chips.push(chip("tag", format!("Tag: {}", tag.reveal())));
    }
    chips
}

/// The choices, with those that are made.
fn filter(ctx: &PageContext, listed: &Listed) -> ContactFilter {
    let query = listed.query(ctx.actor.member());
    let option = |value: &str, label: &str, selected: bool| Choice {
        selected,
        ..Choice::new(value, Shown::from(label))
    };
    let owner = listed.owner();
    let mut owners = vec![option("", "Anyone", owner.is_none())];
    if ctx.actor.member().is_some() {
        owners.push(option("me", "Me", owner == Some(Whose::Me)));
    }
    owners.push(option("none", "Nobody", owner == Some(Whose::Nobody)));
    owners.extend(ctx.members.iter().map(|member| {
        option(&member.id.to_string(), member.name.reveal(), owner == Some(Whose::Member(member.id)))
    }));
    let mut stages = vec![option("", "Any stage", query.stage.is_none())];
    let each = |stage: &Stage| option(stage.as_str(), words::stage(*stage), query.stage == Some(*stage));
    stages.extend(Stage::ALL.iter().map(each));
    let is_newest_first = query.order == ContactOrder::Newest;
    let active = listed.pairs().iter().filter(|(name, _)| !matches!(*name, "order" | "columns")).count();
    ContactFilter {
        orders: vec![
            option("", "Name, A to Z", !is_newest_first),
            option("newest", "Newest first", is_newest_first),
        ],
        stages,
        owners,
        tag: query.tag.as_ref().map(|tag| tag.reveal().into()),
        active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_said_in_words() {
        let all = ContactQuery::default();
        for (total, said) in [
            (Some(0), "0 contacts"),
            (Some(1), "1 contact"),
            (Some(9_042), "9,042 contacts"),
            (None, "More than 10,000 contacts"),
        ] {
            assert_eq!(counted(total, &all), said);
        }
        assert_eq!(counted(None, &ContactQuery::matching("asha")), "More than 3,999 contacts");
    }
}
