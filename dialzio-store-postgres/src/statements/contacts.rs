//! Contacts, identities, notes, follow-ups, search.

use super::statements;

macro_rules! contact {
    () => {
        "c.id, c.name, c.name_source, c.stage, c.owner, c.restricted, c.revision, c.created_at, c.updated_at, \
         (SELECT json_agg(json_build_array(d.place, d.kind, d.value, d.as_written, d.label))::TEXT \
          FROM @contact_detail d WHERE d.org_id = $1 AND d.contact_id = c.id), \
         (SELECT array_agg(g.tag) FROM @contact_tag g WHERE g.org_id = $1 AND g.contact_id = c.id)"
    };
}

macro_rules! identity {
    () => {
        "i.id, i.contact_id, i.portfolio, i.profile_name, i.username, i.profile_at, i.unreachable_since, \
         i.created_at, i.doubt_number, i.doubt_name, i.doubt_at, \
         (SELECT json_agg(json_build_array(a.seen_at, a.place, a.kind, a.value, a.former_at))::TEXT \
                        FROM @channel_alias a WHERE a.org_id = $1 AND a.identity_id = i.id)"
    };
}

// What is looked at in each contact of a list: stage, owner (the empty id for none), tag, words. `$8` says whether there
// are words: those of `$5` are there whole, and one lies between `$6` and `$7`. The limits keep the server from
// reading all words and tags of the organisation first.
macro_rules! narrowed {
    () => {
        " AND CASE WHEN $2::TEXT IS NULL THEN TRUE ELSE c.stage = $2 END
              AND CASE WHEN $3::UUID IS NULL THEN TRUE
                       WHEN $3 = '00000000-0000-0000-0000-000000000000' THEN c.owner IS NULL ELSE c.owner = $3 END
              AND CASE WHEN $4::TEXT IS NULL THEN TRUE ELSE (SELECT TRUE FROM @contact_tag g
                    WHERE g.org_id = $1 AND g.contact_id = c.id AND g.tag = $4 LIMIT 1) END
              AND CASE WHEN $8::BOOLEAN THEN (SELECT TRUE FROM @contact_word p
                    WHERE p.org_id = $1 AND p.contact_id = c.id AND p.word >= $6 AND p.word <= $7 LIMIT 1) ELSE TRUE END
              AND CASE WHEN $8::BOOLEAN THEN cardinality($5::TEXT[]) = (SELECT count(*) FROM @contact_word x
                    WHERE x.org_id = $1 AND x.contact_id = c.id AND x.word = ANY ($5)) ELSE TRUE END"
    };
}

// The places of contacts by name, by the index that serves stage or owner; the rest is looked at in each. The server does
// not take `IS NULL` for one value, so a list without an owner names the owner in its order too.
macro_rules! by_name {
    ($lead:expr) => {
        by_name!($lead, "")
    };
    ($lead:expr, $first:expr) => {
        concat!(
            "SELECT c.sort_key, c.id FROM @contact c WHERE c.org_id = $1 AND (c.sort_key, c.id) > ($9, $10)",
            $lead,
            narrowed!(),
            " ORDER BY ",
            $first,
            "c.sort_key, c.id LIMIT $11"
        )
    };
}

// The same, the newest first.
macro_rules! newest {
    ($lead:expr) => {
        newest!($lead, "")
    };
    ($lead:expr, $first:expr) => {
        concat!(
            "SELECT c.sort_key, c.id FROM @contact c WHERE c.org_id = $1 AND c.id < $9",
            $lead,
            narrowed!(),
            " ORDER BY ",
            $first,
            "c.id DESC LIMIT $10"
        )
    };
}

statements! { CONTACTS_ALL:
    CONTACT: Read [contact, contact_detail, contact_tag] =
        concat!("SELECT ", contact!(), " FROM @contact c WHERE c.org_id = $1 AND c.id = $2");
    CONTACTS_BY_ID: Read [contact, contact_detail, contact_tag] =
        concat!("SELECT ", contact!(), " FROM @contact c WHERE c.org_id = $1 AND c.id = ANY ($2)");
    SUBJECT_KEYS_OF: Read [contact_detail] =
        "SELECT d.contact_id, d.subject_key FROM @contact_detail d WHERE d.org_id = $1 AND d.contact_id = ANY ($2)";
    CONTACTS_BY_SUBJECT: Read [contact, contact_detail, contact_tag, channel_alias, channel_identity] =
        concat!("SELECT ", contact!(), " FROM @contact c WHERE c.org_id = $1 AND c.id IN (
                   SELECT d.contact_id FROM @contact_detail d WHERE d.org_id = $1 AND d.subject_key = ANY ($2)
                   UNION ALL
                   SELECT i.contact_id FROM @channel_alias a CROSS JOIN @channel_identity i
                   WHERE a.org_id = $1 AND a.subject_key = ANY ($2) AND i.org_id = $1 AND i.id = a.identity_id)");
    CONTACTS: Read [contact, contact_tag, contact_word] = by_name!("");
    CONTACTS_OF_STAGE: Read [contact, contact_tag, contact_word] = by_name!(" AND c.stage = $2");
    CONTACTS_OF_OWNER: Read [contact, contact_tag, contact_word] = by_name!(" AND c.owner = $3");
    CONTACTS_OF_OWNER_AT_STAGE: Read [contact, contact_tag, contact_word] =
        by_name!(" AND c.owner = $3 AND c.stage = $2");
    CONTACTS_OF_NOBODY: Read [contact, contact_tag, contact_word] = by_name!(" AND c.owner IS NULL", "c.owner, ");
    CONTACTS_OF_NOBODY_AT_STAGE: Read [contact, contact_tag, contact_word] =
        by_name!(" AND c.owner IS NULL AND c.stage = $2", "c.owner, ");
    NEWEST_CONTACTS: Read [contact, contact_tag, contact_word] = newest!("");
    NEWEST_CONTACTS_OF_STAGE: Read [contact, contact_tag, contact_word] = newest!(" AND c.stage = $2");
    NEWEST_CONTACTS_OF_OWNER: Read [contact, contact_tag, contact_word] = newest!(" AND c.owner = $3");
    NEWEST_CONTACTS_OF_OWNER_AT_STAGE: Read [contact, contact_tag, contact_word] =
        newest!(" AND c.owner = $3 AND c.stage = $2");
    NEWEST_CONTACTS_OF_NOBODY: Read [contact, contact_tag, contact_word] =
        newest!(" AND c.owner IS NULL", "c.owner DESC, ");
    NEWEST_CONTACTS_OF_NOBODY_AT_STAGE: Read [contact, contact_tag, contact_word] =
        newest!(" AND c.owner IS NULL AND c.stage = $2", "c.owner DESC, ");
    // Of people who were collected.
    CONTACTS_AMONG: Read [contact, contact_tag, contact_word] = concat!(
        "SELECT c.sort_key, c.id FROM unnest($9::UUID[]) p (id)
         CROSS JOIN LATERAL (SELECT c.* FROM @contact c WHERE c.org_id = $1 AND c.id = p.id LIMIT 1) c
         WHERE TRUE", narrowed!());
    // Whom one member sees: as the owner, or by work with them. Each as often as there is a reason.
    CONTACTS_OF_MEMBER: Read [contact, conversation, task, call] =
        "SELECT c.id FROM @contact c WHERE c.org_id = $1 AND c.owner = $2
         UNION ALL SELECT t.contact_id FROM @conversation t
         WHERE t.org_id = $1 AND t.state IN ('open', 'snoozed', 'closed') AND t.assignee = $2
         UNION ALL SELECT f.contact_id FROM @task f WHERE f.org_id = $1 AND f.assignee = $2
         UNION ALL SELECT k.contact_id FROM @call k
         WHERE k.org_id = $1 AND k.member_id = $2 AND k.contact_id IS NOT NULL
         LIMIT $3";
    LAST_CONTACTS: Read [conversation, call] =
        "SELECT p.id, t.last_at, k.started_at FROM unnest($2::UUID[]) p (id)
         CROSS JOIN LATERAL (SELECT max(t.last_at) AS last_at FROM @conversation t
           WHERE t.org_id = $1 AND t.contact_id = p.id AND t.last_message IS NOT NULL) t
         LEFT JOIN LATERAL (SELECT k.started_at FROM @call k
           WHERE k.org_id = $1 AND k.contact_id = p.id ORDER BY k.id DESC LIMIT 1) k ON TRUE";
    CONTACT_REVISION: Read [contact] = "SELECT c.revision FROM @contact c WHERE c.org_id = $1 AND c.id = $2";
    CONTACT_CANDIDATES: Read [contact_detail, channel_alias, channel_identity] =
        "SELECT d.subject_key, d.contact_id FROM @contact_detail d
         WHERE d.org_id = $1 AND d.subject_key = ANY ($2)
         UNION ALL
         SELECT a.subject_key, i.contact_id FROM @channel_alias a CROSS JOIN @channel_identity i
         WHERE a.org_id = $1 AND a.subject_key = ANY ($2) AND a.former_at IS NULL AND i.org_id = $1 AND i.id = a.identity_id";
    PUT_CONTACT: Write [contact] =
        "INSERT INTO @contact (org_id, id, name, name_source, sort_key, stage, owner, restricted, revision, created_at,
                updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    SET_CONTACT: Write [contact] =
        "UPDATE @contact SET name = $3, name_source = $4, sort_key = $5, stage = $6, owner = $7,
                restricted = $8, revision = revision + 1, updated_at = $9
         WHERE org_id = $1 AND id = $2";
    TOUCH_CONTACT: Write [contact] =
        "UPDATE @contact SET revision = revision + 1, updated_at = greatest(updated_at, $3) WHERE org_id = $1 AND id = $2";
    DROP_DETAILS: Write [contact_detail] = "DELETE FROM @contact_detail WHERE org_id = $1 AND contact_id = $2";
    PUT_DETAIL: Write [contact_detail] =
        "INSERT INTO @contact_detail (org_id, contact_id, place, kind, value, as_written, label, subject_key)
         VALUES [($1, $2, $3, $4, $5, $6, $7, $8)]";
    DROP_TAGS: Write [contact_tag] = "DELETE FROM @contact_tag WHERE org_id = $1 AND contact_id = $2";
    PUT_TAG: Write [contact_tag] =
        "INSERT INTO @contact_tag (org_id, contact_id, tag) VALUES [($1, $2, $3)] ON CONFLICT DO NOTHING";

    NOTES: Read [note] =
        "SELECT n.id, n.contact_id, n.author, n.text, n.created_at FROM @note n
         WHERE n.org_id = $1 AND n.contact_id = $2 AND n.id < $3 ORDER BY n.id DESC LIMIT $4";
    PUT_NOTE: Write [note] =
        "INSERT INTO @note (org_id, contact_id, id, author, text, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, contact_id, id) DO UPDATE SET author = excluded.author, text = excluded.text, created_at = excluded.created_at";

    TASK: Read [task] =
        "SELECT t.id, t.contact_id, t.title, t.due_at, t.assignee, t.done_at, t.created_at, t.revision FROM @task t
         WHERE t.org_id = $1 AND t.id = $2";
    TASKS: Read [task] =
        "SELECT t.id, t.contact_id, t.title, t.due_at, t.assignee, t.done_at, t.created_at, t.revision FROM @task t
         WHERE t.org_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3";
    OPEN_TASKS: Read [task] =
        "SELECT t.id, t.contact_id, t.title, t.due_at, t.assignee, t.done_at, t.created_at, t.revision FROM @task t
         WHERE t.org_id = $1 AND t.id > $2 AND t.done_at IS NULL ORDER BY t.id LIMIT $3";
    TASKS_OF_MEMBER: Read [task] =
        "SELECT t.id, t.contact_id, t.title, t.due_at, t.assignee, t.done_at, t.created_at, t.revision FROM @task t
         WHERE t.org_id = $1 AND t.assignee = $4 AND t.id > $2 ORDER BY t.id LIMIT $3";
    OPEN_TASKS_OF_MEMBER: Read [task] =
        "SELECT t.id, t.contact_id, t.title, t.due_at, t.assignee, t.done_at, t.created_at, t.revision FROM @task t
         WHERE t.org_id = $1 AND t.assignee = $4 AND t.id > $2 AND t.done_at IS NULL ORDER BY t.id LIMIT $3";
    TASKS_OF_CONTACT: Read [task] =
        "SELECT t.id, t.contact_id, t.title, t.due_at, t.assignee, t.done_at, t.created_at, t.revision FROM @task t
         WHERE t.org_id = $1 AND t.contact_id = $4 AND t.id > $2 AND ($5::UUID IS NULL OR t.assignee = $5)
           AND (NOT $6 OR t.done_at IS NULL) ORDER BY t.id LIMIT $3";
    TASKS_OF_CONTACT_NEWEST: Read [task] =
        "SELECT t.id, t.contact_id, t.title, t.due_at, t.assignee, t.done_at, t.created_at, t.revision FROM @task t
         WHERE t.org_id = $1 AND t.contact_id = $2 AND t.id < $3 ORDER BY t.id DESC LIMIT $4";
    PUT_TASK: Write [task] =
        "INSERT INTO @task (org_id, id, contact_id, title, due_at, assignee, done_at, created_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (org_id, id) DO UPDATE SET contact_id = excluded.contact_id, title = excluded.title, due_at = excluded.due_at,
                assignee = excluded.assignee, done_at = excluded.done_at, created_at = excluded.created_at,
                revision = excluded.revision";

    IDENTITY: Read [channel_identity, channel_alias] =
        concat!("SELECT ", identity!(), " FROM @channel_identity i WHERE i.org_id = $1 AND i.id = (
                   SELECT coalesce(k.joined_into, k.id) FROM @channel_identity k WHERE k.org_id = $1 AND k.id = $2)");
    IDENTITIES_OF: Read [channel_identity, channel_alias] =
        concat!("SELECT ", identity!(), " FROM @channel_identity i \
                 WHERE i.org_id = $1 AND i.contact_id = $2 AND i.joined_into IS NULL ORDER BY i.id");
    IDENTITIES_OF_EACH: Read [channel_identity, channel_alias] =
        concat!("SELECT ", identity!(), " FROM @channel_identity i \
                 WHERE i.org_id = $1 AND i.contact_id = ANY ($2) AND i.joined_into IS NULL ORDER BY i.id");
    IDENTITIES_BY_ID: Read [channel_identity, channel_alias] =
        concat!("SELECT ", identity!(), " FROM @channel_identity i WHERE i.org_id = $1 AND i.id = ANY ($2)");
    SURVIVOR: Read [channel_identity] =
        "SELECT s.id, s.contact_id, s.portfolio FROM @channel_identity s WHERE s.org_id = $1 AND s.id = (
           SELECT coalesce(k.joined_into, k.id) FROM @channel_identity k WHERE k.org_id = $1 AND k.id = $2)";
    PUT_IDENTITY: Write [channel_identity] =
        "INSERT INTO @channel_identity (org_id, id, contact_id, portfolio, profile_name, username, profile_at,
                unreachable_since, created_at, joined_into)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)";
    SET_PROFILE: Write [channel_identity] =
        "UPDATE @channel_identity SET profile_at = $5, profile_name = coalesce($3, profile_name),
                username = coalesce($4, username)
         WHERE org_id = $1 AND id = $2 AND profile_at <= $5";
    SET_DOUBT: Write [channel_identity] =
        "UPDATE @channel_identity SET doubt_number = $3, doubt_name = $4, doubt_at = $5 WHERE org_id = $1 AND id = $2";
    SET_REACHABLE: Write [channel_identity] =
        "UPDATE @channel_identity SET unreachable_since = $3 WHERE org_id = $1 AND id = $2";
    JOIN_IDENTITY: Write [channel_identity] =
        "UPDATE @channel_identity SET joined_into = $3 WHERE org_id = $1 AND id = $2";
    JOIN_JOINED: Write [channel_identity] =
        "UPDATE @channel_identity SET joined_into = $3 WHERE org_id = $1 AND joined_into = $2";
    MOVE_ALIASES: Write [channel_alias] =
        "UPDATE @channel_alias SET identity_id = $3 WHERE org_id = $1 AND identity_id = $2";
    MOVE_CONVERSATIONS: Write [conversation] =
        "UPDATE @conversation SET contact_id = $3 WHERE org_id = $1 AND identity_id = $2";
    MOVE_CALLS: Write [call] =
        "UPDATE @call SET identity_id = $3, revision = revision + 1,
                contact_id = CASE WHEN contact_id = $4 THEN $5 ELSE contact_id END
         WHERE org_id = $1 AND identity_id = $2";

    ALIAS: Read [channel_alias] =
        "SELECT a.identity_id, a.value, a.seen_at FROM @channel_alias a
         WHERE a.org_id = $1 AND a.portfolio = $2 AND a.kind = $3 AND a.match_key = $4";
    ALIAS_HOLDERS: Read [channel_alias] =
        "SELECT a.kind, a.match_key, a.identity_id FROM @channel_alias a
         WHERE a.org_id = $1 AND a.portfolio = $2 AND a.match_key = ANY ($4) AND a.kind = ANY ($3)";
    PUT_ALIAS: Write [channel_alias] =
        "INSERT INTO @channel_alias (org_id, portfolio, kind, match_key, identity_id, value, subject_key, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    SET_FORMER: Write [channel_alias] =
        "UPDATE @channel_alias SET former_at = $6
         WHERE org_id = $1 AND portfolio = $2 AND kind = $3 AND match_key = $4 AND identity_id = $5";
    RELEASE_ALIAS: Write [channel_alias] =
        "DELETE FROM @channel_alias
         WHERE org_id = $1 AND portfolio = $2 AND kind = $3 AND match_key = $4 AND identity_id = $5";
    SEE_ALIAS: Write [channel_alias] =
        "UPDATE @channel_alias SET value = $5, seen_at = $6
         WHERE org_id = $1 AND portfolio = $2 AND kind = $3 AND match_key = $4";

    // The narrowest word leads, others are looked up. `$2` to `$3` are its bounds; both ends are the same for a whole word.
    SEARCH_WORDS: Read [contact_word] =
        "SELECT DISTINCT w.contact_id FROM @contact_word w
         WHERE w.org_id = $1 AND w.word >= $2 AND w.word <= $3
           AND cardinality($4::TEXT[]) = (SELECT count(*) FROM @contact_word x
                 WHERE x.org_id = $1 AND x.contact_id = w.contact_id AND x.word = ANY ($4))
           AND ($5::TEXT IS NULL OR EXISTS (
                 SELECT 1 FROM @contact_word p
                 WHERE p.org_id = $1 AND p.contact_id = w.contact_id AND p.word >= $5 AND p.word <= $6))
         LIMIT $7";
    WORDS_OF: Read [contact_word] =
        "SELECT w.contact_id, w.word FROM @contact_word w WHERE w.org_id = $1 AND w.contact_id = ANY ($2)";
    PUT_WORDS: Write [contact_word] =
        "INSERT INTO @contact_word (org_id, contact_id, word) VALUES [($1, $2, $3)] ON CONFLICT DO NOTHING";
    DROP_WORDS: Write [contact_word] =
        "DELETE FROM @contact_word WHERE org_id = $1 AND contact_id = $2 AND word = ANY ($3)";
}
