//! Evidence about a call as it is stored: lists by place instead of names, times in microseconds, words that are compared where
//! they stand. A page of the log reads fifty of them, which would take most of its time otherwise.

use std::str::FromStr;

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::Bind;
use crate::call::{
    CallEvidence, CallSource, HangupCause, LegEvidence, LegResult, LegRole, RecordingKind, Sourced,
};
use crate::conversation::Direction;
use crate::store::StoreResult;

/// The form that is written. A reader refuses others.
const FORM: u8 = 1;

/// A value with the number of its source.
type Of<T> = Option<(u8, T)>;

/// The provider's id; role, agent; start, answer, end; result, and the word for one that is not known; seconds spoken and
/// waited; cause.
#[derive(Serialize, Deserialize)]
struct StoredLeg<'a>(
    String,
    #[serde(borrow)] Of<&'a str>,
    Of<String>,
    Of<i64>,
    Of<i64>,
    Of<i64>,
    #[serde(borrow)] Of<&'a str>,
    Option<String>,
    Of<u32>,
    Of<u32>,
    #[serde(borrow)] Of<&'a str>,
);

/// Form; direction, whether the agent is first, queue, our number, source of the person's number; legs; recordings; whether a
/// zone was assumed.
#[derive(Serialize, Deserialize)]
struct StoredEvidence<'a>(
    u8,
    #[serde(borrow)] Of<&'a str>,
    bool,
    Of<String>,
    Of<String>,
    Option<u8>,
    #[serde(borrow)] Vec<StoredLeg<'a>>,
    #[serde(borrow)] Vec<(String, &'a str)>,
    bool,
);

/// The number of a source, which never changes again.
const fn number(source: CallSource) -> u8 {
    match source {
        CallSource::Live => 0,
        CallSource::Record => 1,
        CallSource::Asked => 2,
        CallSource::Placed => 3,
    }
}

fn source(number: u8) -> Option<CallSource> {
    CallSource::ALL.iter().copied().find(|source| self::number(*source) == number)
}

fn stored<'a, T, S>(known: Option<&'a Sourced<T>>, form: impl FnOnce(&'a T) -> S) -> Of<S> {
    known.map(|known| (number(known.source), form(&known.value)))
}

/// `None` if a source or a value is none.
fn read<S, T>(stored: Of<S>, value: impl FnOnce(S) -> Option<T>) -> Option<Option<Sourced<T>>> {
    match stored {
        None => Some(None),
        Some((from, of)) => Some(Some(Sourced { source: source(from)?, value: value(of)? })),
    }
}

/// A word of a closed set.
fn word<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

const OTHER: &str = "other";

const fn result(known: &LegResult) -> &'static str {
    match known {
        LegResult::Other(_) => OTHER,
        LegResult::Missed => "missed",
        LegResult::Busy => "busy",
        LegResult::Failed => "failed",
        LegResult::Answered => "answered",
    }
}

fn read_result(known: &str, other: Option<String>) -> Option<LegResult> {
    Some(match known {
        OTHER => LegResult::Other(other?),
        "missed" => LegResult::Missed,
        "busy" => LegResult::Busy,
        "failed" => LegResult::Failed,
        "answered" => LegResult::Answered,
        _ => return None,
    })
}

impl StoredLeg<'_> {
    fn of(id: &str, leg: &LegEvidence) -> Self {
        let other = leg.result.as_ref().and_then(|result| match &result.value {
            LegResult::Other(word) => Some(word.clone()),
            _ => None,
        });
        Self(
            id.to_owned(),
            stored(leg.role.as_ref(), |role| role.as_str()),
            stored(leg.agent.as_ref(), Clone::clone),
            stored(leg.started.as_ref(), DateTime::timestamp_micros),
            stored(leg.answered.as_ref(), DateTime::timestamp_micros),
            stored(leg.ended.as_ref(), DateTime::timestamp_micros),
            stored(leg.result.as_ref(), result),
            other,
            stored(leg.talk_seconds.as_ref(), |seconds| *seconds),
            stored(leg.wait_seconds.as_ref(), |seconds| *seconds),
            stored(leg.cause.as_ref(), |cause| cause.as_str()),
        )
    }

    fn read(self) -> Option<(String, LegEvidence)> {
        let Self(id, role, agent, started, answered, ended, result, other, talk, wait, cause) = self;
        let leg = LegEvidence {
            role: read(role, word::<LegRole>)?,
            agent: read(agent, Some)?,
            started: read(started, DateTime::from_timestamp_micros)?,
            answered: read(answered, DateTime::from_timestamp_micros)?,
            ended: read(ended, DateTime::from_timestamp_micros)?,
            result: read(result, |known| read_result(known, other))?,
            talk_seconds: read(talk, Some)?,
            wait_seconds: read(wait, Some)?,
            cause: read(cause, word::<HangupCause>)?,
        };
        Some((id, leg))
    }
}

/// Binds evidence.
pub(super) fn bind<B: Bind>(evidence: &CallEvidence, to: &mut B, record: &'static str) -> StoreResult<()> {
    let row = StoredEvidence(
        FORM,
        stored(evidence.direction.as_ref(), |direction| direction.as_str()),
        evidence.agent_first,
        stored(evidence.queue.as_ref(), Clone::clone),
        stored(evidence.our_number.as_ref(), Clone::clone),
        evidence.customer.map(number),
        evidence.legs.iter().map(|(id, leg)| StoredLeg::of(id, leg)).collect(),
        evidence.recordings.iter().map(|(file, kind)| (file.clone(), kind.as_str())).collect(),
        evidence.zone_assumed,
    );
    to.json(&row, record)
}

/// Reads evidence; `None` if it was written in another form.
pub(super) fn parse(text: &str) -> Option<CallEvidence> {
    let StoredEvidence(
        form,
        direction,
        agent_first,
        queue,
        our_number,
        customer,
        legs,
        recordings,
        zone_assumed,
    ) = serde_json::from_str(text).ok()?;
    if form != FORM {
        return None;
    }
    Some(CallEvidence {
        direction: read(direction, word::<Direction>)?,
        agent_first,
        queue: read(queue, Some)?,
        our_number: read(our_number, Some)?,
        customer: match customer {
            None => None,
            Some(from) => Some(source(from)?),
        },
        legs: legs.into_iter().map(StoredLeg::read).collect::<Option<_>>()?,
        recordings: recordings
            .into_iter()
            .map(|(file, kind)| Some((file, word::<RecordingKind>(kind)?)))
            .collect::<Option<_>>()?,
        zone_assumed,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// What a release has written is read by those after it: the text is written out here and never changes.
    #[test]
    fn evidence_is_kept_in_a_form_that_stays() {
        let text = r#"[1,[3,"outbound"],true,null,[1,"914412345678"],0,[["",[0,"whole"],null,[1,1772443804700000],null,null,[2,"other"],"LEFT \"\u00e9\"",[1,90],null,[0,"busy"]]],[["f","voicemail"]],false]"#;
        let read = parse(text).unwrap();
        let leg = &read.legs[CallEvidence::WHOLE];
        let started = leg.started.as_ref().unwrap();
        assert_eq!(started.source, CallSource::Record);
        assert_eq!(started.value.to_rfc3339(), "2026-03-02T09:30:04.700+00:00");
        assert_eq!(leg.result.as_ref().unwrap().value, LegResult::Other("LEFT \"é\"".to_owned()));
        assert_eq!(leg.cause.as_ref().unwrap().value, HangupCause::Busy);
        assert_eq!(read.customer, Some(CallSource::Live));
        assert_eq!(read.recordings.values().copied().collect::<Vec<_>>(), [RecordingKind::Voicemail]);
    }

    #[test]
    fn another_form_is_refused() {
        let text = "[1,null,false,null,null,null,[],[],false]";
        assert_eq!(parse(text), Some(CallEvidence::default()));
        for broken in [
            text.replace("[1,", "[2,"),
            text.replace("[1,null,", "[1,[9,\"inbound\"],"),
            text.replace("[1,null,", "[1,[0,\"upwards\"],"),
            text.replace("null,[],[]", "7,[],[]"),
            "{}".to_owned(),
        ] {
            assert_eq!(parse(&broken), None, "{broken}");
        }
    }
}
