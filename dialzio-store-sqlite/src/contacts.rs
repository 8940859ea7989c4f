//! Contacts, notes and follow-ups.

use rusqlite::{Connection, Row, params};

use dialzio_core::contact::{Contact, ContactWrite, Note, SubjectKey, Task, TaskQuery};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{Bind, Columns, ToRow};
use dialzio_core::store::{Precondition, RecordRef, StoreError};
use dialzio_core::text::TagName;
use dialzio_core::{ContactId, TaskId, TypedId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, id_list, json, opt_id, read, time};
use crate::error::{Res, foreign_cursor};
use crate::run::Run;
use crate::statements as sql;

/// The key before all ids, and the key after all of them.
pub(crate) const BEFORE_ALL: &[u8] = &[];
pub(crate) const AFTER_ALL: &[u8] = &[0xff; 17];

/// How many rows are read for a page: one more, which tells that there is another page.
pub(crate) fn over(page: &PageRequest) -> i64 {
    i64::from(page.limit) + 1
}

/// The id after which a page of ids continues.
pub(crate) fn id_after<'a>(page: &'a PageRequest, start: &'a [u8]) -> Res<&'a [u8]> {
    match &page.after {
        None => Ok(start),
        Some(cursor) if cursor.0.len() == 16 => Ok(&cursor.0),
        Some(_) => Err(foreign_cursor()),
    }
}

pub(crate) fn id_key(id: impl TypedId) -> Vec<u8> {
    id.uuid().as_bytes().to_vec()
}

pub(crate) fn one(db: &Connection, org: [u8; 16], contact_id: ContactId) -> Res<Option<Contact>> {
    db.one(sql::CONTACT, params![org, id(contact_id)], read)
}

pub(crate) fn by_ids(db: &Connection, org: [u8; 16], ids: &[ContactId]) -> Res<Vec<Contact>> {
    db.all(sql::CONTACTS_BY_ID, params![org, id_list(ids.iter().copied())], read)
}

/// What consent can be kept about, for each contact.
pub(crate) fn subject_keys(
    db: &Connection,
    org: [u8; 16],
    people: &[ContactId],
) -> Res<Vec<(ContactId, SubjectKey)>> {
    let read = |row: &Row<'_>| {
        let c = Cols::new(row, "contact");
        Ok((c.id()?, SubjectKey::from_stored(c.get()?)))
    };
    match people {
        [alone] => db.all(sql::SUBJECT_KEYS_OF, params![org, id(*alone)], read),
        people => db.all(sql::SUBJECT_KEYS_OF_EACH, params![org, id_list(people.iter().copied())], read),
    }
}

/// Subject keys as one bound value.
pub(crate) fn key_list(keys: &[SubjectKey]) -> Res<String> {
    json(&keys.iter().map(SubjectKey::reveal).collect::<Vec<_>>(), "subject key")
}

pub(crate) fn by_subject(db: &Connection, org: [u8; 16], keys: &[SubjectKey]) -> Res<Vec<Contact>> {
    let mut found = db.all(sql::CONTACTS_BY_SUBJECT, params![org, key_list(keys)?], read::<Contact>)?;
    found.sort_unstable_by_key(|contact| contact.id);
    Ok(found)
}

pub(crate) fn notes(db: &Connection, org: [u8; 16], of: ContactId, page: &PageRequest) -> Res<Page<Note>> {
    let after = id_after(page, AFTER_ALL)?;
    let found = db.all(sql::NOTES, params![org, id(of), after, over(page)], read)?;
    Ok(Page::from_overread(found, page.limit, |note| id_key(note.id)))
}

pub(crate) fn tasks_of(db: &Connection, org: [u8; 16], of: ContactId, page: &PageRequest) -> Res<Page<Task>> {
    let after = id_after(page, AFTER_ALL)?;
    let found = db.all(sql::TASKS_OF_CONTACT_NEWEST, params![org, id(of), after, over(page)], read)?;
    Ok(Page::from_overread(found, page.limit, |task| id_key(task.id)))
}

pub(crate) fn one_task(db: &Connection, org: [u8; 16], of: TaskId) -> Res<Option<Task>> {
    db.one(sql::TASK, params![org, id(of)], read)
}

pub(crate) fn tasks(
    db: &Connection,
    org: [u8; 16],
    query: &TaskQuery,
    page: &PageRequest,
) -> Res<Page<Task>> {
    let (after, over) = (id_after(page, BEFORE_ALL)?, over(page));
    let found = match (query.contact, query.assignee, query.open) {
        (Some(of), assignee, open) => db.all(
            sql::TASKS_OF_CONTACT,
            params![org, after, over, id(of), opt_id(assignee), i64::from(open)],
            read,
        ),
        (None, Some(who), true) => {
            db.all(sql::OPEN_TASKS_OF_MEMBER, params![org, after, over, id(who)], read)
        }
        (None, Some(who), false) => db.all(sql::TASKS_OF_MEMBER, params![org, after, over, id(who)], read),
        (None, None, true) => db.all(sql::OPEN_TASKS, params![org, after, over], read),
        (None, None, false) => db.all(sql::TASKS, params![org, after, over], read),
    }?;
    Ok(Page::from_overread(found, page.limit, |task| id_key(task.id)))
}

impl Scope<'_> {
    pub(crate) fn write_contact(&mut self, write: &ContactWrite) -> Res<()> {
        match write {
            ContactWrite::Insert(contact) => self.insert_contact(contact),
            ContactWrite::Update(contact) => self.update_contact(contact),
            ContactWrite::AddTags { contact, tags } => self.add_tags(*contact, tags),
            ContactWrite::Note(note) => self.db.put(sql::PUT_NOTE, self.key, note).map(drop),
            ContactWrite::InsertTask(new) => {
                absent(one_task(self.db, self.key, new.id)?.as_ref(), RecordRef::Task(new.id))?;
                self.put_task(new)
            }
            ContactWrite::ChangeTask { task, change } => {
                let kept = one_task(self.db, self.key, *task)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Task(*task)))?;
                change.apply(&mut kept);
                self.put_task(&kept)
            }
            write => self.write_identity(write),
        }
    }

    fn put_task(&mut self, task: &Task) -> Res<()> {
        self.db.put(sql::PUT_TASK, self.key, task).map(drop)
    }

    fn insert_contact(&mut self, contact: &Contact) -> Res<()> {
        self.db.put(sql::PUT_CONTACT, self.key, contact)?;
        self.put_parts(contact)
    }

    /// The newest profile's name, where the contact follows it.
    pub(crate) fn follow_profile(&mut self, contact: ContactId) -> Res<()> {
        let identities = crate::identities::of_contact(self.db, self.key, contact)?;
        let Some(mut contact) = one(self.db, self.key, contact)? else { return Ok(()) };
        if contact.follow_profile(&identities, self.at) { self.update_contact(&contact) } else { Ok(()) }
    }

    fn update_contact(&mut self, contact: &Contact) -> Res<()> {
        let row = params![
            self.key,
            id(contact.id),
            contact.name.as_ref().map(dialzio_core::text::PersonName::reveal),
            contact.name_source.as_str(),
            contact.sort_key(),
            contact.stage.as_str(),
            opt_id(contact.owner),
            contact.restricted,
            time(contact.updated_at),
        ];
        if self.db.run(sql::SET_CONTACT, row)? == 0 {
            let expected = Precondition::Revision(RecordRef::Contact(contact.id), contact.revision);
            return Err(StoreError::precondition_failed(expected).into());
        }
        self.db.run(sql::DROP_DETAILS, params![self.key, id(contact.id)])?;
        self.db.run(sql::DROP_TAGS, params![self.key, id(contact.id)])?;
        self.put_parts(contact)
    }

    /// Details and tags of a contact that has none.
    fn put_parts(&mut self, contact: &Contact) -> Res<()> {
        for (place, detail) in (0_i64..).zip(&contact.details) {
            self.db.bind(sql::PUT_DETAIL, |to| {
                to.bytes(&self.key);
                to.id(contact.id);
                to.integer(place);
                detail.to_row(to)
            })?;
        }
        for tag in &contact.tags {
            self.db.run(sql::PUT_TAG, params![self.key, id(contact.id), tag.reveal()])?;
        }
        self.group.contact(self.org, contact.id);
        Ok(())
    }

    fn add_tags(&mut self, contact: ContactId, tags: &[TagName]) -> Res<()> {
        if !self.db.any(sql::CONTACT_REVISION, params![self.key, id(contact)])? {
            return Ok(());
        }
        let mut added = 0;
        for tag in tags {
            added += self.db.run(sql::PUT_TAG, params![self.key, id(contact), tag.reveal()])?;
        }
        // The contact changed: who decided on the contact as it was has to look again.
        if added > 0 {
            self.db.run(sql::TOUCH_CONTACT, params![self.key, id(contact), time(self.at)])?;
            self.group.contact(self.org, contact);
        }
        Ok(())
    }
}
