//! Members, keys, dispositions, canned replies, saved views, accounts, templates.

use super::statements;

macro_rules! account {
    () => {
        "SELECT a.id, a.provider, a.app_id, a.name, a.external_id, a.business_id, a.portfolio, a.display_number, \
                a.base_url, a.token, a.state, a.checked_at, a.created_at, a.revision, a.problem, \
                a.sms FROM @account a WHERE a.org_id = $1"
    };
}

macro_rules! member {
    () => {
        "SELECT m.id, m.user_id, m.name, m.role, m.state, m.created_at, m.revision, m.visibility FROM @member m "
    };
}

macro_rules! api_key {
    () => {
        "SELECT k.id, k.name, k.permissions, k.hash, k.created_at, k.expires_at, k.revoked_at, k.revision, \
                k.made_by, k.allowed_from FROM @api_key k \
         WHERE k.org_id = $1"
    };
}

macro_rules! canned_reply {
    () => {
        "SELECT c.id, c.title, c.shortcut, c.text, c.revision FROM @canned_reply c WHERE c.org_id = $1"
    };
}
macro_rules! team {
    () => {
        "SELECT t.id, t.name, t.members, t.revision FROM @team t WHERE t.org_id = $1"
    };
}

macro_rules! identity_provider {
    () => {
        "SELECT p.id, p.name, p.issuer, p.client_id, p.client_secret, p.revision FROM @identity_provider p \
         WHERE p.org_id = $1"
    };
}

macro_rules! saved_view {
    () => {
        "SELECT v.id, v.member_id, v.name, v.shared, v.query, v.revision FROM @saved_view v WHERE v.org_id = $1"
    };
}
macro_rules! disposition {
    () => {
        "SELECT d.id, d.name, d.counts_as_reached, d.position, d.archived_at, d.revision FROM @disposition d \
         WHERE d.org_id = $1"
    };
}

statements! { ACCESS:
    MEMBER: Read [member] = concat!(member!(), "WHERE m.org_id = $1 AND m.id = $2");
    MEMBERS: Read [member] = concat!(member!(), "WHERE m.org_id = $1 ORDER BY m.id");
    MEMBER_OF_USER: Read [member] =
        concat!(member!(), "WHERE m.org_id = $1 AND m.user_id = $2 AND m.state = 'active' ORDER BY m.id LIMIT 1");
    PUT_MEMBER: Write [member] =
        "INSERT INTO @member (org_id, id, user_id, name, role, state, created_at, revision, visibility)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (org_id, id) DO UPDATE SET user_id = excluded.user_id, name = excluded.name, role = excluded.role,
                state = excluded.state, created_at = excluded.created_at, revision = excluded.revision,
                visibility = excluded.visibility";
    API_KEY: Read [api_key] = concat!(api_key!(), " AND k.id = $2");
    API_KEYS: Read [api_key] = concat!(api_key!(), " ORDER BY k.id");
    PUT_API_KEY: Write [api_key] =
        "INSERT INTO @api_key (org_id, id, name, permissions, hash, created_at, expires_at, revoked_at, revision,
                made_by, allowed_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, permissions = excluded.permissions, hash = excluded.hash,
                created_at = excluded.created_at, expires_at = excluded.expires_at, revoked_at = excluded.revoked_at,
                revision = excluded.revision, made_by = excluded.made_by,
                allowed_from = excluded.allowed_from";

    DISPOSITION: Read [disposition] = concat!(disposition!(), " AND d.id = $2");
    DISPOSITIONS: Read [disposition] = concat!(disposition!(), " ORDER BY d.position, d.id");
    DISPOSITION_NAMED: Read [disposition] =
        "SELECT d.id FROM @disposition d WHERE d.org_id = $1 AND d.match_key = $2";
    CANNED_REPLY: Read [canned_reply] = concat!(canned_reply!(), " AND c.id = $2");
    CANNED_REPLIES: Read [canned_reply] = concat!(canned_reply!(), " ORDER BY c.shortcut");
    CANNED_REPLY_OF_SHORTCUT: Read [canned_reply] =
        "SELECT c.id FROM @canned_reply c WHERE c.org_id = $1 AND c.shortcut = $2";
    PUT_CANNED_REPLY: Write [canned_reply] =
        "INSERT INTO @canned_reply (org_id, id, title, shortcut, text, revision) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, id) DO UPDATE SET title = excluded.title, shortcut = excluded.shortcut, text = excluded.text,
           revision = excluded.revision";
    DROP_CANNED_REPLY: Write [canned_reply] = "DELETE FROM @canned_reply WHERE org_id = $1 AND id = $2";
    TEAM: Read [team] = concat!(team!(), " AND t.id = $2");
    TEAMS: Read [team] = concat!(team!(), " ORDER BY t.id");
    PUT_TEAM: Write [team] =
        "INSERT INTO @team (org_id, id, name, members, revision) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, members = excluded.members,
           revision = excluded.revision";
    DROP_TEAM: Write [team] = "DELETE FROM @team WHERE org_id = $1 AND id = $2";
    IDENTITY_PROVIDER: Read [identity_provider] = concat!(identity_provider!(), " AND p.id = $2");
    IDENTITY_PROVIDERS: Read [identity_provider] = concat!(identity_provider!(), " ORDER BY p.id");
    PUT_IDENTITY_PROVIDER: Write [identity_provider] =
        "INSERT INTO @identity_provider (org_id, id, name, issuer, client_id, client_secret, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, issuer = excluded.issuer,
           client_id = excluded.client_id, client_secret = excluded.client_secret, revision = excluded.revision";
    DROP_IDENTITY_PROVIDER: Write [identity_provider] = "DELETE FROM @identity_provider WHERE org_id = $1 AND id = $2";
    MEMBER_IDENTITY: Read [member_identity] =
        "SELECT i.provider_id, i.subject, i.member_id, i.linked_at FROM @member_identity i
         WHERE i.org_id = $1 AND i.provider_id = $2 AND i.subject = $3";
    PUT_MEMBER_IDENTITY: Write [member_identity] =
        "INSERT INTO @member_identity (org_id, provider_id, subject, member_id, linked_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, provider_id, subject) DO UPDATE SET member_id = excluded.member_id,
           linked_at = excluded.linked_at";
    DROP_MEMBER_IDENTITIES: Write [member_identity] =
        "DELETE FROM @member_identity WHERE org_id = $1 AND provider_id = $2";
    SAVED_VIEW: Read [saved_view] = concat!(saved_view!(), " AND v.id = $2");
    SAVED_VIEWS_OF: Read [saved_view] = concat!(saved_view!(), " AND v.member_id = $2 ORDER BY v.id");
    SHARED_VIEWS: Read [saved_view] = concat!(saved_view!(), " AND v.shared ORDER BY v.id");
    PUT_SAVED_VIEW: Write [saved_view] =
        "INSERT INTO @saved_view (org_id, id, member_id, name, shared, query, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, shared = excluded.shared, query = excluded.query,
           revision = excluded.revision";
    DROP_SAVED_VIEW: Write [saved_view] = "DELETE FROM @saved_view WHERE org_id = $1 AND id = $2";
    PUT_DISPOSITION: Write [disposition] =
        "INSERT INTO @disposition (org_id, id, name, counts_as_reached, position, archived_at, revision, match_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, counts_as_reached = excluded.counts_as_reached,
                position = excluded.position, archived_at = excluded.archived_at, revision = excluded.revision,
                match_key = excluded.match_key";

    ACCOUNT: Read [account] = concat!(account!(), " AND a.id = $2");
    ACCOUNT_OF_NUMBER: Read [account] =
        "SELECT 1 FROM @account a WHERE a.org_id = $1 AND a.provider = $2 AND a.external_id = $3";
    ACCOUNTS: Read [account] = concat!(account!(), " ORDER BY a.id");
    PUT_ACCOUNT: Write [account] =
        "INSERT INTO @account (org_id, id, provider, app_id, name, external_id, business_id, portfolio, display_number,
                base_url, token, state, checked_at, created_at, revision, problem, sms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (org_id, id) DO UPDATE SET provider = excluded.provider, app_id = excluded.app_id, name = excluded.name,
                external_id = excluded.external_id, business_id = excluded.business_id, portfolio = excluded.portfolio,
                display_number = excluded.display_number, base_url = excluded.base_url, token = excluded.token,
                state = excluded.state, checked_at = excluded.checked_at, created_at = excluded.created_at,
                revision = excluded.revision, problem = excluded.problem, sms = excluded.sms";
    TEMPLATES: Read [template] =
        "SELECT t.definition FROM @template t WHERE t.org_id = $1 AND t.account_id = $2 ORDER BY t.name, t.language";
    TEMPLATE: Read [template] =
        "SELECT t.definition FROM @template t
         WHERE t.org_id = $1 AND t.account_id = $2 AND t.name = $3 AND t.language = $4";
    TEMPLATES_ASKED: Read [account] =
        "SELECT a.templates_asked_at FROM @account a WHERE a.org_id = $1 AND a.id = $2";
    SET_TEMPLATES_ASKED: Write [account] =
        "UPDATE @account SET templates_asked_at = $3
         WHERE org_id = $1 AND id = $2 AND CASE WHEN templates_asked_at IS NULL THEN TRUE ELSE templates_asked_at <= $3 END";
    DROP_TEMPLATES: Write [template] = "DELETE FROM @template WHERE org_id = $1 AND account_id = $2";
    PUT_TEMPLATE: Write [template] =
        "INSERT INTO @template (org_id, account_id, name, language, definition) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, account_id, name, language) DO UPDATE SET definition = excluded.definition";
}
