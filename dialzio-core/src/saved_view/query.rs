//! What a list shows, as it is saved: the same choices that its page offers, each with its type. What is searched for is
//! left out, and so is the number of a call, since both are about a person.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::call::{CallView, DurationClass};
use crate::contact::{ContactOrder, Stage};
use crate::conversation::{ConversationOrder, StateFilter};
use crate::id::{AccountId, DispositionId, MemberId};
use crate::name::string_enum;
use crate::text::TagName;

string_enum! {
    /// A list that has saved views.
    pub enum SavedList {
        /// The list of contacts.
        Contacts = "contacts",
        /// The queue of the inbox.
        Inbox = "inbox",
        /// The call log.
        Calls = "calls",
    }
}

string_enum! {
    /// A column of the list of contacts that can be left out.
    pub enum ContactColumn {
        /// Number or address.
        Details = "details",
        /// Stage.
        Stage = "stage",
        /// Owner.
        Owner = "owner",
        /// Tags.
        Tags = "tags",
        /// When they were last heard, written to or called.
        Last = "last",
        /// When the contact was made.
        Added = "added",
    }
}

/// The text names no member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is the id of a member, me or none")]
pub struct WhoseError;

/// Whose contacts or conversations are listed. In a shared view, "me" is the member who opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Whose {
    /// Those of the member who opens the view.
    Me,
    /// Those of nobody.
    Nobody,
    /// Those of this member.
    Member(MemberId),
}

impl FromStr for Whose {
    type Err = WhoseError;
    fn from_str(text: &str) -> Result<Self, WhoseError> {
        match text {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::Nobody),
            id => id.parse().map(Self::Member).map_err(|_| WhoseError),
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("me"),
            Self::Nobody => f.write_str("none"),
            Self::Member(member) => member.fmt(f),
        }
    }
}

impl TryFrom<String> for Whose {
    type Error = WhoseError;
    fn try_from(text: String) -> Result<Self, WhoseError> {
        text.parse()
    }
}

impl From<Whose> for String {
    fn from(whose: Whose) -> Self {
        whose.to_string()
    }
}

/// What a list shows. A field that the list does not have is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "list", rename_all = "snake_case")]
pub enum SavedQuery {
    /// The list of contacts.
    Contacts(SavedContacts),
    /// The queue of the inbox.
    Inbox(SavedInbox),
    /// The call log.
    Calls(SavedCalls),
}

/// What the list of contacts shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SavedContacts {
    /// Only contacts at this stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Only contacts that this member looks after: the id of a member, `me`, or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub owner: Option<Whose>,
    /// Only contacts with this tag, in exactly this spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<TagName>,
    /// In which order; by name unless given.
    pub order: ContactOrder,
    /// The columns that are shown besides the name; those that the reader has chosen unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<ContactColumn>>,
}

/// What the queue of the inbox shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SavedInbox {
    /// In which state; open unless given.
    pub state: StateFilter,
    /// Only conversations that are assigned to this member: the id of a member, `me`, or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub assignee: Option<Whose>,
    /// Only conversations on this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Only people at this stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Only people with this tag, in exactly this spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<TagName>,
    /// Only with something unread.
    pub unread: bool,
    /// Only those whose last message was not sent.
    pub failed: bool,
    /// In which order; the latest message first unless given.
    pub order: ConversationOrder,
}

/// What the call log shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SavedCalls {
    /// Which part of the log; all of it unless given.
    pub view: CallView,
    /// Only calls of this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
    /// Only calls with this outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<DispositionId>,
    /// Only calls in which people spoke for so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<DurationClass>,
    /// The first day, in the organisation's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day, in the organisation's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

impl SavedQuery {
    /// The list that it is of.
    #[must_use]
    pub const fn list(&self) -> SavedList {
        match self {
            Self::Contacts(_) => SavedList::Contacts,
            Self::Inbox(_) => SavedList::Inbox,
            Self::Calls(_) => SavedList::Calls,
        }
    }

    /// Reads a query that was written as JSON.
    ///
    /// # Errors
    /// What is wrong, in words that name the field and, where it is unknown, those that the list has.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            // Without the place in the text, which says nothing to those who did not write it.
            let words = error.to_string();
            words.rsplit_once(" at line ").map_or(words.clone(), |(words, _)| words.to_owned())
        })
    }

    /// Columns each once, in the order in which they are shown.
    pub(super) fn tidy(&mut self) {
        if let Self::Contacts(SavedContacts { columns: Some(columns), .. }) = self {
            columns.sort_unstable();
            columns.dedup();
        }
    }
}

/// The fields of each list together with its word: written by hand, since each list refuses what it does not have.
#[cfg(feature = "openapi")]
mod described {
    use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type};
    use utoipa::openapi::{RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    use super::{SavedCalls, SavedContacts, SavedInbox, SavedList, SavedQuery};

    fn of<T: PartialSchema>(list: SavedList) -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(fields)) = &mut schema {
            let word = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
            let word = word.enum_values(Some([list.as_str()])).build();
            fields.properties.insert("list".to_owned(), RefOr::T(Schema::Object(word)));
            fields.required.insert(0, "list".to_owned());
        }
        schema
    }

    impl PartialSchema for SavedQuery {
        fn schema() -> RefOr<Schema> {
            OneOfBuilder::new()
                .item(of::<SavedContacts>(SavedList::Contacts))
                .item(of::<SavedInbox>(SavedList::Inbox))
                .item(of::<SavedCalls>(SavedList::Calls))
                .description(Some("What a list shows. A field that the list does not have is refused."))
                .into()
        }
    }

    impl ToSchema for SavedQuery {
        fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            SavedContacts::schemas(schemas);
            SavedInbox::schemas(schemas);
            SavedCalls::schemas(schemas);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_written_with_its_list_and_read_back() {
        let member = "01a2b3c4-0000-7000-8000-000000000001";
        for text in [
            r#"{"list":"contacts","stage":"customer","owner":"me","tag":"vip","order":"newest","columns":["stage","last"]}"#,
            r#"{"list":"inbox","state":"closed","assignee":"none","unread":true,"failed":false,"order":"waiting"}"#,
            &format!(r#"{{"list":"calls","view":"missed","member":"{member}","from":"2026-11-01"}}"#),
        ] {
            let query = SavedQuery::from_json(text).unwrap();
            assert_eq!(serde_json::to_string(&query).unwrap(), text);
        }
        assert_eq!(
            SavedQuery::from_json(r#"{"list":"calls"}"#).unwrap(),
            SavedQuery::Calls(SavedCalls::default())
        );
    }

    #[test]
    fn a_field_that_the_list_does_not_have_is_refused_and_named() {
        for (text, named) in [
            (r#"{"list":"contacts","colour":"red"}"#, "colour"),
            (r#"{"list":"contacts","q":"asha"}"#, "`q`"),
            (r#"{"list":"calls","number":"+919840012345"}"#, "`number`"),
            (r#"{"list":"inbox","view":"missed"}"#, "`view`"),
            (r#"{"list":"orders"}"#, "orders"),
            (r#"{"stage":"customer"}"#, "list"),
            (r#"{"list":"contacts","owner":"nobody"}"#, "id of a member, me or none"),
        ] {
            let refused = SavedQuery::from_json(text).unwrap_err();
            assert!(refused.contains(named) && !refused.contains("line"), "{text}: {refused}");
        }
    }

    #[test]
    fn columns_are_kept_once_and_in_their_order() {
        let columns = Some(vec![ContactColumn::Last, ContactColumn::Stage, ContactColumn::Last]);
        let mut query = SavedQuery::Contacts(SavedContacts { columns, ..SavedContacts::default() });
        query.tidy();
        let SavedQuery::Contacts(SavedContacts { columns: Some(columns), .. }) = query else { panic!() };
        assert_eq!(columns, [ContactColumn::Stage, ContactColumn::Last]);
    }
}
