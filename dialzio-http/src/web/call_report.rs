//! How calls go, as a page: sums, hours of the day, members, outcomes.

use axum::extract::Query;
use axum::response::Html;
use chrono::TimeDelta;
use dialzio_core::call::{CallSums, CallTally, ReportQuery, by_hour, by_member};
use serde::Deserialize;

use super::call_query::day;
use super::calls::seconds;
use super::page_context::{PageContext, show};
use super::view::calls::{CallReportPage, HourBar, MemberRow};
use super::view::shell::Place;
use super::view::{Choice, Fact, Shown};
use crate::api::call_reports::outcomes;
use crate::problem::Problem;

/// Days of a report that nothing narrows.
const DAYS: i64 = 30;
/// The longest period, in days.
const LONGEST: i64 = 366;
/// Height of the drawing, in its units.
const HEIGHT: u32 = 120;

/// The period, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Period {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    member: String,
}

impl Period {
    fn read(&self, ctx: &PageContext) -> Result<ReportQuery, String> {
        let until = day(ctx, &self.to, "last", 1)?.unwrap_or(ctx.now);
        let since = day(ctx, &self.from, "first", 0)?.unwrap_or(until - TimeDelta::days(DAYS));
        if since >= until {
            return Err("The first day is after the last one.".to_owned());
        }
        if (until - since).num_days() > LONGEST {
            return Err("A report covers at most a year.".to_owned());
        }
        Ok(ReportQuery { since, until, member: self.member.parse().ok() })
    }
}

/// `GET /reports/calls`.
pub(crate) async fn page(ctx: PageContext, Query(period): Query<Period>) -> Result<Html<String>, Problem> {
    let (query, error) = match period.read(&ctx) {
        Ok(query) => (query, None),
        Err(error) => (
            ReportQuery { since: ctx.now - TimeDelta::days(DAYS), until: ctx.now, member: None },
            Some(error),
        ),
    };
    let tallies = ctx.crm().calls().tallies(&ctx.actor, &query).await?;
    let sums = CallSums::of(&tallies);
    let members = ctx.members.iter().map(|member| Choice {
        selected: query.member == Some(member.id),
        ..Choice::new(member.id.to_string(), member.name.reveal())
    });
    let dispositions = ctx.crm().dispositions().all(&ctx.actor).await?;
    let name = |id| {
        let kept = dispositions.iter().find(|kept| Some(kept.id) == id);
        kept.map_or_else(|| Shown::from("No outcome"), |kept| kept.name.reveal().into())
    };
    let date = |at| ctx.local(at).date().to_string();
    show(&CallReportPage {
        shell: ctx.shell("Calls: report", Place::Calls).await?,
        from: date(query.since),
        to: date(query.until - TimeDelta::seconds(1)),
        members: std::iter::once(Choice::new("", "All members")).chain(members).collect(),
        error,
        facts: facts(&sums),
        hours: hours(&ctx, &tallies),
        rows: by_member(&tallies)
            .into_iter()
            .map(|(member, sums)| MemberRow {
                who: match member {
                    Some(id) => ctx.member(id).unwrap_or_else(|| "Former member".to_owned()).into(),
                    None => "No member".into(),
                },
                answered: sums.answered,
                missed: sums.missed,
                outbound: sums.outbound,
                reached: sums.reached,
                talk: seconds(sums.talk_seconds),
                answer: sums.average_answer_seconds().map(seconds).unwrap_or_default(),
            })
            .collect(),
        outcomes: outcomes(&tallies).into_iter().map(|(id, calls)| (name(id), calls)).collect(),
    })
}

fn facts(sums: &CallSums) -> Vec<Fact> {
    let percent =
        sums.answered_percent().map_or_else(|| "none came in".to_owned(), |percent| format!("{percent} %"));
    let answer = sums.average_answer_seconds().map_or_else(|| "not known".to_owned(), seconds);
    vec![
        Fact::new("Calls", sums.calls.to_string()),
        Fact::new("Incoming", sums.inbound.to_string()),
        Fact::new("Answered", percent),
        Fact::new("Missed", sums.missed.to_string()),
        Fact::new("Outgoing", sums.outbound.to_string()),
        Fact::new("Reached", sums.reached.to_string()),
        Fact::new("Talk time", seconds(sums.talk_seconds)),
        Fact::new("Time to answer", answer),
    ]
}

/// The bars of the drawing; the highest fills it.
fn hours(ctx: &PageContext, tallies: &[CallTally]) -> Vec<HourBar> {
    let hours = by_hour(tallies, ctx.org.zone);
    let total = |sums: &CallSums| sums.answered + sums.missed + sums.outbound;
    let most = hours.iter().map(total).max().unwrap_or(0).max(1);
    let height = |calls: u32| calls * HEIGHT / most;
    let each = hours.iter().enumerate().map(|(hour, sums)| HourBar {
        hour,
        answered: sums.answered,
        missed: sums.missed,
        outbound: sums.outbound,
        heights: [height(sums.answered), height(sums.missed), height(sums.outbound)],
    });
    each.collect()
}
