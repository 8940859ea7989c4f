//! Uses of pages. The time in an id is that of the use to the millisecond, so that a period is found by the key.

use super::statements;

macro_rules! usage {
    () => {
        "u.id, u.member_id, u.page, u.action, u.browser, u.ip, u.network, u.at"
    };
}

statements! { USAGE_ALL:
    USAGE_OF: Read [usage_event] =
        concat!("SELECT ", usage!(), " FROM usage_event u \
                 WHERE u.org_id = ?1 AND u.member_id = ?2 AND u.id < ?4 AND u.at > ?3 ORDER BY u.id DESC LIMIT ?5");
    USAGE_SINCE: Read [usage_event] =
        "SELECT u.member_id, u.page, u.browser, u.at FROM usage_event u WHERE u.org_id = ?1 AND u.id >= ?2 AND u.at >= ?3";
    PUT_USAGE: Write [usage_event] =
        "INSERT INTO usage_event (org_id, id, member_id, page, action, browser, ip, network, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (org_id, id) DO NOTHING";
    USAGE_OVER: Read [usage_event] =
        "SELECT u.id FROM usage_event u WHERE u.org_id = ?1 AND u.id < ?2 AND u.at <= ?3 LIMIT ?4";
    DROP_USAGE: Write [usage_event] = "DELETE FROM usage_event WHERE org_id = ?1 AND id = ?2";
    USAGE_WHOLE: Read [usage_event] =
        "SELECT u.id FROM usage_event u WHERE u.org_id = ?1 AND u.ip IS NOT NULL AND u.id < ?2 AND u.at <= ?3 LIMIT ?4";
    SHORTEN_USAGE: Write [usage_event] = "UPDATE usage_event SET ip = NULL WHERE org_id = ?1 AND id = ?2";
}
