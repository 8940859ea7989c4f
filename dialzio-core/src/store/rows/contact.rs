//! Contacts, their details, notes and follow-ups.

use super::{Bind, Columns, FromRow, ToRow};
use crate::contact::{Contact, Detail, DetailValue, Note, Task};
use crate::phone::PhoneNumber;
use crate::store::{Revision, StoreResult};
use crate::text::{EmailAddress, Label, PersonName, TagName};

/// A detail as a contact's row holds it: its place, kind, value, number as written, and label.
type StoredDetail = (i64, String, String, Option<String>, Option<String>);

impl FromRow for Contact {
    const RECORD: &'static str = "contact";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let (id, name, name_source) = (c.id()?, c.opt_text()?, c.word()?);
        let (stage, owner) = (c.word()?, c.opt_id()?);
        let restricted = c.flag()?;
        let revision = Revision(c.number()?);
        let (created_at, updated_at) = (c.time()?, c.time()?);
        let mut stored: Vec<StoredDetail> = c.json_list()?;
        stored.sort_unstable_by_key(|detail| detail.0);
        let details = stored.into_iter().map(detail).collect::<Option<_>>().ok_or_else(|| c.bad())?;
        let tags = c.texts()?.into_iter().map(TagName::try_from).collect::<Result<Vec<_>, _>>();
        let mut tags = tags.map_err(|_| c.bad())?;
        tags.sort_unstable();
        Ok(Self {
            id,
            name,
            name_source,
            stage,
            owner,
            details,
            tags,
            restricted,
            revision,
            created_at,
            updated_at,
        })
    }
}

fn detail((_, kind, value, as_written, label): StoredDetail) -> Option<Detail> {
    let value = match kind.as_str() {
        "phone" => DetailValue::Phone {
            number: PhoneNumber::try_from(value).ok()?,
            as_written: Label::try_from(as_written?).ok()?,
        },
        "email" => DetailValue::Email(EmailAddress::try_from(value).ok()?),
        _ => return None,
    };
    let label = label.map(Label::try_from).transpose().ok()?;
    Some(Detail { value, label })
}

/// As a new row. Its details and tags are rows of their own.
impl ToRow for Contact {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.opt_text(self.name.as_ref().map(PersonName::reveal));
        to.text(self.name_source.as_str());
        to.text(&self.sort_key());
        to.text(self.stage.as_str());
        to.opt_id(self.owner);
        to.flag(self.restricted);
        to.integer(self.revision.0);
        to.time(self.created_at);
        to.time(self.updated_at);
        Ok(())
    }
}

/// The store binds the contact and the detail's place before it.
impl ToRow for Detail {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        let (value, as_written) = match &self.value {
            DetailValue::Phone { number, as_written } => (number.reveal(), Some(as_written.reveal())),
            DetailValue::Email(email) => (email.reveal(), None),
        };
        to.text(self.value.kind());
        to.text(value);
        to.opt_text(as_written);
        to.opt_text(self.label.as_ref().map(Label::reveal));
        to.text(self.value.subject_key().reveal());
        Ok(())
    }
}

impl FromRow for Note {
    const RECORD: &'static str = "note";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { id: c.id()?, contact: c.id()?, author: c.text()?, text: c.text()?, created_at: c.time()? })
    }
}

impl ToRow for Note {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.contact);
        to.id(self.id);
        to.text(&self.author);
        to.text(self.text.reveal());
        to.time(self.created_at);
        Ok(())
    }
}

impl FromRow for Task {
    const RECORD: &'static str = "follow-up";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            contact: c.id()?,
            title: c.text()?,
            due_at: c.opt_time()?,
            assignee: c.opt_id()?,
            done_at: c.opt_time()?,
            created_at: c.time()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for Task {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.contact);
        to.text(self.title.reveal());
        to.opt_time(self.due_at);
        to.opt_id(self.assignee);
        to.opt_time(self.done_at);
        to.time(self.created_at);
        to.integer(self.revision.0);
        Ok(())
    }
}
