//! Pages of contacts: the sort key of a contact in each order and the start of a page. Both SQL stores read places and page
//! them here.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Columns, FromRow};
use crate::TypedId;
use crate::contact::{ChannelIdentity, Contact, ContactEntry, ContactOrder, ContactQuery, OwnerFilter};
use crate::id::ContactId;
use crate::page::{Page, PageRequest};
use crate::store::{StoreError, StoreResult};

/// By what lists of contacts are sorted: the key of the name and the id, or the id alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContactPlace {
    /// [`Contact::sort_key`]; empty where a cursor of the newest first has none.
    pub sort_key: String,
    /// The contact, which decides between those of one name.
    pub contact: ContactId,
}

impl FromRow for ContactPlace {
    const RECORD: &'static str = "contact";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { sort_key: c.word()?, contact: c.id()? })
    }
}

/// When a contact was last heard, written to or called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastContact {
    contact: ContactId,
    at: Option<DateTime<Utc>>,
}

/// From the contact, the time of its newest message, and the time of its newest call.
impl FromRow for LastContact {
    const RECORD: &'static str = "contact";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { contact: c.id()?, at: c.opt_time()?.max(c.opt_time()?) })
    }
}

/// By what a list of contacts is read, beside its order: the choices that an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactLead {
    /// The order alone.
    Order,
    /// The stage.
    Stage,
    /// The member who is the owner.
    Owner,
    /// The member and the stage.
    OwnerAtStage,
    /// That there is no owner.
    Nobody,
    /// The stage, without an owner.
    NobodyAtStage,
}

impl ContactLead {
    /// What leads the list of a query.
    #[must_use]
    pub const fn of(query: &ContactQuery) -> Self {
        match (query.owner, query.stage) {
            (None, None) => Self::Order,
            (None, Some(_)) => Self::Stage,
            (Some(OwnerFilter::Member(_)), None) => Self::Owner,
            (Some(OwnerFilter::Member(_)), Some(_)) => Self::OwnerAtStage,
            (Some(OwnerFilter::Nobody), None) => Self::Nobody,
            (Some(OwnerFilter::Nobody), Some(_)) => Self::NobodyAtStage,
        }
    }
}

/// A list of contacts in an order, from where a page begins.
#[derive(Debug, Clone)]
pub struct ContactList {
    order: ContactOrder,
    after: Option<ContactPlace>,
    limit: u32,
}

impl ContactList {
    /// The part of a list that a page is cut from.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] if the cursor is none of a list in this order.
    pub fn of(order: ContactOrder, page: &PageRequest) -> StoreResult<Self> {
        let after = page.after.as_ref().map(|cursor| place(order, &cursor.0)).transpose()?;
        Ok(Self { order, after, limit: page.limit })
    }

    /// A list from its start.
    #[must_use]
    pub const fn start(order: ContactOrder) -> Self {
        Self { order, after: None, limit: PageRequest::MAX }
    }

    /// Its order.
    #[must_use]
    pub const fn order(&self) -> ContactOrder {
        self.order
    }

    /// Behind which place the page begins; `None` for the first page.
    #[must_use]
    pub const fn after(&self) -> Option<&ContactPlace> {
        self.after.as_ref()
    }

    fn compare(&self, a: &ContactPlace, b: &ContactPlace) -> Ordering {
        match self.order {
            ContactOrder::Name => a.cmp(b),
            ContactOrder::Newest => b.contact.cmp(&a.contact),
        }
    }

    /// The page of these places, given in any order.
    #[must_use]
    pub fn page(&self, mut places: Vec<ContactPlace>) -> Page<ContactPlace> {
        let is_behind =
            |place: &ContactPlace| self.after.as_ref().is_none_or(|after| self.compare(place, after).is_gt());
        places.retain(is_behind);
        places.sort_unstable_by(|a, b| self.compare(a, b));
        Page::from_overread(places, self.limit, |place| cursor(self.order, place))
    }

    /// The contacts of a page, read in any order.
    #[must_use]
    pub fn contacts(places: Page<ContactPlace>, contacts: Vec<Contact>) -> Page<Contact> {
        let mut contacts: BTreeMap<_, _> =
            contacts.into_iter().map(|contact| (contact.id, contact)).collect();
        let items = places.items.iter().filter_map(|place| contacts.remove(&place.contact)).collect();
        Page { items, next: places.next }
    }

    /// What the page shows, with the identities and times of its contacts in any order.
    #[must_use]
    pub fn entries(
        page: Page<Contact>,
        mut identities: Vec<ChannelIdentity>,
        last: Vec<LastContact>,
    ) -> Page<ContactEntry> {
        identities.sort_unstable_by_key(|identity| identity.id);
        let mut of_each: BTreeMap<ContactId, Vec<ChannelIdentity>> = BTreeMap::new();
        for identity in identities {
            of_each.entry(identity.contact).or_default().push(identity);
        }
        let last: BTreeMap<_, _> = last.into_iter().map(|last| (last.contact, last.at)).collect();
        page.map(|contact| ContactEntry {
            identities: of_each.remove(&contact.id).unwrap_or_default(),
            last_contact_at: last.get(&contact.id).copied().flatten(),
            contact,
        })
    }
}

/// Of a name: its key, an end below every character, the id. Of the newest first: the id.
fn cursor(order: ContactOrder, place: &ContactPlace) -> Vec<u8> {
    let id = place.contact.uuid().into_bytes();
    match order {
        ContactOrder::Name => [place.sort_key.as_bytes(), &[0], &id].concat(),
        ContactOrder::Newest => id.to_vec(),
    }
}

fn place(order: ContactOrder, cursor: &[u8]) -> StoreResult<ContactPlace> {
    let (name, id) = match order {
        ContactOrder::Newest => (&[][..], cursor),
        ContactOrder::Name => {
            let (name, id) = cursor.split_last_chunk::<16>().ok_or(StoreError::Cursor)?;
            (name.strip_suffix(&[0]).ok_or(StoreError::Cursor)?, &id[..])
        }
    };
    let sort_key = String::from_utf8(name.to_vec()).map_err(|_| StoreError::Cursor)?;
    let contact = Uuid::from_slice(id).map_err(|_| StoreError::Cursor)?;
    Ok(ContactPlace { sort_key, contact: ContactId::from_uuid(contact) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Cursor;

    #[test]
    fn pages_of_contacts_follow_one_another_in_either_order() {
        let at = |name: &str, id| ContactPlace {
            sort_key: name.to_owned(),
            contact: ContactId::from_uuid(Uuid::from_u128(id)),
        };
        let all = [at("ben", 4), at("asha", 3), at("ben", 1), at("chloe", 2), at("", 5)];
        for (order, wanted) in
            [(ContactOrder::Name, [5, 3, 1, 4, 2]), (ContactOrder::Newest, [5, 4, 3, 2, 1])]
        {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let list = ContactList::of(order, &PageRequest { after, limit: 2 }).unwrap();
                let page = list.page(all.to_vec());
                seen.extend(page.items.iter().map(|place| place.contact.uuid().as_u128()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, wanted, "{order}");
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let one = ContactPlace { sort_key: "asha".to_owned(), contact: ContactId::from_uuid(Uuid::max()) };
        for (of, bytes) in [
            (ContactOrder::Name, cursor(ContactOrder::Newest, &one)),
            (ContactOrder::Newest, cursor(ContactOrder::Name, &one)),
            (ContactOrder::Name, vec![255; 20]),
            (ContactOrder::Newest, Vec::new()),
        ] {
            let page = PageRequest { after: Some(Cursor(bytes)), limit: 2 };
            let answer = ContactList::of(of, &page);
            assert!(matches!(answer, Err(StoreError::Cursor)), "{of}: {answer:?}");
        }
    }
}
