//! Contacts, notes and follow-ups.

use uuid::Uuid;

use dialzio_core::contact::{Contact, ContactWrite, Detail, Note, SubjectKey, Task, TaskQuery};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{Columns, ToRow};
use dialzio_core::store::{Precondition, RecordRef, StoreError};
use dialzio_core::text::TagName;
use dialzio_core::{ContactId, TaskId, TypedId};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, id_list, opt_id, read, time};
use crate::error::{Res, foreign_cursor};
use crate::run::{Db, Params, params};
use crate::statements as sql;

/// How many rows are read for a page: one more, which tells that there is another page.
pub(crate) fn over(page: &PageRequest) -> i64 {
    i64::from(page.limit) + 1
}

/// The id after which a page of ids continues.
fn id_at(page: &PageRequest, start: Uuid) -> Res<Uuid> {
    let Some(cursor) = &page.after else { return Ok(start) };
    Uuid::from_slice(&cursor.0).map_err(|_| foreign_cursor())
}

/// The id that a page of ids, oldest first, comes behind.
pub(crate) fn id_after(page: &PageRequest) -> Res<Uuid> {
    id_at(page, Uuid::nil())
}

/// The id that a page of ids, newest first, comes before.
pub(crate) fn id_before(page: &PageRequest) -> Res<Uuid> {
    id_at(page, Uuid::max())
}

pub(crate) fn id_key(id: impl TypedId) -> Vec<u8> {
    id.uuid().as_bytes().to_vec()
}

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, contact_id: ContactId) -> Res<Option<Contact>> {
    db.one(sql::CONTACT, params![org, id(contact_id)], read).await
}

pub(crate) async fn by_ids(
    db: &mut Db<'_>,
    org: Uuid,
    ids: impl IntoIterator<Item = ContactId>,
) -> Res<Vec<Contact>> {
    db.all(sql::CONTACTS_BY_ID, params![org, id_list(ids)], read).await
}

/// What consent can be kept about, for each contact.
pub(crate) async fn subject_keys(
    db: &mut Db<'_>,
    org: Uuid,
    people: impl IntoIterator<Item = ContactId>,
) -> Res<Vec<(ContactId, SubjectKey)>> {
    db.all(sql::SUBJECT_KEYS_OF, params![org, id_list(people)], |row| {
        let c = Cols::new(row, "contact");
        Ok((c.id()?, SubjectKey::from_stored(c.get()?)))
    })
    .await
}

/// Subject keys as one bound value.
pub(crate) fn key_list(keys: &[SubjectKey]) -> Vec<&str> {
    keys.iter().map(SubjectKey::reveal).collect()
}

pub(crate) async fn by_subject(db: &mut Db<'_>, org: Uuid, keys: &[SubjectKey]) -> Res<Vec<Contact>> {
    let mut found = db.all(sql::CONTACTS_BY_SUBJECT, params![org, key_list(keys)], read::<Contact>).await?;
    found.sort_unstable_by_key(|contact| contact.id);
    Ok(found)
}

pub(crate) async fn notes(db: &mut Db<'_>, org: Uuid, of: ContactId, page: &PageRequest) -> Res<Page<Note>> {
    let after = id_before(page)?;
    let found = db.all(sql::NOTES, params![org, id(of), after, over(page)], read).await?;
    Ok(Page::from_overread(found, page.limit, |note| id_key(note.id)))
}

pub(crate) async fn tasks_of(
    db: &mut Db<'_>,
    org: Uuid,
    of: ContactId,
    page: &PageRequest,
) -> Res<Page<Task>> {
    let before = id_before(page)?;
    let found = db.all(sql::TASKS_OF_CONTACT_NEWEST, params![org, id(of), before, over(page)], read).await?;
    Ok(Page::from_overread(found, page.limit, |task| id_key(task.id)))
}

pub(crate) async fn one_task(db: &mut Db<'_>, org: Uuid, of: TaskId) -> Res<Option<Task>> {
    db.one(sql::TASK, params![org, id(of)], read).await
}

pub(crate) async fn tasks(
    db: &mut Db<'_>,
    org: Uuid,
    query: &TaskQuery,
    page: &PageRequest,
) -> Res<Page<Task>> {
    let (after, over) = (id_after(page)?, over(page));
    let found = match (query.contact, query.assignee, query.open) {
        (Some(of), assignee, open) => {
            db.all(sql::TASKS_OF_CONTACT, params![org, after, over, id(of), opt_id(assignee), open], read)
                .await
        }
        (None, Some(who), true) => {
            db.all(sql::OPEN_TASKS_OF_MEMBER, params![org, after, over, id(who)], read).await
        }
        (None, Some(who), false) => {
            db.all(sql::TASKS_OF_MEMBER, params![org, after, over, id(who)], read).await
        }
        (None, None, true) => db.all(sql::OPEN_TASKS, params![org, after, over], read).await,
        (None, None, false) => db.all(sql::TASKS, params![org, after, over], read).await,
    }?;
    Ok(Page::from_overread(found, page.limit, |task| id_key(task.id)))
}

impl Scope<'_> {
    pub(crate) async fn write_contact(&mut self, write: &ContactWrite) -> Res<()> {
        match write {
            ContactWrite::Insert(contact) => self.insert_contact(contact).await,
            ContactWrite::Update(contact) => self.update_contact(contact).await,
            ContactWrite::AddTags { contact, tags } => self.add_tags(*contact, tags).await,
            ContactWrite::Note(note) => self.db.put_one(sql::PUT_NOTE, self.key, note).await.map(drop),
            ContactWrite::InsertTask(new) => {
                absent(one_task(&mut self.db, self.key, new.id).await?.as_ref(), RecordRef::Task(new.id))?;
                self.put_task(new).await
            }
            ContactWrite::ChangeTask { task, change } => {
                let kept = one_task(&mut self.db, self.key, *task).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Task(*task)))?;
                change.apply(&mut kept);
                self.put_task(&kept).await
            }
            write => self.write_identity(write).await,
        }
    }

    async fn put_task(&mut self, task: &Task) -> Res<()> {
        self.db.put_one(sql::PUT_TASK, self.key, task).await.map(drop)
    }

    async fn insert_contact(&mut self, contact: &Contact) -> Res<()> {
        self.db.put_one(sql::PUT_CONTACT, self.key, contact).await?;
        self.put_parts(contact).await
    }

    /// The newest profile's name, where the contact follows it.
    pub(crate) async fn follow_profile(&mut self, contact: ContactId) -> Res<()> {
        let identities = crate::identities::of_contact(&mut self.db, self.key, contact).await?;
        let Some(mut contact) = one(&mut self.db, self.key, contact).await? else {
            return Ok(());
        };
        if contact.follow_profile(&identities, self.at) {
            self.update_contact(&contact).await
        } else {
            Ok(())
        }
    }

    async fn update_contact(&mut self, contact: &Contact) -> Res<()> {
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
        if self.db.run(sql::SET_CONTACT, row).await? == 0 {
            let expected = Precondition::Revision(RecordRef::Contact(contact.id), contact.revision);
            return Err(StoreError::precondition_failed(expected).into());
        }
        self.db.run(sql::DROP_DETAILS, params![self.key, id(contact.id)]).await?;
        self.db.run(sql::DROP_TAGS, params![self.key, id(contact.id)]).await?;
        self.put_parts(contact).await
    }

    /// Details and tags of a contact that has none.
    async fn put_parts(&mut self, contact: &Contact) -> Res<()> {
        let (key, of) = (self.key, id(contact.id));
        let shared = |row: &mut Params| row.add(key);
        let details: Vec<_> = (0_i64..).zip(&contact.details).collect();
        let each = |row: &mut Params, (place, detail): &(i64, &Detail)| {
            row.add(of);
            row.add(*place);
            Ok(detail.to_row(row)?)
        };
        self.db.put(sql::PUT_DETAIL, shared, &details, each).await?;
        self.put_tags(contact.id, &contact.tags).await?;
        self.group.contact(contact.id);
        Ok(())
    }

    async fn add_tags(&mut self, contact: ContactId, tags: &[TagName]) -> Res<()> {
        if !self.db.any(sql::CONTACT_REVISION, params![self.key, id(contact)]).await? {
            return Ok(());
        }
        let added = self.put_tags(contact, tags).await?;
        // The contact changed: who decided on the contact as it was has to look again.
        if added > 0 {
            self.db.run(sql::TOUCH_CONTACT, params![self.key, id(contact), time(self.at)]).await?;
            self.group.contact(contact);
        }
        Ok(())
    }

    async fn put_tags(&mut self, contact: ContactId, tags: &[TagName]) -> Res<u64> {
        let (key, of) = (self.key, id(contact));
        let each = |row: &mut Params, tag: &TagName| {
            row.add(of);
            row.add(tag.reveal());
            Ok(())
        };
        self.db.put(sql::PUT_TAG, |row| row.add(key), tags, each).await
    }
}
