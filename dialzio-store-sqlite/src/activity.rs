//! What was done with conversations.

use rusqlite::{Connection, Row, params};

use dialzio_core::ConversationId;
use dialzio_core::conversation::{Activity, ActivityKind};
use dialzio_core::page::{Page, PageRequest};

use crate::apply::Scope;
use crate::codec::{Cols, id, opt_id, opt_time, time};
use crate::contacts::{AFTER_ALL, id_after, id_key, over};
use crate::error::Res;
use crate::run::Run;
use crate::sight::Sight;
use crate::statements as sql;

fn activity(row: &Row<'_>) -> Res<Activity> {
    let c = Cols::new(row, "activity");
    let (id, conversation, by) = (c.id()?, c.id()?, c.get()?);
    let (word, member, until): (String, _, _) = (c.get()?, c.opt_id()?, c.opt_time()?);
    let what = ActivityKind::from_stored(&word, member, until).ok_or_else(|| c.bad())?;
    Ok(Activity { id, conversation, by, what, at: c.time()? })
}

pub(crate) fn list(
    db: &Connection,
    org: [u8; 16],
    sight: Sight,
    of: ConversationId,
    page: &PageRequest,
) -> Res<Page<Activity>> {
    let row = params![org, sight.cutoff, id(of), id_after(page, AFTER_ALL)?, over(page)];
    let found = db.all(sql::ACTIVITIES, row, activity)?;
    Ok(Page::from_overread(found, page.limit, |activity| id_key(activity.id)))
}

impl Scope<'_> {
    pub(crate) fn put_activity(&self, activity: &Activity) -> Res<()> {
        let row = params![
            self.key,
            id(activity.conversation),
            id(activity.id),
            activity.by,
            activity.what.as_str(),
            opt_id(activity.what.member()),
            opt_time(activity.what.until()),
            time(activity.at),
        ];
        self.db.run(sql::PUT_ACTIVITY, row).map(drop)
    }
}
