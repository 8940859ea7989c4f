//! What was done with conversations.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use dialzio_core::ConversationId;
use dialzio_core::conversation::{Activity, ActivityKind};
use dialzio_core::page::{Page, PageRequest};

use crate::apply::Scope;
use crate::codec::{Cols, id, opt_id, opt_time, time};
use crate::contacts::{id_before, id_key, over};
use crate::error::Res;
use crate::run::{Db, params};
use crate::sight::Sight;
use crate::statements as sql;

fn activity(row: &PgRow) -> Res<Activity> {
    let c = Cols::new(row, "activity");
    let (id, conversation, by) = (c.id()?, c.id()?, c.get()?);
    let (word, member, until): (&str, _, _) = (c.get()?, c.opt_id()?, c.opt_time()?);
    let what = ActivityKind::from_stored(word, member, until).ok_or_else(|| c.bad())?;
    Ok(Activity { id, conversation, by, what, at: c.time()? })
}

pub(crate) async fn list(
    db: &mut Db<'_>,
    org: Uuid,
    sight: Sight,
    of: ConversationId,
    page: &PageRequest,
) -> Res<Page<Activity>> {
    let row = params![org, sight.now, id(of), id_before(page)?, over(page)];
    let found = db.all(sql::ACTIVITIES, row, activity).await?;
    Ok(Page::from_overread(found, page.limit, |activity| id_key(activity.id)))
}

impl Scope<'_> {
    pub(crate) async fn put_activity(&mut self, activity: &Activity) -> Res<()> {
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
        self.db.run(sql::PUT_ACTIVITY, row).await.map(drop)
    }
}
