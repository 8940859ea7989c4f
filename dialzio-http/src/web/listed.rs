//! What the inbox lists, as its address says it: read leniently, since anything may be typed into an address.

use chrono::NaiveDate;
use dialzio_core::conversation::{
    ConversationFilter, ConversationOrder, Direction, MessageSort, StateFilter,
};
use dialzio_core::saved_view::{SavedInbox, Whose};
use dialzio_core::{MemberId, MessageId};
use serde::Deserialize;

use super::view::inbox::{View, list_query};
use super::view::state::State;

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    view: Option<String>,
    state: Option<String>,
    q: Option<String>,
    /// `me`, `none` or a member; in the place of the view.
    assignee: Option<String>,
    account: Option<String>,
    stage: Option<String>,
    tag: Option<String>,
    unread: Option<String>,
    failed: Option<String>,
    order: Option<String>,
    /// Of the messages that a search finds: who wrote them, what they hold, and the first and last day.
    from: Option<String>,
    kind: Option<String>,
    since: Option<String>,
    until: Option<String>,
    pub(crate) rows: Option<u32>,
    pub(crate) after: Option<String>,
    /// Of a search: the group whose next page is asked for.
    pub(crate) group: Option<Group>,
    /// The message at which a conversation is opened.
    at: Option<String>,
}

/// A part of what a search finds, which is read on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Group {
    Open,
    Snoozed,
    Closed,
    Messages,
}

impl Group {
    /// The state of its conversations; `None` of messages.
    pub(crate) const fn state(self) -> Option<StateFilter> {
        match self {
            Self::Open => Some(StateFilter::Open),
            Self::Snoozed => Some(StateFilter::Snoozed),
            Self::Closed => Some(StateFilter::Closed),
            Self::Messages => None,
        }
    }
}

/// What was chosen besides tab, state and search.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chosen {
    /// The member whose conversations are listed, of [`View::Member`].
    pub(crate) assignee: Option<MemberId>,
    pub(crate) filter: ConversationFilter,
    pub(crate) order: ConversationOrder,
    pub(crate) messages: ChosenMessages,
}

/// What narrows the messages that a search finds. Days are those of the organisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ChosenMessages {
    pub(crate) from: Option<Direction>,
    pub(crate) sort: Option<MessageSort>,
    pub(crate) since: Option<NaiveDate>,
    /// The last day that counts.
    pub(crate) until: Option<NaiveDate>,
}

impl Listed {
    /// The whole is the default: a conversation that no member has taken yet must be seen.
    pub(crate) fn view(&self) -> View {
        match self.assignee.as_deref() {
            Some("me") => return View::Mine,
            Some("none") => return View::Unassigned,
            Some("") => return View::All,
            Some(id) if id.parse::<MemberId>().is_ok() => return View::Member,
            _ => {}
        }
        match self.view.as_deref() {
            Some("mine") => View::Mine,
            Some("unassigned") => View::Unassigned,
            _ => View::All,
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.state.as_deref() {
            Some("snoozed") => State::Snoozed,
            Some("closed") => State::Closed,
            _ => State::Open,
        }
    }

    pub(crate) fn search(&self) -> &str {
        self.q.as_deref().unwrap_or_default().trim()
    }

    /// What narrows and orders the list. What cannot be read narrows nothing.
    pub(crate) fn chosen(&self) -> Chosen {
        fn read<T: std::str::FromStr>(value: Option<&String>) -> Option<T> {
            value.and_then(|value| value.trim().parse().ok())
        }
        let is_set = |value: Option<&String>| value.is_some_and(|value| value == "true");
        Chosen {
            assignee: read(self.assignee.as_ref()),
            filter: ConversationFilter {
                account: read(self.account.as_ref()),
                stage: read(self.stage.as_ref()),
                tag: read(self.tag.as_ref()),
                unread: is_set(self.unread.as_ref()),
                failed: is_set(self.failed.as_ref()),
            },
            order: read(self.order.as_ref()).unwrap_or_default(),
            messages: ChosenMessages {
                from: read(self.from.as_ref()),
                sort: read(self.kind.as_ref()),
                since: read(self.since.as_ref()),
                until: read(self.until.as_ref()),
            },
        }
    }

    /// What is listed, as a view keeps it.
    pub(crate) fn saved(&self) -> SavedInbox {
        let Chosen { assignee, filter, order, .. } = self.chosen();
        let assignee = match self.view() {
            View::Mine => Some(Whose::Me),
            View::Unassigned => Some(Whose::Nobody),
            View::Member => assignee.map(Whose::Member),
            View::All => None,
        };
        let state = match self.state() {
            State::Open => StateFilter::Open,
            State::Snoozed => StateFilter::Snoozed,
            State::Closed => StateFilter::Closed,
        };
        let ConversationFilter { account, stage, tag, unread, failed } = filter;
        SavedInbox { state, assignee, account, stage, tag, unread, failed, order }
    }

    /// The message at which a conversation is opened.
    pub(crate) fn message(&self) -> Option<MessageId> {
        self.at.as_deref().and_then(|id| id.parse().ok())
    }

    /// The query that lists the same again.
    pub(crate) fn here(&self) -> String {
        list_query(self.view(), self.state(), self.search(), &self.chosen().pairs())
    }
}

/// The address of the queue that shows a view.
pub(crate) fn address(saved: &SavedInbox) -> String {
    let flag = |given: bool| given.then(|| "true".to_owned());
    let listed = Listed {
        state: Some(saved.state.to_string()),
        assignee: Some(saved.assignee.map(|whose| whose.to_string()).unwrap_or_default()),
        account: saved.account.map(|account| account.to_string()),
        stage: saved.stage.map(|stage| stage.to_string()),
        tag: saved.tag.as_ref().map(|tag| tag.reveal().to_owned()),
        unread: flag(saved.unread),
        failed: flag(saved.failed),
        order: Some(saved.order.to_string()),
        ..Listed::default()
    };
    format!("inbox?{}", listed.here())
}

impl Chosen {
    /// Whether nothing narrows the list of conversations or changes its order.
    pub(crate) fn is_empty(&self) -> bool {
        Self { messages: ChosenMessages::default(), ..self.clone() }.pairs().is_empty()
    }

    /// What the address says of it.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let filter = &self.filter;
        let flag = |given: bool| given.then(|| "true".to_owned());
        let order = (self.order != ConversationOrder::Latest).then(|| self.order.to_string());
        let pairs = [
            ("assignee", self.assignee.map(|member| member.to_string())),
            ("account", filter.account.map(|account| account.to_string())),
            ("stage", filter.stage.map(|stage| stage.to_string())),
            ("tag", filter.tag.as_ref().map(|tag| tag.reveal().to_owned())),
            ("unread", flag(filter.unread)),
            ("failed", flag(filter.failed)),
            ("order", order),
            ("from", self.messages.from.map(|from| from.to_string())),
            ("kind", self.messages.sort.map(|sort| sort.to_string())),
            ("since", self.messages.since.map(|day| day.to_string())),
            ("until", self.messages.until.map(|day| day.to_string())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(query: &str) -> Listed {
        let uri: axum::http::Uri = format!("/inbox?{query}").parse().unwrap();
        axum::extract::Query::try_from_uri(&uri).unwrap().0
    }

    #[test]
    fn an_address_names_what_it_lists_and_nothing_that_cannot_be_read() {
        let member = "01a2b3c4-0000-7000-8000-000000000001";
        for (typed, here) in [
            ("", "view=all&state=open"),
            ("view=mine&state=closed&q=asha", "view=mine&state=closed&q=asha"),
            ("view=mine&assignee=none", "view=unassigned&state=open"),
            ("view=mine&assignee=", "view=all&state=open"),
            ("view=mine&assignee=nobody", "view=mine&state=open"),
            (
                "unread=true&failed=yes&stage=customer&order=waiting&tag=A+%26+B",
                "view=all&state=open&stage=customer&tag=A+%26+B&unread=true&order=waiting",
            ),
            ("stage=&tag=&account=&order=", "view=all&state=open"),
            ("account=x&stage=emperor&order=random&tag=%00", "view=all&state=open"),
            (
                "q=rent&until=2026-11-30&from=inbound&kind=link&since=tomorrow",
                "view=all&state=open&q=rent&from=inbound&kind=link&until=2026-11-30",
            ),
        ] {
            assert_eq!(listed(typed).here(), here, "{typed}");
            assert_eq!(listed(here).here(), here, "{here}");
        }
        for typed in [
            "",
            "view=mine&state=closed&unread=true&failed=true&order=waiting",
            "assignee=none&stage=customer&tag=A+%26+B&account=01a2b3c4-0000-7000-8000-000000000002",
            &format!("assignee={member}&state=snoozed"),
        ] {
            let saved = listed(&format!("q=rent&from=inbound&{typed}")).saved();
            let address = address(&saved);
            assert_eq!(listed(address.strip_prefix("inbox?").unwrap()).saved(), saved, "{typed}");
        }
        let of_member = listed(&format!("view=mine&assignee={member}"));
        assert_eq!(of_member.view(), View::Member);
        assert_eq!(of_member.here(), format!("view=all&state=open&assignee={member}"));
        let tab = list_query(View::Mine, State::Open, "", &of_member.chosen().pairs());
        assert_eq!(tab, "view=mine&state=open");
    }
}
