//! Reads and writes of calls.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Call, CallAgent, CallAlias, CallState};
use crate::consent::ConsentRecord;
use crate::contact::SubjectKey;
use crate::conversation::Direction;
use crate::id::{AccountId, CallId, ContactId, DispositionId, MemberId};
use crate::name::string_enum;
use crate::page::{Page, PageRequest};
use crate::scope::{Audience, OrgScope};
use crate::store::StoreResult;

string_enum! {
    /// A part of the call log.
    #[derive(Default)]
    pub enum CallView {
        /// Every call.
        #[default]
        All = "all",
        /// Calls that came in.
        Inbound = "inbound",
        /// Calls that went out.
        Outbound = "outbound",
        /// Missed calls, called back or not, with voicemails.
        Missed = "missed",
        /// Missed calls that wait to be called back, with voicemails.
        Waiting = "waiting",
        /// Voicemails.
        Voicemail = "voicemail",
    }
}

impl CallView {
    /// Whether a call belongs to it.
    #[must_use]
    pub fn holds(self, call: &Call) -> bool {
        match self {
            Self::All => true,
            Self::Inbound => call.direction == Direction::Inbound,
            Self::Outbound => call.direction == Direction::Outbound,
            Self::Missed => call.state.is_missed(),
            Self::Waiting => call.is_open_missed(),
            Self::Voicemail => call.state == CallState::Voicemail,
        }
    }
}

string_enum! {
    /// How long people spoke, in steps that an index can hold.
    pub enum DurationClass {
        /// Not at all, or nothing is known.
        None = "none",
        /// Less than 30 seconds.
        UnderHalfMinute = "under_30s",
        /// 30 seconds to less than 2 minutes.
        UnderTwoMinutes = "under_2m",
        /// 2 minutes to less than 10 minutes.
        UnderTenMinutes = "under_10m",
        /// 10 minutes and more.
        Longer = "longer",
    }
}

impl DurationClass {
    /// The class of a talk time in seconds.
    #[must_use]
    pub const fn of(talk_seconds: Option<u32>) -> Self {
        match talk_seconds {
            None | Some(0) => Self::None,
            Some(1..30) => Self::UnderHalfMinute,
            Some(30..120) => Self::UnderTwoMinutes,
            Some(120..600) => Self::UnderTenMinutes,
            Some(_) => Self::Longer,
        }
    }
}

/// Which calls are asked for, newest first. All conditions hold at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallQuery {
    /// The part of the log.
    pub view: CallView,
    /// Those that came by this account.
    pub account: Option<AccountId>,
    /// Those of this member.
    pub member: Option<MemberId>,
    /// Those of this contact.
    pub contact: Option<ContactId>,
    /// Those with this person's number, by [`SubjectKey::phone`].
    pub customer: Option<SubjectKey>,
    /// Those in this state.
    pub state: Option<CallState>,
    /// Those with this outcome.
    pub disposition: Option<DispositionId>,
    /// Those in which people spoke for so long.
    pub duration: Option<DurationClass>,
    /// Those that began at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Those that began before this time.
    pub until: Option<DateTime<Utc>>,
}

impl CallQuery {
    /// The same, asked for by a member, if an audience sees the calls of one member alone: an index serves that.
    #[must_use]
    pub fn within(self, audience: &Audience) -> Self {
        Self { member: self.member.or(audience.only()), ..self }
    }

    /// Whether a call is asked for. Time is that of the call's id, by which the log is ordered.
    #[must_use]
    pub fn matches(&self, call: &Call) -> bool {
        use crate::id::{TypedId, id_floor};
        self.view.holds(call)
            && self.account.is_none_or(|account| call.account == account)
            && self.member.is_none_or(|member| call.member == Some(member))
            && self.contact.is_none_or(|contact| call.contact == Some(contact))
            && self
                .customer
                .as_ref()
                .is_none_or(|key| call.customer.as_ref().map(SubjectKey::phone).as_ref() == Some(key))
            && self.state.is_none_or(|state| call.state == state)
            && self.disposition.is_none_or(|disposition| call.disposition == Some(disposition))
            && self.duration.is_none_or(|class| DurationClass::of(call.talk_seconds) == class)
            && self.since.is_none_or(|since| call.id.uuid() >= id_floor(since))
            && self.until.is_none_or(|until| call.id.uuid() < id_floor(until))
    }
}

/// What is asked before reports are decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFactsQuery {
    /// The account that the reports came by.
    pub account: AccountId,
    /// Ids of the provider in them.
    pub aliases: Vec<CallAlias>,
    /// Ids of ours in them.
    pub own: Vec<CallId>,
    /// Numbers of people in them.
    pub customers: Vec<SubjectKey>,
    /// Ids of agents in them.
    pub agents: Vec<String>,
}

/// What a store knows about reports of calls.
#[derive(Debug, Clone, Default)]
pub struct CallFacts {
    /// Calls of the account that hold any of the aliases, or that have one of the ids of ours.
    pub calls: Vec<Call>,
    /// Which of the aliases are held, and by which call.
    pub aliases: Vec<(CallAlias, CallId)>,
    /// Contacts that have one of the numbers, by number, then contact; at most [`CallFacts::MANY`] for each number.
    pub contacts: Vec<(SubjectKey, ContactId)>,
    /// Missed calls of any account that wait to be called back, with one of the numbers; at most [`CallFacts::MANY`], the
    /// newest.
    pub waiting: Vec<Call>,
    /// The agents asked for, and every agent of the account that has one of the numbers asked for.
    pub agents: Vec<CallAgent>,
}

impl CallFacts {
    /// The most contacts of one number, and the most missed calls, that facts hold.
    pub const MANY: usize = 50;

    /// What a store found, each once, within bounds, and in order: calls by id, aliases and numbers as they were asked for,
    /// missed calls newest first, agents by id.
    #[must_use]
    pub fn in_order(mut self, query: &CallFactsQuery) -> Self {
        self.calls.sort_unstable_by_key(|call| call.id);
        self.calls.dedup_by_key(|call| call.id);
        self.aliases.sort_unstable_by_key(|(alias, _)| query.aliases.iter().position(|asked| asked == alias));
        self.aliases.dedup();
        let place = |key: &SubjectKey| query.customers.iter().position(|asked| asked == key);
        self.contacts.sort_unstable_by_key(|(key, contact)| (place(key), *contact));
        self.contacts.dedup();
        let by_number = self.contacts.chunk_by(|(one, _), (next, _)| one == next);
        self.contacts = by_number.flat_map(|found| found.iter().take(Self::MANY)).cloned().collect();
        self.waiting.sort_unstable_by_key(|call| std::cmp::Reverse(call.id));
        self.waiting.dedup_by_key(|call| call.id);
        self.waiting.truncate(Self::MANY);
        self.agents.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        self.agents.dedup_by(|one, other| one.id == other.id);
        self
    }
}

/// Calls of one hour, member and outcome, counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallTally {
    /// The hour in which they began: Unix time in hours.
    pub hour: i64,
    /// The member, if there is one.
    pub member: Option<MemberId>,
    /// Which way they went.
    pub direction: Direction,
    /// Where they stand.
    pub state: CallState,
    /// The outcome that was chosen.
    pub disposition: Option<DispositionId>,
    /// How many there are.
    pub calls: u32,
    /// Seconds in which people spoke, together.
    pub talk_seconds: u64,
    /// Calls that were answered with a known time to answer.
    pub answers_timed: u32,
    /// Seconds from start to answer of those, together.
    pub answer_seconds: u64,
}

impl CallTally {
    /// The hour of a call: that of the time in its id.
    #[must_use]
    pub fn hour_of(call: CallId) -> i64 {
        crate::id::time_of(call).timestamp().div_euclid(3_600)
    }

    /// What its calls have in common, by which tallies are in order.
    #[must_use]
    pub fn key(&self) -> (i64, Option<MemberId>, Direction, CallState, Option<DispositionId>) {
        (self.hour, self.member, self.direction, self.state, self.disposition)
    }
}

/// The period of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportQuery {
    /// Calls that began at or after this time.
    pub since: DateTime<Utc>,
    /// Calls that began before this time.
    pub until: DateTime<Utc>,
    /// Those of one member alone.
    pub member: Option<MemberId>,
}

impl ReportQuery {
    /// The same, asked for by a member, if an audience sees the calls of one member alone: an index serves that.
    #[must_use]
    pub fn within(self, audience: &Audience) -> Self {
        Self { member: self.member.or(audience.only()), ..self }
    }
}

/// Reads of calls. What the log shows lives as long as the organisation does; recordings expire as files do.
#[async_trait]
pub trait CallStore: Send + Sync {
    /// One call.
    async fn call(&self, scope: &OrgScope, id: CallId) -> StoreResult<Option<Call>>;
    /// Calls by their id, newest first.
    async fn calls(&self, scope: &OrgScope, query: &CallQuery, page: PageRequest) -> StoreResult<Page<Call>>;
    /// How many missed calls wait to be called back, counted up to `most`.
    async fn waiting_calls(&self, scope: &OrgScope, most: u32) -> StoreResult<u32>;
    /// The provider's ids of a call, in order.
    async fn call_aliases(&self, scope: &OrgScope, call: CallId) -> StoreResult<Vec<CallAlias>>;
    /// What is known about reports, before they are decided on, whatever the scope's audience sees.
    async fn call_facts(&self, scope: &OrgScope, query: &CallFactsQuery) -> StoreResult<CallFacts>;
    /// Calls counted by hour, member, direction, state and outcome, in that order.
    async fn call_tallies(&self, scope: &OrgScope, query: &ReportQuery) -> StoreResult<Vec<CallTally>>;
    /// The agents of an account, by id.
    async fn call_agents(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<CallAgent>>;
    /// Every entry of the consent ledger that covers any of the identifiers, oldest first, whatever the scope's audience
    /// sees: it is decided on.
    async fn consent_records(
        &self,
        scope: &OrgScope,
        subjects: &[SubjectKey],
    ) -> StoreResult<Vec<ConsentRecord>>;
}

/// A change to calls.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallWrite {
    /// A new call. Its account has to be there.
    Insert(Box<Call>),
    /// A call as it is now, in the place of the one there is; its revision is counted by the store. Guard it with
    /// [`Precondition::Revision`](crate::store::Precondition::Revision).
    Update(Box<Call>),
    /// An id by which the provider names a call. An id that another call of the account holds is refused as
    /// [`Precondition::CallAliasFree`](crate::store::Precondition::CallAliasFree); the same one again changes nothing.
    Alias {
        /// The account.
        account: AccountId,
        /// The provider's id.
        alias: CallAlias,
        /// The call.
        call: CallId,
    },
    /// Two rows turned out to be one call: ids and recordings of `from` become those of `into`, and `from` goes.
    Merge {
        /// The row that goes.
        from: CallId,
        /// The row that stays.
        into: CallId,
    },
    /// The agents of an account, as the provider lists them now. Those of the same id keep their member; those not listed go.
    Agents {
        /// The account.
        account: AccountId,
        /// The agents.
        agents: Vec<CallAgent>,
    },
    /// Which member an agent is. Nothing happens if there is no such agent.
    MapAgent {
        /// The account.
        account: AccountId,
        /// The provider's id of the agent.
        agent: String,
        /// The member; `None` if it is none.
        member: Option<MemberId>,
    },
}
