//! Calls, the ids by which providers name them, agents, and the figures of reports; which index a list is read by.

use uuid::Uuid;

use super::{Bind, Columns, FromRow, ToRow, evidence};
use crate::call::{Call, CallAgent, CallAlias, CallQuery, CallState, CallTally, CallView, DurationClass};
use crate::contact::SubjectKey;
use crate::conversation::{Direction, FailureNote};
use crate::id::id_floor;
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::store::{Revision, StoreError, StoreResult};
use crate::text::{CallNote, PersonName};

fn opt_number<C: Columns>(c: &C) -> Result<Option<u32>, C::Error> {
    c.opt_integer()?.map(|number| u32::try_from(number).map_err(|_| c.bad())).transpose()
}

impl FromRow for Call {
    const RECORD: &'static str = "call";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            account: c.id()?,
            direction: c.word()?,
            state: c.word()?,
            confirmed: c.flag()?,
            member: c.opt_id()?,
            disposition: c.opt_id()?,
            contact: c.opt_id()?,
            started_at: c.time()?,
            answered_at: c.opt_time()?,
            ended_at: c.opt_time()?,
            talk_seconds: opt_number(c)?,
            wait_seconds: opt_number(c)?,
            customer: c.opt_text()?,
            withheld: c.flag()?,
            our_number: c.opt_text()?,
            identity: c.opt_id()?,
            agent: c.opt_text()?,
            placed_by: c.opt_text()?,
            placed: c.opt_word()?,
            purpose: c.opt_word()?,
            cause: c.opt_word()?,
            word: c.opt_text()?,
            recording_consent: c.word()?,
            handled_at: c.opt_time()?,
            task: c.opt_id()?,
            revision: Revision(c.number()?),
            created_at: c.time()?,
            failure: match (c.opt_text()?, c.opt_text()?) {
                (Some(code), detail) => Some(FailureNote { code, detail }),
                (None, None) => None,
                (None, Some(_)) => return Err(c.bad()),
            },
            note: c.opt_text()?,
            evidence: evidence::read(c.str()?).ok_or_else(|| c.bad())?,
        })
    }
}

/// With what is made from it, by which lists are read and reports are counted: the hour, the class of its duration, the key
/// of the number.
impl ToRow for Call {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.account);
        to.text(self.direction.as_str());
        to.text(self.state.as_str());
        to.flag(self.confirmed);
        to.opt_id(self.member);
        to.opt_id(self.disposition);
        to.opt_id(self.contact);
        to.integer(CallTally::hour_of(self.id));
        to.time(self.started_at);
        to.opt_time(self.answered_at);
        to.opt_time(self.ended_at);
        to.opt_integer(self.talk_seconds.map(i64::from));
        to.opt_integer(self.wait_seconds.map(i64::from));
        to.text(DurationClass::of(self.talk_seconds).as_str());
        to.opt_text(self.customer.as_ref().map(PhoneNumber::reveal));
        to.opt_text(self.customer_key().as_ref().map(SubjectKey::reveal));
        to.flag(self.withheld);
        to.opt_text(self.our_number.as_deref());
        to.opt_id(self.identity);
        to.opt_text(self.agent.as_deref());
        to.opt_text(self.placed_by.as_deref());
        to.opt_text(self.placed.map(CallState::as_str));
        to.opt_text(self.purpose.map(crate::consent::Purpose::as_str));
        to.opt_text(self.cause.map(crate::call::HangupCause::as_str));
        to.opt_text(self.word.as_deref());
        to.text(self.recording_consent.as_str());
        to.opt_time(self.handled_at);
        to.opt_id(self.task);
        to.integer(self.revision.0);
        to.time(self.created_at);
        to.opt_text(self.failure.as_ref().map(|why| why.code.as_str()));
        to.opt_text(self.failure.as_ref().and_then(|why| why.detail.as_deref()));
        to.opt_text(self.note.as_ref().map(CallNote::reveal));
        to.text(&evidence::write(&self.evidence));
        Ok(())
    }
}

impl FromRow for CallAlias {
    const RECORD: &'static str = "id of a call";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Self::parse(c.str()?).ok_or_else(|| c.bad())
    }
}

impl FromRow for CallAgent {
    const RECORD: &'static str = "agent";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            account: c.id()?,
            id: c.text()?,
            name: c.opt_text()?,
            phone: c.opt_text()?,
            member: c.opt_id()?,
        })
    }
}

/// With the key by which the number is found, before the member.
impl ToRow for CallAgent {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.account);
        to.text(&self.id);
        to.opt_text(self.name.as_ref().map(PersonName::reveal));
        to.opt_text(self.phone.as_ref().map(PhoneNumber::reveal));
        to.opt_text(self.phone.as_ref().map(SubjectKey::phone).as_ref().map(SubjectKey::reveal));
        to.opt_id(self.member);
        Ok(())
    }
}

impl FromRow for CallTally {
    const RECORD: &'static str = "count of calls";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            hour: c.integer()?,
            member: c.opt_id()?,
            direction: c.word()?,
            state: c.word()?,
            disposition: c.opt_id()?,
            calls: c.number()?,
            talk_seconds: c.number()?,
            answers_timed: c.number()?,
            answer_seconds: c.number()?,
        })
    }
}

/// By what a list of calls is read: each choice has an index that keeps the order of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallLead {
    /// Time alone.
    Time,
    /// The contact.
    Contact,
    /// The person's number.
    Customer,
    /// Missed calls that wait to be called back.
    Waiting,
    /// Missed calls.
    Missed,
    /// The outcome.
    Disposition,
    /// The member.
    Member,
    /// The state.
    State,
    /// How long people spoke.
    Duration,
    /// The account.
    Account,
    /// Which way they went.
    Direction,
}

/// A page of a list of calls, as statements ask for it. What a view says is here by its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallList {
    /// By what it is read: the choice that is likely to leave the fewest.
    pub lead: CallLead,
    /// The state that is asked for, by itself or by the view.
    pub state: Option<CallState>,
    /// The direction that the view asks for.
    pub direction: Option<Direction>,
    /// Missed calls alone.
    pub missed: bool,
    /// Of those, the ones that wait to be called back.
    pub waiting: bool,
    /// The first id that belongs to it.
    pub from: Uuid,
    /// Ids from here on do not belong to it any more: they are those of later calls, or of pages before.
    pub before: Uuid,
}

impl CallList {
    /// The page of a query; `None` if its choices exclude each other.
    ///
    /// # Errors
    /// [StoreError::Cursor] if the page continues another list.
    pub fn of(query: &CallQuery, page: &PageRequest) -> StoreResult<Option<Self>> {
        let (view, asked) = (query.view, query.state);
        let (missed, waiting) =
            (matches!(view, CallView::Missed | CallView::Waiting), view == CallView::Waiting);
        let state = match (view, asked) {
            (CallView::Voicemail, None | Some(CallState::Voicemail)) => Some(CallState::Voicemail),
            (CallView::Voicemail, Some(_)) => return Ok(None),
            (_, Some(state)) if missed && !state.is_missed() => return Ok(None),
            (_, asked) => asked,
        };
        let direction = match view {
            CallView::Inbound => Some(Direction::Inbound),
            CallView::Outbound => Some(Direction::Outbound),
            _ => None,
        };
        let after = match &page.after {
            None => Uuid::max(),
            Some(cursor) => Uuid::from_slice(&cursor.0).map_err(|_| StoreError::Cursor)?,
        };
        let lead = match query {
            CallQuery { contact: Some(_), .. } => CallLead::Contact,
            CallQuery { customer: Some(_), .. } => CallLead::Customer,
            _ if waiting => CallLead::Waiting,
            CallQuery { disposition: Some(_), .. } => CallLead::Disposition,
            CallQuery { member: Some(_), .. } => CallLead::Member,
            _ if state.is_some() => CallLead::State,
            _ if missed => CallLead::Missed,
            CallQuery { duration: Some(_), .. } => CallLead::Duration,
            CallQuery { account: Some(_), .. } => CallLead::Account,
            _ if direction.is_some() => CallLead::Direction,
            _ => CallLead::Time,
        };
        let before = query.until.map_or(after, |until| after.min(id_floor(until)));
        let from = query.since.map_or(Uuid::nil(), id_floor);
        Ok(Some(Self { lead, state, direction, missed, waiting, from, before }))
    }
}
