//! The organisation.

use axum::extract::State;
use chrono::{DateTime, Utc};
use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::access::{Org, OrgChange};
use dialzio_core::call::RecordingRule;
use dialzio_core::consent::QuietHours;
use dialzio_core::text::Title;
use dialzio_core::{Error, OrgId, RecordKind, Region, Revision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// An organisation and its settings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub struct OrgJson {
    id: OrgId,
    name: String,
    /// The IANA time zone.
    zone: &'static str,
    /// When the hours for promotion begin, such as `10:00`.
    quiet_from: String,
    /// When the hours for promotion end.
    quiet_until: String,
    /// The most promotional messages to one person in seven days; 0 for no limit.
    marketing_cap: u32,
    /// How many days messages are kept.
    message_days: u16,
    revision: Revision,
    /// Where numbers in national form are dialled: two letters of ISO 3166-1.
    #[schema(required)]
    country: Option<String>,
    /// What has to be entered of a person's agreement before the recordings of their call are fetched and played.
    recordings: RecordingRule,
    /// Whether members have to have a second factor. Those who have none are served nothing but its set-up.
    requires_second_factor: bool,
    /// Whether agents see telephone numbers and email addresses masked, and reveal those of one person at a time. Viewers always see
    /// them masked, managers and above never.
    agents_see_masked: bool,
    created_at: DateTime<Utc>,
}

/// Minutes of the day as `10:00`.
pub(crate) fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Reads `10:00` as minutes of the day.
///
/// # Errors
/// A problem that names the field.
pub fn minutes(field: &str, text: &str) -> Result<u16, Problem> {
    let parsed = text.split_once(':').and_then(|(hour, minute)| {
        let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    });
    parsed.ok_or_else(|| Problem::invalid(field, "is a time such as 10:00"))
}

impl From<Org> for OrgJson {
    fn from(org: Org) -> Self {
        Self {
            id: org.id,
            name: org.name.reveal().to_owned(),
            zone: org.zone.as_str(),
            quiet_from: clock(org.quiet_hours.open_from),
            quiet_until: clock(org.quiet_hours.open_until),
            marketing_cap: org.marketing_cap,
            message_days: org.message_days,
            revision: org.revision,
            country: org.dials_in().map(|country| country.as_str().to_owned()),
            recordings: org.recordings,
            requires_second_factor: org.requires_second_factor,
            agents_see_masked: org.agents_see_masked,
            created_at: org.created_at,
        }
    }
}

/// `GET /v1/organisation`.
pub async fn get(State(state): State<AppState>, Caller(actor): Caller) -> Result<Revised<OrgJson>, Problem> {
    let org = state.crm().access().org(&actor).await?;
    Ok(Revised::at(org.revision, org.into()))
}

/// Changes to the settings: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OrganisationPatch)]
#[serde(deny_unknown_fields)]
pub struct OrgPatchJson {
    #[schema(value_type = Option<Title>)]
    name: Option<String>,
    /// An IANA time zone, such as `Asia/Kolkata`.
    zone: Option<String>,
    /// When the hours for promotion begin.
    #[schema(pattern = "^[0-9]{1,2}:[0-9]{1,2}$")]
    quiet_from: Option<String>,
    /// When the hours for promotion end.
    #[schema(pattern = "^[0-9]{1,2}:[0-9]{1,2}$")]
    quiet_until: Option<String>,
    /// The most promotional messages to one person in seven days.
    marketing_cap: Option<u32>,
    /// How many days messages are kept.
    #[schema(minimum = 1, maximum = 365)]
    message_days: Option<u16>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
    /// Where numbers in national form are dialled.
    #[schema(value_type = Option<Region>)]
    country: Option<String>,
    /// What has to be entered of a person's agreement before the recordings of their call are fetched and played. It counts at
    /// once, for those that are stored too.
    recordings: Option<RecordingRule>,
    /// Whether members have to have a second factor. It counts at once: those who have none are served nothing but its set-up.
    requires_second_factor: Option<bool>,
    /// Whether agents see telephone numbers and email addresses masked. It counts at once.
    agents_see_masked: Option<bool>,
}

/// `PATCH /v1/organisation`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Body(patch): Body<OrgPatchJson>,
) -> Result<Revised<OrgJson>, Problem> {
    let org = state.crm().access().settings(&actor).await?;
    let meant = meant.revision(patch.revision)?;
    let shown = async {
        let org = state.crm().access().settings(&actor).await?;
        Ok::<_, Error>(Revised::<OrgJson>::at(org.revision, org.into()))
    };
    let stale = || Error::Stale { kind: RecordKind::Organisation };
    if meant.is_some_and(|meant| meant != org.revision) {
        return Err(refusal(stale(), shown).await);
    }
    let name = patch.name.map(|name| text::<Title>("name", &name)).transpose()?;
    let known =
        |zone: String| ZoneName::parse(&zone).ok_or_else(|| Problem::invalid("zone", "is an IANA time zone"));
    let zone = patch.zone.map(known).transpose()?;
    let QuietHours { mut open_from, mut open_until } = org.quiet_hours;
    if let Some(from) = patch.quiet_from {
        open_from = minutes("quiet_from", &from)?;
    }
    if let Some(until) = patch.quiet_until {
        open_until = minutes("quiet_until", &until)?;
    }
    let quiet_hours = Some(QuietHours { open_from, open_until }).filter(|hours| *hours != org.quiet_hours);
    let (marketing_cap, message_days) = (patch.marketing_cap, patch.message_days);
    let known = |country: String| {
        Region::parse(&country)
            .map_err(|_| Problem::invalid("country", "must be two letters of ISO 3166-1, such as IN"))
    };
    let country = patch.country.map(known).transpose()?.map(Some);
    let change = OrgChange {
        name,
        zone,
        quiet_hours,
        marketing_cap,
        message_days,
        country,
        recordings: patch.recordings,
        requires_second_factor: patch.requires_second_factor,
        agents_see_masked: patch.agents_see_masked,
    };
    match state.crm().access().change_org(&actor, org.revision, change).await {
        Ok(org) => Ok(Revised::at(org.revision, org.into())),
        // Another caller was faster: the revision has changed.
        Err(Error::Conflict { .. }) if meant.is_some() => Err(refusal(stale(), shown).await),
        Err(error) => Err(error.into()),
    }
}
