//! What every handler of a page has at hand: who asks, their organisation, the clock, and how times are written.

use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::response::Html;
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use dialzio_core::access::{Member, MemberState, Org};
use dialzio_core::event::EventSeq;
use dialzio_core::page::PageRequest;
use dialzio_core::{Actor, Crm, Identifiers, MemberId, Permission, PhoneNumber, Principal};

use super::view::goto::Offered;
use super::view::shell::{Place, Rows, Shell, Theme};
use super::view::{Avatar, Choice, Moment, RichText};
use crate::auth::{Caller, REQUEST_HEADER};
use crate::problem::Problem;
use crate::state::AppState;

/// The cookie that switches single keys off in this browser.
pub(crate) const KEYS_COOKIE: &str = "dialzio_keys";

/// How far unread conversations are counted.
const UNREAD_COUNTED: u32 = 1_000;

/// What a handler has at hand.
#[derive(Debug, Clone)]
pub(crate) struct PageContext {
    pub(crate) state: AppState,
    pub(crate) actor: Actor,
    pub(crate) org: Org,
    pub(crate) members: Vec<Member>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) keys: bool,
    /// The last event before this page was read; `None` for parts of pages, and for who may not follow events.
    after: Option<EventSeq>,
    theme: Theme,
    rows: Rows,
    /// What the host calls a user of its own.
    host_name: Option<String>,
}

impl FromRequestParts<AppState> for PageContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Caller(actor) = <Caller as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        let state = AppState::from_ref(state);
        let is_page = !parts.headers.contains_key(REQUEST_HEADER);
        let after = if is_page && actor.may(Permission::EventsRead) {
            Some(state.crm().ledger().newest_event(&actor).await?)
        } else {
            None
        };
        let org = state.crm().access().org(&actor).await?;
        let members = state.crm().access().members(&actor).await?;
        let now = state.crm().clock().now();
        let jar = CookieJar::from_headers(&parts.headers);
        let keys = jar.get(KEYS_COOKIE).is_none_or(|cookie| cookie.value() != "off");
        let host_name = crate::auth::host_name(parts);
        Ok(Self {
            actor,
            org,
            members,
            now,
            keys,
            after,
            theme: theme(&jar),
            rows: rows(&jar),
            host_name,
            state,
        })
    }
}

/// The colours that a browser asks for.
fn rows(jar: &CookieJar) -> Rows {
    jar.get("dialzio_rows").map_or_else(Rows::default, |cookie| Rows::from_cookie(cookie.value()))
}

pub(crate) fn theme(jar: &CookieJar) -> Theme {
    jar.get("dialzio_theme").map_or(Theme::System, |cookie| Theme::from_cookie(cookie.value()))
}

/// A page or part as an answer.
pub(crate) fn show<T: Template>(part: &T) -> Result<Html<String>, Problem> {
    part.render().map(Html).map_err(|_| Problem::new("server.failed"))
}

/// A part that goes into its place beside the one that was asked for.
pub(crate) fn beside<T: Template>(target: &str, swap: &str, part: &T) -> Result<String, Problem> {
    let Html(inner) = show(part)?;
    Ok(format!(r##"<hx-partial hx-target="#{target}" hx-swap="{swap}">{inner}</hx-partial>"##))
}

impl PageContext {
    pub(crate) fn crm(&self) -> &Crm {
        self.state.crm()
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.actor.may(permission)
    }

    /// The name of who asks: as the host says, as a member, or as what acts for them.
    fn caller(&self) -> String {
        let known = self.host_name.clone().or_else(|| self.actor.member().and_then(|id| self.member(id)));
        known.unwrap_or_else(|| match self.actor.principal() {
            Principal::Service(name) => name.reveal().to_owned(),
            Principal::ApiKey(_) => "API key".to_owned(),
            _ => "Former member".to_owned(),
        })
    }

    /// The member who asks, if a session of ours let them in, and not an application of the host.
    pub(crate) fn own_session(&self) -> Option<MemberId> {
        self.actor.member().filter(|_| self.host_name.is_none() && self.state.options().sign_in.is_none())
    }

    /// Refuses who has no session of their own here.
    pub(crate) fn members_only(&self) -> Result<(), Problem> {
        self.own_session().map(drop).ok_or_else(Problem::not_found)
    }

    /// What surrounds a page.
    pub(crate) async fn shell(
        &self,
        title: impl Into<super::view::Shown>,
        place: Place,
    ) -> Result<Shell, Problem> {
        let name = self.caller();
        let held = if self.may(Permission::QuarantineManage) {
            let page = self.crm().quarantine().list(&self.actor, PageRequest::first(100)).await?;
            Some(page.items.len() as u64)
        } else {
            None
        };
        let missed = if self.may(Permission::CallsRead) {
            Some(self.crm().calls().waiting(&self.actor, 100).await?)
        } else {
            None
        };
        Ok(Shell {
            base: self.state.mount().base(),
            sign_in: self.state.sign_in(),
            presence: self.state.presence().is_some(),
            passkeys: self.state.passkey_site().is_ok(),
            signs_out: self.state.options().sign_in.is_none(),
            title: title.into(),
            place,
            theme: self.theme,
            rows: self.rows,
            avatar: Avatar::of(&name),
            session_of: self.own_session().map(|id| id.to_string()),
            member: name.into(),
            organisation: self.org.name.reveal().into(),
            unread: unread(&self.state, &self.actor).await?,
            notices: unread_notices(&self.state, &self.actor).await?,
            news: unread_news(&self.state, &self.actor).await?,
            missed,
            held,
            audit: self.may(Permission::AuditRead),
            api_keys: self.may(Permission::MembersManage),
            sandbox: self.has_sandbox(),
            keys: self.keys,
            after: self.after.map(|seq| seq.0),
        })
    }

    /// Whether the caller can place calls, and a number is connected for it.
    pub(crate) async fn can_call(&self) -> Result<bool, Problem> {
        let may = self.may(Permission::CallsWrite) && self.may(Permission::CallsRead);
        Ok(may && !self.crm().calls().ways_to_call(&self.actor).await?.is_empty())
    }

    /// The places that not everybody can open, and who asks can.
    pub(crate) fn offered(&self) -> Offered {
        Offered {
            events: self.may(Permission::QuarantineManage),
            audit: self.may(Permission::AuditRead),
            api_keys: self.may(Permission::MembersManage),
            sandbox: self.has_sandbox(),
        }
    }

    /// Whether the emulated provider runs.
    pub(crate) fn has_sandbox(&self) -> bool {
        #[cfg(feature = "sandbox")]
        let runs = self.state.options().sandbox.is_some();
        #[cfg(not(feature = "sandbox"))]
        let runs = false;
        runs
    }

    /// What people wrote, with its links and telephone numbers.
    pub(crate) fn rich(&self, text: &str) -> RichText {
        RichText::from(text).with_numbers(self.org.dials_in()).marked()
    }

    /// How the reader sees numbers and addresses of people.
    pub(crate) fn identifiers(&self) -> Identifiers {
        self.actor.identifiers()
    }

    /// A number for a form that calls it: left out, so that the server takes it from the record, where it is masked.
    pub(crate) fn number_to_post(&self, number: &PhoneNumber) -> String {
        if self.identifiers().are_whole() { number.reveal().to_owned() } else { String::new() }
    }

    /// A member's name.
    pub(crate) fn member(&self, id: MemberId) -> Option<String> {
        self.members.iter().find(|member| member.id == id).map(|member| member.name.reveal().to_owned())
    }

    /// What people call the principal of a stored form.
    pub(crate) fn who(&self, stored: &str) -> String {
        match Principal::from_ref(stored) {
            Ok(Principal::Member(id)) if self.actor.member() == Some(id) => "You".to_owned(),
            Ok(Principal::Member(id)) => self.member(id).unwrap_or_else(|| "Former member".to_owned()),
            Ok(Principal::ApiKey(_)) => "API".to_owned(),
            Ok(Principal::Service(name)) => name.reveal().to_owned(),
            Ok(Principal::System { .. }) => "Dialzio".to_owned(),
            Err(_) => "Unknown".to_owned(),
        }
    }

    /// Members to choose from, after the choice of none.
    pub(crate) fn member_choices(&self, present: Option<MemberId>) -> Vec<Choice> {
        let unassigned = Choice { selected: present.is_none(), ..Choice::new("", "Unassigned") };
        let given = |member: &&Member| member.state == MemberState::Active || present == Some(member.id);
        let each = self.members.iter().filter(given).map(|member| {
            let mine = self.actor.member() == Some(member.id);
            let choice = Choice::new(member.id.to_string(), member.name.reveal());
            let choice = if mine { choice.with("you") } else { choice };
            Choice { selected: present == Some(member.id), ..choice }
        });
        std::iter::once(unassigned).chain(each).collect()
    }

    pub(crate) fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        self.org.zone.local(at)
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.local(self.now).date()
    }

    /// The instant of a wall-clock time in the organisation's zone. In the gap of a clock change, an hour later.
    pub(crate) fn instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let zone: chrono_tz::Tz = self.org.zone.as_str().parse().ok()?;
        let find = |at: NaiveDateTime| zone.from_local_datetime(&at).earliest().map(|at| at.to_utc());
        find(local).or_else(|| find(local + TimeDelta::hours(1)))
    }

    /// When on a day something was, that is known to the day only: now for today, else noon.
    pub(crate) fn on_day(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let noon = day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?);
        if day == self.today() { Some(self.now) } else { self.instant(noon) }
    }

    fn moment_with(&self, at: DateTime<Utc>, short: String) -> Moment {
        let full = self.local(at).format("%a %-d %b %Y, %H:%M").to_string();
        Moment { short, full, rfc3339: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true) }
    }

    /// For lists: the time today, then the day.
    pub(crate) fn moment(&self, at: DateTime<Utc>) -> Moment {
        let local = self.local(at);
        let short = match (self.today() - local.date()).num_days() {
            0 => local.format("%H:%M").to_string(),
            1 => "Yesterday".to_owned(),
            2..=6 => local.format("%a").to_string(),
            _ => self.day(local.date()),
        };
        self.moment_with(at, short)
    }

    /// For threads, where the day stands above: the time alone.
    pub(crate) fn clock(&self, at: DateTime<Utc>) -> Moment {
        self.moment_with(at, self.local(at).format("%H:%M").to_string())
    }

    /// A day in short: "16 Nov", with the year if it is another one.
    pub(crate) fn day(&self, day: NaiveDate) -> String {
        let form = if day.year() == self.today().year() { "%-d %b" } else { "%-d %b %Y" };
        day.format(form).to_string()
    }

    /// The day of an instant.
    pub(crate) fn day_of(&self, at: DateTime<Utc>) -> String {
        self.day(self.local(at).date())
    }

    /// A time ahead or behind within a sentence: "10:00", "tomorrow 10:00", "Mon 10:00", "16 Nov 10:00".
    pub(crate) fn when(&self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        let time = local.format("%H:%M");
        match (local.date() - self.today()).num_days() {
            0 => time.to_string(),
            1 => format!("tomorrow {time}"),
            -1 => format!("yesterday {time}"),
            2..=6 => local.format("%a %H:%M").to_string(),
            _ => format!("{} {time}", self.day(local.date())),
        }
    }
}

/// Open conversations with something unread that are assigned to the reader or unassigned. Shown as "99+" beyond that. Who may not
/// mark them as read has none to read: a number that its reader can never bring down says nothing to them.
pub(crate) async fn unread(state: &AppState, actor: &Actor) -> Result<u64, Problem> {
    if !actor.may(Permission::ConversationsWrite) {
        return Ok(0);
    }
    Ok(state.crm().conversations().unread(actor, UNREAD_COUNTED).await?.into())
}

/// Unread notices of a caller, counted as far as unread conversations are.
pub(crate) async fn unread_notices(state: &AppState, actor: &Actor) -> Result<u32, Problem> {
    Ok(state.crm().notices().unread(actor, UNREAD_COUNTED).await?)
}

/// News of the operator that a caller has not read, counted as far as unread conversations are.
async fn unread_news(state: &AppState, actor: &Actor) -> Result<u32, Problem> {
    Ok(state.crm().news().status(actor, UNREAD_COUNTED).await?.unread)
}
