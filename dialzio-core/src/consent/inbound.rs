//! What received elements say about consent: opt-outs, opt-ins, the provider's own stop.

use chrono::{DateTime, Utc};

use super::{
    Channel, ConsentEvent, ConsentState, Entry, Evidence, EvidenceKind, Purpose, PurposeScope, Reply, Said,
    State, Words, enter, may_lift,
};
use crate::contact::{ContactWrite, Task};
use crate::conversation::{ChoiceKind, Content, Direction, Message};
use crate::event::DomainEvent;
use crate::id::MessageId;
use crate::intake::decide::{Deciding, Element, LOOK_WITHIN, Place, Wanted};
use crate::provider::{InboundContent, PreferenceUpdate, PreferenceValue, Sender, Trust};
use crate::scope::Principal;
use crate::store::Revision;
use crate::text::{EvidenceText, TaskTitle};
use crate::webhook::QuarantineReason;

/// What content says about consent, if anything.
fn said(words: &Words, content: &Content, how: Said) -> Option<Reply> {
    match content {
        Content::Text { body } => words.read(body.reveal(), how),
        Content::Choice { what: ChoiceKind::Button | ChoiceKind::TemplateButton, id, title, .. } => {
            // What is behind a button is often one word: STOP_PROMOTIONS.
            let behind = || words.read(&id.replace('_', " "), Said::InAnswer);
            words.read(title.reveal(), Said::InAnswer).or_else(behind)
        }
        Content::Media { caption: Some(caption), .. } => words.read(caption.reveal(), Said::BesideAFile),
        _ => None,
    }
}

/// Whether what follows from a message may depend on consent, or change it.
pub(crate) fn speaks_of_consent(words: &Words, content: &InboundContent) -> bool {
    match content {
        InboundContent::Ready(content) => said(words, content, Said::Alone).is_some(),
        InboundContent::Media(file) => file
            .caption
            .as_ref()
            .is_some_and(|caption| words.read(caption.reveal(), Said::BesideAFile).is_some()),
    }
}

/// How many letters of a message stand in the follow-up about it.
const SHOWN: usize = 200;
impl Element for &PreferenceUpdate {
    fn look_up(&self, wanted: &mut Wanted<'_>) {
        wanted.person(&self.sender);
        wanted.consent();
    }

    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        match trust {
            Trust::Signed => deciding.preference(place, self),
            Trust::PathOnly => deciding.unsigned_preference(place, self),
        }
    }
}

impl Deciding<'_> {
    #[allow(clippy::too_many_arguments, reason = "the fields of one ledger entry")]
    fn record(
        &mut self,
        person: usize,
        channel: Channel,
        scope: PurposeScope,
        event: ConsentEvent,
        kind: EvidenceKind,
        note: &str,
        message: Option<MessageId>,
        at: DateTime<Utc>,
    ) {
        let Some(note) = EvidenceText::received(note) else { return };
        let (now, ids) = (self.now, self.ids);
        let known = self.people.get_mut(person);
        let mut subjects = known.identity.subject_keys();
        subjects.extend(known.details.iter().cloned());
        let entry = Entry {
            contact: known.identity.contact,
            subjects,
            channel,
            scope,
            event,
            evidence: Evidence { kind, note, message },
            by: &Principal::System,
            occurred_at: at,
            lasts: None,
            identities: &[known.identity.id],
        };
        known.consents.push(enter(self.batch, ids, now, entry));
    }

    /// Reads a person's message for words about consent.
    pub(crate) fn opt_out(&mut self, person: usize, message: &Message, trust: Trust) {
        let ours = |quoted| {
            self.messages.iter().any(|known| known.id == quoted && known.direction == Direction::Outbound)
        };
        let how = if message.reply_to.is_some_and(ours) { Said::InAnswer } else { Said::Alone };
        let said = said(self.words, &message.content, how);
        let at = message.event_at;
        let from = (EvidenceKind::Message, Some(message.id));
        if trust != Trust::Signed {
            match said {
                None | Some(Reply::Start) => {}
                Some(Reply::Stop | Reply::StopPromotion | Reply::SuspectedStop) => {
                    self.unsigned_stop(person, at);
                }
            }
            return;
        }
        match said {
            None => {}
            Some(Reply::Stop) => {
                let note = "The person wrote an opt-out word.";
                let event = ConsentEvent::Withdrawn;
                self.record(person, Channel::Any, PurposeScope::Marketing, event, from.0, note, from.1, at);
                self.record(person, self.channel, PurposeScope::Any, event, from.0, note, from.1, at);
            }
            Some(Reply::StopPromotion) => {
                let note = "The person asked to stop promotion.";
                let (event, scope) = (ConsentEvent::Withdrawn, PurposeScope::Marketing);
                self.record(person, Channel::Any, scope, event, from.0, note, from.1, at);
                // Says on which channel it was written, where alone it can be taken back.
                self.record(person, self.channel, scope, event, from.0, note, from.1, at);
            }
            Some(Reply::Start) => {
                let known = self.people.get(person);
                // A sender who may be another person takes nothing back.
                if known.identity.doubt.is_none() && may_lift(&known.consents, self.channel) {
                    let note = "The person took an opt-out back: what held before it holds again.";
                    let (event, scope) = (ConsentEvent::Lifted, PurposeScope::Any);
                    self.record(person, self.channel, scope, event, from.0, note, from.1, at);
                }
            }
            Some(Reply::SuspectedStop) => {
                let note = "A phrase in a longer message asks to stop: held until the person has been asked.";
                self.hold_promotion(person, note, message.content.display_text(), at);
            }
        }
    }

    /// What a stranger could have posted withdraws nothing.
    fn unsigned_stop(&mut self, person: usize, at: DateTime<Utc>) {
        let note =
            "A report without a signature says that the person opted out: held until they have been asked.";
        self.hold_promotion(person, note, None, at);
    }

    /// Holds promotion until a person has asked what was meant: it may have been an opt-out. Once: while promotion is held or
    /// withdrawn, another message of the kind changes nothing, and one follow-up is enough.
    fn hold_promotion(&mut self, person: usize, note: &str, said: Option<&str>, at: DateTime<Utc>) {
        let known = &self.people.get(person).consents;
        let now = ConsentState::fold(known, self.channel, Purpose::Marketing, self.now);
        if now.state == State::Withdrawn {
            return;
        }
        let (event, kind) = (ConsentEvent::Withdrawn, EvidenceKind::Message);
        self.record(person, Channel::Any, PurposeScope::Marketing, event, kind, note, None, at);
        self.ask_somebody(person, said);
    }

    fn ask_somebody(&mut self, person: usize, said: Option<&str>) {
        let words = match said {
            Some(said) => {
                let sentence: String = said.chars().take(SHOWN).collect();
                let more = if said.chars().nth(SHOWN).is_some() { "…" } else { "" };
                format!("Check opt-out: “{sentence}{more}”")
            }
            None => "Check opt-out: they may have asked to stop".to_owned(),
        };
        let Some(title) = TaskTitle::received(&words) else {
            return;
        };
        let contact = self.people.get(person).identity.contact;
        let task = Task {
            id: self.ids.next(self.now),
            contact,
            title,
            due_at: Some(self.now + LOOK_WITHIN),
            assignee: None,
            done_at: None,
            created_at: self.now,
            revision: Revision::FIRST,
        };
        self.batch.write(ContactWrite::InsertTask(task)).event(DomainEvent::ContactChanged { contact });
    }

    /// A send failed because the person stopped marketing at the provider.
    pub(crate) fn provider_stop(&mut self, recipient: &Sender, message: MessageId, at: DateTime<Utc>) {
        let conversation =
            self.messages.iter().find(|known| known.id == message).map(|known| known.conversation);
        let by_thread = || {
            let wanted = conversation?;
            self.people.position(|person| person.conversation.as_ref().is_some_and(|own| own.id == wanted))
        };
        let Some(person) = self.people.find(recipient).or_else(by_thread) else { return };
        let note =
            "The provider refused a promotional message: the person stopped marketing from this business.";
        let event = ConsentEvent::ProviderStop;
        let scope = PurposeScope::Marketing;
        self.record(
            person,
            self.channel,
            scope,
            event,
            EvidenceKind::Provider,
            note,
            Some(message),
            at.min(self.now),
        );
    }

    fn preference(&mut self, place: Place, update: &PreferenceUpdate) {
        let at = place.at;
        // A known person's stop counts however late it arrives; anything else so late changes nothing.
        let binding = update.value == PreferenceValue::Stop && self.people.find(&update.sender).is_some();
        if self.is_out_of_time(at) && !binding {
            return self.quarantine(place, QuarantineReason::OutOfTime, "preference");
        }
        let at = at.min(self.now);
        let Some(person) = self.people.resolve(&update.sender, at, self.now, self.ids, self.batch) else {
            return self.quarantine(place, QuarantineReason::Unknown, "preference without a person");
        };
        let event = match update.value {
            PreferenceValue::Stop => ConsentEvent::ProviderStop,
            PreferenceValue::Resume | PreferenceValue::SignUp => ConsentEvent::ProviderResume,
        };
        let twice = self.people.get(person).consents.iter().any(|known| {
            known.event == event && known.occurred_at == at && known.evidence.kind == EvidenceKind::Provider
        });
        if twice {
            return;
        }
        if event == ConsentEvent::ProviderResume && self.people.get(person).identity.doubt.is_some() {
            return self.quarantine(place, QuarantineReason::Unknown, "preference of a person in doubt");
        }
        let note = update.detail.as_deref().unwrap_or("Reported by the provider.");
        let (channel, scope, kind) = (self.channel, PurposeScope::Marketing, EvidenceKind::Provider);
        self.record(person, channel, scope, event, kind, note, None, at);
        match update.value {
            PreferenceValue::Stop => {}
            PreferenceValue::SignUp => {
                self.record(person, channel, scope, ConsentEvent::Given, kind, note, None, at);
            }
            PreferenceValue::Resume => {}
        }
    }

    /// A stop holds promotion until a person has asked; nothing else that came without a signature changes consent.
    fn unsigned_preference(&mut self, place: Place, update: &PreferenceUpdate) {
        match (update.value, self.people.find(&update.sender)) {
            (PreferenceValue::Stop, Some(person)) => {
                self.unsigned_stop(person, place.at.min(self.now));
            }
            _ => self.quarantine(place, QuarantineReason::Unsigned, "preference"),
        }
    }
}
