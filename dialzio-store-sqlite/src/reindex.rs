//! The words of all contacts, made anew by a step that changes what contacts are found by.

use rusqlite::{Connection, params};

use dialzio_core::OrgId;
use dialzio_core::contact::ContactQuery;
use dialzio_core::page::PageRequest;
use dialzio_core::store::rows::Columns;

use crate::codec::{Cols, id};
use crate::error::Res;
use crate::run::Run;
use crate::{contact_list, search, statements as sql};

/// Indexes every contact there is.
pub(crate) fn contacts(db: &Connection) -> Res<()> {
    let mut org: Vec<u8> = Vec::new();
    loop {
        let orgs = db.all(sql::HEADS, params![org, 100], |row| Cols::new(row, "head").id::<OrgId>())?;
        let Some(newest) = orgs.last() else { return Ok(()) };
        org = id(*newest).to_vec();
        for org in orgs {
            let mut page = PageRequest::first(PageRequest::MAX);
            loop {
                let some = contact_list::page(db, id(org), &ContactQuery::default(), &page)?;
                for contact in &some.items {
                    search::index(db, org, contact.id)?;
                }
                if some.next.is_none() {
                    break;
                }
                page.after = some.next;
            }
        }
    }
}
