//! Evidence about a call as it is stored: one text of values by place, each read where it stands. A page of the log reads fifty
//! of them; as JSON they took half of its time.
//!
//! A number ends with `;`. A text begins with its length in bytes and `:`. A value that is known begins with the number of its
//! source, one that is not is `-`.

use std::fmt::Write;
use std::str::FromStr;

use chrono::DateTime;

use crate::call::{CallEvidence, CallSource, LegEvidence, LegResult, Sourced};
use crate::conversation::FailureNote;

/// The form that is written, as a number in front. A reader refuses others.
const FORM: u8 = 1;
/// The same with why the call failed, before its legs. Written for calls alone of which that is known.
const WITH_FAILURE: u8 = 2;

/// The mark of a source, which never changes again.
const fn mark(source: CallSource) -> char {
    match source {
        CallSource::Live => '0',
        CallSource::Record => '1',
        CallSource::Asked => '2',
        CallSource::Placed => '3',
    }
}

fn source(mark: char) -> Option<CallSource> {
    CallSource::ALL.iter().copied().find(|source| self::mark(*source) == mark)
}

/// What is known of a leg's result, and the word for one that is not known.
fn result(known: &LegResult) -> (&'static str, &str) {
    match known {
        LegResult::Other(word) => ("other", word),
        LegResult::Missed => ("missed", ""),
        LegResult::Busy => ("busy", ""),
        LegResult::Failed => ("failed", ""),
        LegResult::Answered => ("answered", ""),
    }
}

fn read_result(known: &str, word: &str) -> Option<LegResult> {
    Some(match known {
        "other" => LegResult::Other(word.to_owned()),
        "missed" => LegResult::Missed,
        "busy" => LegResult::Busy,
        "failed" => LegResult::Failed,
        "answered" => LegResult::Answered,
        _ => return None,
    })
}

/// What is written.
#[derive(Default)]
struct Writer(String);

impl Writer {
    fn number(&mut self, number: impl Into<i64>) {
        // Nothing fails that writes to a text.
        let _ = write!(self.0, "{};", number.into());
    }

    fn text(&mut self, text: &str) {
        let _ = write!(self.0, "{}:{text}", text.len());
    }

    fn of<T>(&mut self, known: Option<&Sourced<T>>, value: impl FnOnce(&mut Self, &T)) {
        match known {
            None => self.0.push('-'),
            Some(known) => {
                self.0.push(mark(known.source));
                value(self, &known.value);
            }
        }
    }

    fn leg(&mut self, leg: &LegEvidence) {
        self.of(leg.role.as_ref(), |to, role| to.text(role.as_str()));
        self.of(leg.agent.as_ref(), |to, agent| to.text(agent));
        for time in [&leg.started, &leg.answered, &leg.ended] {
            self.of(time.as_ref(), |to, at| to.number(at.timestamp_micros()));
        }
        self.of(leg.result.as_ref(), |to, known| {
            let (known, word) = result(known);
            to.text(known);
            to.text(word);
        });
        for seconds in [&leg.talk_seconds, &leg.wait_seconds] {
            self.of(seconds.as_ref(), |to, seconds| to.number(*seconds));
        }
        self.of(leg.cause.as_ref(), |to, cause| to.text(cause.as_str()));
    }
}

/// The text of evidence. Times are kept in microseconds.
pub(super) fn write(evidence: &CallEvidence) -> String {
    let mut to = Writer(String::with_capacity(512));
    to.number(if evidence.failure.is_some() { WITH_FAILURE } else { FORM });
    to.of(evidence.direction.as_ref(), |to, direction| to.text(direction.as_str()));
    to.of(evidence.queue.as_ref(), |to, queue| to.text(queue));
    to.of(evidence.our_number.as_ref(), |to, number| to.text(number));
    to.0.push(evidence.customer.map_or('-', mark));
    // Two facts in one place: by_flow came later, and texts of before have the other alone.
    to.number(u8::from(evidence.agent_first) + 2 * u8::from(evidence.by_flow));
    to.number(evidence.zone_assumed);
    if evidence.failure.is_some() {
        to.of(evidence.failure.as_ref(), |to, why| {
            to.text(&why.code);
            to.text(why.detail.as_deref().unwrap_or_default());
        });
    }
    for (id, leg) in &evidence.legs {
        to.text(id);
        to.leg(leg);
    }
    to.0.push('.');
    for (file, kind) in &evidence.recordings {
        to.text(file);
        to.text(kind.as_str());
    }
    to.0
}

/// What is left to read.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn until(&mut self, end: char) -> Option<&'a str> {
        let (head, rest) = self.0.split_once(end)?;
        self.0 = rest;
        Some(head)
    }

    fn number<T: FromStr>(&mut self) -> Option<T> {
        self.until(';')?.parse().ok()
    }

    fn flag(&mut self) -> Option<bool> {
        match self.until(';')? {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }
    }

    /// Two facts in one number.
    fn flags(&mut self) -> Option<[bool; 2]> {
        match self.until(';')? {
            "0" => Some([false, false]),
            "1" => Some([true, false]),
            "2" => Some([false, true]),
            "3" => Some([true, true]),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.until(':')?.parse().ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    fn owned(&mut self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    fn word<T: FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    fn time(&mut self) -> Option<DateTime<chrono::Utc>> {
        DateTime::from_timestamp_micros(self.number()?)
    }

    /// Whether something is next, which is taken if it is.
    fn comes(&mut self, next: char) -> bool {
        let rest = self.0.strip_prefix(next);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn source(&mut self) -> Option<Option<CallSource>> {
        if self.comes('-') {
            return Some(None);
        }
        let mut rest = self.0.chars();
        let source = source(rest.next()?)?;
        self.0 = rest.as_str();
        Some(Some(source))
    }

    fn of<T>(&mut self, value: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<Sourced<T>>> {
        Some(match self.source()? {
            None => None,
            Some(source) => Some(Sourced { source, value: value(self)? }),
        })
    }

    fn leg(&mut self) -> Option<LegEvidence> {
        Some(LegEvidence {
            role: self.of(Self::word)?,
            agent: self.of(Self::owned)?,
            started: self.of(Self::time)?,
            answered: self.of(Self::time)?,
            ended: self.of(Self::time)?,
            result: self.of(|from| read_result(from.text()?, from.text()?))?,
            talk_seconds: self.of(Self::number)?,
            wait_seconds: self.of(Self::number)?,
            cause: self.of(Self::word)?,
        })
    }
}

/// The evidence of a text; `None` if it was written in another form.
pub(super) fn read(text: &str) -> Option<CallEvidence> {
    let mut from = Reader(text);
    let form = from.number::<u8>()?;
    if !matches!(form, FORM | WITH_FAILURE) {
        return None;
    }
    let mut evidence = CallEvidence {
        direction: from.of(Reader::word)?,
        queue: from.of(Reader::owned)?,
        our_number: from.of(Reader::owned)?,
        customer: from.source()?,
        ..CallEvidence::default()
    };
    [evidence.agent_first, evidence.by_flow] = from.flags()?;
    evidence.zone_assumed = from.flag()?;
    if form == WITH_FAILURE {
        let why = |from: &mut Reader<'_>| {
            let (code, detail) = (from.owned()?, from.owned()?);
            Some(FailureNote { code, detail: Some(detail).filter(|detail| !detail.is_empty()) })
        };
        evidence.failure = Some(from.of(why)??);
    }
    while !from.comes('.') {
        evidence.legs.insert(from.owned()?, from.leg()?);
    }
    while !from.0.is_empty() {
        evidence.recordings.insert(from.owned()?, from.word()?);
    }
    Some(evidence)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::call::{HangupCause, RecordingKind};
    use proptest::prelude::*;

    /// What a release has written is read by those after it: the text is written out here and never changes.
    #[test]
    fn evidence_is_kept_in_a_form_that_stays() {
        let text = "1;38:outbound-112:91441234567801;0;0:05:whole-11772443804700000;--25:other6:é:;-1\
                    190;-04:busy.1:f9:voicemail";
        let known = read(text).unwrap();
        assert_eq!(write(&known), text);
        let leg = &known.legs[CallEvidence::WHOLE];
        let started = leg.started.as_ref().unwrap();
        assert_eq!(started.source, CallSource::Record);
        assert_eq!(started.value.to_rfc3339(), "2026-03-02T09:30:04.700+00:00");
        assert_eq!(leg.result.as_ref().unwrap().value, LegResult::Other("é:;-1".to_owned()));
        assert_eq!(leg.talk_seconds, Some(Sourced { source: CallSource::Record, value: 90 }));
        assert_eq!(leg.cause.as_ref().unwrap().value, HangupCause::Busy);
        assert_eq!(known.customer, Some(CallSource::Live));
        assert!(known.agent_first && !known.zone_assumed);
        assert_eq!(known.recordings.values().copied().collect::<Vec<_>>(), [RecordingKind::Voicemail]);
        for agent_first in [false, true] {
            for by_flow in [false, true] {
                let known = CallEvidence { agent_first, by_flow, ..CallEvidence::default() };
                assert_eq!(read(&write(&known)), Some(known));
            }
        }
    }

    #[test]
    fn why_a_call_failed_is_kept_in_a_form_of_its_own() {
        let text = "2;----0;0;215:whatsapp.1380069:Not given.";
        let known = read(text).unwrap();
        let why = FailureNote { code: "whatsapp.138006".to_owned(), detail: Some("Not given".to_owned()) };
        assert_eq!(known.failure, Some(Sourced { source: CallSource::Asked, value: why }));
        assert_eq!(write(&known), text);
    }

    #[test]
    fn another_form_is_refused() {
        let text = write(&CallEvidence::default());
        assert_eq!(text, "1;----0;0;.");
        for broken in [
            "",
            "1;",
            "2;----0;0;.",
            "2;----0;0;-.",
            "3;----0;0;.",
            "1;9----0;0;.",
            "1;07:upwards---0;0;.",
            "1;----4;0;.",
            "1;----0;2;.",
            "1;----0;0;",
            "1;----0;0;.1:f",
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    proptest! {
        /// No text breaks the reader, and what it reads is written as it was.
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9:;.a-zé-]{0,60}") {
            for text in [text.clone(), format!("1;----0;0;{text}")] {
                if let Some(known) = read(&text) {
                    prop_assert_eq!(read(&write(&known)), Some(known));
                }
            }
        }

        /// Texts of providers hold anything.
        #[test]
        fn any_word_comes_back(words in proptest::array::uniform4(".{0,12}"), seconds: u32) {
            let [queue, id, agent, file] = words;
            let source = CallSource::Asked;
            let leg = LegEvidence {
                agent: Some(Sourced { source, value: agent.clone() }),
                result: Some(Sourced { source, value: LegResult::Other(agent) }),
                wait_seconds: Some(Sourced { source, value: seconds }),
                ..LegEvidence::default()
            };
            let known = CallEvidence {
                queue: Some(Sourced { source, value: queue }),
                legs: [(id.clone(), leg.clone()), (format!("{id}2"), leg)].into(),
                recordings: [(file, RecordingKind::Recording)].into(),
                ..CallEvidence::default()
            };
            prop_assert_eq!(read(&write(&known)), Some(known));
        }
    }
}
