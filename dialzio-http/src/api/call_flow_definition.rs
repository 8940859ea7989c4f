//! The definition of a call flow as callers write it. Every value is read by itself, so that each problem names its field.

use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::call_flow::{
    AfterClosed, BusinessHours, CallFlowDefinition, ClosedStep, DayTime, Greeting, OpenHours, RingStep,
    RingStrategy, RingTarget, SoundUrl, Voicemail, Weekday,
};
use dialzio_core::text::SpokenText;
use dialzio_core::{MemberId, PhoneNumber, Region};
use serde::Deserialize;
use std::fmt::Display;
use std::str::FromStr;

/// A problem with its field.
pub type FieldProblem = (&'static str, String);

/// What happens with a call, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefinitionJson {
    #[serde(default)]
    pub(crate) greeting: Option<GreetingJson>,
    #[serde(default)]
    pub(crate) hours: Option<HoursJson>,
    #[serde(default)]
    pub(crate) ring: Option<RingJson>,
    #[serde(default)]
    pub(crate) fallback: Option<String>,
    #[serde(default)]
    pub(crate) voicemail: Option<VoicemailJson>,
    #[serde(default)]
    pub(crate) closed: ClosedJson,
}

/// What callers hear first, as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GreetingJson {
    /// A text that is spoken.
    Say(String),
    /// The address of a sound file.
    Play(String),
}

/// When somebody is there, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursJson {
    pub(crate) zone: String,
    pub(crate) open: Vec<SpanJson>,
    #[serde(default)]
    pub(crate) closed_dates: Vec<String>,
}

/// A span of a day, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanJson {
    pub(crate) day: String,
    pub(crate) from: String,
    pub(crate) until: String,
}

/// Whose telephones ring, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingJson {
    pub(crate) targets: Vec<TargetJson>,
    pub(crate) strategy: String,
    pub(crate) seconds: u64,
}

/// Somebody who is rung, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetJson {
    /// The id of a member.
    Member(String),
    /// A number.
    Number(String),
}

/// What callers are asked for, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoicemailJson {
    pub(crate) prompt: String,
}

/// What happens outside hours, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedJson {
    #[serde(default)]
    pub(crate) say: Option<String>,
    #[serde(default)]
    pub(crate) then: Option<String>,
}

/// Collects problems, each field's first alone.
#[derive(Default)]
struct Reading {
    region: Option<Region>,
    problems: Vec<FieldProblem>,
}

impl Reading {
    fn problem(&mut self, field: &'static str, problem: impl Display) {
        if self.problems.iter().all(|(known, _)| *known != field) {
            self.problems.push((field, problem.to_string()));
        }
    }

    fn value<T, E: Display>(&mut self, field: &'static str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.problem(field, error)).ok()
    }

    fn text(&mut self, field: &'static str, text: &str) -> Option<SpokenText> {
        self.value(field, SpokenText::parse(text))
    }

    fn word<T: FromStr>(&mut self, field: &'static str, text: &str) -> Option<T> {
        self.value(field, text.parse().map_err(|_| "is not one of the words that are allowed here"))
    }

    fn number(&mut self, field: &'static str, text: &str) -> Option<PhoneNumber> {
        let read = match self.region {
            Some(region) => PhoneNumber::parse_in(text, region),
            None => PhoneNumber::parse(text),
        };
        self.value(field, read.map_err(|error| format!("cannot be used: {error}")))
    }

    fn hours(&mut self, hours: &HoursJson) -> Option<BusinessHours> {
        let zone = ZoneName::parse(&hours.zone)
            .ok_or("must be a time zone of the IANA database, such as Asia/Kolkata");
        let zone = self.value("zone", zone);
        let mut open = Vec::new();
        for span in &hours.open {
            let day = self.word::<Weekday>("hours", &span.day);
            let from = self.value("hours", DayTime::parse(&span.from));
            let until = self.value("hours", DayTime::parse(&span.until));
            if let (Some(day), Some(from), Some(until)) = (day, from, until) {
                open.push(OpenHours { day, from, until });
            }
        }
        let mut closed_dates = Vec::new();
        for date in &hours.closed_dates {
            let read =
                date.trim().parse::<chrono::NaiveDate>().map_err(|_| "must be dates such as 2026-01-26");
            closed_dates.extend(self.value("closed_dates", read));
        }
        Some(BusinessHours { zone: zone?, open, closed_dates })
    }

    fn ring(&mut self, ring: RingJson) -> Option<RingStep> {
        let mut targets = Vec::new();
        for target in ring.targets {
            targets.extend(match target {
                TargetJson::Member(id) => self.member(&id).map(RingTarget::Member),
                TargetJson::Number(text) => self.number("ring", &text).map(RingTarget::Number),
            });
        }
        let strategy = self.word::<RingStrategy>("strategy", &ring.strategy);
        // What is far too long is refused with the other bounds.
        let seconds = u16::try_from(ring.seconds).unwrap_or(u16::MAX);
        Some(RingStep { targets, strategy: strategy?, seconds })
    }

    fn member(&mut self, id: &str) -> Option<MemberId> {
        self.value("ring", id.parse().map_err(|_| "names a member by something that is no id"))
    }
}

impl DefinitionJson {
    /// The definition; numbers in national form are read in `region`, and without one refused.
    ///
    /// # Errors
    /// Every field that cannot be read, with what is wrong.
    pub(crate) fn read(self, region: Option<Region>) -> Result<CallFlowDefinition, Vec<FieldProblem>> {
        let mut reading = Reading { region, ..Reading::default() };
        let greeting = match self.greeting {
            Some(GreetingJson::Say(text)) => reading.text("greeting", &text).map(Greeting::Say),
            Some(GreetingJson::Play(url)) => {
                reading.value("greeting", SoundUrl::parse(&url)).map(Greeting::Play)
            }
            None => None,
        };
        let definition = CallFlowDefinition {
            greeting,
            hours: self.hours.and_then(|hours| reading.hours(&hours)),
            ring: self.ring.and_then(|ring| reading.ring(ring)),
            fallback: self.fallback.and_then(|number| reading.number("fallback", &number)),
            voicemail: self
                .voicemail
                .and_then(|asked| reading.text("voicemail", &asked.prompt))
                .map(|prompt| Voicemail { prompt }),
            closed: ClosedStep {
                say: self.closed.say.and_then(|text| reading.text("closed_say", &text)),
                then: match self.closed.then {
                    Some(word) => reading.word("closed", &word).unwrap_or_default(),
                    None => AfterClosed::default(),
                },
            },
        };
        if reading.problems.is_empty() { Ok(definition) } else { Err(reading.problems) }
    }
}
