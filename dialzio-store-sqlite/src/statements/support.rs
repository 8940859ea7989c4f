//! Requests for help and their messages.

use super::statements;

macro_rules! support_request {
    () => {
        "SELECT r.id, r.member_id, r.subject, r.state, r.created_at, r.changed_at, r.closed_at, r.revision \
         FROM support_request r WHERE r.org_id = ?1"
    };
}

statements! { SUPPORT:
    SUPPORT_REQUEST: Read [support_request] = concat!(support_request!(), " AND r.id = ?2");
    SUPPORT_REQUESTS: Read [support_request] =
        concat!(support_request!(), " AND r.id < ?2 AND (r.closed_at IS NULL OR r.closed_at > ?3) \
         ORDER BY r.id DESC LIMIT ?4");
    SUPPORT_REQUESTS_OF: Read [support_request] =
        concat!(support_request!(), " AND r.member_id = ?5 AND r.id < ?2 \
         AND (r.closed_at IS NULL OR r.closed_at > ?3) ORDER BY r.id DESC LIMIT ?4");
    PUT_SUPPORT_REQUEST: Write [support_request] =
        "INSERT INTO support_request (org_id, id, member_id, subject, state, created_at, changed_at, closed_at, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (org_id, id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at,
                closed_at = excluded.closed_at, revision = excluded.revision";
    SUPPORT_MESSAGES: Read [support_message] =
        "SELECT m.request_id, m.id, m.member_id, m.text, m.at FROM support_message m
         WHERE m.org_id = ?1 AND m.request_id = ?2 ORDER BY m.id";
    PUT_SUPPORT_MESSAGE: Write [support_message] =
        "INSERT INTO support_message (org_id, request_id, id, member_id, text, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (org_id, request_id, id) DO NOTHING";
    SUPPORT_OVER: Read [support_request] =
        "SELECT r.id FROM support_request r WHERE r.org_id = ?1 AND r.closed_at < ?2 LIMIT ?3";
    DROP_SUPPORT_REQUEST: Write [support_request] = "DELETE FROM support_request WHERE org_id = ?1 AND id = ?2";
}
