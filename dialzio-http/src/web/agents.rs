//! Settings: the agents of a telephone system, and which member each of them is.

use axum::response::Html;
use dialzio_core::access::{Member, MemberState};
use dialzio_core::call::{CallAgent, NewAgent};
use dialzio_core::text::PersonName;
use dialzio_core::{AccountId, Permission};

use super::page_context::{PageContext, show};
use super::view::Choice;
use super::view::calls::{AgentList, AgentRow, AgentsPage};
use super::view::shell::Place;
use crate::api::{Id, text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// `GET /settings/channels/{account}/agents`.
pub(crate) async fn page(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Html<String>, Problem> {
    let account = ctx.crm().accounts().get(&ctx.actor, id).await?;
    let agents = ctx.crm().calls().agents(&ctx.actor, id).await?;
    let list = list(&ctx, id, &agents).await?;
    let shell = ctx.shell("Agents", Place::Channels).await?;
    show(&AgentsPage { shell, account: account.name.reveal().into(), list })
}

async fn list(ctx: &PageContext, id: AccountId, agents: &[CallAgent]) -> Result<AgentList, Problem> {
    let row = |agent: &CallAgent| {
        let given = |member: &&Member| member.state == MemberState::Active || agent.member == Some(member.id);
        let members = ctx.members.iter().filter(given).map(|member| Choice {
            selected: agent.member == Some(member.id),
            ..Choice::new(member.id.to_string(), member.name.reveal())
        });
        AgentRow {
            id: agent.id.clone(),
            name: agent.name.as_ref().map_or(agent.id.as_str(), |name| name.reveal()).into(),
            phone: agent.phone.as_ref().map(dialzio_core::PhoneNumber::international),
            members: std::iter::once(Choice::new("", "No member")).chain(members).collect(),
        }
    };
    let active = ctx.members.iter().filter(|member| member.state == MemberState::Active);
    let members = active.map(|member| Choice::new(member.id.to_string(), member.name.reveal()));
    Ok(AgentList {
        id: id.to_string(),
        is_listed: ctx.crm().calls().capabilities(&ctx.actor, id).await?.lists_agents,
        members: std::iter::once(Choice::new("", "No member")).chain(members).collect(),
        rows: agents.iter().map(row).collect(),
        can_write: ctx.may(Permission::AccountsManage),
    })
}

/// `POST /web/accounts/{account}/agents/add`.
pub(crate) async fn add(
    ctx: PageContext,
    Id(id): Id<AccountId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let phone = super::call_query::read_number(&ctx, fields.get("phone"));
    let phone = phone.map_err(|error| Problem::invalid("phone", error.to_string()))?;
    let name = fields.given("name").map(|name| text::<PersonName>("name", name)).transpose()?;
    let member = fields.given("member").map(|member| word("member", member)).transpose()?;
    let agents = ctx.crm().calls().add_agent(&ctx.actor, id, NewAgent { name, phone, member }).await?;
    show(&list(&ctx, id, &agents).await?)
}

/// `POST /web/accounts/{account}/agents/sync`.
pub(crate) async fn sync(ctx: PageContext, Id(id): Id<AccountId>) -> Result<Html<String>, Problem> {
    let agents = ctx.crm().calls().list_agents(&ctx.actor, id).await?;
    show(&list(&ctx, id, &agents).await?)
}

/// `POST /web/accounts/{account}/agents`.
pub(crate) async fn map(
    ctx: PageContext,
    Id(id): Id<AccountId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let member = fields.given("member").map(|member| word("member", member)).transpose()?;
    let agents = ctx.crm().calls().map_agent(&ctx.actor, id, fields.get("agent"), member).await?;
    show(&list(&ctx, id, &agents).await?)
}
