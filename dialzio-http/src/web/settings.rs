//! Settings of the organisation, and single keys for the reader.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::access::OrgChange;
use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::consent::QuietHours;
use dialzio_core::{Permission, Region};

use super::page_context::{KEYS_COOKIE, PageContext, show};
use super::view::Choice;
use super::view::numbers::{SettingsForm, SettingsPage};
use super::view::shell::Place;
use crate::api::organisation::minutes;
use crate::form::Fields;
use crate::problem::Problem;

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn form(ctx: &PageContext) -> SettingsForm {
    let zone = |tz: &chrono_tz::Tz| Choice {
        selected: tz.name() == ctx.org.zone.as_str(),
        ..Choice::new(tz.name(), tz.name().replace('_', " "))
    };
    SettingsForm {
        // Quiet hours are what the open hours leave.
        quiet_from: clock(ctx.org.quiet_hours.open_until),
        quiet_to: clock(ctx.org.quiet_hours.open_from),
        marketing_cap: ctx.org.marketing_cap.to_string(),
        country: ctx.org.dials_in().map(|country| country.as_str().to_owned()).unwrap_or_default(),
        zones: chrono_tz::TZ_VARIANTS.iter().map(zone).collect(),
        requires_second_factor: ctx.org.requires_second_factor,
        agents_see_masked: ctx.org.agents_see_masked,
        keys: ctx.keys,
        can_manage: ctx.may(Permission::SettingsManage),
        ..SettingsForm::default()
    }
}

/// `GET /settings`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    show(&SettingsPage { shell: ctx.shell("Settings", Place::Settings).await?, form: form(&ctx) })
}

/// `POST /web/settings`.
pub(crate) async fn save(mut ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    ctx.keys = fields.get("keys") == "on";
    if ctx.may(Permission::SettingsManage) {
        let mut wrong = form(&ctx);
        fields.get("quiet_from").clone_into(&mut wrong.quiet_from);
        fields.get("quiet_to").clone_into(&mut wrong.quiet_to);
        fields.get("marketing_cap").clone_into(&mut wrong.marketing_cap);
        let mut org = ctx.org.clone();
        let hours = minutes("quiet_from", fields.get("quiet_from")).and_then(|open_until| {
            let open_from = minutes("quiet_to", fields.get("quiet_to"))?;
            Ok(QuietHours { open_from, open_until })
        });
        match hours {
            Ok(hours) if QuietHours::checked(hours.open_from, hours.open_until).is_some() => {
                org.quiet_hours = hours;
            }
            _ => {
                wrong.quiet_error = Some(
                    "Quiet hours must cover 21:00 to 08:00, and leave at least an hour of the day."
                        .to_owned(),
                );
            }
        }
        match fields.get("marketing_cap").trim().parse::<u32>() {
            Ok(cap) if cap <= 100 => org.marketing_cap = cap,
            _ => wrong.cap_error = Some("A number from 0 to 100. 0 switches the cap off.".to_owned()),
        }
        match ZoneName::parse(fields.get("zone")) {
            Some(zone) => org.zone = zone,
            None => wrong.zone_error = Some("This zone is not known.".to_owned()),
        }
        org.requires_second_factor = fields.get("requires_second_factor") == "on";
        wrong.requires_second_factor = org.requires_second_factor;
        org.agents_see_masked = fields.get("agents_see_masked") == "on";
        wrong.agents_see_masked = org.agents_see_masked;
        fields.get("country").clone_into(&mut wrong.country);
        match fields.given("country").map(Region::parse) {
            None => org.country = None,
            Some(Ok(country)) if country.is_known() => org.country = Some(country),
            Some(_) => wrong.country_error = Some("Two letters, such as IN for India.".to_owned()),
        }
        // What the zone proposes is no choice of its own.
        if org.country == org.zone.country() {
            org.country = None;
        }
        if [&wrong.quiet_error, &wrong.cap_error, &wrong.zone_error, &wrong.country_error]
            .iter()
            .any(|error| error.is_some())
        {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&wrong)?).into_response());
        }
        if org != ctx.org {
            let change = OrgChange {
                quiet_hours: Some(org.quiet_hours),
                marketing_cap: Some(org.marketing_cap),
                zone: Some(org.zone),
                country: Some(org.country),
                requires_second_factor: Some(org.requires_second_factor),
                agents_see_masked: Some(org.agents_see_masked),
                ..OrgChange::default()
            };
            ctx.org = ctx.crm().access().change_org(&ctx.actor, org.revision, change).await?;
        }
    }
    let saved = SettingsForm { is_saved: true, ..form(&ctx) };
    let mut response = show(&saved)?.into_response();
    let word = if ctx.keys { "on" } else { "off" };
    let mut cookie = ctx.state.mount().cookie(KEYS_COOKIE, word.to_owned());
    cookie.make_permanent();
    if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
