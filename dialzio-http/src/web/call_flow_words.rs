//! What a call flow does at a time, in one sentence.

use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::call_flow::{CallFlow, CallFlowPreview, CallStep, Dial, MemberTelephone, Weekday};

/// "Monday 10:30: greeting, then rings Asha and Ravi together for 20 s, then voicemail".
pub(super) fn sentence(
    flow: &CallFlow,
    preview: &CallFlowPreview,
    zone: ZoneName,
    members: &[MemberTelephone],
) -> String {
    let local = zone.local(preview.at);
    let when = format!("{} {}", Weekday::of(local.date()).name(), local.format("%H:%M"));
    let closed = if preview.open { "" } else { ", closed" };
    let greets = preview.open && flow.definition.greeting.is_some();
    let steps = preview.program.steps();
    let mut parts = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let part = match step {
            // The words before a recording are part of it.
            CallStep::Say(_) if matches!(steps.get(place + 1), Some(CallStep::Record { .. })) => continue,
            CallStep::Say(_) | CallStep::Play(_) if greets && place == 0 => "greeting".to_owned(),
            CallStep::Say(text) => format!("“{}”", text.reveal().trim()),
            CallStep::Play(_) => "a sound file".to_owned(),
            CallStep::Dial(dial) => rings(dial, members),
            CallStep::Record { .. } => "voicemail".to_owned(),
            CallStep::HangUp if matches!(steps.get(place.wrapping_sub(1)), Some(CallStep::Record { .. })) => {
                continue;
            }
            CallStep::HangUp => "hangs up".to_owned(),
        };
        parts.push(part);
    }
    format!("{when}{closed}: {}", parts.join(", then "))
}

fn rings(dial: &Dial, members: &[MemberTelephone]) -> String {
    let names: Vec<String> = dial
        .targets
        .iter()
        .map(|target| {
            let member = members
                .iter()
                .find(|member| target.agent.is_some() && member.number.as_ref() == Some(&target.number));
            member.map_or_else(|| target.number.international(), |member| member.name.reveal().to_owned())
        })
        .collect();
    let seconds = dial.seconds;
    match (names.as_slice(), dial.together) {
        ([one], _) => format!("rings {one} for {seconds} s"),
        ([first @ .., last], true) => {
            format!("rings {} and {last} together for {seconds} s", first.join(", "))
        }
        (all, _) => format!("rings {} in this order for {seconds} s each", all.join(", ")),
    }
}
