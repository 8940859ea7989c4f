//! How calls go: sums by hour of the day, by member and by outcome, from the same rows as the log.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::call::{CallSums, CallTally, ReportQuery, by_hour, by_member};
use dialzio_core::{DispositionId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// The longest period of a report.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// The period of a report.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct ReportPeriod {
    /// Calls that began at or after this time; thirty days before `until` without it.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub(crate) since: Option<String>,
    /// Calls that began before this time; now without it.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub(crate) until: Option<String>,
    /// Calls of one member alone.
    #[param(inline, value_type = Option<MemberId>)]
    pub(crate) member: Option<String>,
}

impl ReportPeriod {
    /// What is asked of the log.
    ///
    /// # Errors
    /// A problem for a time that cannot be read, or a period of more than a year.
    pub(crate) fn query(&self, now: DateTime<Utc>) -> Result<ReportQuery, Problem> {
        let time = |field: &str, text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.is_empty());
            let read = text.map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)));
            read.transpose().map_err(|_| Problem::invalid(field, "is a time such as 2026-11-29T09:30:00Z"))
        };
        let until = time("until", &self.until)?.unwrap_or(now);
        let since = time("since", &self.since)?.unwrap_or(until - TimeDelta::days(30));
        if since >= until || until - since > LONGEST {
            return Err(Problem::invalid("since", "has to be before until, and at most a year before it"));
        }
        let member = self.member.as_deref().filter(|text| !text.is_empty());
        let member = member.map(|text| word("member", text)).transpose()?;
        Ok(ReportQuery { since, until, member })
    }
}

/// Calls summed up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallSums)]
pub struct SumsJson {
    calls: u32,
    /// Calls that came in.
    inbound: u32,
    /// Calls that came in and were answered.
    answered: u32,
    /// Calls that came in and were missed.
    missed: u32,
    /// Calls that went out.
    outbound: u32,
    /// Calls that went out and in which the person was reached.
    reached: u32,
    /// Seconds in which people spoke, together.
    talk_seconds: u64,
    /// The share of calls that came in which were answered, in percent.
    #[schema(required)]
    answered_percent: Option<u32>,
    /// Seconds from start to answer on average.
    #[schema(required)]
    average_answer_seconds: Option<u64>,
}

impl From<CallSums> for SumsJson {
    fn from(sums: CallSums) -> Self {
        Self {
            calls: sums.calls,
            inbound: sums.inbound,
            answered: sums.answered,
            missed: sums.missed,
            outbound: sums.outbound,
            reached: sums.reached,
            talk_seconds: sums.talk_seconds,
            answered_percent: sums.answered_percent(),
            average_answer_seconds: sums.average_answer_seconds(),
        }
    }
}

/// The calls of one member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberCalls)]
struct MemberSumsJson {
    /// The member; null for calls that no member was part of.
    #[schema(required)]
    member: Option<MemberId>,
    sums: SumsJson,
}

/// How many calls have one outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DispositionCalls)]
struct OutcomeJson {
    /// The outcome; null for calls without one.
    #[schema(required)]
    disposition: Option<DispositionId>,
    calls: u32,
}

/// How calls of a period went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallReport)]
pub struct ReportJson {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    all: SumsJson,
    /// By the hour of the day in the organisation's zone, 0 to 23.
    hours: Vec<SumsJson>,
    members: Vec<MemberSumsJson>,
    dispositions: Vec<OutcomeJson>,
}

/// How many calls have each outcome, most of them first.
pub(crate) fn outcomes(tallies: &[CallTally]) -> Vec<(Option<DispositionId>, u32)> {
    let mut counted: BTreeMap<Option<DispositionId>, u32> = BTreeMap::new();
    for tally in tallies {
        *counted.entry(tally.disposition).or_default() += tally.calls;
    }
    let mut all: Vec<_> = counted.into_iter().collect();
    all.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    all
}

/// `GET /v1/reports/calls`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(period): Asked<ReportPeriod>,
) -> Result<Json<ReportJson>, Problem> {
    let query = period.query(state.crm().clock().now())?;
    let tallies = state.crm().calls().tallies(&actor, &query).await?;
    let zone = state.crm().calls().zone(&actor).await?;
    Ok(Json(ReportJson {
        since: query.since,
        until: query.until,
        all: CallSums::of(&tallies).into(),
        hours: by_hour(&tallies, zone).into_iter().map(SumsJson::from).collect(),
        members: by_member(&tallies)
            .into_iter()
            .map(|(member, sums)| MemberSumsJson { member, sums: sums.into() })
            .collect(),
        dispositions: outcomes(&tallies)
            .into_iter()
            .map(|(disposition, calls)| OutcomeJson { disposition, calls })
            .collect(),
    }))
}
