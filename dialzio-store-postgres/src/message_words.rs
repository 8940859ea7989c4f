//! Messages by their words. The rarest word that is looked for leads; each message that has it is looked at, newest first,
//! and its text decides.
//!
//! Words are rows, as those of contacts are: row-level security lets no index be used with the operators of text search.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::collections::BTreeSet;
use uuid::Uuid;

use dialzio_core::conversation::{FoundMessage, Message, MessageSearch};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::search::words_of;
use dialzio_core::store::rows::{Candidate, Columns, Lead, found_page, with_entries};
use dialzio_core::{ConversationId, MessageId};

use crate::codec::{Cols, id, id_list, read};
use crate::contacts::id_before;
use crate::error::{OpenError, Res};
use crate::render::Schema;
use crate::retention::RetentionCutoff;
use crate::run::{Db, Params, params};
use crate::statements as sql;

/// Messages whose texts are read at once when all of them are indexed.
const TEXTS: i64 = 1_000;

/// Keeps the words of new messages.
pub(crate) async fn put(db: &mut Db<'_>, org: Uuid, messages: &[Message]) -> Res<()> {
    let texts = messages.iter().filter_map(|message| Some((id(message.id), message.content.display_text()?)));
    put_texts(db, org, texts).await
}

/// Keeps the words of new texts.
pub(crate) async fn put_texts<'a>(
    db: &mut Db<'_>,
    org: Uuid,
    texts: impl IntoIterator<Item = (Uuid, &'a str)>,
) -> Res<()> {
    let words_of_each = |(message, text)| words_of(text).into_iter().map(move |word| (message, word));
    let words: Vec<(Uuid, String)> = texts.into_iter().flat_map(words_of_each).collect();
    let each = |row: &mut Params, (message, word): &(Uuid, String)| {
        row.add(message);
        row.add(word);
        Ok(())
    };
    db.put(sql::PUT_MESSAGE_WORDS, |row| row.add(org), &words, each).await.map(drop)
}

/// Forgets the words of messages.
pub(crate) async fn remove(db: &mut Db<'_>, org: Uuid, messages: &[Uuid]) -> Res<()> {
    db.run(sql::DROP_MESSAGE_WORDS, params![org, messages]).await.map(drop)
}

pub(crate) async fn find(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    query: &MessageSearch,
    page: &PageRequest,
) -> Res<Page<FoundMessage>> {
    let Some(lead) = lead(db, org, query).await? else { return Ok(Page { items: Vec::new(), next: None }) };
    let mut before = id_before(page)?;
    let (mut found, mut examined) = (Vec::new(), 0);
    while found.len() <= page.limit as usize && examined < MessageSearch::EXAMINED {
        let some = next(db, org, &lead, before).await?;
        let Some(oldest) = some.last() else { break };
        (before, examined) = (id(*oldest), examined + some.len());
        let row = params![org, retention.now, retention.now, id_list(some)];
        found.extend(Candidate::found(query, db.all(sql::MESSAGES_FOUND, row, read).await?));
    }
    let rest = (examined >= MessageSearch::EXAMINED).then(|| before.as_bytes().to_vec());
    let page = found_page(found, page.limit, rest);
    let talks: BTreeSet<ConversationId> = page.items.iter().map(|message| message.conversation).collect();
    Ok(with_entries(page, crate::inbox::entries(db, org, retention, talks).await?))
}

/// The word that the fewest messages have.
async fn lead(db: &mut Db<'_>, org: Uuid, query: &MessageSearch) -> Res<Option<Lead>> {
    let mut all: Vec<(i64, Lead)> = Lead::each(&query.words).map(|lead| (0, lead)).collect();
    if all.len() > 1 {
        for (count, lead) in &mut all {
            let (from, to) = lead.range();
            let row = params![org, from, to, Lead::COUNTED];
            let counted = db.one(sql::WORDS_BETWEEN, row, |row| Cols::new(row, "words").get()).await?;
            *count = counted.unwrap_or_default();
        }
    }
    Ok(Lead::rarest(all))
}

/// The next messages that the lead finds, newest first.
async fn next(db: &mut Db<'_>, org: Uuid, lead: &Lead, before: Uuid) -> Res<Vec<MessageId>> {
    let (statement, row) = match lead {
        Lead::Word(word) => (sql::MESSAGES_WITH_WORD, params![org, word.clone(), before, Lead::BATCH]),
        Lead::Beginning(_) => {
            let (from, to) = lead.range();
            (sql::MESSAGES_WITH_WORDS, params![org, from, to, before, Lead::BATCH])
        }
    };
    db.all(statement, row, |row| Cols::new(row, "words").id()).await
}

/// Keeps the words of every message there is, once, as the owner of the tables.
pub(crate) async fn fill(conn: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let mark = "SELECT obj_description('@message_word'::REGCLASS, 'pg_class') IS NOT NULL";
    let mut step = conn.begin().await?;
    let is_missing: bool = sqlx::query_scalar(AssertSqlSafe(schema.render(mark)))
        .persistent(false)
        .fetch_one(&mut *step)
        .await?;
    if !is_missing {
        return Ok(());
    }
    // The owner sees no rows while row-level security is forced on it.
    let open = "ALTER TABLE @message NO FORCE ROW LEVEL SECURITY; \
                ALTER TABLE @message_word NO FORCE ROW LEVEL SECURITY";
    step.execute(AssertSqlSafe(schema.render(open))).await?;
    let page = schema.render(
        "SELECT m.org_id, m.id, m.text FROM @message m
         WHERE (m.org_id, m.id) > ($1, $2) AND m.text IS NOT NULL ORDER BY m.org_id, m.id LIMIT $3",
    );
    let put = schema.render(
        "INSERT INTO @message_word (org_id, message_id, word)
         SELECT w.org_id, w.id, w.word FROM unnest($1::UUID[], $2::UUID[], $3::TEXT[]) w (org_id, id, word)
         ON CONFLICT DO NOTHING",
    );
    let mut after = (Uuid::nil(), Uuid::nil());
    loop {
        let texts: Vec<(Uuid, Uuid, String)> = sqlx::query_as(AssertSqlSafe(page.clone()))
            .bind(after.0)
            .bind(after.1)
            .bind(TEXTS)
            .fetch_all(&mut *step)
            .await?;
        let Some((org, newest, _)) = texts.last() else { break };
        after = (*org, *newest);
        let (mut orgs, mut messages, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for (org, message, text) in &texts {
            words.extend(words_of(text));
            orgs.resize(words.len(), *org);
            messages.resize(words.len(), *message);
        }
        let put = sqlx::query(AssertSqlSafe(put.clone())).bind(orgs).bind(messages).bind(words);
        put.execute(&mut *step).await?;
    }
    let close = "ALTER TABLE @message FORCE ROW LEVEL SECURITY; \
                 ALTER TABLE @message_word FORCE ROW LEVEL SECURITY; \
                 COMMENT ON TABLE @message_word IS NULL";
    step.execute(AssertSqlSafe(schema.render(close))).await?;
    step.commit().await?;
    Ok(())
}
