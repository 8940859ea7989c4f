//! Many contacts at once, from a file of another program: what becomes of each row, and the rows written in small groups.
//!
//! A row is recognised by its numbers and addresses alone, so importing the same rows again changes nothing. An import never
//! creates a consent: having a number does not show that its owner agreed to anything.

use std::collections::HashMap;

use super::service::{TRIES, sorted};
use super::{
    Contact, ContactService, ContactWrite, Detail, DetailValue, NameSource, Note, Stage, SubjectKey,
};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::id::{ContactId, ImportId, MemberId};
use crate::ledger::Action;
use crate::name::string_enum;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::{NoteText, PersonName, TagName};

/// The most rows of an import.
pub const MAX_IMPORT_ROWS: usize = 50_000;

/// How many rows are written in one transaction, so that no other writer waits for long.
const CHUNK: usize = 25;

string_enum! {
    /// What is done with a row whose number or address a contact has already.
    #[derive(Default)]
    pub enum Duplicates {
        /// The contact stays as it is.
        #[default]
        Skip = "skip",
        /// What the contact has nothing of is taken from the row: name, owner, numbers, addresses, tags.
        Fill = "fill",
    }
}

/// A row, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number in the file, by which it is named in the result.
    pub row: u32,
    /// What people call them.
    pub name: Option<PersonName>,
    /// Numbers and addresses.
    pub details: Vec<Detail>,
    /// The stage; a new contact has [`Stage::New`] unless given.
    pub stage: Option<Stage>,
    /// Who looks after them: a member of the organisation.
    pub owner: Option<MemberId>,
    /// Tags.
    pub tags: Vec<TagName>,
    /// A note, written for new contacts only: nothing tells whether a contact has it already.
    pub note: Option<NoteText>,
}

/// Why a row was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Skipped {
    /// Nothing to recognise the person by.
    #[error("has neither a number nor an address")]
    Unrecognisable,
    /// An earlier row has one of its numbers or addresses.
    #[error("repeats a number or address of row {0}")]
    Repeats(u32),
    /// A contact has one of its numbers or addresses, and stays as it is.
    #[error("is a contact already")]
    Known,
    /// A contact has one of its numbers or addresses, and lacks nothing that the row has.
    #[error("is a contact already and adds nothing")]
    Complete,
    /// Several contacts have its numbers or addresses.
    #[error("matches {0} contacts")]
    Several(usize),
    /// The contact must not be worked with.
    #[error("is a contact whose processing is restricted")]
    Restricted,
    /// Others changed the contact at the same time, again and again.
    #[error("was changed by somebody else at the same time: import it again")]
    Changed,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportOutcome {
    /// A new contact.
    Created,
    /// A contact that lacked something.
    Updated,
    /// Nothing.
    Skipped(Skipped),
}

impl ImportOutcome {
    /// The reason, in words, for a row that is left out.
    ///
    /// # Errors
    /// That reason.
    pub fn into_result(self) -> Result<Self, String> {
        match self {
            Self::Skipped(why) => Err(why.to_string()),
            written => Ok(written),
        }
    }
}

/// An import that is under way: what was seen in its earlier rows.
#[derive(Debug)]
pub struct Import {
    id: ImportId,
    duplicates: Duplicates,
    seen: HashMap<SubjectKey, u32>,
}

impl Import {
    /// Its id, which its audit entry names.
    #[must_use]
    pub const fn id(&self) -> ImportId {
        self.id
    }

    /// The earlier row that has one of these keys; if there is none, they are those of `row` from now on.
    fn repeats(&mut self, row: u32, keys: &[SubjectKey]) -> Option<u32> {
        let earlier = keys.iter().find_map(|key| self.seen.get(key).copied());
        if earlier.is_none() {
            self.seen.extend(keys.iter().map(|key| (key.clone(), row)));
        }
        earlier
    }
}

fn keys(row: &ImportRow) -> Vec<SubjectKey> {
    row.details.iter().map(|detail| detail.value.subject_key()).collect()
}

fn has(contact: &Contact, is_kind: fn(&DetailValue) -> bool) -> bool {
    contact.details.iter().any(|detail| is_kind(&detail.value))
}

/// The contact with what it has nothing of; `None` if the row adds nothing.
fn filled(contact: &Contact, row: &ImportRow) -> Option<Contact> {
    let mut after = contact.clone();
    if let (None, Some(name)) = (&contact.name, &row.name) {
        after.name = Some(name.clone());
        after.name_source = NameSource::Typed;
    }
    after.owner = contact.owner.or(row.owner);
    let kinds: [fn(&DetailValue) -> bool; 2] =
        [|value| matches!(value, DetailValue::Phone { .. }), |value| matches!(value, DetailValue::Email(_))];
    for is_kind in kinds {
        if !has(contact, is_kind) {
            after.details.extend(row.details.iter().filter(|detail| is_kind(&detail.value)).cloned());
        }
    }
    if contact.tags.is_empty() {
        after.tags = sorted(row.tags.clone());
    }
    (after != *contact).then_some(after)
}

/// What is to be done with a row.
enum Decision {
    Create,
    Fill(Box<(Contact, Contact)>),
    Skip(Skipped),
}

impl Decision {
    const fn outcome(&self) -> ImportOutcome {
        match self {
            Self::Create => ImportOutcome::Created,
            Self::Fill(_) => ImportOutcome::Updated,
            Self::Skip(why) => ImportOutcome::Skipped(*why),
        }
    }
}

impl ContactService<'_> {
    /// Begins an import. Nothing is written until [`import`](Self::import) is asked to.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub fn begin_import(&self, by: &Actor, duplicates: Duplicates) -> Result<Import, Error> {
        by.scope_for(Permission::ContactsWrite)?;
        let id = self.runtime.ids().next(self.runtime.now());
        Ok(Import { id, duplicates, seen: HashMap::new() })
    }

    /// What would become of the next rows, in their order. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn plan_import(
        &self,
        by: &Actor,
        import: &mut Import,
        rows: &[ImportRow],
    ) -> Result<Vec<ImportOutcome>, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        let mut outcomes = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(CHUNK) {
            let decided = self.decide_rows(scope, import, chunk).await?;
            outcomes.extend(decided.iter().map(Decision::outcome));
        }
        Ok(outcomes)
    }

    /// Imports the next rows, in their order, a few in each transaction.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsWrite`]; what the store refuses. Rows before stay imported: the same
    /// rows can be imported again.
    pub async fn import(
        &self,
        by: &Actor,
        import: &mut Import,
        rows: &[ImportRow],
    ) -> Result<Vec<ImportOutcome>, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        let mut outcomes = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(CHUNK) {
            let decided = self.decide_rows(scope, import, chunk).await?;
            let mut writing = Vec::new();
            for (row, decision) in chunk.iter().zip(&decided) {
                if let Some(batch) = self.import_batch(by, row, decision) {
                    writing.push((outcomes.len(), row, batch));
                }
                outcomes.push(decision.outcome());
            }
            let batches: Vec<_> = writing.iter().map(|(_, _, batch)| batch.clone()).collect();
            if batches.is_empty() {
                continue;
            }
            let committed = self.runtime.store().commit(scope, batches).await;
            for ((place, row, _), committed) in writing.into_iter().zip(committed) {
                match committed {
                    Ok(_) => {}
                    Err(StoreError::PreconditionFailed(_)) => {
                        let outcome = self.import_again(by, scope, import.duplicates, row).await?;
                        if let Some(kept) = outcomes.get_mut(place) {
                            *kept = outcome;
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(outcomes)
    }

    /// Writes into the audit log that an import has ended, with the contacts that it made or changed.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn imported(&self, by: &Actor, import: &Import, contacts: u32) -> Result<(), Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        let mut batch = Batch::new(by, Action::ContactsImported, self.runtime.now());
        batch.about(import.id).counting(contacts);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// Writes into the audit log that contacts were exported, and how many.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn exported(&self, by: &Actor, contacts: u32) -> Result<(), Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let mut batch = Batch::new(by, Action::ContactsExported, self.runtime.now());
        batch.counting(contacts);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    async fn decide_rows(
        &self,
        scope: &OrgScope,
        import: &mut Import,
        rows: &[ImportRow],
    ) -> Result<Vec<Decision>, Error> {
        let all: Vec<_> = rows.iter().flat_map(keys).collect();
        // Most files are about people who are not known yet: then one read is enough for all of these rows.
        let is_any_known =
            !all.is_empty() && !self.runtime.store().contacts_by_subject(scope, &all).await?.is_empty();
        let mut decided = Vec::with_capacity(rows.len());
        for row in rows {
            let keys = keys(row);
            decided.push(if keys.is_empty() {
                Decision::Skip(Skipped::Unrecognisable)
            } else if let Some(earlier) = import.repeats(row.row, &keys) {
                Decision::Skip(Skipped::Repeats(earlier))
            } else if is_any_known {
                self.decide_row(scope, import.duplicates, row, &keys).await?
            } else {
                Decision::Create
            });
        }
        Ok(decided)
    }

    async fn decide_row(
        &self,
        scope: &OrgScope,
        duplicates: Duplicates,
        row: &ImportRow,
        keys: &[SubjectKey],
    ) -> Result<Decision, Error> {
        let found = self.runtime.store().contacts_by_subject(scope, keys).await?;
        Ok(match (found.as_slice(), duplicates) {
            ([], _) => Decision::Create,
            ([_, _, ..], _) => Decision::Skip(Skipped::Several(found.len())),
            ([_], Duplicates::Skip) => Decision::Skip(Skipped::Known),
            ([contact], _) if contact.restricted => Decision::Skip(Skipped::Restricted),
            ([contact], Duplicates::Fill) => match filled(contact, row) {
                Some(after) => Decision::Fill(Box::new((contact.clone(), after))),
                None => Decision::Skip(Skipped::Complete),
            },
        })
    }

    /// A row whose contact was changed at the same time, decided anew.
    async fn import_again(
        &self,
        by: &Actor,
        scope: &OrgScope,
        duplicates: Duplicates,
        row: &ImportRow,
    ) -> Result<ImportOutcome, Error> {
        for _ in 0..TRIES {
            let decision = self.decide_row(scope, duplicates, row, &keys(row)).await?;
            let Some(batch) = self.import_batch(by, row, &decision) else { return Ok(decision.outcome()) };
            match self.runtime.store().commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => {
                    other?;
                    return Ok(decision.outcome());
                }
            }
        }
        Ok(ImportOutcome::Skipped(Skipped::Changed))
    }

    /// What is written for a row; `None` if it is left out.
    fn import_batch(&self, by: &Actor, row: &ImportRow, decision: &Decision) -> Option<Batch> {
        let now = self.runtime.now();
        match decision {
            Decision::Skip(_) => None,
            Decision::Create => {
                let contact = Contact {
                    id: self.runtime.ids().next(now),
                    name_source: if row.name.is_some() { NameSource::Typed } else { NameSource::Profile },
                    name: row.name.clone(),
                    stage: row.stage.unwrap_or(Stage::New),
                    owner: row.owner.or(by.audience().only()),
                    details: row.details.clone(),
                    tags: sorted(row.tags.clone()),
                    restricted: false,
                    revision: Revision::FIRST,
                    created_at: now,
                    updated_at: now,
                };
                let id: ContactId = contact.id;
                let mut batch = Batch::new(by, Action::ContactCreated, now);
                batch.about(id).write(ContactWrite::Insert(contact));
                if let Some(text) = &row.note {
                    let note = Note {
                        id: self.runtime.ids().next(now),
                        contact: id,
                        author: by.principal().to_ref(),
                        text: text.clone(),
                        created_at: now,
                    };
                    batch.write(ContactWrite::Note(note));
                }
                batch.event(DomainEvent::ContactChanged { contact: id });
                Some(batch)
            }
            Decision::Fill(change) => {
                let (before, after) = change.as_ref();
                let mut batch = Batch::new(by, Action::ContactChanged, now);
                batch
                    .about(before.id)
                    .require(Precondition::Revision(RecordRef::Contact(before.id), before.revision))
                    .write(ContactWrite::Update(Contact { updated_at: now, ..after.clone() }))
                    .event(DomainEvent::ContactChanged { contact: before.id });
                Some(batch)
            }
        }
    }
}
