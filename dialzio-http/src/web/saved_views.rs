//! The menu of saved views beside a list: opening, saving, changing and deleting them.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::saved_view::{
    NewSavedView, SavedContacts, SavedList, SavedQuery, SavedView, SavedViewPatch,
};
use dialzio_core::text::Title;
use dialzio_core::{Error, Permission, Revision, SavedViewId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::page_context::{PageContext, beside, show};
use super::view::Action;
use super::view::saved_views::{ViewForm, ViewMenu, ViewRow};
use super::view::shell::Undo;
use super::{call_query, contact_query, listed};
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;

/// How long an undo is offered, in seconds.
const OFFERED: u32 = 10;

/// Which menu is read, and the view whose form is open.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    list: String,
    #[serde(default)]
    here: String,
    edit: Option<String>,
}

/// A list with what it shows, as its address says it.
struct Place {
    here: String,
    shown: SavedQuery,
}

/// The query of an address, read as its page reads it.
fn read<T: DeserializeOwned>(here: &str) -> Result<T, Problem> {
    let unreadable = || Problem::invalid("here", "is not the query of a list");
    let uri: axum::http::Uri = format!("/?{here}").parse().map_err(|_| unreadable())?;
    Ok(Query::<T>::try_from_uri(&uri).map_err(|_| unreadable())?.0)
}

impl Place {
    fn read(list: &str, here: &str) -> Result<Self, Problem> {
        let list = list.parse().map_err(|_| Problem::invalid("list", "is contacts, inbox or calls"))?;
        let shown = match list {
            SavedList::Contacts => SavedQuery::Contacts(read::<contact_query::Listed>(here)?.saved()),
            SavedList::Inbox => SavedQuery::Inbox(read::<listed::Listed>(here)?.saved()),
            SavedList::Calls => SavedQuery::Calls(read::<call_query::Asked>(here)?.saved()),
        };
        Ok(Self { here: here.to_owned(), shown })
    }

    fn of(fields: &Fields) -> Result<Self, Problem> {
        let mut place = Self::read(fields.get("list"), fields.get("here"))?;
        if let (SavedQuery::Contacts(saved), Some(columns)) = (&mut place.shown, fields.given("columns")) {
            saved.columns = Some(contact_query::read_columns(columns));
        }
        Ok(place)
    }
}

/// The address of the list that shows a view.
fn address(query: &SavedQuery) -> String {
    match query {
        SavedQuery::Contacts(saved) => contact_query::address(saved),
        SavedQuery::Inbox(saved) => listed::address(saved),
        SavedQuery::Calls(saved) => call_query::address(saved),
    }
}

/// Whether a list shows a view. Which columns a reader has left out makes no difference.
fn is_shown(view: &SavedQuery, shown: &SavedQuery) -> bool {
    match (view, shown) {
        (SavedQuery::Contacts(view), SavedQuery::Contacts(shown)) => {
            SavedContacts { columns: None, ..view.clone() }
                == SavedContacts { columns: None, ..shown.clone() }
        }
        (view, shown) => view == shown,
    }
}

/// The menu beside a list that shows `shown`.
pub(crate) async fn menu(ctx: &PageContext, here: String, shown: SavedQuery) -> Result<ViewMenu, Problem> {
    listing(ctx, &Place { here, shown }, ViewForm::default(), None).await
}

async fn listing(
    ctx: &PageContext,
    place: &Place,
    form: ViewForm,
    said: Option<String>,
) -> Result<ViewMenu, Problem> {
    let can_share = ctx.may(Permission::ViewsShare);
    let list = place.shown.list();
    let row = |view: &SavedView| ViewRow {
        id: view.id.to_string(),
        revision: view.revision.0.to_string(),
        name: view.name.reveal().into(),
        href: address(&view.query),
        is_active: is_shown(&view.query, &place.shown),
        is_shared: view.shared,
        can_change: can_share || !view.shared,
    };
    let (mut own, mut shared) = (Vec::new(), Vec::new());
    for view in ctx.crm().saved_views().all(&ctx.actor).await?.iter().filter(|view| view.query.list() == list)
    {
        let group = if Some(view.member) == ctx.actor.member() { &mut own } else { &mut shared };
        group.push(row(view));
    }
    let can_save = ctx.actor.member().is_some();
    let here = place.here.clone();
    Ok(ViewMenu { list: list.as_str(), here, own, shared, can_save, can_share, form, said })
}

/// `GET /web/views`: the menu of a list, with the form of the view that is asked for.
pub(crate) async fn open(ctx: PageContext, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    let place = Place::read(&asked.list, &asked.here)?;
    let form = match asked.edit.as_deref() {
        None | Some("") => ViewForm::default(),
        Some(id) => {
            let id = id.parse().map_err(|_| Problem::not_found())?;
            form_of(&ctx.crm().saved_views().get(&ctx.actor, id).await?)
        }
    };
    show(&listing(&ctx, &place, form, None).await?)
}

fn form_of(kept: &SavedView) -> ViewForm {
    ViewForm {
        id: Some(kept.id.to_string()),
        revision: kept.revision.0.to_string(),
        name: kept.name.reveal().to_owned(),
        is_shared: kept.shared,
        error: None,
    }
}

fn typed(id: Option<SavedViewId>, fields: &Fields) -> ViewForm {
    ViewForm {
        id: id.map(|id| id.to_string()),
        revision: fields.get("revision").to_owned(),
        name: fields.get("name").to_owned(),
        is_shared: fields.get("shared") == "true",
        error: None,
    }
}

/// The form again with what was refused in words, at its field.
async fn again(
    ctx: &PageContext,
    place: &Place,
    mut form: ViewForm,
    error: Error,
) -> Result<Response, Problem> {
    form.error = Some(match error {
        Error::Invalid { problem, .. } => format!("This view {problem}."),
        Error::Stale { .. } | Error::Conflict { .. } => {
            let id = form.id.as_deref().and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)?;
            let now = ctx.crm().saved_views().get(&ctx.actor, id).await?;
            form.revision = now.revision.0.to_string();
            format!(
                "A colleague changed this view meanwhile. It is now called {}. Save again to change it nevertheless.",
                now.name.reveal()
            )
        }
        other => return Err(other.into()),
    });
    refused(ctx, place, form).await
}

async fn refused(ctx: &PageContext, place: &Place, form: ViewForm) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&listing(ctx, place, form, None).await?)?).into_response())
}

async fn done(ctx: &PageContext, place: &Place, said: String) -> Result<Html<String>, Problem> {
    show(&listing(ctx, place, ViewForm::default(), Some(said)).await?)
}

fn named(form: &mut ViewForm) -> Option<Title> {
    let name = Title::parse(form.name.trim());
    form.error = name.as_ref().err().map(|error| format!("The name {error}."));
    name.ok()
}

/// `POST /web/views`: what a list shows becomes a view, or one whose deletion is taken back is there again.
pub(crate) async fn add(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let place = Place::of(&fields)?;
    let mut form = typed(None, &fields);
    let Some(name) = named(&mut form) else { return refused(&ctx, &place, form).await };
    let query = match fields.given("query") {
        Some(kept) => SavedQuery::from_json(kept).map_err(|error| Problem::invalid("query", error))?,
        None => place.shown.clone(),
    };
    let new = NewSavedView { name, shared: form.is_shared, query };
    match ctx.crm().saved_views().add(&ctx.actor, new).await {
        Ok(saved) => Ok(done(&ctx, &place, format!("Saved: {}", saved.name.reveal())).await?.into_response()),
        Err(error) => again(&ctx, &place, form, error).await,
    }
}

/// `POST /web/views/{saved_view}`.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<SavedViewId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let place = Place::of(&fields)?;
    let mut form = typed(Some(id), &fields);
    let Some(name) = named(&mut form) else { return refused(&ctx, &place, form).await };
    // Those who may not share are not asked about it.
    let shared = ctx.may(Permission::ViewsShare).then_some(form.is_shared);
    let query = (fields.get("replace") == "true").then(|| place.shown.clone());
    let patch = SavedViewPatch { name: Some(name), shared, query };
    match ctx.crm().saved_views().change(&ctx.actor, id, Some(revision(&fields)?), patch).await {
        Ok(kept) => Ok(done(&ctx, &place, format!("Saved: {}", kept.name.reveal())).await?.into_response()),
        Err(error) => again(&ctx, &place, form, error).await,
    }
}

fn revision(fields: &Fields) -> Result<Revision, Problem> {
    let revision = fields.get("revision").parse().map(Revision);
    revision.map_err(|_| Problem::invalid("revision", "is not a revision"))
}

/// `POST /web/views/{saved_view}/delete`: gone, with an Undo that saves it again.
pub(crate) async fn delete(
    ctx: PageContext,
    Id(id): Id<SavedViewId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let place = Place::of(&fields)?;
    let gone = ctx.crm().saved_views().delete(&ctx.actor, id, Some(revision(&fields)?)).await?;
    let said = format!("Deleted: {}", gone.name.reveal());
    let Html(mut html) = done(&ctx, &place, said.clone()).await?;
    let query = serde_json::to_string(&gone.query).map_err(|_| Problem::new("server.failed"))?;
    // Whose view it was is not brought back: whoever takes the deletion back has it.
    let action = Action::new("Undo", "web/views")
        .field("list", place.shown.list().as_str())
        .field("here", &place.here)
        .field("name", gone.name.reveal())
        .field("shared", if gone.shared { "true" } else { "" })
        .field("query", &query);
    let undo = Undo { text: said.into(), action, seconds: OFFERED, target: "views-menu" };
    html.push_str(&beside("undo", "beforeend", &undo)?);
    Ok(Html(html))
}
