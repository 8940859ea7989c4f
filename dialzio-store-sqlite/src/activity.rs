//! What was done with conversations.

use rusqlite::{Connection, params};

use dialzio_core::ConversationId;
use dialzio_core::conversation::Activity;
use dialzio_core::page::{Page, PageRequest};

use crate::apply::Scope;
use crate::codec::{id, read};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::Res;
use crate::retention::RetentionCutoff;
use crate::run::Run;
use crate::statements as sql;

pub(crate) fn list(
    db: &Connection,
    org: [u8; 16],
    retention: RetentionCutoff,
    of: ConversationId,
    page: &PageRequest,
) -> Res<Page<Activity>> {
    let row = params![org, retention.cutoff, id(of), id_after(page, AFTER_ALL)?, over(page)];
    let found = db.all(sql::ACTIVITIES, row, read)?;
    Ok(Page::from_overread(found, page.limit, |activity| id_key(activity.id)))
}

impl Scope<'_> {
    pub(crate) fn put_activity(&self, activity: &Activity) -> Res<()> {
        self.db.put(sql::PUT_ACTIVITY, self.key, activity).map(drop)
    }
}
