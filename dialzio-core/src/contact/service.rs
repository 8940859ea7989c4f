//! Use cases of contacts.

use chrono::{DateTime, Utc};

use super::{
    Alias, ChannelIdentity, Contact, ContactEntry, ContactQuery, ContactWrite, Detail, DetailValue,
    NameSource, Note, Stage, SubjectKey, Task, TaskChange, TaskQuery, numbers,
};
use crate::access::{MemberState, active_member};
use crate::account::ProviderAccount;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{ContactId, MemberId, TaskId};
use crate::ledger::Action;
use crate::notice::{NoticeAbout, mentioned, tell};
use crate::page::{Page, PageRequest};
use crate::phone::{PhoneNumber, PhoneNumberError, Region};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::{EmailAddress, Label, NoteText, PersonName, TagName, TaskTitle};

/// How often a change is tried again when another caller was faster.
pub(crate) const TRIES: usize = 3;

/// A contact to be made.
#[derive(Debug, Clone, Default)]
pub struct NewContact {
    /// What people call them.
    pub name: Option<PersonName>,
    /// The stage of the relationship, from lead to customer.
    pub stage: Option<Stage>,
    /// Numbers and addresses.
    pub details: Vec<Detail>,
    /// Tags to set on the new contact.
    pub tags: Vec<TagName>,
}

impl NewContact {
    /// With this name. Characters that cannot be kept become U+FFFD.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: PersonName::received(name), ..Self::default() }
    }

    /// With this number.
    #[must_use]
    pub fn phone(mut self, number: PhoneNumber) -> Self {
        self.details.push(Detail::phone(number));
        self
    }

    /// With this address.
    #[must_use]
    pub fn email(mut self, email: EmailAddress) -> Self {
        self.details.push(Detail { value: DetailValue::Email(email), label: None });
        self
    }
}

impl Detail {
    /// A number as it was typed, read in the national form of a country if one is given. The typed form is kept too.
    ///
    /// # Errors
    /// [`PhoneNumberError`] says what is wrong, and where.
    pub fn written(text: &str, country: Option<Region>) -> Result<Self, PhoneNumberError> {
        let number = PhoneNumber::understand(text, country)?.number;
        let as_written = Label::parse(text.trim()).map_err(|_| PhoneNumberError::Invalid)?;
        Ok(Self { value: DetailValue::Phone { number, as_written }, label: None })
    }

    /// A number as its E.164 form.
    #[must_use]
    pub fn phone(number: PhoneNumber) -> Self {
        let as_written = Label::received(number.reveal()).expect("a number fits a label");
        Self { value: DetailValue::Phone { number, as_written }, label: None }
    }
}

/// What is to change on a contact; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct ContactPatch {
    /// Another name; `Some(None)` takes it away.
    pub name: Option<Option<PersonName>>,
    /// The new stage; `None` leaves it as it is.
    pub stage: Option<Stage>,
    /// The new owner; `Some(None)` for no owner, `None` for no change.
    pub owner: Option<Option<MemberId>>,
    /// All numbers and addresses anew.
    pub details: Option<Vec<Detail>>,
    /// All tags anew.
    pub tags: Option<Vec<TagName>>,
    /// Restrict processing, or lift it.
    pub restricted: Option<bool>,
    /// The numbers by which providers know the person that they have given up; all others are theirs. A number that is taken
    /// out of `details` counts as given up too.
    pub former_numbers: Option<Vec<PhoneNumber>>,
    /// Only if the contact is still at this revision.
    pub revision: Option<Revision>,
}

/// A follow-up to be made.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// What is to be done.
    pub title: TaskTitle,
    /// When it is due; `None` for a follow-up without a date.
    pub due_at: Option<DateTime<Utc>>,
    /// Who is to do it.
    pub assignee: Option<MemberId>,
}

/// Contacts, notes and follow-ups.
#[derive(Debug, Clone, Copy)]
pub struct ContactService<'a> {
    pub(super) runtime: &'a Runtime,
}

pub(super) fn sorted(mut tags: Vec<TagName>) -> Vec<TagName> {
    tags.sort_unstable();
    tags.dedup();
    tags
}

impl<'a> ContactService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Where numbers in national form are dialled, in the actor's organisation.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn dials_in(&self, by: &Actor) -> Result<Option<Region>, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        Ok(self.runtime.store().org(scope).await?.and_then(|org| org.dials_in()))
    }

    /// Makes a contact. Numbers may be shared, so one that another contact has is no error; [`find`](Self::find) shows who has it.
    ///
    /// # Errors
    /// [`Error::Invalid`] with neither name nor detail; [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn create(&self, by: &Actor, new: NewContact) -> Result<Contact, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        if new.name.is_none() && new.details.is_empty() {
            return Err(Error::invalid("name", "or a number or address is needed"));
        }
        let now = self.runtime.now();
        let contact = Contact {
            id: self.runtime.ids().next(now),
            name_source: if new.name.is_some() { NameSource::Typed } else { NameSource::Profile },
            name: new.name,
            stage: new.stage.unwrap_or(Stage::New),
            owner: by.holder(),
            details: new.details,
            tags: sorted(new.tags),
            restricted: false,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
        };
        let mut batch = Batch::new(by, Action::ContactCreated, now);
        batch
            .about(contact.id)
            .write(ContactWrite::Insert(contact.clone()))
            .event(DomainEvent::ContactChanged { contact: contact.id });
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(contact)
    }

    /// One contact.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn get(&self, by: &Actor, id: ContactId) -> Result<Contact, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        self.require(scope, id).await
    }

    pub(super) async fn require(&self, scope: &OrgScope, id: ContactId) -> Result<Contact, Error> {
        self.runtime.store().contact(scope, id).await?.ok_or(Error::missing(RecordKind::Contact))
    }

    /// Changes a contact.
    ///
    /// # Errors
    /// [`Error::Stale`] if the revision asked for is not the current one; [`Error::Conflict`] after three lost races;
    /// [`Error::NotFound`] for the contact or its owner; [`Error::Denied`].
    pub async fn update(&self, by: &Actor, id: ContactId, patch: ContactPatch) -> Result<Contact, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        if let Some(Some(member)) = patch.owner {
            active_member(self.runtime, scope, member).await?;
        }
        for _ in 0..TRIES {
            let mut contact = self.require(scope, id).await?;
            let seen = contact.revision;
            if patch.revision.is_some_and(|wanted| wanted != seen) {
                return Err(Error::Stale { kind: RecordKind::Contact });
            }
            let now = self.runtime.now();
            let patch = patch.clone();
            let before = contact.details.clone();
            let touches_numbers = patch.details.is_some() || patch.former_numbers.is_some();
            let unnamed = patch.name.as_ref().is_some_and(Option::is_none);
            let identities = if touches_numbers || unnamed {
                self.runtime.store().channel_identities(scope, id).await?
            } else {
                Vec::new()
            };
            if let Some(name) = patch.name {
                // What a member typed stays; a name that is taken away leaves the profile's.
                contact.name_source = if name.is_some() { NameSource::Typed } else { NameSource::Profile };
                contact.name = name;
                contact.follow_profile(&identities, now);
            }
            contact.stage = patch.stage.unwrap_or(contact.stage);
            contact.owner = patch.owner.unwrap_or(contact.owner);
            contact.details = patch.details.unwrap_or(contact.details);
            contact.tags = patch.tags.map_or(contact.tags, sorted);
            contact.restricted = patch.restricted.unwrap_or(contact.restricted);
            contact.updated_at = now;
            let mut batch = Batch::new(by, Action::ContactChanged, now);
            batch
                .about(id)
                .require(Precondition::Revision(RecordRef::Contact(id), seen))
                .write(ContactWrite::Update(contact.clone()))
                .event(DomainEvent::ContactChanged { contact: id });
            if touches_numbers {
                let named = patch.former_numbers.as_deref();
                let gone = numbers::given_up(&before, &contact.details, named.unwrap_or_default());
                for write in numbers::marks(&identities, &gone, named.is_some(), now) {
                    batch.write(write);
                }
            }
            match self.runtime.store().commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => {
                    other?;
                    contact.revision = Revision(seen.0 + 1);
                    return Ok(contact);
                }
            }
        }
        Err(Error::Conflict { kind: RecordKind::Contact })
    }

    /// Contacts by name, or those that match a query.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn list(
        &self,
        by: &Actor,
        query: &ContactQuery,
        page: PageRequest,
    ) -> Result<Page<Contact>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        Ok(self.runtime.store().contacts(scope, &query.seen_by(by), page).await?)
    }

    /// The same contacts with what a list shows beside each.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn entries(
        &self,
        by: &Actor,
        query: &ContactQuery,
        page: PageRequest,
    ) -> Result<Page<ContactEntry>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        Ok(self.runtime.store().contact_entries(scope, &query.seen_by(by), page).await?)
    }

    /// How many contacts a query asks for; `None` if there are more than are counted
    /// ([`ContactStore::count_contacts`](super::ContactStore::count_contacts)).
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn count(&self, by: &Actor, query: &ContactQuery) -> Result<Option<u32>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        Ok(self.runtime.store().count_contacts(scope, &query.seen_by(by)).await?)
    }

    /// All contacts with one of these identifiers, typed or seen at a provider.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn find(&self, by: &Actor, any_of: &[SubjectKey]) -> Result<Vec<Contact>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        Ok(self.runtime.store().contacts_by_subject(scope, any_of).await?)
    }

    /// The channel identities of a contact.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn identities(&self, by: &Actor, id: ContactId) -> Result<Vec<ChannelIdentity>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        self.require(scope, id).await?;
        Ok(self.runtime.store().channel_identities(scope, id).await?)
    }

    /// The number by which a contact is called: the one that was typed first, else the one that the person writes from.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a contact without one; [`Error::NotFound`]; [`Error::Denied`] without
    /// [`Permission::ContactsRead`].
    pub async fn number(&self, by: &Actor, id: ContactId) -> Result<PhoneNumber, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let contact = self.require(scope, id).await?;
        let identities = self.runtime.store().channel_identities(scope, id).await?;
        let number = contact.number(&identities).cloned();
        number.ok_or_else(|| Error::invalid("contact", "has no telephone number: add one to their page"))
    }

    /// The identity by which a contact is reached from an account: the one there is, or one made from the first number on
    /// the contact.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the contact has no number; [`Error::Duplicate`] if the number belongs to another person there.
    pub(crate) async fn identity_for(
        &self,
        by: &Actor,
        scope: &OrgScope,
        contact: ContactId,
        account: &ProviderAccount,
    ) -> Result<ChannelIdentity, Error> {
        let record = self.require(scope, contact).await?;
        let known = self.runtime.store().channel_identities(scope, contact).await?;
        let mut here = known.into_iter().filter(|identity| identity.portfolio == account.portfolio);
        // One that answers to a number they have given up is the last choice.
        let mut given_up = None;
        if let Some(identity) = here.find(|identity| {
            let is_current = !identity.answers_to_a_former_number();
            if !is_current {
                given_up.get_or_insert_with(|| identity.clone());
            }
            is_current
        }) {
            return Ok(identity);
        }
        let mut typed = record.details.iter().filter_map(|detail| match &detail.value {
            DetailValue::Phone { number, .. } => Some(number.clone()),
            DetailValue::Email(_) => None,
        });
        let number = typed.find(|number| {
            let alias = Alias::Phone(number.clone());
            given_up.as_ref().is_none_or(|identity| identity.given_up(&alias).is_none())
        });
        if let (None, Some(identity)) = (&number, given_up) {
            return Ok(identity);
        }
        let number = number.ok_or(Error::invalid("contact", "has no number to write to"))?;
        let now = self.runtime.now();
        let identity = ChannelIdentity {
            id: self.runtime.ids().next(now),
            contact,
            portfolio: account.portfolio.clone(),
            aliases: vec![Alias::Phone(number)],
            profile_name: None,
            username: None,
            profile_at: now,
            unreachable_since: None,
            former: Vec::new(),
            doubt: None,
            created_at: now,
        };
        let mut batch = Batch::new(by, Action::ContactChanged, now);
        batch
            .about(contact)
            .write(ContactWrite::Identity(identity.clone()))
            .event(DomainEvent::ContactChanged { contact });
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Duplicate { kind: RecordKind::Identity }),
            other => Ok(other.map(|_| identity)?),
        }
    }

    /// Writes a note, and tells the active members whom it mentions, as [`mentioned`](crate::notice::mentioned) reads it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn add_note(&self, by: &Actor, contact: ContactId, text: NoteText) -> Result<Note, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        let contact = self.require(scope, contact).await?.id;
        let now = self.runtime.now();
        let note = Note {
            id: self.runtime.ids().next(now),
            contact,
            author: by.principal().to_ref(),
            text,
            created_at: now,
        };
        let mut batch = Batch::new(by, Action::NoteAdded, now);
        batch
            .about(note.id)
            .write(ContactWrite::Note(note.clone()))
            .event(DomainEvent::ContactChanged { contact });
        if note.text.reveal().contains('@') {
            let members = self.runtime.store().members(scope).await?;
            let active = members.iter().filter(|member| member.state == MemberState::Active);
            let names = active.map(|member| (member.id, member.name.reveal()));
            let told = mentioned(note.text.reveal(), names);
            tell(self.runtime, &mut batch, by, told, NoticeAbout::Mention(note.id), contact);
        }
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(note)
    }

    /// Notes on a contact, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn notes(
        &self,
        by: &Actor,
        contact: ContactId,
        page: PageRequest,
    ) -> Result<Page<Note>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        self.require(scope, contact).await?;
        Ok(self.runtime.store().notes(scope, contact, page).await?)
    }

    /// Makes a follow-up, and tells the member it is assigned to.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the contact or the assignee; [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn add_task(&self, by: &Actor, contact: ContactId, new: NewTask) -> Result<Task, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        let contact = self.require(scope, contact).await?.id;
        if let Some(member) = new.assignee {
            active_member(self.runtime, scope, member).await?;
        }
        let now = self.runtime.now();
        let task = Task {
            id: self.runtime.ids().next(now),
            contact,
            title: new.title,
            due_at: new.due_at,
            assignee: new.assignee.or(by.holder()),
            done_at: None,
            created_at: now,
            revision: Revision::FIRST,
        };
        let mut batch = Batch::new(by, Action::TaskChanged, now);
        batch
            .about(task.id)
            .write(ContactWrite::InsertTask(task.clone()))
            .event(DomainEvent::ContactChanged { contact: task.contact });
        tell(self.runtime, &mut batch, by, task.assignee, NoticeAbout::Task(task.id), contact);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(task)
    }

    /// One follow-up of a contact.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn task(&self, by: &Actor, contact: ContactId, id: TaskId) -> Result<Task, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        self.task_of(scope, contact, id).await
    }

    async fn task_of(&self, scope: &OrgScope, contact: ContactId, id: TaskId) -> Result<Task, Error> {
        let found = self.runtime.store().task(scope, id).await?;
        found.filter(|task| task.contact == contact).ok_or(Error::missing(RecordKind::Task))
    }

    /// Ticks a follow-up off, or opens it again. With a revision, only if it is still at that one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it changed at the same
    /// moment; [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn set_task_done(
        &self,
        by: &Actor,
        contact: ContactId,
        id: TaskId,
        done: bool,
        revision: Option<Revision>,
    ) -> Result<Task, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        let mut task = self.task_of(scope, contact, id).await?;
        if revision.is_some_and(|meant| meant != task.revision) {
            return Err(Error::Stale { kind: RecordKind::Task });
        }
        let now = self.runtime.now();
        let change = TaskChange { done_at: Some(done.then_some(now)), ..TaskChange::default() };
        let mut batch = Batch::new(by, Action::TaskChanged, now);
        batch
            .about(id)
            .require(Precondition::Revision(RecordRef::Task(id), task.revision))
            .event(DomainEvent::ContactChanged { contact });
        change.apply(&mut task);
        batch.write(ContactWrite::ChangeTask { task: id, change });
        match self.runtime.store().commit_one(scope, batch).await {
            Ok(_) => Ok(task),
            Err(StoreError::PreconditionFailed(_)) if revision.is_some() => {
                Err(Error::Stale { kind: RecordKind::Task })
            }
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Task }),
            Err(error) => Err(error.into()),
        }
    }

    /// Follow-ups.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn tasks(&self, by: &Actor, query: &TaskQuery, page: PageRequest) -> Result<Page<Task>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        Ok(self.runtime.store().tasks(scope, query, page).await?)
    }
}
