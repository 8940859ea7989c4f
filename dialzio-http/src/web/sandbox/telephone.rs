//! Telephones of the sandbox: a person calls the business, and whoever is rung answers, declines or hangs up.

use axum::response::Html;
use chrono::TimeDelta;
use dialzio_core::conversation::Direction;
use dialzio_telephony::emulator::{CallPhase, EmulatedCall, EmulatorError, Product, Side};
use dialzio_whatsapp::emulator::CustomerMessage;

use super::{find, sandbox};
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;
use crate::sandbox::{Sandbox, Telephone};
use crate::web::page_context::{PageContext, show};
use crate::web::view::sandbox::{SandboxCall, SandboxCalls, SandboxSms};

/// Calls that are shown: those that go on, the newest first.
const SHOWN: usize = 5;

fn refused(error: &EmulatorError) -> Problem {
    Problem::invalid("call", error.to_string())
}

fn number(digits: &str) -> String {
    let read = dialzio_core::PhoneNumber::from_digits(digits);
    read.map_or_else(|_| digits.to_owned(), |number| number.international())
}

fn shown(call: &EmulatedCall) -> SandboxCall {
    let who = call.customer.as_deref().map_or_else(|| "Hidden number".to_owned(), number);
    let provider = match call.product {
        Product::TeleCmi => "TeleCMI",
        Product::Piopiy => "Piopiy",
    };
    let (what, acts): (_, &[(&str, &str)]) = match (call.phase, call.direction) {
        (CallPhase::Waiting, _) if call.is_programmed => {
            ("hears the call flow", &[("customer_hangs_up", "Hang up")])
        }
        (CallPhase::AgentRings, Direction::Inbound) if call.is_programmed => (
            "rings at the desk",
            &[
                ("agent_answers", "Desk answers"),
                ("agent_declines", "Desk declines"),
                ("customer_hangs_up", "Person hangs up"),
            ],
        ),
        (CallPhase::Waiting, _) => (
            "waits for someone",
            &[
                ("desk_rings", "Ring the desk"),
                ("voicemail", "Leave a voicemail"),
                ("customer_hangs_up", "Hang up"),
            ],
        ),
        (CallPhase::AgentRings, Direction::Inbound) => (
            "rings at the desk",
            &[
                ("agent_answers", "Desk answers"),
                ("agent_declines", "Desk declines"),
                ("voicemail", "Leave a voicemail"),
                ("customer_hangs_up", "Person hangs up"),
            ],
        ),
        (CallPhase::AgentRings, Direction::Outbound) => (
            "rings at the desk first",
            &[("agent_answers", "Desk answers"), ("agent_declines", "Desk declines")],
        ),
        (CallPhase::CustomerRings, _) => (
            "rings at the person",
            &[
                ("customer_answers", "Person answers"),
                ("customer_declines", "Person declines"),
                ("customer_ignores", "Person does not answer"),
                ("agent_hangs_up", "Desk hangs up"),
            ],
        ),
        (CallPhase::Talking, _) => {
            ("they speak", &[("customer_hangs_up", "Person hangs up"), ("agent_hangs_up", "Desk hangs up")])
        }
        (CallPhase::Recording, _) => ("speaks to the voicemail", &[("voicemail", "Leave the message")]),
        (CallPhase::Ended, _) => ("is over", &[]),
    };
    let mut heard: Vec<String> = call.heard.iter().map(|words| format!("heard “{words}”")).collect();
    if call.phase == CallPhase::AgentRings && !call.heard.is_empty() {
        heard.extend(call.agent.as_deref().map(|agent| format!("rings {}", number(agent))));
    }
    let way = if call.direction == Direction::Inbound { "from" } else { "to" };
    SandboxCall {
        id: call.id.clone(),
        title: format!("{provider}: call {way} {who}").into(),
        what,
        heard: heard.join(", "),
        acts: acts.to_vec(),
    }
}

/// The calls in progress.
pub(super) fn part(sandbox: &Sandbox) -> SandboxCalls {
    let all = sandbox.telephone().vendor().calls();
    let going = all.iter().rev().filter(|call| call.phase != CallPhase::Ended);
    let sms = sandbox.telephone().vendor().sms();
    let said = sms.iter().rev().take(SHOWN).map(|sms| SandboxSms {
        way: if sms.received { "from" } else { "to" },
        who: number(&sms.customer),
        text: sms.text.as_str().into(),
    });
    SandboxCalls { calls: going.take(SHOWN).map(shown).collect(), sms: said.collect() }
}

/// `GET /web/sandbox/calls`.
pub(super) async fn read(ctx: PageContext) -> Result<Html<String>, Problem> {
    show(&part(sandbox(&ctx.state)?))
}

/// `POST /web/sandbox/{person}/call`: the person calls the business, and the first desk is rung, or those of a call flow. Nobody
/// answers a call by WhatsApp. Or the person says whether they may be called by it.
pub(super) async fn call(
    ctx: PageContext,
    Id(id): Id<String>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    let person = find(sandbox, &id)?;
    if let Some(said) = fields.given("permission") {
        let week = ctx.now + TimeDelta::days(7);
        let message = match said {
            "week" => CustomerMessage::CallPermission { accepted: true, until: Some(week) },
            "good" => CustomerMessage::CallPermission { accepted: true, until: None },
            "no" => CustomerMessage::CallPermission { accepted: false, until: None },
            _ => return Err(Problem::invalid("permission", "is week, good or no")),
        };
        let told = sandbox.emulator().customer_sends(sandbox.number(), &person, message);
        told.map_err(|error| Problem::invalid("permission", error.to_string()))?;
        return show(&part(sandbox));
    }
    if fields.get("provider") == "whatsapp" {
        let called = sandbox.emulator().customer_calls_in_vain(sandbox.number(), &person);
        called.map_err(|error| Problem::invalid("provider", error.to_string()))?;
        return show(&part(sandbox));
    }
    let hidden = fields.get("hidden") == "yes";
    let from = person.wa_id.as_deref().filter(|_| !hidden);
    if from.is_none() && !hidden {
        return Err(Problem::invalid("number", "is missing: this person can call with a hidden number only"));
    }
    let known = Telephone::account_of(fields.get("provider"));
    let (product, app_id, to) =
        known.ok_or_else(|| Problem::invalid("provider", "is telecmi, piopiy or whatsapp"))?;
    let vendor = sandbox.telephone().vendor();
    let is_asked = sandbox.telephone().asks(ctx.crm(), &ctx.actor, product).await?;
    let call = vendor.call_in(product, app_id, from, to).map_err(|error| refused(&error))?;
    if !is_asked {
        vendor.ring(&call, &Telephone::first_desk(product)).map_err(|error| refused(&error))?;
    }
    show(&part(sandbox))
}

/// `POST /web/sandbox/{person}/sms`: the person writes an SMS to the front desk.
pub(super) async fn write(
    ctx: PageContext,
    Id(id): Id<String>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    let person = find(sandbox, &id)?;
    let missing = || Problem::invalid("number", "is missing: this person has no number to write from");
    let from = person.wa_id.as_deref().ok_or_else(missing)?;
    let text = fields.get("text");
    if text.trim().is_empty() {
        return Err(Problem::invalid("text", "is missing"));
    }
    let vendor = sandbox.telephone().vendor();
    let (_, app_id, _) =
        Telephone::account_of("telecmi").ok_or_else(|| Problem::invalid("provider", "is not there"))?;
    vendor.sms_in(app_id, from, text).map_err(|error| refused(&error))?;
    show(&part(sandbox))
}

/// `POST /web/sandbox/calls/{call}`: someone does something with a call.
pub(super) async fn act(
    ctx: PageContext,
    Id(id): Id<String>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let sandbox = sandbox(&ctx.state)?;
    let vendor = sandbox.telephone().vendor();
    let done = match fields.get("act") {
        "desk_rings" => {
            let waits = vendor.call(&id).ok_or_else(|| Problem::invalid("call", "is not there"))?;
            vendor.ring(&id, &Telephone::first_desk(waits.product))
        }
        "agent_answers" => vendor.agent_answers(&id),
        "agent_declines" => vendor.agent_declines(&id),
        "customer_answers" => vendor.customer_answers(&id),
        "customer_declines" => vendor.customer_declines(&id),
        "customer_ignores" => vendor.customer_ignores(&id),
        "customer_hangs_up" => vendor.hang_up(&id, Side::Customer),
        "agent_hangs_up" => vendor.hang_up(&id, Side::Agent),
        "voicemail" => vendor.leave_voicemail(&id),
        _ => return Err(Problem::invalid("act", "is not one of the words that are allowed here")),
    };
    done.map_err(|error| refused(&error))?;
    show(&part(sandbox))
}
