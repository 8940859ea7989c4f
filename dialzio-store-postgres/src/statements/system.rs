//! The system tables.

use super::statements;

macro_rules! org {
    () => {
        "SELECT o.org_id, o.name, o.zone, o.open_from, o.open_until, o.marketing_cap, o.message_days, o.created_at, \
                o.revision, o.country, o.recordings, o.requires_second_factor, o.agents_see_masked \
         FROM @org o"
    };
}

macro_rules! user {
    () => {
        "SELECT u.id, u.email, u.password, u.created_at, u.revision, u.email_confirmed_at FROM @user u"
    };
}

macro_rules! session {
    () => {
        "SELECT s.hash, s.user_id, s.org_id, s.created_at, s.expires_at, s.seen_at, s.browser, \
                s.kept_in_org FROM @session s"
    };
}

macro_rules! invitation {
    () => {
        "SELECT i.hash, i.org_id, i.email, i.role, i.expires_at, i.created_at, i.mailed, i.visibility FROM @invitation i"
    };
}

macro_rules! second_factor {
    () => {
        "SELECT f.user_id, f.secret, f.created_at, f.confirmed_at, f.last_step, f.recovery, f.revision \
         FROM @second_factor f WHERE f.user_id = $1"
    };
}

macro_rules! passkey {
    () => {
        "SELECT k.id, k.user_id, k.name, k.credential, k.handle, k.public_key, k.transports, k.counters, \
                k.created_at, k.used_at, k.revision FROM @passkey k"
    };
}

macro_rules! service_update {
    () => {
        "SELECT s.id, s.kind, s.title, s.text, s.published_at, s.mailed_to, s.mailed_at, s.revision \
         FROM @service_update s"
    };
}

macro_rules! app {
    () => {
        "SELECT p.id, p.org_id, p.provider, p.name, p.hook, \
                (SELECT array_agg(s.sealed ORDER BY s.place) FROM @app_secret s WHERE s.app_id = p.id), \
                p.verify_token, p.created_at, p.revision, p.hook_seen_at, p.former_hook, p.former_until, \
                p.former_seen_at FROM @app p"
    };
}

macro_rules! quarantine {
    () => {
        "SELECT q.id, q.org_id, q.app_id, q.provider, q.reason, q.what, q.sealed, q.trust, q.received_at, \
                q.expires_at \
         FROM @quarantine q"
    };
}

statements! { SYSTEM:
    ORG: System [org] = concat!(org!(), " WHERE o.org_id = $1");
    ORGS: System [org] = concat!(org!(), " WHERE o.org_id > $1 ORDER BY o.org_id LIMIT $2");
    PUT_ORG: System [org] =
        "INSERT INTO @org (org_id, name, zone, open_from, open_until, marketing_cap, message_days, created_at, revision,
                country, recordings, requires_second_factor, agents_see_masked)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (org_id) DO UPDATE SET name = excluded.name, zone = excluded.zone, open_from = excluded.open_from,
                open_until = excluded.open_until, marketing_cap = excluded.marketing_cap,
                message_days = excluded.message_days, created_at = excluded.created_at, revision = excluded.revision,
                country = excluded.country, recordings = excluded.recordings,
                requires_second_factor = excluded.requires_second_factor,
                agents_see_masked = excluded.agents_see_masked";
    HEAD: System [org_head] =
        "SELECT h.event_seq, h.audit_seq, h.audit_hash, h.ledger_seq FROM @org_head h WHERE h.org_id = $1";
    HEAD_LOCK: System [org_head] =
        "SELECT h.event_seq, h.audit_seq, h.audit_hash, h.ledger_seq FROM @org_head h WHERE h.org_id = $1 FOR UPDATE";
    NEWEST_OF: System [org_head] =
        "SELECT h.org_id, h.event_seq FROM @org_head h WHERE h.org_id = ANY ($1)";
    HEADS: System [org_head] = "SELECT h.org_id FROM @org_head h WHERE h.org_id > $1 ORDER BY h.org_id LIMIT $2";
    AUDIT_HEADS: System [org_head] =
        "SELECT h.org_id, h.audit_seq, h.audit_hash FROM @org_head h WHERE h.org_id > $1 ORDER BY h.org_id LIMIT $2";
    FOUND_HEAD: System [org_head] =
        "INSERT INTO @org_head (org_id, event_seq, audit_seq, audit_hash, ledger_seq) VALUES ($1, 0, 0, $2, 0)
         ON CONFLICT DO NOTHING";
    PUT_HEAD: System [org_head] =
        "UPDATE @org_head SET event_seq = $2, audit_seq = $3, audit_hash = $4, ledger_seq = $5 WHERE org_id = $1";

    USER: System [user] = concat!(user!(), " WHERE u.id = $1");
    USER_BY_EMAIL: System [user] = concat!(user!(), " WHERE u.email_key = $1");
    PUT_USER: System [user] =
        "INSERT INTO @user (id, email, email_key, password, created_at, revision, email_confirmed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key,
                password = excluded.password, created_at = excluded.created_at, revision = excluded.revision,
                email_confirmed_at = excluded.email_confirmed_at";
    MEMBERSHIPS: System [membership] =
        "SELECT m.org_id, max(m.seen_at) FROM @membership m WHERE m.user_id = $1 AND m.state = 'active'
         GROUP BY m.org_id ORDER BY m.org_id";
    PUT_MEMBERSHIP: System [membership] =
        "INSERT INTO @membership (user_id, org_id, member_id, state) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, org_id, member_id) DO UPDATE SET state = excluded.state";
    SEE_MEMBERSHIP: System [membership] =
        "UPDATE @membership SET seen_at = greatest(seen_at, $3) WHERE user_id = $1 AND org_id = $2";
    MEMBERSHIPS_IN: System [membership, second_factor] =
        "SELECT m.member_id, m.user_id, m.seen_at,
                EXISTS (SELECT 1 FROM @second_factor f WHERE f.user_id = m.user_id AND f.confirmed_at IS NOT NULL)
         FROM @membership m WHERE m.org_id = $1 ORDER BY m.member_id";

    SESSION: System [session] =
        concat!(session!(), " WHERE s.hash = $1 AND s.expires_at > $2");
    SESSIONS_OF: System [session] =
        concat!(session!(), " WHERE s.user_id = $1 AND s.expires_at > $2 ORDER BY s.hash");
    PUT_SESSION: System [session] =
        "INSERT INTO @session (hash, user_id, org_id, created_at, expires_at, seen_at, browser, kept_in_org)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (hash) DO UPDATE SET user_id = excluded.user_id, org_id = excluded.org_id,
                created_at = excluded.created_at, expires_at = excluded.expires_at, seen_at = excluded.seen_at,
                browser = excluded.browser, kept_in_org = excluded.kept_in_org";
    SEE_SESSION: System [session] =
        "UPDATE @session SET seen_at = greatest(seen_at, $2) WHERE hash = $1 RETURNING user_id, org_id";
    DROP_SESSION: System [session] = "DELETE FROM @session WHERE hash = $1";
    DROP_SESSIONS: System [session] = "DELETE FROM @session WHERE user_id = $1 AND hash <> $2";
    DROP_SESSIONS_IN: System [session] = "DELETE FROM @session WHERE user_id = $1 AND hash <> $2 AND org_id = $3";
    SWEEP_SESSIONS: System [session] = "DELETE FROM @session WHERE expires_at <= $1";

    INVITATION: System [invitation] =
        concat!(invitation!(), " WHERE i.hash = $1 AND i.expires_at > $2");
    INVITATIONS_INTO: System [invitation] =
        concat!(invitation!(), " WHERE i.org_id = $1 AND i.expires_at > $2 ORDER BY i.created_at, i.hash");
    PUT_INVITATION: System [invitation] =
        "INSERT INTO @invitation (hash, org_id, email, role, expires_at, created_at, mailed, visibility)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (hash) DO UPDATE SET org_id = excluded.org_id, email = excluded.email, role = excluded.role,
                expires_at = excluded.expires_at, created_at = excluded.created_at, mailed = excluded.mailed,
                visibility = excluded.visibility";
    DROP_INVITATION: System [invitation] = "DELETE FROM @invitation WHERE hash = $1";
    SWEEP_INVITATIONS: System [invitation] = "DELETE FROM @invitation WHERE expires_at <= $1";

    TERMS: System [org, second_factor] =
        "SELECT o.requires_second_factor AND NOT EXISTS
                  (SELECT 1 FROM @second_factor f WHERE f.user_id = $2 AND f.confirmed_at IS NOT NULL),
                o.agents_see_masked
         FROM @org o WHERE o.org_id = $1";
    SECOND_FACTOR: System [second_factor] = second_factor!();
    SECOND_FACTOR_TO_CHANGE: System [second_factor] = concat!(second_factor!(), " FOR UPDATE");
    PUT_SECOND_FACTOR: System [second_factor] =
        "INSERT INTO @second_factor (user_id, secret, created_at, confirmed_at, last_step, recovery, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at,
                confirmed_at = excluded.confirmed_at, last_step = excluded.last_step, recovery = excluded.recovery,
                revision = excluded.revision";
    DROP_SECOND_FACTOR: System [second_factor] =
        "DELETE FROM @second_factor WHERE user_id = $1 AND revision = $2";
    FAILED_ATTEMPTS: System [failed_attempt] =
        "SELECT a.bucket, a.slot, a.key, a.failures, a.since, a.shut_until, a.last_at, a.revision
         FROM @failed_attempt a WHERE a.bucket = $1 ORDER BY a.slot";
    PUT_FAILED_ATTEMPTS: System [failed_attempt] =
        "INSERT INTO @failed_attempt AS a (bucket, slot, key, failures, since, shut_until, last_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (bucket, slot) DO UPDATE SET key = excluded.key, failures = excluded.failures,
                since = excluded.since, shut_until = excluded.shut_until, last_at = excluded.last_at,
                revision = excluded.revision
         WHERE a.revision = excluded.revision - 1";
    SWEEP_FAILED_ATTEMPTS: System [failed_attempt] = "DELETE FROM @failed_attempt WHERE last_at <= $1";
    PASSKEYS: System [passkey] = concat!(passkey!(), " WHERE k.user_id = $1");
    PASSKEY: System [passkey] = concat!(passkey!(), " WHERE k.credential = $1");
    PASSKEY_TO_CHANGE: System [passkey] = concat!(passkey!(), " WHERE k.id = $1 FOR UPDATE");
    INSERT_PASSKEY: System [passkey] =
        "INSERT INTO @passkey (id, user_id, name, credential, handle, public_key, transports, counters, created_at,
                used_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
    CHANGE_PASSKEY: System [passkey] =
        "UPDATE @passkey SET name = $2, counters = $3, used_at = $4, revision = $5 WHERE id = $1";
    DROP_PASSKEY: System [passkey] = "DELETE FROM @passkey WHERE id = $1";
    USER_TOKEN: System [user_token] =
        "SELECT t.hash, t.purpose, t.user_id, t.created_at, t.expires_at FROM @user_token t
         WHERE t.hash = $1 AND t.expires_at > $2";
    PUT_USER_TOKEN: System [user_token] =
        "INSERT INTO @user_token (hash, purpose, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (hash) DO NOTHING";
    DROP_USER_TOKEN: System [user_token] = "DELETE FROM @user_token WHERE hash = $1";
    DROP_USER_TOKENS_OF: System [user_token] = "DELETE FROM @user_token WHERE user_id = $1";
    SWEEP_USER_TOKENS: System [user_token] = "DELETE FROM @user_token WHERE expires_at <= $1";
    MAILS_DUE: System [mail] =
        "SELECT m.id, m.sealed, m.created_at, m.due_at, m.expires_at, m.attempts, m.revision FROM @mail m
         WHERE m.due_at <= $1 AND m.expires_at > $1 ORDER BY m.due_at, m.id LIMIT $2";
    PUT_MAIL: System [mail] =
        "INSERT INTO @mail (id, sealed, created_at, due_at, expires_at, attempts, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    CHANGE_MAIL: System [mail] =
        "UPDATE @mail SET due_at = COALESCE($3, due_at), attempts = COALESCE($4, attempts), revision = revision + 1
         WHERE id = $1 AND revision = $2";
    DROP_MAIL: System [mail] = "DELETE FROM @mail WHERE id = $1";
    SWEEP_MAILS: System [mail] = "DELETE FROM @mail WHERE expires_at <= $1";

    SERVICE_UPDATE: System [service_update] = concat!(service_update!(), " WHERE s.id = $1 AND s.published_at > $2");
    NEWS: System [service_update] =
        concat!(service_update!(), " WHERE s.id < $1 AND s.published_at > $2 AND ($3 OR s.kind <> 'product') \
         ORDER BY s.id DESC LIMIT $4");
    UNREAD_NEWS: System [service_update] =
        "SELECT count(*) FROM (SELECT 1 FROM @service_update s
         WHERE s.id > $1 AND s.published_at > $2 AND ($3 OR s.kind <> 'product') LIMIT $4) AS unread";
    NEWS_TO_MAIL: System [service_update] =
        concat!(service_update!(), " WHERE s.mailed_at IS NULL AND s.published_at > $1 ORDER BY s.published_at, s.id LIMIT 1");
    NEWS_READER: System [news_reader] =
        "SELECT n.user_id, n.read_up_to, n.takes_product FROM @news_reader n WHERE n.user_id = $1";
    NEWS_RECIPIENTS: System [user, membership, news_reader] =
        "SELECT u.id, u.email, COALESCE(n.takes_product, $3) FROM @user u LEFT JOIN @news_reader n ON n.user_id = u.id
         WHERE u.id > $1 AND u.email_confirmed_at IS NOT NULL
           AND EXISTS (SELECT 1 FROM @membership m WHERE m.user_id = u.id AND m.state = 'active')
         ORDER BY u.id LIMIT $2";
    PUT_NEWS: System [service_update] =
        "INSERT INTO @service_update (id, kind, title, text, published_at, mailed_to, mailed_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
    CHANGE_NEWS: System [service_update] =
        "UPDATE @service_update SET mailed_to = COALESCE($3, mailed_to), mailed_at = COALESCE($4, mailed_at),
                revision = revision + 1
         WHERE id = $1 AND revision = $2";
    DROP_NEWS: System [service_update] = "DELETE FROM @service_update WHERE id = $1";
    SWEEP_NEWS: System [service_update] = "DELETE FROM @service_update WHERE published_at <= $1";
    READ_NEWS: System [news_reader] =
        "INSERT INTO @news_reader AS n (user_id, read_up_to, takes_product) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET
                read_up_to = GREATEST(n.read_up_to, excluded.read_up_to)";
    CHOOSE_NEWS: System [news_reader] =
        "INSERT INTO @news_reader AS n (user_id, read_up_to, takes_product) VALUES ($1, NULL, $2)
         ON CONFLICT (user_id) DO UPDATE SET takes_product = excluded.takes_product";

    APP: System [app, app_secret] = concat!(app!(), " WHERE p.id = $1");
    APP_OF_HOOK: System [app, app_secret] = concat!(app!(), " WHERE p.hook = $1");
    APP_OF_FORMER_HOOK: System [app, app_secret] = concat!(app!(), " WHERE p.former_hook = $1");
    HOOK_SEEN: System [app] =
        "UPDATE @app SET hook_seen_at = $2 WHERE hook = $1 AND (hook_seen_at IS NULL OR hook_seen_at < $2)";
    FORMER_HOOK_SEEN: System [app] =
        "UPDATE @app SET former_seen_at = $2
         WHERE former_hook = $1 AND (former_seen_at IS NULL OR former_seen_at < $2)";
    APPS: System [app, app_secret] = concat!(app!(), " WHERE p.org_id = $1 ORDER BY p.id");
    PUT_APP: System [app] =
        "INSERT INTO @app (id, org_id, provider, name, hook, verify_token, created_at, revision, hook_seen_at,
                former_hook, former_until, former_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id, provider = excluded.provider, name = excluded.name,
                hook = excluded.hook, verify_token = excluded.verify_token, created_at = excluded.created_at,
                revision = excluded.revision, hook_seen_at = excluded.hook_seen_at, former_hook = excluded.former_hook,
                former_until = excluded.former_until, former_seen_at = excluded.former_seen_at";
    DROP_APP_SECRETS: System [app_secret] = "DELETE FROM @app_secret WHERE app_id = $1";
    PUT_APP_SECRET: System [app_secret] = "INSERT INTO @app_secret (app_id, place, sealed) VALUES [($1, $2, $3)]";

    API_KEY_OWNER: System [api_key_owner, api_key_use] =
        "SELECT o.org_id, o.key_id, u.used_at FROM @api_key_owner o
         LEFT JOIN @api_key_use u ON u.org_id = o.org_id AND u.key_id = o.key_id WHERE o.hash = $1";
    DROP_API_KEY_OWNER: System [api_key_owner] = "DELETE FROM @api_key_owner WHERE org_id = $1 AND key_id = $2";
    PUT_API_KEY_OWNER: System [api_key_owner] =
        "INSERT INTO @api_key_owner (hash, org_id, key_id) VALUES ($1, $2, $3)";

    KEY_USES: System [api_key_use] =
        "SELECT u.key_id, u.used_at, u.network FROM @api_key_use u WHERE u.org_id = $1 ORDER BY u.key_id";
    PUT_KEY_USE: System [api_key_use] =
        "INSERT INTO @api_key_use AS u (org_id, key_id, used_at, network) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org_id, key_id) DO UPDATE SET used_at = excluded.used_at, network = excluded.network
         WHERE excluded.used_at > u.used_at";

    ROUTE_OF_NUMBER: System [route] =
        "SELECT r.org_id, r.account_id, r.portfolio FROM @route r WHERE r.app_id = $1 AND r.external_id = $2
         ORDER BY r.account_id LIMIT 1";
    ROUTE_OF_BUSINESS: System [route] =
        "SELECT r.org_id, r.account_id, r.portfolio FROM @route r WHERE r.app_id = $1 AND r.business_id = $2
         ORDER BY r.account_id LIMIT 1";
    ROUTE_TAKEN: System [route] =
        "SELECT 1 FROM @route r WHERE r.provider = $2 AND r.external_id = $3 AND r.org_id <> $1";
    ROUTE_LINKED: System [route] =
        "SELECT 1 FROM @route r WHERE r.org_id = $1 AND r.account_id = $2 AND r.app_id = $3";
    DROP_ROUTE: System [route] = "DELETE FROM @route WHERE org_id = $1 AND account_id = $2";
    PUT_ROUTE: System [route] =
        "INSERT INTO @route (provider, external_id, org_id, account_id, app_id, business_id, portfolio)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";

    LANES_DUE: System [lane] =
        "SELECT d.org_id, d.account_id, d.kind FROM (
           SELECT l.org_id, l.account_id, l.kind, l.due_at FROM @lane l
           WHERE l.due_at <= $1 AND NOT EXISTS (
             SELECT 1 FROM @lease h WHERE h.org_id = l.org_id AND h.account_id = l.account_id AND h.kind = l.kind
                                      AND h.holder IS NOT NULL AND h.held_until > $1)
           ORDER BY l.due_at LIMIT $2) d
         UNION ALL
         (SELECT h.org_id, h.account_id, h.kind FROM @lease h
          WHERE h.holder IS NOT NULL AND h.held_until <= $1 AND NOT EXISTS (
            SELECT 1 FROM @lane l WHERE l.org_id = h.org_id AND l.account_id = h.account_id AND l.kind = h.kind
                                    AND l.due_at <= $1)
          ORDER BY h.held_until LIMIT $2)";
    LEASE: System [lease] =
        "SELECT h.fence, h.held_until FROM @lease h
         WHERE h.org_id = $1 AND h.account_id = $2 AND h.kind = $3 AND h.holder IS NOT NULL";
    // Returns no row if another worker holds the queue. Whether the last holder went without giving it back is in the row
    // as it was; a second worker at the same time waits for this one and then sees it.
    LEASE_FOR_UPDATE: System [lease] =
        "SELECT h.fence, h.holder, h.held_until FROM @lease h
         WHERE h.org_id = $1 AND h.account_id = $2 AND h.kind = $3 FOR UPDATE";
    PUT_LEASE: System [lease] =
        "INSERT INTO @lease (org_id, account_id, kind, fence, holder, held_until) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING";
    SET_LEASE: System [lease] =
        "UPDATE @lease SET fence = $4, holder = $5, held_until = $6
         WHERE org_id = $1 AND account_id = $2 AND kind = $3";
    RELEASE: System [lease] =
        "UPDATE @lease SET holder = NULL WHERE org_id = $1 AND account_id = $2 AND kind = $3 AND fence = $4";
    LANE_NEXT: System [lane] = "SELECT min(l.due_at) FROM @lane l";
    PUT_LANE: System [lane] =
        "INSERT INTO @lane (org_id, account_id, kind, due_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org_id, account_id, kind) DO UPDATE SET due_at = excluded.due_at
         WHERE lane.due_at <> excluded.due_at";
    DROP_LANE: System [lane] = "DELETE FROM @lane WHERE org_id = $1 AND account_id = $2 AND kind = $3";

    QUARANTINE: System [quarantine] =
        concat!(quarantine!(), " WHERE q.org_id = $1 AND q.id < $2 AND q.expires_at > $3 ORDER BY q.id DESC LIMIT $4");
    QUARANTINE_ITEM: System [quarantine] =
        concat!(quarantine!(), " WHERE q.id = $2 AND q.org_id = $1 AND q.expires_at > $3");
    ANY_QUARANTINE_ITEM: System [quarantine] = concat!(quarantine!(), " WHERE q.id = $1 AND q.expires_at > $2");
    PUT_QUARANTINE: System [quarantine] =
        "INSERT INTO @quarantine (id, org_id, app_id, provider, reason, what, sealed, trust, received_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    DROP_QUARANTINE: System [quarantine] = "DELETE FROM @quarantine WHERE id = $1";
    DROP_QUARANTINE_OF: System [quarantine] = "DELETE FROM @quarantine WHERE id = $2 AND org_id = $1";
    SWEEP_QUARANTINE: System [quarantine] = "DELETE FROM @quarantine WHERE org_id = '00000000-0000-0000-0000-000000000000' AND expires_at <= $1";
    PURGE_QUARANTINE: System [quarantine] =
        "DELETE FROM @quarantine WHERE org_id = $1 AND id IN (
           SELECT q.id FROM @quarantine q WHERE q.org_id = $1 AND q.expires_at <= $2 LIMIT $3)";
    KEY_CHECKS: System [key_check] =
        "SELECT k.place, k.key_id, k.mac, k.made_at, k.kept, k.retired_at FROM @key_check k WHERE k.place > 0 ORDER BY k.place";
    PUT_KEY_CHECK: System [key_check] =
        "INSERT INTO @key_check (place, key_id, mac, made_at, kept, retired_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING";
    TIME_MARK: System [time_mark] = "SELECT t.trusted_at, t.ahead_at, t.held FROM @time_mark t WHERE t.one = 1";
    PUT_TIME_MARK: System [time_mark] =
        "INSERT INTO @time_mark (one, trusted_at, ahead_at, held) VALUES (1, $1, $2, $3)
         ON CONFLICT (one) DO UPDATE SET trusted_at = excluded.trusted_at, ahead_at = excluded.ahead_at,
                held = excluded.held";
    OPERATOR_LOG: System [operator_log] =
        "SELECT o.seq, o.at, o.reason, o.action, o.org_id, o.subject, o.hash FROM @operator_log o
         WHERE o.seq < $1 ORDER BY o.seq DESC LIMIT $2";
    PUT_OPERATOR_ENTRY: System [operator_log] =
        "INSERT INTO @operator_log (seq, at, reason, action, org_id, subject, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    BEAT: System [heartbeat] =
        "INSERT INTO @heartbeat (one, at) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET at = excluded.at";
    MONTH_OPEN: System [message, message_evidence, message_word, event, audit] = "SELECT @month_open ($1::DATE)";
    MONTH_CLOSE: System [message, message_evidence, message_word, event, audit] = "SELECT @month_close ($1, $2::DATE)";
    MONTHS: System [message, event, audit] =
        "SELECT p.relname::TEXT, c.relname::TEXT FROM pg_catalog.pg_inherits i
         JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
         JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
         JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
         WHERE n.nspname = $1 AND p.relkind = 'p' AND p.relname IN ('message', 'event', 'audit')
         ORDER BY c.relname";
    STEPS_TAKEN: System [schema_version] =
        "SELECT v.version, v.success, v.checksum FROM @schema_version v ORDER BY v.version";
}
