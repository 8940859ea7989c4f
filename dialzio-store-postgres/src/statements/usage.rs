//! Uses of pages. The time in an id is that of the use to the millisecond, so that a period is found by the key.

use super::statements;

macro_rules! usage {
    () => {
        "u.id, u.member_id, u.page, u.action, u.browser, u.ip, u.network, u.at"
    };
}

statements! { USAGE_ALL:
    USAGE_OF: Read [usage_event] =
        concat!("SELECT ", usage!(), " FROM @usage_event u \
                 WHERE u.org_id = $1 AND u.member_id = $2 AND u.id < $4 AND u.at > $3 ORDER BY u.id DESC LIMIT $5");
    USAGE_SINCE: Read [usage_event] =
        "SELECT DISTINCT u.member_id, u.page, u.browser, u.at / 86400000000 * 86400000000 FROM @usage_event u
         WHERE u.org_id = $1 AND u.id >= $2 AND u.at >= $3";
    PUT_USAGE: Write [usage_event] =
        "INSERT INTO @usage_event (org_id, id, member_id, page, action, browser, ip, network, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (org_id, id) DO NOTHING";
    PURGE_USAGE: Write [usage_event] =
        "DELETE FROM @usage_event u WHERE u.org_id = $1 AND u.id IN (
           SELECT o.id FROM @usage_event o WHERE o.org_id = $1 AND o.id < $2 AND o.at <= $3 LIMIT $4)";
    SHORTEN_USAGE: Write [usage_event] =
        "UPDATE @usage_event u SET ip = NULL WHERE u.org_id = $1 AND u.id IN (
           SELECT o.id FROM @usage_event o WHERE o.org_id = $1 AND o.ip IS NOT NULL AND o.id < $2 AND o.at <= $3 LIMIT $4)";
}
