//! Effects, what waits, keys of clients, and the two logs.

use super::statements;

macro_rules! effect {
    () => {
        "SELECT e.id, e.account_id, e.conversation_id, e.work, e.subject, e.state, e.not_before, e.deadline, e.attempts \
         FROM effect e "
    };
}

macro_rules! audit {
    () => {
        "SELECT a.seq, a.at, a.principal, a.action, a.subject, a.cause, a.origin, a.detail, a.consents, a.hash FROM audit a \
         WHERE a.org_id = ?1 AND a.seq > ?2"
    };
}

/// What people and programs did, narrowed further: since, until, principal, action, subject; the newest first.
macro_rules! audit_found {
    ($narrow:literal) => {
        concat!(
            audit!(),
            " AND a.seq < ?3 AND ",
            $narrow,
            "a.at >= ?4 AND a.at < ?5 \
             AND (?6 IS NULL OR a.principal = ?6) AND (?7 IS NULL OR a.action = ?7) \
             AND (?8 IS NULL OR a.subject = ?8) \
             ORDER BY a.seq DESC LIMIT ?9"
        )
    };
}

statements! { WORK:
    EFFECT: Read [effect] = concat!(effect!(), "WHERE e.org_id = ?1 AND e.id = ?2");
    EFFECT_STATE: Read [effect] = "SELECT e.state FROM effect e WHERE e.org_id = ?1 AND e.id = ?2";
    EFFECTS_DUE: Read [effect] =
        concat!(effect!(), "
                           WHERE e.org_id = ?1 AND e.lane = ?2 AND e.account_id IS ?3 AND e.state = 'pending'
                             AND e.not_before <= ?4 ORDER BY e.id LIMIT ?5");
    PUT_EFFECT: Write [effect] =
        "INSERT INTO effect (org_id, id, account_id, conversation_id, work, subject, lane, state, not_before, deadline,
                attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
    SETTLE_EFFECT: Write [effect] =
        "UPDATE effect SET state = ?3, not_before = coalesce(?4, not_before), attempts = ?5, resting = 0
         WHERE org_id = ?1 AND id = ?2 RETURNING lane, account_id";
    REST_EFFECT: Write [effect] =
        "UPDATE effect SET state = 'pending', not_before = ?3, attempts = ?4, resting = 1
         WHERE org_id = ?1 AND id = ?2 RETURNING lane, account_id";
    WAKE_SENDS: Write [effect] =
        "UPDATE effect SET not_before = min(not_before, ?3), resting = 0
         WHERE org_id = ?1 AND account_id = ?2 AND resting = 1 AND state = 'pending' RETURNING lane, account_id";
    CANCEL_SEND: Write [effect] =
        "UPDATE effect SET state = 'cancelled'
         WHERE org_id = ?1 AND subject = ?2 AND work = 'send' AND state = 'pending'
           AND state IN ('pending', 'dispatched', 'unknown')
         RETURNING lane, account_id";
    RESOLVE_SEND: Write [effect] =
        "UPDATE effect SET state = 'done'
         WHERE org_id = ?1 AND subject = ?2 AND work = 'send' AND state <> 'pending'
           AND state IN ('pending', 'dispatched', 'unknown')";
    EFFECTS_DISPATCHED: Read [effect] =
        "SELECT e.id, e.work, e.subject FROM effect e WHERE e.org_id = ?1 AND e.state = 'dispatched'";
    EFFECT_UNKNOWN: Write [effect] = "UPDATE effect SET state = 'unknown' WHERE org_id = ?1 AND id = ?2";
    EFFECTS_OVER: Read [effect] =
        "SELECT e.id FROM effect e WHERE e.org_id = ?1 AND e.deadline <= ?2
           AND e.state IN ('done', 'suppressed', 'cancelled', 'expired', 'dead') LIMIT ?3";
    DROP_EFFECT: Write [effect] = "DELETE FROM effect WHERE org_id = ?1 AND id = ?2";

    ITEMS_DUE: Read [inbox_item] =
        "SELECT i.id, i.account_id, i.lane, i.provider, i.app_id, i.sealed, i.trust, i.received_at, i.due_at,
                i.attempts
         FROM inbox_item i INDEXED BY inbox_item_line WHERE i.org_id = ?1 AND i.lane = ?2 AND i.account_id = ?3 AND i.due_at <= ?4
         ORDER BY i.id LIMIT ?5";
    ITEMS_WAITING: Read [inbox_item] =
        "SELECT i.id, i.account_id, i.lane, i.provider, i.app_id, i.sealed, i.trust, i.received_at, i.due_at,
                i.attempts
         FROM inbox_item i WHERE i.org_id = ?1 AND i.id > ?2 ORDER BY i.id LIMIT ?3";
    ITEM_WAITS: Read [inbox_item] =
        "SELECT 1 FROM inbox_item i WHERE i.org_id = ?1 AND i.lane = ?2 AND i.account_id = ?3";
    PUT_ITEM: Write [inbox_item] =
        "INSERT INTO inbox_item (org_id, id, account_id, lane, provider, app_id, sealed, trust, received_at, due_at,
                attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
    RETRY_ITEM: Write [inbox_item] =
        "UPDATE inbox_item SET due_at = ?3, attempts = ?4 WHERE org_id = ?1 AND id = ?2 RETURNING lane, account_id";
    DROP_ITEM: Write [inbox_item] =
        "DELETE FROM inbox_item WHERE org_id = ?1 AND id = ?2 RETURNING lane, account_id";
    LANE_DUE: Read [effect, inbox_item] =
        "SELECT (SELECT min(e.not_before) FROM effect e
                 WHERE e.org_id = ?1 AND e.lane = ?2 AND e.account_id IS ?3 AND e.state = 'pending'),
                (SELECT min(i.due_at) FROM inbox_item i WHERE i.org_id = ?1 AND i.lane = ?2 AND i.account_id = ?3)";

    ONCE: Read [idempotency] =
        "SELECT k.print, k.kind, k.answer FROM idempotency k WHERE k.org_id = ?1 AND k.key = ?2 AND k.at > ?3";
    PUT_ONCE: Write [idempotency] =
        "INSERT INTO idempotency (org_id, key, print, kind, answer, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET print = excluded.print, kind = excluded.kind, answer = excluded.answer,
                at = excluded.at";
    PURGE_ONCE: Write [idempotency] =
        "DELETE FROM idempotency WHERE org_id = ?1 AND key IN (
           SELECT k.key FROM idempotency k WHERE k.org_id = ?1 AND k.at <= ?2 LIMIT ?3)";
    REFERENCES_OVER: Read [external_reference] =
        "SELECT r.account_id, r.hash8, r.message_id FROM external_reference r
         WHERE r.org_id = ?1 AND r.seen_at <= ?2 LIMIT ?3";
    DROP_REFERENCE: Write [external_reference] =
        "DELETE FROM external_reference WHERE org_id = ?1 AND account_id = ?2 AND hash8 = ?3 AND message_id = ?4";

    EVENTS: Read [event] =
        "SELECT v.seq, v.at, v.body FROM event v WHERE v.org_id = ?1 AND v.seq > ?2 ORDER BY v.seq LIMIT ?3";
    PUT_EVENT: Write [event] = "INSERT INTO event (org_id, seq, at, body) VALUES (?1, ?2, ?3, ?4)";
    DROP_EVENT: Write [event] = "DELETE FROM event WHERE org_id = ?1 AND seq = ?2";
    AUDIT: Read [audit] = concat!(audit!(), " ORDER BY a.seq LIMIT ?3");
    AUDIT_OF_PEOPLE: Read [audit] = audit_found!("a.principal <> 'system' AND ");
    AUDIT_BY_PRINCIPAL: Read [audit] = audit_found!("a.principal <> 'system' AND a.principal = ?6 AND ");
    AUDIT_BY_ACTION: Read [audit] = audit_found!("a.principal <> 'system' AND a.action = ?7 AND ");
    AUDIT_ABOUT: Read [audit] = audit_found!("a.principal <> 'system' AND a.subject = ?8 AND ");
    AUDIT_BETWEEN: Read [audit] = audit_found!("");
    PUT_AUDIT: Write [audit] =
        "INSERT INTO audit (org_id, seq, at, principal, action, subject, cause, origin, detail, consents, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
}
