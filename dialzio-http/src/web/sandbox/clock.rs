//! The clock of the sandbox, which can be moved forward to see what time does.

use axum::response::Html;
use chrono::TimeDelta;
use dialzio_core::Permission;

use super::super::page_context::{PageContext, show};
use super::super::view::sandbox::SandboxClock;
use super::sandbox;
use crate::form::Fields;
use crate::problem::Problem;
use crate::sandbox::MovedClock;

/// How far it can be moved: the word in the form, its label, and the hours. A day and an hour lets each reply window close.
const STEPS: [(&str, &str, i64); 3] =
    [("hour", "1 hour", 1), ("day", "25 hours", 25), ("month", "30 days", 720)];

/// The part of the page.
pub(super) fn part(ctx: &PageContext, clock: &MovedClock) -> SandboxClock {
    let hours = clock.ahead().num_hours();
    let ahead = match hours {
        ..1 => None,
        1 => Some("1 hour".to_owned()),
        2..72 => Some(format!("{hours} hours")),
        _ => Some(format!("{} days", hours / 24)),
    };
    let now = ctx.local(ctx.crm().clock().now()).format("%a %-d %b %Y, %H:%M").to_string();
    SandboxClock { now, ahead, steps: STEPS.iter().map(|(word, label, _)| (*word, *label)).collect() }
}

/// `POST /web/sandbox/clock`.
pub(super) async fn advance(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    let clock = sandbox(&ctx.state)?.clock().ok_or_else(Problem::not_found)?;
    if !ctx.may(Permission::SettingsManage) {
        return Err(Problem::new("access.denied"));
    }
    let asked = fields.get("by");
    let hours = STEPS.iter().find(|(word, ..)| *word == asked).map(|(.., hours)| *hours);
    let hours = hours.ok_or_else(|| Problem::invalid("by", "is hour, day or month"))?;
    clock.advance(TimeDelta::hours(hours)).map_err(|_| Problem::new("server.failed"))?;
    show(&part(&ctx, clock))
}
