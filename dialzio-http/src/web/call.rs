//! One call as a page: what became of it, its recordings, whose it is, and what members say of it.

use axum::response::Html;
use dialzio_core::call::{
    Call, CallState, HangupCause, LegRole, RecordingConsent, RecordingKind, RecordingRule,
};
use dialzio_core::conversation::Direction;
use dialzio_core::media::MediaState;
use dialzio_core::{CallId, Permission};

use super::calls::{channel, names, permission, seconds, state, who};
use super::page_context::{PageContext, show};
use super::view::calls::{CallCard, CallFile, CallPage, LegRow, WrapUp};
use super::view::shell::Place;
use super::view::{Avatar, Chip, Choice, Fact, Shown, Tone};
use super::words;
use crate::api::Id;
use crate::problem::Problem;

/// `GET /calls/{call}`.
pub(crate) async fn page(ctx: PageContext, Id(id): Id<CallId>) -> Result<Html<String>, Problem> {
    let call = ctx.crm().calls().get(&ctx.actor, id).await?;
    let card = card(&ctx, &call).await?;
    show(&CallPage { shell: ctx.shell(card.who.clone(), Place::Calls).await?, card })
}

/// `GET /web/calls/{call}`.
pub(crate) async fn read(ctx: PageContext, Id(id): Id<CallId>) -> Result<Html<String>, Problem> {
    let call = ctx.crm().calls().get(&ctx.actor, id).await?;
    show(&card(&ctx, &call).await?)
}

/// All that is known of a call.
pub(crate) async fn card(ctx: &PageContext, call: &Call) -> Result<CallCard, Problem> {
    let names = names(ctx, std::slice::from_ref(call)).await?;
    let name = who(ctx, call, &names);
    let mut chips = vec![state(call)];
    if call.state.is_final() && !call.confirmed && call.placed != Some(call.state) {
        chips.push(Chip::new(Tone::Neutral, "Not confirmed yet"));
    }
    if call.evidence.zone_assumed {
        chips.push(Chip::new(Tone::Warn, "Time zone assumed"));
    }
    let can_write = ctx.may(Permission::CallsWrite);
    let (candidates, can_add) = if can_write { people(ctx, call).await? } else { (Vec::new(), false) };
    Ok(CallCard {
        id: call.id.to_string(),
        avatar: Avatar::of(&name),
        who: name.into(),
        contact: call.contact.map(|id| format!("contacts/{id}")),
        number: match &call.customer {
            Some(number) if ctx.can_call().await? => Some(ctx.number_to_post(number)),
            _ => None,
        },
        chips,
        remark: remark(call),
        facts: facts(ctx, call).await?,
        legs: legs(ctx, call),
        files: files(ctx, call).await?,
        candidates,
        can_add,
        wrap_up: wrap_up(ctx, call, "page").await?,
        is_waiting: call.is_open_missed(),
        can_write,
        can_delete: ctx.may(Permission::MediaDelete),
        answers: answers(ctx.org.recordings),
        consents: RecordingConsent::ALL.iter().map(|known| consent(call, *known)).collect(),
    })
}

/// What a person may have said to being recorded.
fn consent(call: &Call, known: RecordingConsent) -> Choice {
    let words = match known {
        RecordingConsent::Unknown => "Not known",
        RecordingConsent::Announced => "Was told, and said nothing",
        RecordingConsent::Agreed => "Agreed",
        RecordingConsent::Refused => "Refused",
    };
    Choice { selected: call.recording_consent == known, ..Choice::new(known.as_str(), words) }
}

/// Why a call went nowhere, in a sentence.
pub(crate) fn remark(call: &Call) -> Option<Shown> {
    let why = call.failure.as_ref().map(|why| {
        let reason = why.code.parse().ok().map(dialzio_core::consent::Refusal::sentence);
        let sentence = reason.map(str::to_owned).or_else(|| why.detail.clone());
        sentence.unwrap_or_else(|| format!("The provider said {}.", why.code))
    });
    match (call.state, why) {
        (CallState::Unknown, _) => {
            Some("It is not known whether this call was placed. It is not placed again automatically.".into())
        }
        (CallState::Failed | CallState::Refused, Some(why)) => Some(why.into()),
        (CallState::Cancelled, _) if call.placed_by.is_some() => {
            Some("Nobody here picked up, so the person was not rung.".into())
        }
        _ => None,
    }
}

async fn facts(ctx: &PageContext, call: &Call) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    if let Some(number) = &call.customer {
        facts.push(Fact::new("Number", ctx.identifiers().international(number)));
        let zones = number.region().map(dialzio_core::consent::zones_of).unwrap_or_default();
        if let [zone] = zones
            && let Ok(zone) = zone.parse::<chrono_tz::Tz>()
        {
            facts.push(Fact::new("Their time now", ctx.now.with_timezone(&zone).format("%H:%M").to_string()));
        }
    } else if call.withheld {
        facts.push(Fact::new("Number", "Withheld"));
    }
    let way = match call.direction {
        Direction::Inbound => "Incoming",
        Direction::Outbound => "Outgoing",
    };
    facts.push(Fact::new("Direction", way));
    let by = ctx.crm().calls().channels(&ctx.actor).await?.of(call.account);
    facts.push(Fact::new("Channel", channel(by).unwrap_or("Telephone")));
    // Only these are asked whether they may be called.
    if let (Some(by), Some(contact)) = (channel(by), call.contact) {
        let answers = ctx.crm().calls().permissions(&ctx.actor, contact).await?;
        let answer = answers.get(&call.account).map(|answer| permission(ctx, answer));
        let words = answer.unwrap_or_else(|| "Not asked".to_owned());
        facts.push(Fact::new(format!("Calls by {by}"), words));
    }
    if let Some(ours) = &call.our_number {
        facts.push(Fact::new("Our number", ours.as_str()));
    }
    if ctx.may(Permission::AccountsRead) {
        let account = ctx.crm().accounts().get(&ctx.actor, call.account).await?;
        facts.push(Fact::new("Through", account.name.reveal()));
    }
    if let Some(member) = call.member.and_then(|id| ctx.member(id)).or_else(|| call.agent.clone()) {
        facts.push(Fact::new("Member", member));
    }
    if let Some(queue) = &call.evidence.queue {
        facts.push(Fact::new("Team or menu", queue.value.as_str()));
    }
    facts.push(Fact::new("Began", ctx.moment(call.started_at).full));
    if let Some(answered) = call.answered_at {
        facts.push(Fact::new("Answered", ctx.moment(answered).full));
    }
    if let Some(ended) = call.ended_at {
        facts.push(Fact::new("Ended", ctx.moment(ended).full));
    }
    if let Some(talk) = call.talk_seconds {
        facts.push(Fact::new("Talk time", seconds(talk.into())));
    }
    if let Some(wait) = call.wait_seconds {
        facts.push(Fact::new("Waited", seconds(wait.into())));
    }
    if let Some(cause) = call.cause.and_then(cause) {
        facts.push(Fact::new("Ended by", cause));
    }
    Ok(facts)
}

fn cause(cause: HangupCause) -> Option<&'static str> {
    Some(match cause {
        HangupCause::Unknown => return None,
        HangupCause::NotAnswered => "Nobody answered",
        HangupCause::Cancelled => "It was taken back",
        HangupCause::Rejected => "It was declined",
        HangupCause::Busy => "The line was busy",
        HangupCause::Failed => "It could not be connected",
        HangupCause::CustomerHungUp => "The person",
        HangupCause::AgentHungUp => "Us",
    })
}

fn legs(ctx: &PageContext, call: &Call) -> Vec<LegRow> {
    let legs = call.evidence.legs.iter().filter(|(id, _)| !id.is_empty());
    let each = legs.map(|(_, leg)| {
        let is_agent = match leg.role.as_ref().map(|role| role.value) {
            Some(LegRole::Agent) => true,
            Some(LegRole::First) => call.evidence.agent_first,
            Some(LegRole::Second) => !call.evidence.agent_first,
            _ => false,
        };
        let who: Shown = match &leg.agent {
            Some(agent) if is_agent => {
                let known = (call.agent.as_ref() == Some(&agent.value)).then_some(call.member).flatten();
                known.and_then(|id| ctx.member(id)).unwrap_or_else(|| agent.value.clone()).into()
            }
            _ if is_agent => "Agent".into(),
            _ => "The person".into(),
        };
        let what = match (leg.is_answered(), call.state.is_final()) {
            (true, _) => "answered",
            (false, true) => "did not answer",
            (false, false) => "is rung",
        };
        LegRow {
            who,
            what,
            time: leg.started.as_ref().or(leg.answered.as_ref()).map(|at| ctx.clock(at.value)),
        }
    });
    each.collect()
}

async fn files(ctx: &PageContext, call: &Call) -> Result<Vec<CallFile>, Problem> {
    let stored = ctx.crm().calls().recordings(&ctx.actor, &[call.id]).await?;
    let may = ctx.may(Permission::MediaRead);
    let rule = ctx.org.recordings;
    let is_agreed = rule.allows(call.recording_consent);
    let each = stored.iter().map(|media| {
        let kind = media.provider_id.as_ref().and_then(|file| call.evidence.recordings.get(file));
        let ends = media.event_at + chrono::TimeDelta::days(i64::from(ctx.org.message_days));
        CallFile {
            id: media.id.to_string(),
            label: if kind == Some(&RecordingKind::Voicemail) { "Voicemail" } else { "Recording" },
            src: (may && is_agreed && media.state == MediaState::Stored)
                .then(|| format!("web/media/{}", media.id)),
            waiting: match media.state {
                MediaState::Unavailable if !is_agreed => UNANSWERED,
                MediaState::Pending if !is_agreed => wanting(rule, true),
                MediaState::Stored if !is_agreed => wanting(rule, false),
                MediaState::Pending => "The provider is still preparing it. It appears here automatically.",
                MediaState::Unavailable => "The provider does not have it any more.",
                MediaState::Stored => "You may not listen to recordings.",
            },
            asks: !is_agreed && media.state != MediaState::Unavailable,
            kept: format!("Kept until {}, then deleted here. The provider keeps its copy as your contract with it says.", ctx.day_of(ends)),
        }
    });
    Ok(each.collect())
}

/// Of a recording that was given up.
const UNANSWERED: &str = "It was not fetched: it was not entered in time what the person said to being recorded, or the provider \
                          does not have it any more.";

/// Why a recording is not played before it is entered what the person said.
const fn wanting(rule: RecordingRule, is_pending: bool) -> &'static str {
    match (rule, is_pending) {
        (RecordingRule::WhenAgreed, true) => {
            "It is not fetched before it is entered that the person agreed to being recorded. After seven days it is given up."
        }
        (RecordingRule::WhenAgreed, false) => {
            "It is not played before it is entered that the person agreed to being recorded."
        }
        (_, true) => {
            "It is not fetched before it is entered that the person was told of being recorded, or agreed. After seven days it is \
             given up."
        }
        (_, false) => {
            "It is not played before it is entered that the person was told of being recorded, or agreed."
        }
    }
}

/// What can be entered that lets the recordings be played, or ends them.
fn answers(rule: RecordingRule) -> Vec<Choice> {
    let told = (rule == RecordingRule::WhenAnnounced)
        .then(|| Choice::new(RecordingConsent::Announced.as_str(), "They were told"));
    let rest = [(RecordingConsent::Agreed, "They agreed"), (RecordingConsent::Refused, "They refused")];
    told.into_iter().chain(rest.map(|(said, words)| Choice::new(said.as_str(), words))).collect()
}

/// People who have the number of a call that belongs to none of them yet, and whether a new contact can be made of it.
pub(crate) async fn people(ctx: &PageContext, call: &Call) -> Result<(Vec<Choice>, bool), Problem> {
    if call.contact.is_some() || !ctx.may(Permission::ContactsRead) {
        return Ok((Vec::new(), false));
    }
    let caller = ctx.crm().calls().caller(&ctx.actor, call.id).await?;
    let each = caller.contacts.iter();
    let choices: Vec<Choice> = each
        .map(|contact| Choice::new(contact.id.to_string(), words::contact_name(ctx, contact, &[])))
        .collect();
    let can_add = choices.is_empty() && call.customer.is_some() && ctx.may(Permission::ContactsWrite);
    Ok((choices, can_add))
}

/// The form after a call.
pub(crate) async fn wrap_up(ctx: &PageContext, call: &Call, place: &'static str) -> Result<WrapUp, Problem> {
    let all = ctx.crm().dispositions().all(&ctx.actor).await?;
    let kept = all.iter().filter(|kept| kept.archived_at.is_none() || call.disposition == Some(kept.id));
    let choices = kept.map(|kept| Choice {
        selected: call.disposition == Some(kept.id),
        ..Choice::new(kept.id.to_string(), kept.name.reveal())
    });
    Ok(WrapUp {
        id: call.id.to_string(),
        place,
        dispositions: std::iter::once(Choice::new("", "No outcome")).chain(choices).collect(),
        note: call.note.as_ref().map(|note| note.reveal().to_owned()).unwrap_or_default(),
        can_follow_up: call.contact.is_some() && ctx.may(Permission::ContactsWrite),
        error: None,
    })
}
