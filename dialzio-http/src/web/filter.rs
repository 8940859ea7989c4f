//! What narrows the inbox: the choices, a chip for each that is made, and the numbers of what is left.

use dialzio_core::Permission;
use dialzio_core::contact::Stage;
use dialzio_core::conversation::{
    ConversationFilter, ConversationOrder, ConversationQuery, Direction, InboxView, MessageSort, StateFilter,
};

use super::listed::{Chosen, ChosenMessages, Listed};
use super::page_context::PageContext;
use super::view::filter::{FilterChip, FilterForm};
use super::view::inbox::{QueueNumbers, View, list_query};
use super::view::state::State;
use super::view::{Choice, Shown};
use super::words;
use crate::problem::Problem;

/// How far conversations are counted while something narrows them.
const COUNTED: u32 = 100;

/// What the core is asked for.
pub(crate) fn asked(ctx: &PageContext, chosen: &Chosen, view: View, state: State) -> ConversationQuery {
    let view = match (view, chosen.assignee) {
        (View::Member, Some(member)) => InboxView::Mine(member),
        _ => core_view(ctx, view),
    };
    ConversationQuery {
        filter: chosen.filter.clone(),
        order: chosen.order,
        ..ConversationQuery::new(view, stored(state), ctx.now)
    }
}

fn core_view(ctx: &PageContext, view: View) -> InboxView {
    match (view, ctx.actor.member()) {
        (View::Mine, Some(me)) => InboxView::Mine(me),
        (View::Unassigned, _) => InboxView::Unassigned,
        _ => InboxView::All,
    }
}

/// The state as the core says it.
fn stored(state: State) -> StateFilter {
    match state {
        State::Open => StateFilter::Open,
        State::Snoozed => StateFilter::Snoozed,
        State::Closed => StateFilter::Closed,
    }
}

/// The organisation's lines by id and name, for who may read them.
async fn lines(ctx: &PageContext) -> Result<Vec<(String, String)>, Problem> {
    if !ctx.may(Permission::AccountsRead) {
        return Ok(Vec::new());
    }
    let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
    Ok(accounts.iter().map(|account| (account.id.to_string(), account.name.reveal().to_owned())).collect())
}

/// A chip for each choice, with the address of the list without it.
pub(crate) async fn chips(ctx: &PageContext, listed: &Listed) -> Result<Vec<FilterChip>, Problem> {
    let chosen = listed.chosen();
    let filter = &chosen.filter;
    let keep = |filter: ConversationFilter| Chosen { filter, ..chosen.clone() };
    let mut chips = Vec::new();
    let mut chip = |label: &str, without: Chosen| {
        let view = match listed.view() {
            View::Member if without.assignee.is_none() => View::All,
            view => view,
        };
        let here = list_query(view, listed.state(), listed.search(), &without.pairs());
        chips.push(FilterChip { label: Shown::from(label), href: format!("inbox?{here}") });
    };
    if let Some(member) = chosen.assignee {
        let name = ctx.member(member).unwrap_or_else(|| "a former member".to_owned());
        chip(&format!("Assigned to {name}"), Chosen { assignee: None, ..chosen.clone() });
    }
    if let Some(account) = filter.account.map(|account| account.to_string()) {
        let name = lines(ctx).await?.into_iter().find(|(id, _)| *id == account);
        let name = name.map_or_else(|| "Another line".to_owned(), |(_, name)| name);
        chip(&name, keep(ConversationFilter { account: None, ..filter.clone() }));
    }
    if let Some(stage) = filter.stage {
        chip(words::stage(stage), keep(ConversationFilter { stage: None, ..filter.clone() }));
    }
    if let Some(tag) = &filter.tag {
        let without = keep(ConversationFilter { tag: None, ..filter.clone() });
        chip(&format!("Tag: {}", tag.reveal()), without);
    }
    if filter.unread {
        chip("Unread", keep(ConversationFilter { unread: false, ..filter.clone() }));
    }
    if filter.failed {
        chip("Not sent", keep(ConversationFilter { failed: false, ..filter.clone() }));
    }
    if chosen.order == ConversationOrder::Waiting {
        chip("Waiting longest", Chosen { order: ConversationOrder::Latest, ..chosen.clone() });
    }
    let messages = chosen.messages;
    let keep = |messages: ChosenMessages| Chosen { messages, ..chosen.clone() };
    if let Some(from) = messages.from {
        chip(written_by(from), keep(ChosenMessages { from: None, ..messages }));
    }
    if let Some(sort) = messages.sort {
        chip(held(sort), keep(ChosenMessages { sort: None, ..messages }));
    }
    if let Some(day) = messages.since {
        let label = format!("Messages since {}", ctx.day(day));
        chip(&label, keep(ChosenMessages { since: None, ..messages }));
    }
    if let Some(day) = messages.until {
        let label = format!("Messages until {}", ctx.day(day));
        chip(&label, keep(ChosenMessages { until: None, ..messages }));
    }
    Ok(chips)
}

const fn written_by(from: Direction) -> &'static str {
    match from {
        Direction::Inbound => "Messages from customers",
        Direction::Outbound => "Messages from us",
    }
}

const fn held(sort: MessageSort) -> &'static str {
    match sort {
        MessageSort::Text => "Texts",
        MessageSort::Picture => "Pictures and videos",
        MessageSort::Audio => "Audio",
        MessageSort::Document => "Files",
        MessageSort::Link => "Links",
        MessageSort::Template => "Templates",
    }
}

/// The choices, with those that are made.
pub(crate) async fn form(ctx: &PageContext, listed: &Listed) -> Result<FilterForm, Problem> {
    let (chosen, view) = (listed.chosen(), listed.view());
    let filter = &chosen.filter;
    let option = |value: &str, label: &str, selected: bool| Choice {
        selected,
        ..Choice::new(value, Shown::from(label))
    };
    let me = ctx.actor.member();
    let mut assignees = vec![option("", "Anyone", view == View::All)];
    if me.is_some() {
        assignees.push(option("me", "Me", view == View::Mine));
    }
    assignees.push(option("none", "Unassigned", view == View::Unassigned));
    let others = ctx.members.iter().filter(|member| Some(member.id) != me || chosen.assignee == me);
    assignees.extend(others.map(|member| {
        option(&member.id.to_string(), member.name.reveal(), chosen.assignee == Some(member.id))
    }));
    let mut stages = vec![option("", "Any stage", filter.stage.is_none())];
    let each = |stage: &Stage| option(stage.as_str(), words::stage(*stage), filter.stage == Some(*stage));
    stages.extend(Stage::ALL.iter().map(each));
    let account = filter.account.map(|account| account.to_string());
    let lines = lines(ctx).await?;
    let mut accounts = Vec::new();
    if lines.len() > 1 || account.is_some() {
        accounts.push(option("", "All lines", account.is_none()));
        accounts.extend(lines.iter().map(|(id, name)| option(id, name, account.as_ref() == Some(id))));
    }
    Ok(FilterForm {
        assignees,
        accounts,
        stages,
        tag: filter.tag.as_ref().map(|tag| tag.reveal().into()),
        unread: filter.unread,
        failed: filter.failed,
        from: std::iter::once(option("", "Anyone", chosen.messages.from.is_none()))
            .chain(
                [Direction::Inbound, Direction::Outbound]
                    .map(|from| option(from.as_str(), written_by(from), chosen.messages.from == Some(from))),
            )
            .collect(),
        kinds: std::iter::once(option("", "Anything", chosen.messages.sort.is_none()))
            .chain(
                MessageSort::ALL
                    .iter()
                    .map(|sort| option(sort.as_str(), held(*sort), chosen.messages.sort == Some(*sort))),
            )
            .collect(),
        since: chosen.messages.since.map(|day| day.to_string()).unwrap_or_default(),
        until: chosen.messages.until.map(|day| day.to_string()).unwrap_or_default(),
        is_waiting: chosen.order == ConversationOrder::Waiting,
        active: chosen.pairs().len(),
    })
}

/// How many conversations the tabs and the states have: exactly where nothing narrows them, else up to 99.
pub(crate) async fn numbers(ctx: &PageContext, listed: &Listed) -> Result<QueueNumbers, Problem> {
    let (chosen, view, state) = (listed.chosen(), listed.view(), listed.state());
    let wanted = [
        (View::Mine, state),
        (View::Unassigned, state),
        (View::All, state),
        (view, State::Open),
        (view, State::Snoozed),
        (view, State::Closed),
    ];
    let is_narrowed = !chosen.is_empty();
    let found = if is_narrowed {
        let queries = wanted.map(|(view, state)| asked(ctx, &chosen, view, state));
        ctx.crm().conversations().count(&ctx.actor, &queries, COUNTED).await?
    } else {
        let counts = ctx.crm().conversations().counts(&ctx.actor).await?;
        let count = |(view, state): &(View, State)| counts.count(core_view(ctx, *view), state.name());
        wanted.iter().map(count).collect()
    };
    let number = |place: usize| match found.get(place) {
        Some(count) if is_narrowed && *count >= COUNTED => format!("{}+", COUNTED - 1),
        Some(count) => count.to_string(),
        None => String::new(),
    };
    // How many were ever closed says nothing; how many of those that are looked for are closed does.
    let closed = if is_narrowed { number(5) } else { String::new() };
    let snoozed = Some(number(4)).filter(|number| number != "0").unwrap_or_default();
    Ok(QueueNumbers {
        mine: number(0),
        unassigned: number(1),
        all: number(2),
        open: number(3),
        snoozed,
        closed,
    })
}
