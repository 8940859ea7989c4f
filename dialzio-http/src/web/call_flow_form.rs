//! The form of a call flow: what was typed, the steps in it that save nothing, and how it is shown.

use chrono_tz::TZ_VARIANTS;
use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::account::ProviderAccount;
use dialzio_core::call_flow::{
    AfterClosed, CallFlow, CallFlowDefinition, CallFlowProblem, DayTime, FlowStep, Greeting, MemberTelephone,
    RingStep, RingStrategy, RingTarget, Weekday,
};
use dialzio_core::{CallFlowId, PhoneNumber};
use std::fmt::Display;

use super::page_context::PageContext;
use super::view::Choice;
use super::view::call_flows::{FlowDay, FlowForm, FlowTarget};
use crate::api::call_flow_definition::{
    ClosedJson, DefinitionJson, GreetingJson, HoursJson, RingJson, SpanJson, TargetJson, VoicemailJson,
};
use crate::form::Fields;
use crate::problem::Problem;

/// For how long telephones ring, unless somebody says otherwise.
const SECONDS: u16 = 20;

/// What was typed.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) id: Option<CallFlowId>,
    pub(super) revision: String,
    pub(super) name: String,
    pub(super) account: String,
    pub(super) number: String,
    pub(super) enabled: bool,
    greeting: String,
    greeting_say: String,
    greeting_play: String,
    has_hours: bool,
    zone: String,
    /// From and until of each span by day, in the order of the week.
    days: Vec<[(String, String); 2]>,
    closed_dates: String,
    closed_say: String,
    closed: String,
    ring: Vec<String>,
    new_member: String,
    new_number: String,
    strategy: String,
    seconds: String,
    fallback: String,
    has_voicemail: bool,
    voicemail: String,
    pub(super) problem: Option<String>,
    pub(super) errors: Vec<(&'static str, String)>,
    focus: String,
}

/// How a field is called in a sentence.
fn subject(field: &str) -> &'static str {
    match field {
        "name" => "The name",
        "account" => "The channel",
        "number" | "new_number" => "The number",
        "greeting" => "The greeting",
        "zone" => "The time zone",
        "hours" => "The hours",
        "closed_dates" => "The dates",
        "closed_say" | "voicemail" => "The text",
        "closed" => "This",
        "ring" => "The list",
        "strategy" => "The way of ringing",
        "seconds" => "The time",
        "fallback" => "The fallback number",
        _ => "It",
    }
}

impl Typed {
    /// A new flow, before anything is typed.
    pub(super) fn new(ctx: &PageContext, account: Option<&ProviderAccount>) -> Self {
        Self {
            name: String::new(),
            account: account.map(|account| account.id.to_string()).unwrap_or_default(),
            enabled: true,
            greeting: "say".to_owned(),
            greeting_say: format!("Welcome to {}.", ctx.org.name.reveal()),
            zone: ctx.org.zone.as_str().to_owned(),
            days: Weekday::ALL.iter().map(|_| Default::default()).collect(),
            closed_say: "We are closed now.".to_owned(),
            closed: AfterClosed::HangUp.as_str().to_owned(),
            strategy: RingStrategy::InOrder.as_str().to_owned(),
            seconds: SECONDS.to_string(),
            voicemail: "Nobody can take your call now. Please leave a message after the tone.".to_owned(),
            focus: "flow-name".to_owned(),
            ..Self::default()
        }
    }

    /// A flow as it is kept.
    pub(super) fn of(ctx: &PageContext, flow: &CallFlow) -> Self {
        let CallFlowDefinition { greeting, hours, ring, fallback, voicemail, closed } = &flow.definition;
        let mut typed = Self {
            id: Some(flow.id),
            revision: flow.revision.0.to_string(),
            name: flow.name.reveal().to_owned(),
            account: flow.account.to_string(),
            number: flow.number.number().map(PhoneNumber::international).unwrap_or_default(),
            enabled: flow.enabled,
            has_hours: hours.is_some(),
            closed_say: closed.say.as_ref().map(|text| text.reveal().to_owned()).unwrap_or_default(),
            closed: closed.then.as_str().to_owned(),
            fallback: fallback.as_ref().map(PhoneNumber::international).unwrap_or_default(),
            has_voicemail: voicemail.is_some(),
            ..Self::new(ctx, None)
        };
        match greeting {
            None => typed.greeting = "none".to_owned(),
            Some(Greeting::Say(text)) => text.reveal().clone_into(&mut typed.greeting_say),
            Some(Greeting::Play(sound)) => {
                typed.greeting = "play".to_owned();
                sound.reveal().clone_into(&mut typed.greeting_play);
            }
        }
        if let Some(voicemail) = voicemail {
            voicemail.prompt.reveal().clone_into(&mut typed.voicemail);
        }
        if let Some(ring) = ring {
            typed.ring = ring
                .targets
                .iter()
                .map(|target| match target {
                    RingTarget::Member(id) => format!("member:{id}"),
                    RingTarget::Number(number) => format!("number:{}", number.reveal()),
                })
                .collect();
            ring.strategy.as_str().clone_into(&mut typed.strategy);
            typed.seconds = ring.seconds.to_string();
        }
        if let Some(hours) = hours {
            hours.zone.as_str().clone_into(&mut typed.zone);
            typed.closed_dates =
                hours.closed_dates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            for (day, spans) in Weekday::ALL.iter().zip(&mut typed.days) {
                let mut of_day: Vec<_> = hours.open.iter().filter(|span| span.day == *day).collect();
                of_day.sort();
                for (span, place) in of_day.into_iter().zip(spans) {
                    *place = (span.from.to_string(), field_of_end(span.until));
                }
            }
        }
        typed
    }

    /// What a form sent.
    pub(super) fn sent(id: Option<CallFlowId>, fields: &Fields) -> Self {
        let own = |name: &str| fields.get(name).to_owned();
        let span = |first: &str, second: &str, day: &Weekday| {
            (own(&format!("{first}.{day}")), own(&format!("{second}.{day}")))
        };
        let mut ring: Vec<(usize, String)> = fields
            .under("ring.")
            .into_iter()
            .filter_map(|(place, value)| Some((place.parse().ok()?, value)))
            .collect();
        ring.sort();
        Self {
            id,
            revision: own("revision"),
            name: own("name"),
            account: own("account"),
            number: own("number"),
            enabled: fields.get("enabled") == "on",
            greeting: own("greeting"),
            greeting_say: own("greeting_say"),
            greeting_play: own("greeting_play"),
            has_hours: fields.get("has_hours") == "on",
            zone: own("zone"),
            days: Weekday::ALL
                .iter()
                .map(|day| [span("from", "until", day), span("from2", "until2", day)])
                .collect(),
            closed_dates: own("closed_dates"),
            closed_say: own("closed_say"),
            closed: own("closed"),
            ring: ring.into_iter().map(|(_, value)| value).collect(),
            new_member: own("new_member"),
            new_number: own("new_number"),
            strategy: own("strategy"),
            seconds: own("seconds"),
            fallback: own("fallback"),
            has_voicemail: fields.get("has_voicemail") == "on",
            voicemail: own("voicemail"),
            ..Self::default()
        }
    }

    /// Does a step in the form that saves nothing, and says where to go on. `false` if none is asked for.
    pub(super) fn step(&mut self, ctx: &PageContext, act: &str) -> bool {
        let (word, place) = act.split_once(':').unwrap_or((act, ""));
        let place = place.parse::<usize>().ok().filter(|place| *place < self.ring.len());
        match (word, place) {
            ("", _) => return false,
            ("member", _) => {
                self.take_member();
                self.focus = "flow-ring".to_owned();
            }
            ("number", _) => {
                self.take_number(ctx);
                self.focus = "flow-new_number".to_owned();
            }
            ("up", Some(place)) if place > 0 => {
                self.ring.swap(place, place - 1);
                let up = if place == 1 { "down" } else { "up" };
                self.focus = format!("flow-{up}-{}", place - 1);
            }
            ("down", Some(place)) if place + 1 < self.ring.len() => {
                self.ring.swap(place, place + 1);
                let down = if place + 2 == self.ring.len() { "up" } else { "down" };
                self.focus = format!("flow-{down}-{}", place + 1);
            }
            ("remove", Some(place)) => {
                self.ring.remove(place);
                self.focus = match place.min(self.ring.len().saturating_sub(1)) {
                    _ if self.ring.is_empty() => "flow-ring".to_owned(),
                    next => format!("flow-remove-{next}"),
                };
            }
            ("account", _) => self.focus = "flow-account".to_owned(),
            _ => {}
        }
        true
    }

    fn take_member(&mut self) {
        let member = std::mem::take(&mut self.new_member);
        if !member.is_empty() {
            self.ring.push(format!("member:{member}"));
        }
    }

    fn take_number(&mut self, ctx: &PageContext) {
        if self.new_number.trim().is_empty() {
            return;
        }
        let read = super::call_query::read_number(ctx, &self.new_number);
        let read = read.map_err(|error| format!("cannot be used: {error}"));
        if let Some(number) = self.read("new_number", read) {
            self.ring.push(format!("number:{}", number.reveal()));
            self.new_number.clear();
        }
    }

    /// Marks a field, once.
    pub(super) fn wrong(&mut self, field: &'static str, problem: impl Display) {
        if self.errors.iter().all(|(known, _)| *known != field) {
            self.errors.push((field, format!("{} {problem}.", subject(field))));
        }
    }

    /// A value of a field, or its mistake.
    pub(super) fn read<T, E: Display>(&mut self, field: &'static str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.wrong(field, error)).ok()
    }

    /// The definition that was typed; mistakes are marked. What was chosen and not added yet is added.
    pub(super) fn definition(&mut self, ctx: &PageContext) -> Option<CallFlowDefinition> {
        self.take_member();
        self.take_number(ctx);
        let seconds = self.seconds.trim().parse::<u64>();
        let usual = u64::from(RingStep::LEAST_SECONDS)..=u64::from(RingStep::MOST_SECONDS);
        let seconds = match seconds {
            Ok(seconds) if usual.contains(&seconds) => seconds,
            _ => {
                self.wrong("seconds", CallFlowProblem::RingSeconds);
                u64::from(SECONDS)
            }
        };
        let written = self.written(seconds);
        match written.read(ctx.org.dials_in()) {
            Ok(definition) => Some(definition),
            Err(problems) => {
                for (field, problem) in problems {
                    self.wrong(field, problem);
                }
                None
            }
        }
    }

    fn written(&self, seconds: u64) -> DefinitionJson {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let target = |value: &String| match value.split_once(':') {
            Some(("member", id)) => TargetJson::Member(id.to_owned()),
            Some((_, number)) => TargetJson::Number(number.to_owned()),
            None => TargetJson::Number(value.clone()),
        };
        let spans = Weekday::ALL.iter().zip(&self.days).flat_map(|(day, spans)| {
            let is_given = |(from, until): &&(String, String)| !from.is_empty() || !until.is_empty();
            spans.iter().filter(is_given).map(|(from, until)| SpanJson {
                day: day.as_str().to_owned(),
                from: from.clone(),
                until: if until == "00:00" { "24:00".to_owned() } else { until.clone() },
            })
        });
        let dates = self.closed_dates.split([',', ' ', '\n']).map(str::trim).filter(|date| !date.is_empty());
        DefinitionJson {
            greeting: match self.greeting.as_str() {
                "say" => Some(GreetingJson::Say(self.greeting_say.clone())),
                "play" => Some(GreetingJson::Play(self.greeting_play.clone())),
                _ => None,
            },
            hours: self.has_hours.then(|| HoursJson {
                zone: self.zone.clone(),
                open: spans.collect(),
                closed_dates: dates.map(str::to_owned).collect(),
            }),
            ring: (!self.ring.is_empty()).then(|| RingJson {
                targets: self.ring.iter().map(target).collect(),
                strategy: self.strategy.clone(),
                seconds,
            }),
            fallback: given(&self.fallback),
            voicemail: self.has_voicemail.then(|| VoicemailJson { prompt: self.voicemail.clone() }),
            closed: ClosedJson {
                say: given(&self.closed_say).filter(|_| self.has_hours),
                then: given(&self.closed).filter(|_| self.has_hours),
            },
        }
    }
}

/// The end of a day as a field of a form has it.
fn field_of_end(until: DayTime) -> String {
    if until.minutes() == 24 * 60 { "00:00".to_owned() } else { until.to_string() }
}

fn target(value: &str, members: &[MemberTelephone]) -> FlowTarget {
    let (label, detail, is_away) = match value.split_once(':') {
        Some(("member", id)) => match members.iter().find(|member| member.member.to_string() == id) {
            Some(member) => match &member.number {
                Some(number) => (member.name.reveal().to_owned(), number.international(), false),
                None => {
                    let away = "has no telephone in this channel and is passed over".to_owned();
                    (member.name.reveal().to_owned(), away, true)
                }
            },
            None => ("Former member".to_owned(), "is passed over".to_owned(), true),
        },
        other => {
            let text = other.map_or(value, |(_, number)| number);
            let read = PhoneNumber::parse(text);
            (read.map_or_else(|_| text.to_owned(), |number| number.international()), String::new(), false)
        }
    };
    FlowTarget { value: value.to_owned(), label: label.into(), detail: detail.into(), is_away }
}

/// The form with what was typed. `accounts` are those that can be chosen.
pub(super) async fn shown(
    ctx: &PageContext,
    typed: Typed,
    accounts: &[ProviderAccount],
) -> Result<FlowForm, Problem> {
    let chosen = accounts.iter().find(|account| account.id.to_string() == typed.account).or(accounts.first());
    let members = match chosen {
        Some(account) => ctx.crm().call_flows().member_telephones(&ctx.actor, account.id).await?,
        None => Vec::new(),
    };
    let steps = chosen.map(|account| ctx.crm().call_flows().steps(account)).unwrap_or_default();
    let leads = |then: &&AfterClosed| match then {
        AfterClosed::HangUp => true,
        AfterClosed::Voicemail => steps.contains(&FlowStep::Record),
        AfterClosed::Fallback => steps.contains(&FlowStep::RingNumbers),
    };
    let choose = |present: &str, value: &str, label: String| Choice {
        selected: present == value,
        ..Choice::new(value, label)
    };
    let rung: Vec<FlowTarget> = typed.ring.iter().map(|value| target(value, &members)).collect();
    let is_free = |member: &&MemberTelephone| !typed.ring.contains(&format!("member:{}", member.member));
    let offered = members.iter().filter(is_free).map(|member| {
        let name = member.name.reveal();
        let label = if member.number.is_some() { name.to_owned() } else { format!("{name} (no telephone)") };
        choose(&typed.new_member, &member.member.to_string(), label)
    });
    let zone = ZoneName::parse(&typed.zone).map_or(typed.zone.as_str(), |zone| zone.as_str());
    let then = |word: &AfterClosed| match word {
        AfterClosed::HangUp => "Hang up",
        AfterClosed::Voicemail => "Voicemail",
        AfterClosed::Fallback => "Ring the fallback number",
    };
    let way = |word: &RingStrategy| match word {
        RingStrategy::InOrder => "One after the other",
        RingStrategy::Together => "All together",
    };
    Ok(FlowForm {
        id: typed.id.map(|id| id.to_string()),
        accounts: accounts
            .iter()
            .map(|account| choose(&typed.account, &account.id.to_string(), account.name.reveal().to_owned()))
            .collect(),
        greeting: match typed.greeting.as_str() {
            "say" => "say",
            "play" => "play",
            _ => "none",
        },
        zones: TZ_VARIANTS.iter().map(|tz| choose(zone, tz.name(), tz.name().replace('_', " "))).collect(),
        days: Weekday::ALL
            .iter()
            .zip(typed.days)
            .map(|(day, [first, second])| FlowDay { day: day.as_str(), name: day.name(), first, second })
            .collect(),
        closed: AfterClosed::ALL
            .iter()
            .filter(leads)
            .map(|word| choose(&typed.closed, word.as_str(), then(word).to_owned()))
            .collect(),
        members: std::iter::once(Choice::new("", "Choose a member")).chain(offered).collect(),
        strategy: RingStrategy::ALL
            .iter()
            .map(|word| choose(&typed.strategy, word.as_str(), way(word).to_owned()))
            .collect(),
        ring: rung,
        steps,
        revision: typed.revision,
        name: typed.name,
        number: typed.number,
        enabled: typed.enabled,
        greeting_say: typed.greeting_say,
        greeting_play: typed.greeting_play,
        has_hours: typed.has_hours,
        closed_dates: typed.closed_dates,
        closed_say: typed.closed_say,
        new_number: typed.new_number,
        seconds: typed.seconds,
        fallback: typed.fallback,
        has_voicemail: typed.has_voicemail,
        voicemail: typed.voicemail,
        problem: typed.problem,
        errors: typed.errors,
        focus: typed.focus,
    })
}
