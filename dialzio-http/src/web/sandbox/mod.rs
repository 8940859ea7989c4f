//! The sandbox: a phone on which a member plays the customer, through the emulated provider.

mod clock;
mod day;
mod phone;
mod photo;
mod script;
mod telephone;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::sse::Event;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use dialzio_core::{ConversationId, PhoneNumber};
use dialzio_whatsapp::emulator::CustomerIdentity;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::entry::go_to;
use super::page_context::{PageContext, show};
use super::view::sandbox::{Phone, SandboxCaller, SandboxForm, SandboxFrame, SandboxPage, SandboxPerson};
use super::view::shell::Place;
use super::view::{Avatar, sample};
use crate::api::Id;
use crate::form::Fields;
use crate::middleware;
use crate::problem::Problem;
use crate::sandbox::Sandbox;
use crate::state::AppState;

/// The largest photo, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;

/// The routes of the sandbox; without an emulated provider they are not there.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/sandbox", get(page))
        .route("/sandbox/{person}", get(page_of))
        .route("/sandbox/of/{conversation}", get(beside))
        .route("/web/sandbox/people", post(invent))
        .route("/web/sandbox/{person}/thread", get(phone::read))
        .route("/web/sandbox/{person}/messages", post(phone::send).layer(DefaultBodyLimit::max(LARGEST)))
        .route("/web/sandbox/{person}/reactions", post(phone::react))
        .route("/web/sandbox/{person}/call", post(telephone::call))
        .route("/web/sandbox/{person}/sms", post(telephone::write))
        .route("/web/sandbox/calls", get(telephone::read))
        .route("/web/sandbox/calls/{call}", post(telephone::act))
        .route("/web/sandbox/media/{media}", get(phone::media))
        .route("/web/sandbox/clock", post(clock::advance))
        .route("/web/sandbox/day", get(day::read).post(day::start))
        .route("/web/sandbox/day/stop", post(day::stop))
        .route("/dev/parts", get(parts))
}

/// The emulated provider, if there is one.
fn sandbox(state: &AppState) -> Result<&Sandbox, Problem> {
    state.options().sandbox.as_ref().ok_or_else(Problem::not_found)
}

/// Tells pages that something changed on the phones.
pub(crate) fn changes(state: &AppState) -> BoxStream<'static, Event> {
    let Some(sandbox) = state.options().sandbox.as_ref() else { return stream::pending().boxed() };
    let watched = stream::unfold(sandbox.emulator().changes(), |mut changes| async move {
        changes.changed().await.ok()?;
        Some((Event::default().event("sandbox").data("{}"), changes))
    });
    watched.boxed()
}

fn find(sandbox: &Sandbox, id: &str) -> Result<CustomerIdentity, Problem> {
    let found = sandbox.people().into_iter().find(|person| person.user_id.as_deref() == Some(id));
    found.ok_or_else(Problem::not_found)
}

fn address(person: &CustomerIdentity) -> String {
    let number = person.wa_id.as_deref().and_then(|digits| PhoneNumber::from_digits(digits).ok());
    number
        .map(|number| number.international())
        .or_else(|| person.username.as_ref().map(|name| format!("@{name}")))
        .unwrap_or_else(|| "no number, no username".to_owned())
}

fn name(person: &CustomerIdentity) -> String {
    if person.profile_name.is_empty() { address(person) } else { person.profile_name.clone() }
}

/// `GET /sandbox`.
async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    render(&ctx, None).await
}

/// `GET /sandbox/{person}`.
async fn page_of(ctx: PageContext, Id(id): Id<String>) -> Result<Html<String>, Problem> {
    let person = find(sandbox(&ctx.state)?, &id)?;
    render(&ctx, Some(&person)).await
}

/// The phone of a person.
fn phone_of(ctx: &PageContext, sandbox: &Sandbox, person: &CustomerIdentity) -> Phone {
    let line = sandbox.emulator().numbers().into_iter().find(|line| line.phone_number_id == sandbox.number());
    let business = line.as_ref().map_or_else(|| "Business".to_owned(), |line| line.verified_name.clone());
    let number = line.map(|line| line.display_phone_number).unwrap_or_default();
    Phone {
        id: person.user_id.clone().unwrap_or_default(),
        avatar: Avatar::of(&business),
        line: format!("{} writes to {number}", name(person)).into(),
        business: business.into(),
        items: phone::items(ctx, sandbox, person),
    }
}

/// `GET /sandbox/of/{conversation}`: the phone of the person in a conversation, in a frame of the inbox.
async fn beside(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Response, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    let (_, identities) = ctx.crm().conversations().person(&ctx.actor, id).await?;
    let people = sandbox.people();
    let is_theirs = |person: &&CustomerIdentity| {
        identities.iter().any(|identity| {
            let number = identity.phone().map(PhoneNumber::digits);
            let is_number = number.is_some() && person.wa_id.as_deref() == number;
            is_number
                || identity.aliases.iter().any(|alias| Some(alias.reveal()) == person.user_id.as_deref())
        })
    };
    let phone = people.iter().find(is_theirs).map(|person| phone_of(&ctx, sandbox, person));
    let frame = SandboxFrame { shell: ctx.shell("Sandbox phone", Place::Sandbox).await?, phone };
    let policy = [(header::CONTENT_SECURITY_POLICY, middleware::FRAMED_POLICY)];
    Ok((policy, show(&frame)?).into_response())
}

async fn render(ctx: &PageContext, open: Option<&CustomerIdentity>) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    let mut people = sandbox.people();
    people.reverse();
    let phone = open.map(|person| phone_of(ctx, sandbox, person));
    let row = |person: &CustomerIdentity| SandboxPerson {
        id: person.user_id.clone().unwrap_or_default(),
        name: name(person).into(),
        address: address(person).into(),
        avatar: Avatar::of(&name(person)),
        is_selected: open.is_some_and(|open| open.user_id == person.user_id),
    };
    let page = SandboxPage {
        shell: ctx.shell("Sandbox phone", Place::Sandbox).await?,
        form: suggestion(people.len()),
        people: people.iter().map(row).collect(),
        phone,
        from: open.map(|person| SandboxCaller {
            id: person.user_id.clone().unwrap_or_default(),
            has_number: person.wa_id.is_some(),
        }),
        calls: telephone::part(sandbox),
        day: day::part(sandbox),
        clock: sandbox.clock().map(|moved| clock::part(ctx, moved)),
    };
    show(&page)
}

/// A person to begin with. Nothing leaves the emulated provider, even if the number exists.
fn suggestion(count: usize) -> SandboxForm {
    const NAMES: [&str; 6] =
        ["Tara Menon", "Imran Sheikh", "Lakshmi Iyer", "Joseph D’Souza", "Harpreet Gill", "Nandini Bose"];
    SandboxForm {
        name: NAMES[count % NAMES.len()].to_owned(),
        number: format!("+91 98400 {:05}", 12_345 + count * 7),
        ..SandboxForm::default()
    }
}

/// `POST /web/sandbox/people`.
async fn invent(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    match read_person(&fields) {
        Ok(person) => {
            let id = person.user_id.clone().unwrap_or_default();
            sandbox.invent(person);
            Ok(go_to(&ctx.state, &format!("sandbox/{id}")))
        }
        Err(words) => {
            let again = SandboxForm {
                name: fields.get("name").to_owned(),
                number: fields.get("number").to_owned(),
                username: fields.get("username").to_owned(),
                error: Some(words.to_owned()),
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
        }
    }
}

/// A person as typed. Each has an id of their own, as on the platform; a number is optional.
fn read_person(fields: &Fields) -> Result<CustomerIdentity, &'static str> {
    let name = fields.given("name").ok_or("Give the person a name.")?;
    let username = fields.given("username").map(|name| name.trim_start_matches('@').to_owned());
    let username = username.filter(|name| !name.is_empty());
    if let Some(typed) = fields.given("number") {
        let number = PhoneNumber::parse(typed)
            .map_err(|_| "Write the number in international form, such as +91 98400 12345.")?;
        let mut person = CustomerIdentity::with_phone(number.digits(), name);
        person.user_id = Some(format!("ZZ.{}", number.digits()));
        person.username = username;
        return Ok(person);
    }
    let username = username.ok_or("A person without a number needs a username.")?;
    let plain: String = username.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.is_empty() {
        return Err("A username has letters or digits.");
    }
    let mut person = CustomerIdentity::without_phone(format!("ZZ.{plain}"), name);
    person.username = Some(username);
    Ok(person)
}

/// `GET /dev/parts`: every part in every state.
async fn parts(State(state): State<AppState>) -> Result<Html<String>, Problem> {
    sandbox(&state)?;
    sample::page(&state.mount().base(), "/dev/parts").map(Html).ok_or_else(Problem::not_found)
}
