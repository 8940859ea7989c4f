//! The question what to do with a call that comes in, and the answer: a list of actions.
//!
//! Source: TeleCMI, *Piopiy, answer URL* and *PCMO*, read 2026-11. One form of the question says `action`, the other does not, and
//! numbers come as numbers and as texts.

use dialzio_core::call::LegRole;
use dialzio_core::call_flow::{CallProgram, CallStep};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{
    CallReport, CallReportKind, InboundBody, IncomingCall, ProviderError, RefusalReason, VerifiedWebhook,
    WrittenProgram,
};

use super::connection::PIOPIY;
use super::program::Action;
use crate::answer::refused;
use crate::body::{Field, Fields, What, elements};
use crate::report::{self, Read};
use crate::{number, time};

/// The id of the caller's leg, which is that of the whole call.
const ID: [&str; 2] = ["cmiuuid", "cmiuid"];
/// Fields that reports and answers to a menu have, and a question does not.
const OTHERS: [&str; 6] = ["status", "type", "direction", "leg", "dtmf", "duration"];

/// Whether a body asks what to do with a call.
pub(super) fn is_one(fields: &Fields) -> bool {
    let is_other = OTHERS.iter().any(|name| !matches!(fields.field(name), Field::Absent));
    let asks = match fields.text(&["action"]) {
        Some(action) => action.eq_ignore_ascii_case("inbound"),
        None => true,
    };
    asks && !is_other
        && !matches!(fields.field("from"), Field::Absent)
        && report::number(fields, &["to"]).is_some()
        && !report::aliases(fields, &ID).is_empty()
}

/// The question as the report of a call that rings.
pub(super) fn report(fields: &Fields) -> Read {
    let mut report = CallReport::new(CallReportKind::Live);
    report.aliases = report::aliases(fields, &ID);
    report.direction = Some(Direction::Inbound);
    report.by_flow = true;
    report.customer = report::caller(fields, "from");
    report.our_number = report::number(fields, &["to"]);
    report.leg.id = report.aliases.first().cloned();
    report.leg.role = Some(LegRole::First);
    report.leg.started = report::at(fields);
    let at = report::at(fields).and_then(time::instant);
    Read { account: report::account(fields), at, body: InboundBody::Call(Box::new(report)) }
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
    asked.ok_or_else(|| refused(PIOPIY, "question", RefusalReason::Malformed))
}

/// Writes a program. What is recorded is not said to end by itself, nor that the actions after it wait for its end; so nothing
/// stands behind a recording that ends the program, and the caller ends the call.
pub(super) fn write(program: &CallProgram) -> Result<WrittenProgram, ProviderError> {
    let mut actions: Vec<Action> = Vec::new();
    for step in program.steps() {
        let action = match step {
            CallStep::Say(text) => Action::Speak { text: one_line(text.reveal()) },
            CallStep::Play(sound) => Action::Play { file_url: sound.reveal().to_owned() },
            CallStep::Dial(dial) => {
                let numbers: Vec<u64> =
                    dial.targets.iter().filter_map(|target| number::dialled(&target.number)).collect();
                let from = dial.our_number.as_deref().and_then(number::own_number);
                if numbers.is_empty() {
                    continue;
                }
                Action::ring(from, numbers, dial.together, dial.seconds)
            }
            CallStep::Record { .. } => Action::Record,
            CallStep::HangUp if matches!(actions.last(), Some(Action::Record)) => continue,
            CallStep::HangUp => Action::Hangup,
        };
        actions.push(action);
    }
    let body =
        serde_json::to_string(&actions).map_err(|_| refused(PIOPIY, "program", RefusalReason::Malformed))?;
    Ok(WrittenProgram { content_type: "application/json", body })
}

/// A text as it is spoken: lines become spaces.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
