//! Conversations, queues, messages and what becomes of them, files.
//!
//! An expired message or file is not found: `$2` and `$3` are now, and `@@period` is how long the organisation keeps
//! messages, in every statement that shows one. Those without are the writer's own, which keep the state of what is there.

use super::statements;

macro_rules! scheduled {
    () => {
        "s.id, s.conversation_id, s.author, s.text, s.reply_to, s.send_at, s.revision, s.refused_at, s.refused_code, \
         s.refused_detail"
    };
}
/// A notice with the name of the person, and the text of the note or the title of the follow-up.
macro_rules! notice {
    () => {
        "n.id, n.member_id, n.reason, n.record_id, n.contact_id, n.author, n.created_at, n.read_at, c.name, \
         coalesce(o.text, t.title) FROM @notice n \
         JOIN @contact c ON c.org_id = $1 AND c.id = n.contact_id \
         LEFT JOIN @note o ON n.reason = 'mentioned' AND o.org_id = $1 AND o.contact_id = n.contact_id \
                             AND o.id = n.record_id \
         LEFT JOIN @task t ON n.reason = 'task_assigned' AND t.org_id = $1 AND t.id = n.record_id"
    };
}
macro_rules! conversation {
    () => {
        "c.id, c.account_id, c.identity_id, c.contact_id, c.state, c.snoozed_until, c.assignee, c.team, c.unread, \
         c.last_message, c.last_at, c.last_inbound_at, c.last_inbound, c.seen_up_to, c.revision, c.created_at, \
         c.waiting_since, c.last_failed, c.call_permission, c.call_permission_until, c.call_permission_at"
    };
}

// The page is cut first, then each of its rows is looked up: the limits inside keep it that way, whatever the planner knows
// of a page's length. An identity that was joined into another is shown under that one's name and number. In no order.
macro_rules! entries {
    ($page:expr) => {
        concat!(
            "SELECT ",
            conversation!(),
            ", t.name, t.stage,
               CASE WHEN i.joined_into IS NULL THEN i.profile_name ELSE j.profile_name END,
               CASE WHEN i.joined_into IS NULL THEN i.username ELSE j.username END,
               a.value, CASE WHEN i.joined_into IS NULL THEN i.doubt_at ELSE j.doubt_at END,
               m.id, m.direction, m.author, m.kind, m.text, m.status
             FROM (",
            $page,
            ") c
             CROSS JOIN LATERAL (SELECT t.name, t.stage FROM @contact t
               WHERE t.org_id = $1 AND t.id = c.contact_id LIMIT 1) t
             CROSS JOIN LATERAL (SELECT i.id, i.joined_into, i.profile_name, i.username, i.doubt_at FROM @channel_identity i
               WHERE i.org_id = $1 AND i.id = c.identity_id LIMIT 1) i
             LEFT JOIN LATERAL (SELECT j.profile_name, j.username, j.doubt_at FROM @channel_identity j
               WHERE i.joined_into IS NOT NULL AND j.org_id = $1 AND j.id = i.joined_into LIMIT 1) j ON TRUE
             LEFT JOIN LATERAL (SELECT a.value FROM @channel_alias a
               WHERE a.org_id = $1 AND a.kind = 'phone'
                 AND a.identity_id = CASE WHEN i.joined_into IS NULL THEN i.id ELSE i.joined_into END
               ORDER BY a.seen_at DESC, a.place DESC LIMIT 1) a ON TRUE
             LEFT JOIN LATERAL (SELECT m.id, m.direction, m.author, m.kind, m.text, m.status FROM @message m
               WHERE m.org_id = $1 AND m.id = c.last_message
                 AND m.event_at > $2 - @@period AND (m.expires_at IS NULL OR m.expires_at > $3) LIMIT 1) m ON TRUE"
        )
    };
}

// A page of a queue, and snoozes that have run out and were not woken yet: few, since the sweep wakes them.
macro_rules! queue {
    ($of:expr) => {
        concat!(
            "(SELECT c.* FROM @conversation c WHERE c.org_id = $1 AND c.state = $4",
            $of,
            " AND (c.last_at, c.id) < ($5, $6) AND ($8::BIGINT IS NULL OR c.snoozed_until > $8)
               ORDER BY c.last_at DESC, c.id DESC LIMIT $7)
             UNION ALL SELECT c.* FROM @conversation c WHERE c.org_id = $1 AND c.snoozed_until <= $9"
        )
    };
}

// What narrows a list of conversations, in $2 to $7: account, unread, failed, stage, tag, and whose they are. With OR the
// planner would expect next to nothing to be left, and sort that instead of following the order of an index.
macro_rules! narrowed {
    () => {
        " AND CASE WHEN $2::UUID IS NULL THEN TRUE ELSE c.account_id = $2 END
          AND CASE WHEN $3::BOOLEAN THEN c.unread > 0 ELSE TRUE END
          AND CASE WHEN $4::BOOLEAN THEN c.last_failed ELSE TRUE END
          AND CASE WHEN $5::TEXT IS NULL THEN TRUE ELSE EXISTS (SELECT 1 FROM @contact t
                WHERE t.org_id = $1 AND t.id = c.contact_id AND t.stage = $5) END
          AND CASE WHEN $6::TEXT IS NULL THEN TRUE ELSE EXISTS (SELECT 1 FROM @contact_tag g
                WHERE g.org_id = $1 AND g.contact_id = c.contact_id AND g.tag = $6) END
          AND CASE WHEN $7::UUID IS NULL THEN TRUE ELSE c.assignee = $7 END"
    };
}

// The places of conversations in one state, by the index that serves one of the choices; the others are looked at in each.
macro_rules! latest {
    ($lead:expr) => {
        concat!(
            "SELECT c.last_at, c.waiting_since, c.id FROM @conversation c WHERE c.org_id = $1 AND c.state = $8",
            $lead,
            " AND (c.last_at, c.id) < ($9, $10) AND ($12::BIGINT IS NULL OR c.snoozed_until > $12)",
            narrowed!(),
            " ORDER BY c.last_at DESC, c.id DESC LIMIT $11"
        )
    };
}

macro_rules! message {
    () => {
        "m.id, m.conversation_id, m.direction, m.author, m.kind, m.text, m.content, m.content_version, m.purpose, \
         m.event_at, m.received_at, m.expires_at, m.external_id, m.reply_to, m.status, m.status_at, m.failure_code, \
         m.failure_detail, m.edited_at, m.revoked_at, m.reactions, m.context, m.beside"
    };
}
pub(super) use message;

macro_rules! media {
    () => {
        "f.id, f.owner_kind, f.owner_id, f.account_id, f.what, f.state, f.mime, f.filename, f.size, f.sha256, f.provider_id, \
         f.blob, f.wrapped_key, f.event_at, f.expires_at"
    };
}

statements! { CONVERSATIONS_ALL:
    CONVERSATION: Read [conversation] =
        concat!("SELECT ", conversation!(), " FROM @conversation c WHERE c.org_id = $1 AND c.id = $2");
    CONVERSATIONS_BY_ID: Read [conversation] =
        concat!("SELECT ", conversation!(), " FROM @conversation c WHERE c.org_id = $1 AND c.id = ANY ($2)");
    CONVERSATIONS_AMONG: Read [conversation] =
        "SELECT c.id FROM @conversation c WHERE c.org_id = $1 AND c.id = ANY ($2)";
    CONVERSATIONS_OF: Read [conversation] =
        concat!("SELECT ", conversation!(), " FROM @conversation c WHERE c.org_id = $1 AND c.contact_id = $2");
    CONVERSATION_OF_PAIR: Read [conversation] =
        concat!("SELECT ", conversation!(), " FROM @conversation c \
                 WHERE c.org_id = $1 AND c.account_id = $2 AND c.identity_id = $3");
    CONVERSATIONS_JOINED: Read [conversation, channel_identity] =
        concat!("SELECT ", conversation!(), " FROM @channel_identity k CROSS JOIN @conversation c \
                 WHERE k.org_id = $1 AND k.joined_into = $3 \
                   AND c.org_id = $1 AND c.account_id = $2 AND c.identity_id = k.id");
    CONVERSATIONS_WITH: Read [conversation, channel_identity] =
        concat!("SELECT c.identity_id AS asked, ", conversation!(), " FROM @conversation c \
                 WHERE c.org_id = $1 AND c.account_id = $2 AND c.identity_id = ANY ($3)
                 UNION ALL
                 SELECT k.joined_into AS asked, ", conversation!(), " FROM @channel_identity k \
                 CROSS JOIN @conversation c WHERE k.org_id = $1 AND k.joined_into = ANY ($3) \
                   AND c.org_id = $1 AND c.account_id = $2 AND c.identity_id = k.id");
    INBOX_ENTRY: Read [conversation, contact, channel_identity, channel_alias, message] =
        entries!("SELECT c.* FROM @conversation c WHERE c.org_id = $1 AND c.id = $4");
    INBOX: Read [conversation, contact, channel_identity, channel_alias, message] = entries!(queue!(""));
    INBOX_OF: Read [conversation, contact, channel_identity, channel_alias, message] =
        entries!(queue!(" AND c.assignee = $10"));
    // Where conversations stand in a list, by what narrows it most; then what is shown of one page.
    PLACES: Read [conversation, contact, contact_tag] = latest!("");
    PLACES_OF_ASSIGNEE: Read [conversation, contact, contact_tag] = latest!(" AND c.assignee = $7");
    PLACES_OF_ACCOUNT: Read [conversation, contact, contact_tag] = latest!(" AND c.account_id = $2");
    PLACES_UNREAD: Read [conversation, contact, contact_tag] = latest!(" AND c.unread > 0");
    PLACES_FAILED: Read [conversation, contact, contact_tag] = latest!(" AND c.last_failed");
    PLACES_WAITING: Read [conversation, contact, contact_tag] = concat!(
        "SELECT c.last_at, c.waiting_since, c.id FROM @conversation c
         WHERE c.org_id = $1 AND c.state = $8 AND c.waiting_since IS NOT NULL AND (c.waiting_since, c.id) > ($9, $10)
           AND ($12::BIGINT IS NULL OR c.snoozed_until > $12)", narrowed!(), " ORDER BY c.waiting_since, c.id LIMIT $11");
    PLACES_WOKEN: Read [conversation, contact, contact_tag] = concat!(
        "SELECT c.last_at, c.waiting_since, c.id FROM @conversation c
         WHERE c.org_id = $1 AND c.snoozed_until <= $8", narrowed!());
    PLACES_OF_PEOPLE: Read [conversation, contact, contact_tag] = concat!(
        "SELECT c.last_at, c.waiting_since, c.id FROM unnest($8::UUID[]) p (contact)
         CROSS JOIN LATERAL (SELECT c.* FROM @conversation c WHERE c.org_id = $1 AND c.contact_id = p.contact) c
         WHERE CASE WHEN c.snoozed_until <= $10 THEN 'open' ELSE c.state END = $9", narrowed!());
    // Walks the queue; the next match is near, since many people match.
    PLACES_BY_WORDS: Read [conversation, contact, contact_tag, contact_word] = concat!(
        "SELECT c.last_at, c.waiting_since, c.id FROM @conversation c
         CROSS JOIN LATERAL (SELECT 1 FROM @contact_word p
           WHERE p.org_id = $1 AND p.contact_id = c.contact_id AND p.word >= $13 AND p.word <= $14 LIMIT 1) p
         WHERE c.org_id = $1 AND c.state = $8 AND (c.last_at, c.id) < ($9, $10)
           AND cardinality($12::TEXT[]) = (SELECT count(*) FROM @contact_word x
                 WHERE x.org_id = $1 AND x.contact_id = c.contact_id AND x.word = ANY ($12))", narrowed!(),
        " ORDER BY c.last_at DESC, c.id DESC LIMIT $11");
    INBOX_ENTRIES: Read [conversation, contact, channel_identity, channel_alias, message] = entries!(
        "SELECT c.* FROM unnest($4::UUID[]) p (id)
         CROSS JOIN LATERAL (SELECT c.* FROM @conversation c WHERE c.org_id = $1 AND c.id = p.id LIMIT 1) c");
    PEOPLE_TAGGED: Read [contact_tag] =
        "SELECT g.contact_id FROM @contact_tag g WHERE g.org_id = $1 AND g.tag = $2 LIMIT $3";
    PEOPLE_AT_STAGE: Read [contact] =
        "SELECT t.id FROM @contact t WHERE t.org_id = $1 AND t.stage = $2 LIMIT $3";
    UNREAD: Read [conversation] =
        "SELECT 1 FROM @conversation c
         WHERE c.org_id = $1 AND c.state = 'open' AND c.unread > 0 AND c.assignee = $2
         UNION ALL SELECT 1 FROM @conversation c
         WHERE c.org_id = $1 AND c.state = 'open' AND c.unread > 0
           AND c.assignee = '00000000-0000-0000-0000-000000000000' LIMIT $3";
    PUT_CONVERSATION: Write [conversation] =
        "INSERT INTO @conversation (org_id, id, account_id, identity_id, contact_id, state, snoozed_until, assignee,
                team, unread, last_message, last_at, last_inbound_at, last_inbound, seen_up_to, revision, created_at,
                waiting_since, last_failed, call_permission, call_permission_until, call_permission_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                $21, $22)";
    SET_CALL_PERMISSION: Write [conversation] =
        "UPDATE @conversation SET call_permission = $3, call_permission_until = $4, call_permission_at = $5
         WHERE org_id = $1 AND id = $2";
    SET_CONVERSATION: Write [conversation] =
        "UPDATE @conversation SET state = $3, snoozed_until = $4, assignee = $5, team = $6, revision = revision + 1,
                waiting_since = CASE WHEN $3 <> 'closed' THEN waiting_since END
         WHERE org_id = $1 AND id = $2";
    WAKE_SNOOZED: Write [conversation] =
        "UPDATE @conversation SET state = 'open', snoozed_until = NULL, revision = revision + 1
         WHERE org_id = $1 AND snoozed_until <= $2 RETURNING assignee";
    SET_HEADS: Write [conversation] =
        "UPDATE @conversation c SET unread = v.unread, last_message = v.last_message, last_at = v.last_at,
                last_inbound_at = v.last_inbound_at, last_inbound = v.last_inbound, seen_up_to = v.seen_up_to,
                state = v.state, snoozed_until = v.snoozed_until, revision = v.revision,
                waiting_since = v.waiting_since, last_failed = v.last_failed
         FROM (VALUES [($2::UUID, $3::BIGINT, $4::UUID, $5::BIGINT, $6::BIGINT, $7::UUID, $8::UUID, $9::TEXT,
                $10::BIGINT, $11::BIGINT, $12::BIGINT, $13::BOOLEAN)])
              v (id, unread, last_message, last_at, last_inbound_at, last_inbound, seen_up_to, state, snoozed_until,
                 revision, waiting_since, last_failed)
         WHERE c.org_id = $1 AND c.id = v.id";
    // Since when a conversation waits, as its messages say, and whether its newest one failed: see `Conversation::take`.
    WAIT_LOOKED_UP: Read [message] =
        "SELECT (SELECT m.event_at FROM @message m
                 WHERE m.org_id = $1 AND m.conversation_id = $2 AND m.direction = 'inbound' AND m.kind <> 'system'
                   AND m.revoked_at IS NULL
                   AND m.id > CASE WHEN a.id IS NULL THEN '00000000-0000-0000-0000-000000000000' ELSE a.id END
                 ORDER BY m.id LIMIT 1),
                EXISTS (SELECT 1 FROM @message l WHERE l.org_id = $1 AND l.id = $3 AND l.status = 'failed')
         FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT a.id FROM @message a
           WHERE a.org_id = $1 AND a.conversation_id = $2 AND a.direction = 'outbound'
             AND a.status NOT IN ('suppressed', 'cancelled', 'expired', 'failed')
             AND (a.purpose IS NULL OR a.purpose NOT IN ('marketing', 'authentication'))
           ORDER BY a.id DESC LIMIT 1) a ON TRUE";
    QUEUE_COUNTS: Read [queue_count] =
        "SELECT q.state, q.assignee, q.count FROM @queue_count q WHERE q.org_id = $1 AND q.count > 0";
    MOVE_COUNT: Write [queue_count] =
        "UPDATE @queue_count SET count = count + $4 WHERE org_id = $1 AND state = $2 AND assignee = $3";
    PUT_COUNT: Write [queue_count] =
        "INSERT INTO @queue_count (org_id, state, assignee, count) VALUES ($1, $2, $3, $4)";

    ACTIVITIES: Read [conversation_activity] =
        "SELECT a.id, a.conversation_id, a.by, a.what, a.member, a.until, a.at FROM @conversation_activity a
         WHERE a.org_id = $1 AND a.conversation_id = $3 AND a.id < $4 AND a.at > $2 - @@period ORDER BY a.id DESC LIMIT $5";
    PUT_ACTIVITY: Write [conversation_activity] =
        "INSERT INTO @conversation_activity (org_id, conversation_id, id, by, what, member, until, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    ACTIVITIES_OVER: Read [conversation_activity] =
        "SELECT a.conversation_id, a.id FROM @conversation_activity a WHERE a.org_id = $1 AND a.at < $2 LIMIT $3";
    DROP_ACTIVITIES: Write [conversation_activity] =
        "DELETE FROM @conversation_activity WHERE org_id = $1 AND conversation_id = ANY ($2) AND id = ANY ($3)";

    DRAFTS: Read [draft] =
        "SELECT d.conversation_id, d.member_id, d.kind, d.text, d.saved_at FROM @draft d
         WHERE d.org_id = $1 AND d.conversation_id = ANY ($5) AND d.member_id = $4
           AND d.saved_at > $2 - @@period AND d.saved_at > $3";
    PUT_DRAFT: Write [draft] =
        "INSERT INTO @draft (org_id, conversation_id, member_id, kind, text, saved_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, conversation_id, member_id, kind) DO UPDATE SET text = excluded.text,
                saved_at = excluded.saved_at";
    DROP_DRAFT: Write [draft] =
        "DELETE FROM @draft WHERE org_id = $1 AND conversation_id = $2 AND member_id = $3 AND kind = $4";
    PURGE_DRAFTS: Write [draft] =
        "DELETE FROM @draft d WHERE d.org_id = $1 AND (d.conversation_id, d.member_id, d.kind) IN (
           SELECT o.conversation_id, o.member_id, o.kind FROM @draft o WHERE o.org_id = $1 AND o.saved_at < $2 LIMIT $3)";

    NOTICES: Read [notice, contact, note, task] =
        concat!("SELECT ", notice!(), " \
                 WHERE n.org_id = $1 AND n.member_id = $4 AND n.id < $5 AND n.created_at > $2 - @@period AND n.created_at > $3 \
                 ORDER BY n.id DESC LIMIT $6");
    UNREAD_NOTICES: Read [notice, contact, note, task] =
        concat!("SELECT ", notice!(), " \
                 WHERE n.org_id = $1 AND n.member_id = $4 AND n.id < $5 AND n.created_at > $2 - @@period AND n.created_at > $3 \
                 AND n.read_at IS NULL ORDER BY n.id DESC LIMIT $6");
    COUNT_UNREAD_NOTICES: Read [notice] =
        "SELECT count(*) FROM (SELECT 1 FROM @notice n WHERE n.org_id = $1 AND n.member_id = $4
           AND n.created_at > $2 - @@period AND n.created_at > $3 AND n.read_at IS NULL LIMIT $5) found";
    PUT_NOTICE: Write [notice] =
        "INSERT INTO @notice (org_id, id, member_id, reason, record_id, contact_id, author, created_at, read_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    READ_NOTICE: Write [notice] =
        "UPDATE @notice SET read_at = $4 WHERE org_id = $1 AND id = $3 AND member_id = $2 AND read_at IS NULL";
    READ_NOTICES_UP_TO: Write [notice] =
        "UPDATE @notice SET read_at = $4 WHERE org_id = $1 AND member_id = $2 AND id <= $3 AND read_at IS NULL";
    READ_NOTICES_ABOUT: Write [notice] =
        "UPDATE @notice SET read_at = $4 WHERE org_id = $1 AND member_id = $2 AND contact_id = $3 AND read_at IS NULL";
    PURGE_NOTICES: Write [notice] =
        "DELETE FROM @notice n WHERE n.org_id = $1 AND n.id IN (
           SELECT o.id FROM @notice o WHERE o.org_id = $1 AND o.created_at < $2 LIMIT $3)";

    SCHEDULED_MESSAGE: Read [scheduled_message] =
        concat!("SELECT ", scheduled!(), " FROM @scheduled_message s WHERE s.org_id = $1 AND s.id = $3 AND s.send_at > $2 - @@period");
    SCHEDULED_MESSAGES: Read [scheduled_message] =
        concat!("SELECT ", scheduled!(), " FROM @scheduled_message s \
                 WHERE s.org_id = $1 AND s.conversation_id = $3 AND s.send_at > $2 - @@period ORDER BY s.send_at, s.id");
    SCHEDULED_FOR_IDENTITY: Read [channel_identity, conversation, scheduled_message] =
        "SELECT s.id FROM @channel_identity k CROSS JOIN @conversation c CROSS JOIN @scheduled_message s
         WHERE k.org_id = $1 AND k.id = $2 AND c.org_id = $1 AND c.identity_id = k.id
           AND s.org_id = $1 AND s.conversation_id = c.id AND s.refused_at IS NULL
         UNION ALL
         SELECT s.id FROM @channel_identity k CROSS JOIN @conversation c CROSS JOIN @scheduled_message s
         WHERE k.org_id = $1 AND k.joined_into = $2 AND c.org_id = $1 AND c.identity_id = k.id
           AND s.org_id = $1 AND s.conversation_id = c.id AND s.refused_at IS NULL";
    PUT_SCHEDULED_MESSAGE: Write [scheduled_message] =
        "INSERT INTO @scheduled_message (org_id, id, conversation_id, author, text, reply_to, send_at, revision, refused_at,
           refused_code, refused_detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (org_id, id) DO UPDATE SET text = excluded.text, send_at = excluded.send_at,
           revision = excluded.revision, refused_at = excluded.refused_at, refused_code = excluded.refused_code,
           refused_detail = excluded.refused_detail";
    DROP_SCHEDULED_MESSAGE: Write [scheduled_message] =
        "DELETE FROM @scheduled_message WHERE org_id = $1 AND id = $2";
    PURGE_SCHEDULED: Write [scheduled_message] =
        "DELETE FROM @scheduled_message s WHERE s.org_id = $1 AND s.id IN (
           SELECT o.id FROM @scheduled_message o WHERE o.org_id = $1 AND o.send_at < $2 LIMIT $3)";

    MESSAGE: Read [message] =
        concat!("SELECT ", message!(), " FROM @message m WHERE m.org_id = $1 AND m.id = $4 \
                 AND m.event_at > $2 - @@period AND (m.expires_at IS NULL OR m.expires_at > $3)");
    MESSAGES: Read [message] =
        concat!("SELECT ", message!(), " FROM @message m \
                 WHERE m.org_id = $1 AND m.conversation_id = $4 AND m.id < $5 \
                   AND m.event_at > $2 - @@period AND (m.expires_at IS NULL OR m.expires_at > $3) \
                 ORDER BY m.id DESC LIMIT $6");
    MESSAGE_MARKS: Read [message] =
        "SELECT m.conversation_id, m.edited_at, m.revoked_at, m.reactions FROM @message m
         WHERE m.org_id = $1 AND m.id = $2";
    MESSAGE_DELIVERY: Read [message] =
        "SELECT m.conversation_id, m.direction, m.status, m.status_at, m.failure_code, m.failure_detail FROM @message m
         WHERE m.org_id = $1 AND m.id = $2";
    MESSAGE_EXTERNAL: Read [message] =
        "SELECT m.external_id FROM @message m WHERE m.org_id = $1 AND m.id = $2";
    MESSAGES_KNOWN: Read [message] =
        "SELECT m.id, m.conversation_id, m.direction, m.external_id, m.status
         FROM @message m
         WHERE m.org_id = $1 AND m.id = ANY ($4)
           AND m.event_at > $2 - @@period AND (m.expires_at IS NULL OR m.expires_at > $3)";
    // Each hash is looked up by itself: a list of them would be a filter over all that the account has ever received.
    MESSAGES_REFERRED: Read [external_reference, message] =
        "SELECT m.id, m.conversation_id, m.direction, m.external_id, m.status, r.digest
         FROM unnest($5::BIGINT[]) h (hash)
         CROSS JOIN LATERAL (SELECT r.message_id, r.digest FROM @external_reference r
           WHERE r.org_id = $1 AND r.account_id = $4 AND r.hash8 = h.hash OFFSET 0) r
         CROSS JOIN LATERAL (SELECT m.id, m.conversation_id, m.direction, m.external_id, m.status FROM @message m
           WHERE m.org_id = $1 AND m.id = r.message_id
             AND m.event_at > $2 - @@period AND (m.expires_at IS NULL OR m.expires_at > $3) OFFSET 0) m";
    REFERENCES: Read [external_reference, message] =
        "SELECT h.hash, r.message_id, r.digest, m.external_id
         FROM unnest($3::BIGINT[]) h (hash)
         CROSS JOIN LATERAL (SELECT r.message_id, r.digest FROM @external_reference r
           WHERE r.org_id = $1 AND r.account_id = $2 AND r.hash8 = h.hash OFFSET 0) r
         LEFT JOIN LATERAL (SELECT m.external_id FROM @message m
           WHERE m.org_id = $1 AND m.id = r.message_id OFFSET 0) m ON TRUE";
    PUT_REFERENCE: Write [external_reference] =
        "INSERT INTO @external_reference (org_id, account_id, hash8, message_id, digest, seen_at)
         VALUES [($1, $2, $3, $4, $5, $6)]";
    PUT_MESSAGE: Write [message] =
        "INSERT INTO @message (org_id, conversation_id, id, direction, author, kind, text, content, content_version,
                purpose, event_at, received_at, expires_at, external_id, reply_to, status, status_at, failure_code,
                failure_detail, edited_at, revoked_at, reactions, context, beside)
         VALUES [($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)]";
    SET_CONTENT: Write [message] =
        "UPDATE @message SET kind = $3, text = $4, content = $5, content_version = $6, edited_at = $7, revoked_at = $8,
                beside = $9
         WHERE org_id = $1 AND id = $2";
    SET_DELIVERY: Write [message] =
        "UPDATE @message SET status = $3, status_at = $4, failure_code = $5, failure_detail = $6
         WHERE org_id = $1 AND id = $2";
    SET_REACTIONS: Write [message] =
        "UPDATE @message SET reactions = $3 WHERE org_id = $1 AND id = $2";
    SET_EXTERNAL: Write [message] =
        "UPDATE @message SET external_id = $3 WHERE org_id = $1 AND id = $2";
    PUT_EVIDENCE: Write [message_evidence] =
        "INSERT INTO @message_evidence (org_id, message_id, status, at, failure_code, failure_detail)
         VALUES [($1, $2, $3, $4, $5, $6)]
         ON CONFLICT (org_id, message_id, status) DO UPDATE SET at = least(message_evidence.at, excluded.at)";
    EVIDENCE_OF: Read [message, message_evidence] =
        "SELECT e.message_id, e.status, e.at, e.failure_code, e.failure_detail
         FROM @message m CROSS JOIN @message_evidence e
         WHERE m.org_id = $1 AND m.id = ANY ($4)
           AND m.event_at > $2 - @@period AND (m.expires_at IS NULL OR m.expires_at > $3)
           AND e.org_id = $1 AND e.message_id = m.id";
    MESSAGE_ANSWERED: Read [message] =
        "SELECT 1 FROM @message m
         WHERE m.org_id = $1 AND m.conversation_id = $2 AND m.id >= $3 AND m.direction = 'outbound' AND m.id IS DISTINCT FROM $4
           AND m.status NOT IN ('suppressed', 'cancelled', 'expired')";
    MESSAGES_PROMOTED: Read [conversation, message, message_evidence] =
        "SELECT e.at FROM @conversation c CROSS JOIN @message m CROSS JOIN @message_evidence e
         WHERE c.org_id = $1 AND c.contact_id = $2
           AND m.org_id = $1 AND m.conversation_id = c.id AND m.purpose = 'marketing'
           AND m.purpose IN ('marketing', 'utility')
           AND e.org_id = $1 AND e.message_id = m.id AND e.status = 'dispatched' AND e.at > $3";

    PROMOTIONS_OF: Read [channel_identity, conversation, message] =
        "SELECT m.id FROM @channel_identity k CROSS JOIN @conversation c CROSS JOIN @message m
         WHERE k.org_id = $1 AND k.id = $2 AND c.org_id = $1 AND c.identity_id = k.id
           AND m.org_id = $1 AND m.conversation_id = c.id AND m.purpose IN ('marketing', 'utility')
           AND m.purpose IN ($3, $4)
         UNION ALL
         SELECT m.id FROM @channel_identity k CROSS JOIN @conversation c CROSS JOIN @message m
         WHERE k.org_id = $1 AND k.joined_into = $2 AND c.org_id = $1 AND c.identity_id = k.id
           AND m.org_id = $1 AND m.conversation_id = c.id AND m.purpose IN ('marketing', 'utility')
           AND m.purpose IN ($3, $4)";

    MEDIA: Read [media] =
        concat!("SELECT ", media!(), " FROM @media f WHERE f.org_id = $1 AND f.id = $4 \
                 AND f.event_at > $2 - @@period AND (f.expires_at IS NULL OR f.expires_at > $3)");
    MEDIA_OF: Read [media] =
        concat!("SELECT ", media!(), " FROM @media f \
                 WHERE f.org_id = $1 AND f.owner_kind = $4 AND f.owner_id = ANY ($5) \
                   AND f.event_at > $2 - @@period AND (f.expires_at IS NULL OR f.expires_at > $3)");
    PUT_MEDIA: Write [media] =
        "INSERT INTO @media (org_id, id, owner_kind, owner_id, account_id, what, state, mime, filename, size, sha256,
                provider_id, blob, wrapped_key, event_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    SET_MEDIA: Write [media] =
        "UPDATE @media SET account_id = $5, what = $6, state = $7, mime = $8, filename = $9, size = $10, sha256 = $11,
                provider_id = $12, blob = $13, wrapped_key = $14, event_at = $15, expires_at = least(expires_at, $16)
         WHERE org_id = $1 AND id = $2 AND owner_kind = $3 AND owner_id = $4";
    END_MEDIA: Write [media] =
        "UPDATE @media SET expires_at = $3
         WHERE org_id = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > $3) AND event_at >= $4";
    MEDIA_HELD: Read [media] = "SELECT 1 FROM @media f WHERE f.org_id = $1 AND f.id = $2";
    MESSAGE_HELD: Read [message] = "SELECT 1 FROM @message m WHERE m.org_id = $1 AND m.id = $2";

    MESSAGES_OVER: Read [message] =
        "SELECT m.id FROM @message m
         WHERE m.org_id = $1 AND m.id < $2 AND m.event_at < $3 ORDER BY m.id LIMIT $4";
    MESSAGES_ENDED: Read [message] =
        "SELECT m.id FROM @message m WHERE m.org_id = $1 AND m.expires_at <= $2 LIMIT $3";
    MEDIA_OVER: Read [media] =
        "SELECT f.id FROM @media f WHERE f.org_id = $1 AND f.event_at < $2 LIMIT $3";
    MEDIA_ENDED: Read [media] =
        "SELECT f.id FROM @media f WHERE f.org_id = $1 AND f.expires_at <= $2 LIMIT $3";
    MEDIA_BELONGING: Read [media] =
        "SELECT f.id FROM @media f WHERE f.org_id = $1 AND f.owner_kind = $2 AND f.owner_id = ANY ($3)";
    DROP_MEDIA: Write [media] =
        "DELETE FROM @media WHERE org_id = $1 AND id = ANY ($2) RETURNING id, blob IS NOT NULL";
    DROP_EVIDENCE: Write [message_evidence] =
        "DELETE FROM @message_evidence WHERE org_id = $1 AND message_id = ANY ($2)";
    DROP_MESSAGES: Write [message] = "DELETE FROM @message WHERE org_id = $1 AND id = ANY ($2)";
    MEDIA_BETWEEN: Read [media] =
        "SELECT 1 FROM @media f WHERE f.org_id = $1 AND f.owner_kind = $2 AND f.owner_id >= $3 AND f.owner_id < $4
         LIMIT 1";
}
