//! What was done with conversations.

use uuid::Uuid;

use dialzio_core::ConversationId;
use dialzio_core::conversation::Activity;
use dialzio_core::page::{Page, PageRequest};

use crate::apply::Scope;
use crate::codec::{id, read};
use crate::contacts::{id_before, id_key, over};
use crate::error::Res;
use crate::retention::RetentionCutoff;
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn list(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    of: ConversationId,
    page: &PageRequest,
) -> Res<Page<Activity>> {
    let row = params![org, retention.now, id(of), id_before(page)?, over(page)];
    let found = db.all(sql::ACTIVITIES, row, read).await?;
    Ok(Page::from_overread(found, page.limit, |activity| id_key(activity.id)))
}

impl Scope<'_> {
    pub(crate) async fn put_activity(&mut self, activity: &Activity) -> Res<()> {
        self.db.put_one(sql::PUT_ACTIVITY, self.key, activity).await.map(drop)
    }
}
