//! Settings: call flows. The list with its form, and what a flow does at a time.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::account::ProviderAccount;
use dialzio_core::call_flow::{AnsweredNumber, CallFlow, CallFlowPatch, NewCallFlow};
use dialzio_core::text::Title;
use dialzio_core::{AccountId, CallFlowId, Error, Permission, Revision};
use serde::Deserialize;

use super::call_flow_form::{self, Typed};
use super::call_flow_words as words;
use super::page_context::{PageContext, show};
use super::view::call_flows::{FlowForm, FlowList, FlowPage, FlowPreview, FlowRow};
use super::view::shell::Place;
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;

/// Another flow answers for the same number.
const TAKEN: &str = "Another call flow of this channel answers calls to this number: switch it off first.";

/// Which form is open: `new`, or the id of the one that is edited.
#[derive(Debug, Deserialize)]
pub(crate) struct Open {
    edit: Option<String>,
}

/// For which time a preview is.
#[derive(Debug, Deserialize)]
pub(crate) struct At {
    at: Option<String>,
}

/// `GET /settings/call-flows`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let list = list(&ctx, None).await?;
    show(&FlowPage { shell: ctx.shell("Call flows", Place::CallFlows).await?, list })
}

/// `GET /web/call-flows`: the list, with the form that is asked for.
pub(crate) async fn read(ctx: PageContext, Query(open): Query<Open>) -> Result<Html<String>, Problem> {
    let form = match open.edit.as_deref() {
        None | Some("") => None,
        Some("new") => {
            let accounts = ctx.crm().call_flows().accounts(&ctx.actor).await?;
            Some(call_flow_form::shown(&ctx, Typed::new(&ctx, accounts.first()), &accounts).await?)
        }
        Some(id) => {
            let id = id.parse().map_err(|_| Problem::not_found())?;
            let flow = ctx.crm().call_flows().get(&ctx.actor, id).await?;
            let account = ctx.crm().accounts().get(&ctx.actor, flow.account).await?;
            Some(call_flow_form::shown(&ctx, Typed::of(&ctx, &flow), &[account]).await?)
        }
    };
    show(&list(&ctx, form).await?)
}

async fn list(ctx: &PageContext, form: Option<FlowForm>) -> Result<FlowList, Problem> {
    let can_manage = ctx.may(Permission::SettingsManage);
    let is_possible = !ctx.crm().call_flows().accounts(&ctx.actor).await?.is_empty();
    let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
    let mut rows = Vec::new();
    for flow in ctx.crm().call_flows().all(&ctx.actor).await? {
        rows.push(row(ctx, &flow, &accounts).await?);
    }
    Ok(FlowList { can_manage, is_possible, rows, form: form.filter(|_| can_manage) })
}

async fn row(ctx: &PageContext, flow: &CallFlow, accounts: &[ProviderAccount]) -> Result<FlowRow, Problem> {
    let account = accounts.iter().find(|account| account.id == flow.account);
    let account = account.map_or("", |account| account.name.reveal());
    let number = match &flow.number {
        AnsweredNumber::All => "all numbers".to_owned(),
        AnsweredNumber::One(number) => number.international(),
    };
    Ok(FlowRow {
        id: flow.id.to_string(),
        revision: flow.revision.0.to_string(),
        name: flow.name.reveal().into(),
        is_on: flow.enabled,
        line: format!("{account} · {number}").into(),
        preview: previewed(ctx, flow, None).await?,
    })
}

/// The zone in which a flow is read: that of its hours, or the organisation's.
fn zone(ctx: &PageContext, flow: &CallFlow) -> ZoneName {
    flow.definition.hours.as_ref().map_or(ctx.org.zone, |hours| hours.zone)
}

async fn previewed(
    ctx: &PageContext,
    flow: &CallFlow,
    at: Option<DateTime<Utc>>,
) -> Result<FlowPreview, Problem> {
    let flows = ctx.crm().call_flows();
    let preview = flows.preview(&ctx.actor, flow.id, at, None).await?;
    let members = flows.member_telephones(&ctx.actor, flow.account).await?;
    let zone = zone(ctx, flow);
    Ok(FlowPreview {
        id: flow.id.to_string(),
        words: words::sentence(flow, &preview, zone, &members).into(),
        at: zone.local(preview.at).format("%Y-%m-%dT%H:%M").to_string(),
        zone: zone.as_str().replace('_', " "),
        is_unread: false,
    })
}

/// A time of a form, in a zone. One that the clocks skip or show twice is the earlier of what it may mean.
fn instant(text: &str, zone: ZoneName) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok()?;
    let zone: chrono_tz::Tz = zone.as_str().parse().ok()?;
    let found = local.and_local_timezone(zone).earliest();
    Some(found.map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc)))
}

/// `GET /web/call-flows/{call_flow}/preview`.
pub(crate) async fn preview(
    ctx: PageContext,
    Id(id): Id<CallFlowId>,
    Query(asked): Query<At>,
) -> Result<Response, Problem> {
    let flow = ctx.crm().call_flows().get(&ctx.actor, id).await?;
    let at = asked.at.as_deref().unwrap_or_default();
    match instant(at, zone(&ctx, &flow)) {
        Some(at) => Ok(show(&previewed(&ctx, &flow, Some(at)).await?)?.into_response()),
        None => {
            let now = previewed(&ctx, &flow, None).await?;
            let again = FlowPreview { at: at.to_owned(), is_unread: true, ..now };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
        }
    }
}

/// The form again, as it was typed.
async fn again(ctx: &PageContext, typed: Typed, status: StatusCode) -> Result<Response, Problem> {
    let accounts = match &typed.id {
        Some(id) => vec![
            ctx.crm()
                .accounts()
                .get(&ctx.actor, ctx.crm().call_flows().get(&ctx.actor, *id).await?.account)
                .await?,
        ],
        None => ctx.crm().call_flows().accounts(&ctx.actor).await?,
    };
    let form = call_flow_form::shown(ctx, typed, &accounts).await?;
    Ok((status, show(&list(ctx, Some(form)).await?)?).into_response())
}

/// What was typed, as a flow to be saved; mistakes are marked in it.
async fn checked(
    ctx: &PageContext,
    typed: &mut Typed,
    account: Option<AccountId>,
) -> Result<Option<NewCallFlow>, Problem> {
    let name = typed.read("name", Title::parse(typed.name.trim()));
    let number = match typed.number.trim() {
        "" => Some(AnsweredNumber::All),
        number => {
            let read = super::call_query::read_number(ctx, number);
            typed
                .read("number", read.map_err(|error| format!("cannot be used: {error}")))
                .map(AnsweredNumber::One)
        }
    };
    let account = account.or_else(|| typed.account.parse().ok());
    if account.is_none() {
        typed.wrong("account", "must be one of the list");
    }
    let definition = typed.definition(ctx);
    let (Some(number), Some(account), Some(definition)) = (number, account, definition) else {
        return Ok(None);
    };
    for problem in ctx.crm().call_flows().check(&ctx.actor, account, &number, &definition).await? {
        typed.wrong(problem.field(), problem);
    }
    let Some(name) = name.filter(|_| typed.errors.is_empty()) else { return Ok(None) };
    Ok(Some(NewCallFlow { account, name, number, enabled: typed.enabled, definition }))
}

/// The form with what the service refused.
async fn refused(ctx: &PageContext, mut typed: Typed, error: Error) -> Result<Response, Problem> {
    match error {
        Error::Duplicate { .. } => typed.errors.push(("number", TAKEN.to_owned())),
        Error::Invalid { field, problem } => typed.wrong(field, problem),
        Error::Stale { .. } | Error::Conflict { .. } => {
            let id = typed.id.ok_or_else(Problem::not_found)?;
            typed.revision = ctx.crm().call_flows().get(&ctx.actor, id).await?.revision.0.to_string();
            typed.problem = Some(
                "A colleague changed this call flow while you were editing. Save again to replace that with your version."
                    .to_owned(),
            );
        }
        other => return Err(other.into()),
    }
    again(ctx, typed, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// `POST /web/call-flows`: a new one, or a step in its form.
pub(crate) async fn add(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let mut typed = Typed::sent(None, &fields);
    if typed.step(&ctx, fields.get("act")) {
        return again(&ctx, typed, StatusCode::OK).await;
    }
    let Some(new) = checked(&ctx, &mut typed, None).await? else {
        return again(&ctx, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    match ctx.crm().call_flows().add(&ctx.actor, new).await {
        Ok(_) => Ok(show(&list(&ctx, None).await?)?.into_response()),
        Err(error) => refused(&ctx, typed, error).await,
    }
}

/// `POST /web/call-flows/{call_flow}`: its form, or a step in it.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<CallFlowId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let mut typed = Typed::sent(Some(id), &fields);
    if typed.step(&ctx, fields.get("act")) {
        return again(&ctx, typed, StatusCode::OK).await;
    }
    let kept = ctx.crm().call_flows().get(&ctx.actor, id).await?;
    let Some(new) = checked(&ctx, &mut typed, Some(kept.account)).await? else {
        return again(&ctx, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let patch = CallFlowPatch {
        name: Some(new.name),
        number: Some(new.number),
        enabled: Some(new.enabled),
        definition: Some(new.definition),
    };
    match ctx.crm().call_flows().change(&ctx.actor, id, Some(revision(&fields)?), patch).await {
        Ok(_) => Ok(show(&list(&ctx, None).await?)?.into_response()),
        Err(error) => refused(&ctx, typed, error).await,
    }
}

fn revision(fields: &Fields) -> Result<Revision, Problem> {
    let revision = fields.get("revision").parse().map(Revision);
    revision.map_err(|_| Problem::invalid("revision", "is not a revision"))
}

/// `POST /web/call-flows/{call_flow}/switch`.
pub(crate) async fn switch(
    ctx: PageContext,
    Id(id): Id<CallFlowId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let patch = CallFlowPatch { enabled: Some(fields.get("enabled") == "on"), ..CallFlowPatch::default() };
    match ctx.crm().call_flows().change(&ctx.actor, id, Some(revision(&fields)?), patch).await {
        Ok(_) => show(&list(&ctx, None).await?),
        Err(Error::Duplicate { .. }) => Err(Problem::new("call_flow.duplicate").detail(TAKEN)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/call-flows/{call_flow}/delete`.
pub(crate) async fn delete(
    ctx: PageContext,
    Id(id): Id<CallFlowId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    ctx.crm().call_flows().delete(&ctx.actor, id, Some(revision(&fields)?)).await?;
    show(&list(&ctx, None).await?)
}
