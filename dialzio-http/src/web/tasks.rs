//! The page of follow-ups: mine or the team's, overdue ones first, ticked off in place.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::contact::{Task, TaskQuery};
use dialzio_core::page::PageRequest;
use dialzio_core::{ContactId, MemberId, Permission, TaskId};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::page_context::{PageContext, beside, show};
use super::view::shell::{Place, Undo};
use super::view::tasks::{Due, TaskGroup, TaskList, TaskRow, TasksPage, Whose};
use super::view::{Action, Shown};
use super::{person, words};
use crate::api::{Id, word};
use crate::form::Fields;
use crate::problem::Problem;

/// Rows of a page.
const ROWS: usize = 50;
/// How many open follow-ups are looked at; beyond that the oldest are.
const MOST: usize = 1_000;
/// How long an undo is offered, in seconds.
const OFFERED: u32 = 10;

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    view: Option<String>,
    due: Option<String>,
    rows: Option<usize>,
}

impl Listed {
    /// Of the query that a row carries.
    fn of(query: &str) -> Self {
        let field = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        let rows = field("rows").and_then(|rows| rows.parse().ok());
        Self { view: field("view"), due: field("due"), rows }
    }

    fn due(&self) -> Due {
        match self.due.as_deref() {
            Some("overdue") => Due::Overdue,
            Some("today") => Due::Today,
            _ => Due::All,
        }
    }

    /// One's own, unless the team's are asked for; a caller who is no member has none.
    fn whose(&self, ctx: &PageContext) -> Whose {
        match self.view.as_deref() {
            Some("team") => Whose::Team,
            _ if ctx.actor.member().is_none() => Whose::Team,
            _ => Whose::Mine,
        }
    }
}

/// `GET /tasks`.
pub(crate) async fn page(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    let list = list(&ctx, &listed).await?;
    show(&TasksPage { shell: ctx.shell("Tasks", Place::Tasks).await?, list })
}

/// `GET /web/tasks`.
pub(crate) async fn read(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    show(&list(&ctx, &listed).await?)
}

/// Open follow-ups, oldest first, and whether there are more than are looked at.
async fn open(ctx: &PageContext, assignee: Option<MemberId>) -> Result<(Vec<Task>, bool), Problem> {
    let query = TaskQuery { assignee, open: true, ..TaskQuery::default() };
    let (mut all, mut request) = (Vec::new(), PageRequest::first(PageRequest::MAX));
    loop {
        let page = ctx.crm().contacts().tasks(&ctx.actor, &query, request.clone()).await?;
        all.extend(page.items);
        match page.next {
            Some(_) if all.len() >= MOST => return Ok((all, true)),
            Some(next) => request.after = Some(next),
            None => return Ok((all, false)),
        }
    }
}

fn counted((tasks, more): &(Vec<Task>, bool)) -> String {
    format!("{}{}", tasks.len(), if *more { "+" } else { "" })
}

async fn list(ctx: &PageContext, listed: &Listed) -> Result<TaskList, Problem> {
    let team = open(ctx, None).await?;
    let mine = match ctx.actor.member() {
        Some(me) => open(ctx, Some(me)).await?,
        None => (Vec::new(), false),
    };
    let (whose, due) = (listed.whose(ctx), listed.due());
    let rows = listed.rows.unwrap_or(ROWS).clamp(ROWS, MOST);
    let (mine_count, team_count) = (counted(&mine), counted(&team));
    let (mut tasks, _) = if whose == Whose::Mine { mine } else { team };
    tasks.sort_by_key(|task| (task.due_at.is_none(), task.due_at, task.id));
    let place = |task: &Task| match task.due_at {
        Some(at) if at <= ctx.now => 0,
        Some(at) if ctx.local(at).date() == ctx.today() => 1,
        Some(_) => 2,
        None => 3,
    };
    let count = |wanted: usize| tasks.iter().filter(|task| place(task) == wanted).count();
    let counts = [count(0), count(1), count(2), count(3)];
    let shown = tasks.iter().filter(|task| match due {
        Due::All => true,
        Due::Overdue => place(task) == 0,
        Due::Today => place(task) == 1,
    });
    let shown: Vec<&Task> = shown.collect();
    let more = shown.len() > rows;
    let mut names = BTreeMap::new();
    let mut groups: Vec<TaskGroup> = Vec::new();
    let known = [("overdue", "Overdue"), ("today", "Today"), ("later", "Later"), ("undated", "No date")];
    for task in shown.into_iter().take(rows) {
        let at = place(task);
        let row = row(ctx, task, whose, &mut names).await?;
        let Some(((key, heading), count)) = known.get(at).zip(counts.get(at)) else { continue };
        match groups.last_mut().filter(|group| group.key == *key) {
            Some(group) => group.rows.push(row),
            None => groups.push(TaskGroup { key, heading, count: *count, rows: vec![row] }),
        }
    }
    Ok(TaskList {
        whose,
        due,
        rows,
        mine: mine_count,
        team: team_count,
        overdue: counts[0],
        today: counts[1],
        groups,
        next: more.then_some(rows + ROWS),
        can_write: ctx.may(Permission::ContactsWrite),
        can_call: ctx.can_call().await?,
    })
}

async fn row(
    ctx: &PageContext,
    task: &Task,
    whose: Whose,
    names: &mut BTreeMap<ContactId, Shown>,
) -> Result<TaskRow, Problem> {
    let person = match names.get(&task.contact) {
        Some(name) => name.clone(),
        None => {
            let contact = ctx.crm().contacts().get(&ctx.actor, task.contact).await?;
            let identities = match &contact.name {
                Some(_) => Vec::new(),
                None => ctx.crm().contacts().identities(&ctx.actor, contact.id).await?,
            };
            let name = Shown::from(words::contact_name(ctx, &contact, &identities));
            names.insert(task.contact, name.clone());
            name
        }
    };
    let assignee = || match task.assignee {
        Some(me) if ctx.actor.member() == Some(me) => "You".into(),
        Some(member) => ctx.member(member).unwrap_or_else(|| "Former member".to_owned()).into(),
        None => "Unassigned".into(),
    };
    Ok(TaskRow {
        id: task.id.to_string(),
        contact: task.contact.to_string(),
        text: task.title.reveal().into(),
        person,
        due: task.due_at.map(|due| person::due(ctx, due, false)),
        assignee: (whose == Whose::Team).then(assignee),
    })
}

/// `POST /web/tasks/{task}`: done, or open again. On the page of a contact the answer is the contact's tasks; on the page of
/// tasks, which says what it lists, it is the list, with an Undo.
pub(crate) async fn tick(
    ctx: PageContext,
    Id(id): Id<TaskId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let contact: ContactId = word("contact", fields.get("contact"))?;
    let done = fields.get("done") == "yes";
    let task = ctx.crm().contacts().set_task_done(&ctx.actor, contact, id, done, None).await?;
    let Some(query) = fields.given("list") else {
        return show(&person::tasks(&ctx, contact, None).await?);
    };
    let Html(mut html) = show(&list(&ctx, &Listed::of(query)).await?)?;
    if done {
        let back = Action::new("Undo", format!("web/tasks/{id}"));
        let action = back.field("contact", contact.to_string()).field("list", query);
        let text = format!("Done: {}", task.title.reveal()).into();
        let undo = Undo { text, action, seconds: OFFERED, target: "task-list" };
        html.push_str(&beside("undo", "beforeend", &undo)?);
    }
    Ok(Html(html))
}
