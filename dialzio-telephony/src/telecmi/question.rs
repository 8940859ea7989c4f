//! The question whom to ring for a call that comes in, and the answer: users of the account, rung one after the other.
//!
//! Source: TeleCMI, *CHUB, HTTP web flow*, read 2026-11. One edition of that page shows a question with our number and the id of
//! the call, another one shows the caller and the account alone; both are read, and the second tells nothing that could be
//! reported. That several users are rung in the order of the list is inferred from `loop`, the number of rounds. What is spoken and
//! played is a file in the vendor's cloud, and nothing is recorded, so a flow can do neither.

use dialzio_core::call::LegRole;
use dialzio_core::call_flow::{CallProgram, CallStep, Dial, FlowStep};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{
    CallReport, CallReportKind, InboundBody, IncomingCall, ProviderError, RefusalReason, VerifiedWebhook,
    WrittenProgram,
};
use serde::Serialize;

use super::connection::TELECMI;
use crate::answer::refused;
use crate::body::{Field, Fields, What, elements};
use crate::number;
use crate::report::{self, Read};

/// What a flow can do here.
pub(super) const STEPS: [FlowStep; 1] = [FlowStep::RingMembers];

/// The id of the call, where there is one.
const ID: [&str; 2] = ["cmiuuid", "cmiuid"];
/// Fields that reports have, and a question does not.
const OTHERS: [&str; 9] =
    ["status", "type", "direction", "leg", "dtmf", "duration", "time", "conversation_uuid", "request_id"];

/// What is done with a call.
#[derive(Debug, Serialize)]
struct Routing {
    code: u16,
    /// Rounds.
    #[serde(rename = "loop")]
    rounds: u8,
    /// Rings the users' own telephones.
    followme: bool,
    /// Ends the call behind it; otherwise the call goes on by the vendor's own flow.
    hangup: bool,
    /// Seconds for which a user is rung.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u16>,
    result: Vec<Rung>,
}

/// A user who is rung.
#[derive(Debug, Serialize)]
struct Rung {
    agent_id: String,
    phone: String,
}

/// Whether a body asks whom to ring.
pub(super) fn is_one(fields: &Fields) -> bool {
    let is_there = |name: &&str| !matches!(fields.field(name), Field::Absent);
    !OTHERS.iter().any(&is_there) && is_there(&"from") && report::account(fields).is_some()
}

/// The question as the report of a call that rings, or as nothing that is about a call if it names none.
pub(super) fn report(fields: &Fields) -> Read {
    let aliases = report::aliases(fields, &ID);
    if aliases.is_empty() {
        return Read::other(fields, "question");
    }
    let mut report = CallReport::new(CallReportKind::Live);
    report.direction = Some(Direction::Inbound);
    report.customer = report::caller(fields, "from");
    report.our_number = report::number(fields, &["to"]);
    report.leg.id = aliases.first().cloned();
    report.leg.role = Some(LegRole::Customer);
    report.aliases = aliases;
    Read { account: report::account(fields), at: None, body: InboundBody::Call(Box::new(report)) }
}

/// Reads the question.
pub(super) fn read(hook: &VerifiedWebhook) -> Result<IncomingCall, ProviderError> {
    let asked = elements(hook.body()).into_iter().find_map(|element| match element.what {
        What::Fields(fields) if is_one(&fields) => Some(IncomingCall {
            account: report::account(&fields),
            from: report::caller(&fields, "from").unwrap_or_default(),
            to: report::number(&fields, &["to"]),
        }),
        _ => None,
    });
    asked.ok_or_else(|| refused(TELECMI, "question", RefusalReason::Malformed))
}

/// Writes a program: the users of its ring step, or the end of the call. Anything else has no form here, and then the call goes on
/// by the vendor's own flow, which is behind ours.
pub(super) fn write(program: &CallProgram) -> Result<WrittenProgram, ProviderError> {
    let nobody =
        |hangup| Routing { code: 200, rounds: 1, followme: true, hangup, timeout: None, result: Vec::new() };
    let routing = match program.steps() {
        [CallStep::Dial(dial), CallStep::HangUp] => ring(dial).unwrap_or_else(|| nobody(true)),
        [CallStep::HangUp] => nobody(true),
        _ => nobody(false),
    };
    let body =
        serde_json::to_string(&routing).map_err(|_| refused(TELECMI, "program", RefusalReason::Malformed))?;
    Ok(WrittenProgram { content_type: "application/json", body })
}

/// The users of a step; `None` if none of its telephones is a user's.
fn ring(dial: &Dial) -> Option<Routing> {
    let users = dial.targets.iter().filter_map(|target| {
        let phone = number::dialled(&target.number)?.to_string();
        Some(Rung { agent_id: target.agent.clone()?, phone })
    });
    let result: Vec<Rung> = users.collect();
    let timeout = Some(dial.seconds);
    (!result.is_empty()).then_some(Routing {
        code: 200,
        rounds: 1,
        followme: true,
        hangup: true,
        timeout,
        result,
    })
}
