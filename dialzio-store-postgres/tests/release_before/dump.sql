-- A database as release 0.1.0 left it: dumped with pg_dump, one row of at least every table.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA dialzio;

CREATE FUNCTION dialzio.month_close(parent text, month date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    until TIMESTAMPTZ := (date_trunc('month', month::TIMESTAMP) + INTERVAL '1 month') AT TIME ZONE 'UTC';
    life INTERVAL := CASE parent
        WHEN 'message' THEN INTERVAL '373 days'
        WHEN 'event' THEN INTERVAL '60 days'
        WHEN 'audit' THEN INTERVAL '36 months'
    END;
    suffix TEXT := to_char(month, 'YYYY_MM');
BEGIN
    IF life IS NULL OR until + life > now() THEN
        RETURN FALSE;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('dialzio months', 0));
    IF to_regclass(format('%I.%I', 'dialzio', parent || '_' || suffix)) IS NULL THEN
        RETURN FALSE;
    END IF;
    IF parent = 'message' THEN
        EXECUTE format('DROP TABLE IF EXISTS %I.%I', 'dialzio', 'message_evidence_' || suffix);
    END IF;
    EXECUTE format('DROP TABLE %I.%I', 'dialzio', parent || '_' || suffix);
    RETURN TRUE;
END
$$;

CREATE FUNCTION dialzio.month_open(month date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    start TIMESTAMPTZ := date_trunc('month', month::TIMESTAMP) AT TIME ZONE 'UTC';
    until TIMESTAMPTZ := (date_trunc('month', month::TIMESTAMP) + INTERVAL '1 month') AT TIME ZONE 'UTC';
    suffix TEXT := to_char(month, 'YYYY_MM');
    bounds TEXT[];
    by_id TEXT[];
    by_time TEXT[];
    parent TEXT;
    made TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dialzio months', 0));
    by_id := ARRAY[
        lpad(to_hex((extract(epoch FROM start) * 1000)::BIGINT), 12, '0') || repeat('0', 20),
        lpad(to_hex((extract(epoch FROM until) * 1000)::BIGINT), 12, '0') || repeat('0', 20)];
    by_time := ARRAY[
        ((extract(epoch FROM start) * 1000000)::BIGINT)::TEXT,
        ((extract(epoch FROM until) * 1000000)::BIGINT)::TEXT];
    FOREACH parent IN ARRAY ARRAY['message', 'message_evidence', 'event', 'audit'] LOOP
        made := parent || '_' || suffix;
        CONTINUE WHEN to_regclass(format('%I.%I', 'dialzio', made)) IS NOT NULL;
        bounds := CASE WHEN parent IN ('event', 'audit') THEN by_time ELSE by_id END;
        -- Made apart and attached, which lets others go on writing to the months that there are.
        EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL)', 'dialzio', made, 'dialzio', parent);
        -- Nobody reaches a month but by the table it belongs to.
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', 'dialzio', made);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', 'dialzio', made);
        EXECUTE format('ALTER TABLE %I.%I ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)',
            'dialzio', parent, 'dialzio', made, bounds[1], bounds[2]);
    END LOOP;
END
$$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE dialzio.account (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    provider text NOT NULL COLLATE pg_catalog."C",
    app_id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    external_id text NOT NULL COLLATE pg_catalog."C",
    business_id text NOT NULL COLLATE pg_catalog."C",
    portfolio text NOT NULL COLLATE pg_catalog."C",
    display_number text COLLATE pg_catalog."C",
    base_url text COLLATE pg_catalog."C",
    token bytea NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    checked_at bigint,
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.account FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.api_key (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    permissions text NOT NULL COLLATE pg_catalog."C",
    hash bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint
);

ALTER TABLE ONLY dialzio.api_key FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.api_key_owner (
    hash bytea NOT NULL,
    org_id uuid NOT NULL,
    key_id uuid NOT NULL
);

ALTER TABLE ONLY dialzio.api_key_owner FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.app (
    id uuid NOT NULL,
    org_id uuid NOT NULL,
    provider text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    hook uuid NOT NULL,
    verify_token bytea NOT NULL,
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.app FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.app_secret (
    app_id uuid NOT NULL,
    place bigint NOT NULL,
    sealed bytea NOT NULL
);

ALTER TABLE ONLY dialzio.app_secret FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.audit (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    principal text NOT NULL COLLATE pg_catalog."C",
    action text NOT NULL COLLATE pg_catalog."C",
    subject uuid,
    cause uuid,
    hash bytea NOT NULL
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY dialzio.audit FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.audit_2026_11 (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    principal text NOT NULL COLLATE pg_catalog."C",
    action text NOT NULL COLLATE pg_catalog."C",
    subject uuid,
    cause uuid,
    hash bytea NOT NULL
);

ALTER TABLE ONLY dialzio.audit_2026_11 FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.channel_alias (
    org_id uuid NOT NULL,
    portfolio text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    match_key text NOT NULL COLLATE pg_catalog."C",
    identity_id uuid NOT NULL,
    value text NOT NULL COLLATE pg_catalog."C",
    subject_key text NOT NULL COLLATE pg_catalog."C",
    seen_at bigint NOT NULL,
    place bigint NOT NULL
);

ALTER TABLE ONLY dialzio.channel_alias FORCE ROW LEVEL SECURITY;

ALTER TABLE dialzio.channel_alias ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dialzio.channel_alias_place_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE dialzio.channel_identity (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    portfolio text NOT NULL COLLATE pg_catalog."C",
    profile_name text COLLATE pg_catalog."C",
    username text COLLATE pg_catalog."C",
    profile_at bigint NOT NULL,
    unreachable_since bigint,
    created_at bigint NOT NULL,
    joined_into uuid
);

ALTER TABLE ONLY dialzio.channel_identity FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.consent (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    channel text NOT NULL COLLATE pg_catalog."C",
    scope text NOT NULL COLLATE pg_catalog."C",
    event text NOT NULL COLLATE pg_catalog."C",
    evidence_kind text NOT NULL COLLATE pg_catalog."C",
    evidence_note text NOT NULL COLLATE pg_catalog."C",
    evidence_message uuid,
    recorded_by text NOT NULL COLLATE pg_catalog."C",
    occurred_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    expires_at bigint
);

ALTER TABLE ONLY dialzio.consent FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.consent_subject (
    org_id uuid NOT NULL,
    subject_key text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    place bigint NOT NULL
);

ALTER TABLE ONLY dialzio.consent_subject FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.contact (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text COLLATE pg_catalog."C",
    sort_key text NOT NULL COLLATE pg_catalog."C",
    stage text NOT NULL COLLATE pg_catalog."C",
    owner uuid,
    restricted boolean NOT NULL,
    revision bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.contact FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.contact_detail (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    place bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    as_written text COLLATE pg_catalog."C",
    label text COLLATE pg_catalog."C",
    subject_key text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY dialzio.contact_detail FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.contact_tag (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    tag text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY dialzio.contact_tag FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.contact_word (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    word text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY dialzio.contact_word FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.conversation (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    identity_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    snoozed_until bigint,
    assignee uuid NOT NULL,
    team uuid,
    unread bigint NOT NULL,
    last_message uuid,
    last_at bigint NOT NULL,
    last_inbound_at bigint,
    last_inbound uuid,
    seen_up_to uuid,
    revision bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT conversation_check CHECK (((state = 'snoozed'::text) = (snoozed_until IS NOT NULL)))
);

ALTER TABLE ONLY dialzio.conversation FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.conversation_activity (
    org_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    id uuid NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C",
    what text NOT NULL COLLATE pg_catalog."C",
    member uuid,
    until bigint,
    at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.conversation_activity FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.effect (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    conversation_id uuid,
    work text NOT NULL COLLATE pg_catalog."C",
    subject uuid,
    lane text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    not_before bigint NOT NULL,
    deadline bigint NOT NULL,
    attempts bigint NOT NULL
);

ALTER TABLE ONLY dialzio.effect FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.event (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL COLLATE pg_catalog."C"
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY dialzio.event FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.event_2026_11 (
    org_id uuid NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY dialzio.event_2026_11 FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.external_reference (
    org_id uuid NOT NULL,
    account_id uuid NOT NULL,
    hash8 bigint NOT NULL,
    message_id uuid NOT NULL,
    digest bigint,
    seen_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.external_reference FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.heartbeat (
    one bigint NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT heartbeat_one_check CHECK ((one = 1))
);

ALTER TABLE ONLY dialzio.heartbeat FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.idempotency (
    org_id uuid NOT NULL,
    key bytea NOT NULL,
    print bytea NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    answer uuid NOT NULL,
    at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.idempotency FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.inbox_item (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    lane text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL COLLATE pg_catalog."C",
    app_id uuid NOT NULL,
    sealed bytea NOT NULL,
    received_at bigint NOT NULL,
    due_at bigint NOT NULL,
    attempts bigint NOT NULL
);

ALTER TABLE ONLY dialzio.inbox_item FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.invitation (
    hash bytea NOT NULL,
    org_id uuid NOT NULL,
    email text COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    expires_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.invitation FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.lane (
    org_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    due_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.lane FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.lease (
    org_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    fence bigint NOT NULL,
    holder uuid,
    held_until bigint NOT NULL
);

ALTER TABLE ONLY dialzio.lease FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.media (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    account_id uuid NOT NULL,
    what text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    mime text COLLATE pg_catalog."C",
    filename text COLLATE pg_catalog."C",
    size bigint,
    sha256 bytea,
    provider_id text COLLATE pg_catalog."C",
    blob bytea,
    wrapped_key bytea,
    event_at bigint NOT NULL,
    expires_at bigint,
    CONSTRAINT media_check CHECK (((expires_at IS NULL) OR (expires_at <= (event_at + '31536000000000'::bigint))))
);

ALTER TABLE ONLY dialzio.media FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.member (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.member FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.membership (
    user_id uuid NOT NULL,
    org_id uuid NOT NULL,
    member_id uuid NOT NULL
);

ALTER TABLE ONLY dialzio.membership FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.message (
    org_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    id uuid NOT NULL,
    direction text NOT NULL COLLATE pg_catalog."C",
    author text COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    text text COLLATE pg_catalog."C",
    content text COLLATE pg_catalog."C",
    content_version bigint NOT NULL,
    purpose text COLLATE pg_catalog."C",
    event_at bigint NOT NULL,
    received_at bigint NOT NULL,
    expires_at bigint,
    external_id text COLLATE pg_catalog."C",
    reply_to uuid,
    status text NOT NULL COLLATE pg_catalog."C",
    status_at bigint NOT NULL,
    failure_code text COLLATE pg_catalog."C",
    failure_detail text COLLATE pg_catalog."C",
    edited_at bigint,
    revoked_at bigint,
    reactions text COLLATE pg_catalog."C",
    CONSTRAINT message_check CHECK (((expires_at IS NULL) OR (expires_at <= (event_at + '31536000000000'::bigint))))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY dialzio.message FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.message_2026_11 (
    org_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    id uuid NOT NULL,
    direction text NOT NULL COLLATE pg_catalog."C",
    author text COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    text text COLLATE pg_catalog."C",
    content text COLLATE pg_catalog."C",
    content_version bigint NOT NULL,
    purpose text COLLATE pg_catalog."C",
    event_at bigint NOT NULL,
    received_at bigint NOT NULL,
    expires_at bigint,
    external_id text COLLATE pg_catalog."C",
    reply_to uuid,
    status text NOT NULL COLLATE pg_catalog."C",
    status_at bigint NOT NULL,
    failure_code text COLLATE pg_catalog."C",
    failure_detail text COLLATE pg_catalog."C",
    edited_at bigint,
    revoked_at bigint,
    reactions text COLLATE pg_catalog."C",
    CONSTRAINT message_check CHECK (((expires_at IS NULL) OR (expires_at <= (event_at + '31536000000000'::bigint))))
);

ALTER TABLE ONLY dialzio.message_2026_11 FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.message_evidence (
    org_id uuid NOT NULL,
    message_id uuid NOT NULL,
    status text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    failure_code text COLLATE pg_catalog."C",
    failure_detail text COLLATE pg_catalog."C"
)
PARTITION BY RANGE (message_id);

ALTER TABLE ONLY dialzio.message_evidence FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.message_evidence_2026_11 (
    org_id uuid NOT NULL,
    message_id uuid NOT NULL,
    status text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    failure_code text COLLATE pg_catalog."C",
    failure_detail text COLLATE pg_catalog."C"
);

ALTER TABLE ONLY dialzio.message_evidence_2026_11 FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.note (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    id uuid NOT NULL,
    author text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.note FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.org (
    org_id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    zone text NOT NULL COLLATE pg_catalog."C",
    open_from bigint NOT NULL,
    open_until bigint NOT NULL,
    marketing_cap bigint NOT NULL,
    message_days bigint NOT NULL,
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.org FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.org_head (
    org_id uuid NOT NULL,
    event_seq bigint NOT NULL,
    audit_seq bigint NOT NULL,
    audit_hash bytea NOT NULL,
    ledger_seq bigint NOT NULL
);

ALTER TABLE ONLY dialzio.org_head FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.quarantine (
    id uuid NOT NULL,
    org_id uuid NOT NULL,
    app_id uuid NOT NULL,
    provider text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    what text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    received_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.quarantine FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.queue_count (
    org_id uuid NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    assignee uuid NOT NULL,
    count bigint NOT NULL,
    CONSTRAINT queue_count_count_check CHECK ((count >= 0))
);

ALTER TABLE ONLY dialzio.queue_count FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.route (
    provider text NOT NULL COLLATE pg_catalog."C",
    external_id text NOT NULL COLLATE pg_catalog."C",
    org_id uuid NOT NULL,
    account_id uuid NOT NULL,
    app_id uuid NOT NULL,
    business_id text NOT NULL COLLATE pg_catalog."C",
    portfolio text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY dialzio.route FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.schema_version (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);

CREATE TABLE dialzio.session (
    hash bytea NOT NULL,
    user_id uuid NOT NULL,
    org_id uuid NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    seen_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.session FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.suppression (
    org_id uuid NOT NULL,
    hash bytea NOT NULL,
    scope text NOT NULL COLLATE pg_catalog."C",
    key_version bigint NOT NULL,
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.suppression FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.task (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    title text NOT NULL COLLATE pg_catalog."C",
    due_at bigint,
    assignee uuid,
    done_at bigint,
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio.task FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio.template (
    org_id uuid NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    language text NOT NULL COLLATE pg_catalog."C",
    definition text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY dialzio.template FORCE ROW LEVEL SECURITY;

CREATE TABLE dialzio."user" (
    id uuid NOT NULL,
    email text NOT NULL COLLATE pg_catalog."C",
    email_key text NOT NULL COLLATE pg_catalog."C",
    password text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL
);

ALTER TABLE ONLY dialzio."user" FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY dialzio.audit ATTACH PARTITION dialzio.audit_2026_11 FOR VALUES FROM ('1793491200000000') TO ('1796083200000000');

ALTER TABLE ONLY dialzio.event ATTACH PARTITION dialzio.event_2026_11 FOR VALUES FROM ('1793491200000000') TO ('1796083200000000');

ALTER TABLE ONLY dialzio.message ATTACH PARTITION dialzio.message_2026_11 FOR VALUES FROM ('01a19467-e800-0000-0000-000000000000') TO ('01a22ee6-b000-0000-0000-000000000000');

ALTER TABLE ONLY dialzio.message_evidence ATTACH PARTITION dialzio.message_evidence_2026_11 FOR VALUES FROM ('01a19467-e800-0000-0000-000000000000') TO ('01a22ee6-b000-0000-0000-000000000000');

INSERT INTO dialzio.account VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'whatsapp', '01a20718-de40-716d-9448-3725fad8de06', 'Shop line', '100200300', '9100200300', '9100200300', '+91 44 1234 5678', 'http://127.0.0.1:40231/', '\x0101319207955e04efc6bdc657d6705036c0b3d04189026c6c8a116f7e518799d5bf20d05d8d054d091a7aa590c54f937ee8db4b91e4503fd033cdef8218bb7e3dc1c15873711519ad6c09945dd134618c2d0c95f3d55994aae41efca8a1c5756bdc64af555a0fcb94ac24d5d3', 'routable', 1795415400000000, 1795415400000000);

INSERT INTO dialzio.api_key VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-371c622a61b3', 'Test key', '["contacts.read","contacts.write","conversations.read","conversations.write","messages.send","media.read","consent.read","consent.write","accounts.read","accounts.manage","members.read","members.manage","settings.manage","quarantine.manage","audit.read","events.read"]', '\xc7d9c843ffd7dc52eef9a8bf31aa39b5e918e401c1adc1efc88a375e144d18b2', 1795415400000000, 1803191400000000, NULL);

INSERT INTO dialzio.api_key_owner VALUES
	('\xc7d9c843ffd7dc52eef9a8bf31aa39b5e918e401c1adc1efc88a375e144d18b2', '01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-371c622a61b3');

INSERT INTO dialzio.app VALUES
	('01a20718-de40-716d-9448-3725fad8de06', '01a20718-de40-716d-9448-371b43bd1fb3', 'whatsapp', 'Shop app', 'b75de24c-124f-4dc4-937e-c40245218878', '\x0101310f2ee5833bb6133d75898483896912e8430df47a54784a4c3329b033f8c6a4c3588bb04a3e83d7e32371ed13b9d23a6ffc36ede8ca60399b0687c6c35635ab5fc1f0eef507ddde956d9b16a2279da72ed2f2d86cb227e3126afca1c76e18a8b9592243b4900bbf49', 1795415400000000);

INSERT INTO dialzio.app_secret VALUES
	('01a20718-de40-716d-9448-3725fad8de06', 0, '\x01013191b8941da6d422e48f69dcc3b9e53ba1140d17ec044469db86c1f4fb2ae6b92e6f52567df8bc2a01a3e2d77abcd0a776638f14d90b2c5eb034132ef5bea354d528a5aa202e8b40cf8bc0d741d7d46446a98096d28585a6f060b0d50ab8bbe70ac3ffe7ac0d51e58b7c06d0');

INSERT INTO dialzio.audit_2026_11 VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', 1, 1795415400000000, 'system', 'organisation.founded', '01a20718-de40-716d-9448-371b43bd1fb3', NULL, '\xca0334ac4ed5719ec3f88d61aa1e19f9c511db81a7813b02f833bd3dbe624354'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 2, 1795415400000000, 'service:test', 'key.changed', '01a20718-de40-716d-9448-371c622a61b3', NULL, '\x9c143d739c187571d70a92bfa1820f0c1d5963589c74e13f2f49ad94c11ee1de'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 3, 1795415400000000, 'service:test', 'member.changed', NULL, NULL, '\x526673ff386e10deabb6c0658a8f9a67f6620c4270ce25ae5d87319bc044b286'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 4, 1795415400000000, 'member:01a20718-de40-716d-9448-371e5c11fa04', 'member.joined', '01a20718-de40-716d-9448-371e5c11fa04', NULL, '\x10abb3f9b75fede5b3b8a4399cd62a2cf3ba17d29250f25341b00045d5c0d720'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 5, 1795415400000000, 'service:test', 'contact.created', '01a20718-de40-716d-9448-372079d1eeea', NULL, '\xcc79c079a3276f2f013dbd1085ff2819c2e53fb4db582ee581d20566e89aed4e'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 6, 1795415400000000, 'service:test', 'contact.created', '01a20718-de40-716d-9448-372130745bea', NULL, '\x6d76a46b00b84c8cd4a6d7d139e4d5a3e2fc7c799c7e3f160de2fd5cd3078766'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 7, 1795415400000000, 'service:test', 'contact.created', '01a20718-de40-716d-9448-3722dfac7ff1', NULL, '\x1626b1923bb0d5ac9150b9e774b4cf493009f72195fafcd828b0d31429b65270'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 8, 1795415400000000, 'service:test', 'contact.created', '01a20718-de40-716d-9448-37238b3b5f23', NULL, '\x89b52273f0ea14f14f4472e3d1417f22aaabde1fff78411fc9baf3c917f8fee3'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 9, 1795415400000000, 'service:test', 'contact.created', '01a20718-de40-716d-9448-372468987ce4', NULL, '\x9012dd1a297be96cf9ff8b2909000cac1a8093d405e2167f7e53f20d5236d864'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 10, 1795415400000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'app.registered', '01a20718-de40-716d-9448-3725fad8de06', NULL, '\x7da576f0588825b20260a1afdb6729204d9a3c05b6b05ec38c68a639224197c0'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 11, 1795415400000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'account.changed', '01a20718-de40-716d-9448-37268f68aaf1', NULL, '\x58c39779967e6e3dff0a10dec05ce5b3d9c27540374598824c2f5d435baabede'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 12, 1795415400000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'account.changed', '01a20718-de40-716d-9448-37268f68aaf1', NULL, '\xd8974e75b411f0217fbe338cfabfb209ead0258643939a2c7eb14e6b62ee8b04'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 13, 1795415400000000, 'system', 'message.received', '01a20718-de40-716d-9448-372b71dc25ea', NULL, '\x6ff48562cb6e9120e63aceb22dc634da230e66ad6a1a52363ac8c9edca8ca149'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 14, 1795415400000000, 'system', 'templates.synced', '01a20718-de40-716d-9448-37268f68aaf1', '01a20718-de40-716d-9448-3727103a90c9', '\x10f4df62ef65b7e12e4d87640b4029e7bf63edc8d29157c3c065bd970f2a723a'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 15, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x77572db284a2db8673379bd8b6ba7cff97ad59f73bc9afe51416a200a972d309'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 16, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x4d904f857ad58604e2a807c4d93aeb97ab2054fbe1f4b10721100a9fdf1bc6ce'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 17, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x326c153952d05837dae69cc81ad949e2fa4c8d787a698c00faa77b732f87305f'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 18, 1795415400000000, 'system', 'message.received', '01a20718-de40-716d-9448-372c079c03f4', NULL, '\xe0f7b4730a011beaad8dc7298a9a4f531b0168386a4b915bab82a757c8de6b4c'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 19, 1795415400000000, 'system', 'media.fetched', '01a20718-de40-716d-9448-372db873afa9', '01a20718-de40-716d-9448-372ee5b8a759', '\x8d9a323b458642e6d97003a2c0f17df397aafb0c375936f7ce2d094eea0b5917'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 20, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xe39d2065ed54b982c6f75cc9d1930fe16d5ee6cfd7b87b7574a746743cf7a5f3'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 21, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x8d09ba9aa4f4bbb18ce235a289e912eb2f793da4ba072e8e562c38fa23fd074c'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 22, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x5a61a0c213dfda0ba1d23fff2a893430315c727c771140a139639314da3862e7'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 23, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xf7d8ce308122fa7c8371d42b092a4cebd35d8712adf520450bc0234c62435bdd'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 24, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x491ae243c742bcbcaf1a886a215d2834d4406cf15ecd917bd571ce2a8bf01bc7'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 25, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x59f432db4e6e60b464f328b43ecd7db955ee498a58e0c9cec4757176b7869c42'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 26, 1795415400000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'note.added', '01a20718-de40-716d-9448-372f7d11ac95', NULL, '\x9ca25f035e25b4a28597f5bf7285d1867784e544434d3855dcb986417be1980c'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 27, 1795415400000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'task.changed', '01a20718-de40-716d-9448-373051c57b96', NULL, '\xe34ccdbbfd1b2db926f35fe6573f70e94223f2ccd9258a74a2cfe238d88765dd'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 28, 1795415400000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'consent.recorded', '01a20718-de40-716d-9448-3731e6e8b7ad', NULL, '\x631587f9bce13069a59bb796ec4d6692c5e6f12bad7208efcdc4c6da05cc0e9c'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 29, 1795415400000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'message.queued', '01a20718-de40-716d-9448-373297ed9526', NULL, '\x7ec998ddadf17b59815f8ea9d21c6bc7e16df9391c01bb98ac36b84a505f30d0'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 30, 1795415400000000, 'system', 'message.dispatched', '01a20718-de40-716d-9448-373297ed9526', '01a20718-de40-716d-9448-3733831d6c3f', '\x63a74cdae7ed107390db3fc62f1b56a0a44f947e94b3d7f73c6931da4f6f3ca5'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 31, 1795415400000000, 'system', 'message.evidence', '01a20718-de40-716d-9448-373297ed9526', NULL, '\xc5392e9bad92d4ad5a3012bee810183c51f842a9aab0c0af513ef23dcbe0bc01'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 32, 1795415400000000, 'system', 'message.evidence', '01a20718-de40-716d-9448-373297ed9526', NULL, '\x3356296c1e9fe18b97f27f9a18434194e4b7239b3a744eb918d1eb2ac62910a8'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 33, 1795415400000000, 'system', 'message.evidence', '01a20718-de40-716d-9448-373297ed9526', NULL, '\xa256ecd02cc6b2405dfa9e969d7285c491ff2dd6f4f2b2066da4f2be7639407f'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 34, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xa26cf6fa8786741947ad9c507ce117265dc4fb995af4187ee2431b6ff8991820'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 35, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x2ce63f3cc6011afa85d125b21dfad23f5a213e695a6d836f240b4197ab40ae45'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 36, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x8a73589f47614d55134d1dec6435474c1aa72828329dc5f9dd9bdbe36e2998e0'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 37, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x0fcc2ba0e82dcf16c1b303c2240c8c4404fd9055af241217189c6f9a84c344ea'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 38, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x0049db0513db692a853124d311a639b9a4433923f61ffccf45dec0f663179a1f'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 39, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xf5ece218cf9806ed955f05c0fef48e6fa4aed9f2b3f0b5b40ad6fece0141ebf8'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 40, 1795415400000000, 'system', 'message.evidence', NULL, NULL, '\x61afc0e5b7482d0ee808850a8413c5fbfa21ff3e98335b84d46aeb81c1ee27f3'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 41, 1795415400000000, 'system', 'inbox.parked', NULL, NULL, '\xd487c22df7001ef1d8156c64cb4249b5baeb791d0eba68916b9bb744079842b2'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 42, 1795416060000000, 'system', 'message.evidence', NULL, '01a20718-de40-716d-9448-3734a81fab0d', '\x41e151d6ba8829331099a2eccc65dbc5490201f54101815f4d6a531b72798fff'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 43, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x081517c3f0eb6bc57c933568baa241ab18fa9ce8d2b139d4b0910b09908cceae'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 44, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x27b6a357f165855ffc275ff38567fcfd1b6dcbf4586ad66adf4cba5bc6bf6e9e'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 45, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x992514931e4bbc76fe82787d40abe8078417cd93fdb7a44c548f79f8abe34e6a'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 46, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x12b0d32261db5cb457dd2d6271e6cb35a560b6ae54a437991d3be73723348853'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 47, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x54003bdb4bc54bf442705e659ffc3d3968589a0e587fa758558b07c817fd13c4'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 48, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xca32e8e7b180496c3e398a7262c50bb57d3c3687f90b465dc2bb06bc2330bc16'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 49, 1795416060000000, 'system', 'message.evidence', NULL, NULL, '\xf985a765f98490939b5a5cbe62141c41edb06deab5c71a3e83f46c1d23c805b1'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 50, 1795416060000000, 'system', 'inbox.parked', NULL, NULL, '\x2e200a0d8b34ea7fa2e4ba4de5f7a02f7e2778deddb49f0ccea94a396e31b9d2'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 51, 1795416060000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'message.queued', '01a20722-f060-716d-9448-3736954c28a7', NULL, '\x8bc6dcbc2b78f0ac16915a266e38dc456c61955f4b7891a4cb961cce204af403'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 52, 1795416060000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'conversation.changed', '01a20718-de40-716d-9448-372a1a5113ea', NULL, '\xb829c3c0cf8c7e5aeff6c749025380cd2e8aabee57d09dede7f7bc2e99d5f4e1'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 53, 1795416060000000, 'system', 'message.received', '01a20722-f060-716d-9448-373cb6bb3962', NULL, '\x11808f57a385ff44b17f41cefe45ad757f8bd7627c39bb66ccbf33b1b9d90a32'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 54, 1795416060000000, 'system', 'inbox.parked', NULL, '01a20722-f060-716d-9448-3735b4675f28', '\x5f4759fe270ca7c2ebf9145d066f55d0015cae0050ebea3f1e7bf2d809094f1c'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 55, 1795416060000000, 'system', 'message.dispatched', '01a20722-f060-716d-9448-3736954c28a7', '01a20722-f060-716d-9448-3737a7b2f712', '\x34c9f60afd3be44ee1826117784a13c078cfb179c4d71decacdb7f407fd7ae1d'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 56, 1795416060000000, 'system', 'message.evidence', '01a20722-f060-716d-9448-3736954c28a7', NULL, '\xabaec5331aca514b7841017080cfa9712329738d0584f79f03a386aac146fbda'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 57, 1795416060000000, 'system', 'inbox.parked', NULL, NULL, '\x3aee8460a57ec16b7e744b2468a5bfbde1b261ab47104377d94ec88e350d9859'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 58, 1795416060000000, 'system', 'inbox.parked', NULL, NULL, '\xee4a3fa139577f677c36f479f7ff5faad511b018617a67fb021a5dfc347af953'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 59, 1795416060000000, 'system', 'message.evidence', '01a20722-f060-716d-9448-3736954c28a7', '01a20722-f060-716d-9448-373fda7433d3', '\xbdfb2983848a6b874282927bc4870b416d5c3e26d4b5e5023fbbeae32743ab58'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 60, 1795416060000000, 'system', 'message.evidence', '01a20722-f060-716d-9448-3736954c28a7', '01a20722-f060-716d-9448-3740f0a19e23', '\xbde740569a7269d8288d72c75fd207dea808ca2c7cc6378884684ec8ef8acc4d'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 61, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x8bc80f40616836375c8f79b60805b8d1f7a4d8f0e1df82e3f4cff959f6eb9a08'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 62, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x6c691e0822c3a69fbb25fb6824fead5cd3c6bcecbd91f7b6b5e24684684d8d09'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 63, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x8de5305c05c535795109f8ab1211b195ae04c725e11227323696ed2edb215d18'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 64, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x1608e318f710a0392e7c6022606bf0b9e0ce3d0220a608cd97fc79e93ce25dbc'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 65, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xc539cbf32d2317f63e4b4bb19dfc166458908f8b0bf29972a60c1bf944bca246'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 66, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xc4d64d50555fd8ac73ad5d238169b57560e542597e53210038f78f55a2a35934'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 67, 1795416060000000, 'system', 'message.received', '01a20722-f060-716d-9448-37445c12489d', NULL, '\x7837e97e303ef2923719130898abe4f0061b6a693d18b0b3866a80f9042604e5'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 68, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x11fc1a6955d7538944d607bbc7d3e4de80f0d7c7a175d6bae583b2b447f7f7a3'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 69, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xd0880215edae2929962812e7b783f902a05733be3771f83d04fe1504da64caef'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 70, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x8aadbea4a59f39534eb3bb0ad77f66fdd0fb6b98c4a5768e59cb243e7cc3f0bd'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 71, 1795416060000000, 'service:test', 'member.changed', NULL, NULL, '\x09db58a67291139e58d72dcd8f41026c63cc6318cdd240848276ce9118af9298'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 72, 1795416060000000, 'service:test', 'consent.recorded', '01a20722-f060-716d-9448-3741c3c377ea', NULL, '\xd7aceb77de61f0effa1ef03f90e678357fe4ed9570c0a1b0835b9fc528f2ca1e'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 73, 1795416060000000, 'service:test', 'consent.recorded', '01a20722-f060-716d-9448-3745cf22a254', NULL, '\x71ed670141fb74aa976922a58a6d174573226a1f4ef774632ba436b5e7760dc5'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 74, 1795416060000000, 'service:test', 'contact.created', '01a20722-f060-716d-9448-3746c0821f6c', NULL, '\xd8abcf38ac0d888c6a57abf2a74b5ebf5bf9cbf29ad462536eaaf19ac767d132'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 75, 1795416060000000, 'service:test', 'contact.changed', '01a20722-f060-716d-9448-3746c0821f6c', NULL, '\x18b5b52be49558241810bf30b8c532a2fee9cdb0e40f789baa8f345a0739e3a3'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 76, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x2c426eb99c622c37184f2bc6c3b0be53e97e1b079f4b7f327557acc73b28cad4'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 77, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x9c4521eeb368e7f74480369a7af9784f4ca0f5b29870bae9c1404cf574b8fa89'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 78, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xa0d2a6def6893310e9156f2a644f302907ed1ec3eebd2d418a2ac5388791e513'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 79, 1795416060000000, 'system', 'inbox.parked', NULL, NULL, '\x6842a968548215d2d1ba5bc78522be8121fbd9ff651bdbfc7ee1c00efd4db038'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 80, 1795416060000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'message.queued', '01a20722-f060-716d-9448-37487060a3f5', NULL, '\x9090828b2e294c086f49d9ea7dd5ca4541119cedc8f4c93bd623033d7608a852'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 81, 1795416060000000, 'key:01a20718-de40-716d-9448-371c622a61b3', 'media.opened', '01a20718-de40-716d-9448-372db873afa9', NULL, '\x815ee9bf1e3780002c63ca2893097cdf36c82f18c2bdc633cbfe2879e75818cd'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 1, 1795415400000000, 'system', 'organisation.founded', '01a20718-de40-716d-9448-371f3fe50ddb', NULL, '\x4069e8e5eb67ed8242136d5f7ebeb536ffc42368da3ccae8916aba221f030454'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 2, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x86cf7f991cd7c8c328d067b0343b5ffc85b345928de7a2e9b36dbbde1440e70f'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 3, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xea7d47e2514e44202f331aaab8702a5ec45979dcf627cdbc648e37893b5cbcc7'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 4, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xcb1f6a7a9fe46716801427e74082c4d303b6fa08f49ff2ddaa6d58b3fc22b713'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 5, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x2454f91073565f2e4cd8ff04f8bfc2dfd79a7697bc71b597daa5c04786c2a1a1'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 6, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x70d1f57fc70df8e054c5bef1f548ec90fe2e321c43cb9f61e466108295056f61'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 7, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x4ca545fa0627f32ade9e9ea5b4d87af6796d4b400af11fdfcb14cf09c0d204fe'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 8, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xfb9e97fb4a2df47a6a2897825d2f3b2190a5d3e131d46f08d17dd3314839cfe9'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 9, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x6c203be56f4291d10b7d467467890f8479a5a0f2334f3b0c73a9c1a561ae5e37'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 10, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xf7a8fcbf158d4ea568ce20febb7c1424f41c1df96513f26b433013cb3e1164cc'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 11, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xab9ed626272bf850ea2651bec14022fbad6b32948b9f1376834471c571a70550'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 12, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x097fdeb2c592436bea259155cff9605a14e1d91a0c7ccb6bb4753325ad4b9d9b'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 13, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xb40b7f6ef60f3c107baa6fba7eabf9a5eb3e027bc8927409e1935038492e7321'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 14, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x7a0c6eb34d989f51c80372338f8113688230bd3f202eebce265d0a3071c28622'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 15, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\x764593245f1c7fc70e6c2c41adf45232059f91303e65c5566cd04165e65d15fc'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 16, 1795415400000000, 'system', 'retention.swept', NULL, NULL, '\xd61d08f440eb8f6a297aab47aa1043166a4de064166f9244923d92aa7b7d75ff'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 17, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x7aecffe3842655a1906008463b9b62c525758ec3cd0e0953f94d28feff0491e6'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 18, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xc619634f6b224de765934e832bc5fa34f318c2b675feff250d7d6a5f6f46e16d'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 19, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xda76cb9a63931c9e6ab2d24c9bbe012a3c7920c2a23028c391ba8a4949b74e02'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 20, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xd77b3d9e8fd97496921639040bf9b1755bfb6e022a3d2941554884bc19f020db'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 21, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x1e925bec1dfd3445537a51fbd14f48f413c841071dba758d25337bb45eb7ad74'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 22, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xb4b27d474d757a9164e5cfc2d0d561a3129bb48b20532c269bb65e3bba5eace9'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 23, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x9a6983ed59a2ea8e809618e1937eafa2d3db383f11af214629f06af134010c9f'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 24, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x38b5fc2450b3fb94b310ee311f7a5354bb0aa93eb81752ddd1e2d6a054013061'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 25, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x8c4e1337c4166a31b015257547cd359cf49731816964a8824c189a30201e43b5'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 26, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x1bfa843fe6959063ce025b5e61a41e23eb5f78c2466ee0bed12c77db20c131e3'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 27, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xf306c9e1872f0bfe55d0a0ddcb515c4044363556717155e4ca861a56ee3e8543'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 28, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x26bc15d1e382042d18b3cea6a85c48e367e2129d85704918d0e535afd37d4468'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 29, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x9b5b2ae2bf9a36b9235d88804203429637a31a48a98379248513ed0c3081ba3b'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 30, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x4f28c30f934a23f404616a0ec023f5e5e4eba15ed6fd41f02717b95a88848c9d'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 31, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xa15dbbf3f1a04bfff69794dad08f4bc69e810f12648f80067f271cad3bf7ff9e'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 32, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xcbb013e69a9403aa1c4a980a480e99948362d320e9f3fba2560eddc68e32a650'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 33, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\x097dcf692db17d3ced9ff49548bfd135cc523189dd4e5655cf5107c4ec3f664a'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 34, 1795416060000000, 'system', 'retention.swept', NULL, NULL, '\xfc95755357859f64391edc1360543c9bedfa67c661754c4b736af801abefda10');

INSERT INTO dialzio.channel_alias OVERRIDING SYSTEM VALUE VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '9100200300', 'business_scoped', 'IN.02072005922716150444', '01a20722-f060-716d-9448-373ad27c0cae', 'IN.02072005922716150444', 'scoped:9100200300:IN.02072005922716150444', 1795416060000000, 3),
	('01a20718-de40-716d-9448-371b43bd1fb3', '9100200300', 'business_scoped', 'IN.02072007022227778655', '01a20722-f060-716d-9448-3742f375b05c', 'IN.02072007022227778655', 'scoped:9100200300:IN.02072007022227778655', 1795416060000000, 5),
	('01a20718-de40-716d-9448-371b43bd1fb3', '9100200300', 'business_scoped', 'IN.02072009221251035077', '01a20718-de40-716d-9448-3729c480d343', 'IN.02072009221251035077', 'scoped:9100200300:IN.02072009221251035077', 1795415400000000, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', '9100200300', 'phone', '919876500001', '01a20718-de40-716d-9448-3729c480d343', '+919876500001', 'phone:919876500001', 1795415400000000, 2),
	('01a20718-de40-716d-9448-371b43bd1fb3', '9100200300', 'phone', '919876500002', '01a20722-f060-716d-9448-373ad27c0cae', '+919876500002', 'phone:919876500002', 1795416060000000, 4),
	('01a20718-de40-716d-9448-371b43bd1fb3', '9100200300', 'phone', '919876500003', '01a20722-f060-716d-9448-3742f375b05c', '+919876500003', 'phone:919876500003', 1795416060000000, 6);

INSERT INTO dialzio.channel_identity VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3729c480d343', '01a20718-de40-716d-9448-3728023b16d0', '9100200300', 'Asha', NULL, 1795415400000000, NULL, 1795415400000000, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-373ad27c0cae', '01a20722-f060-716d-9448-3739e91e063b', '9100200300', 'Ravi', NULL, 1795416060000000, NULL, 1795416060000000, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3742f375b05c', '01a20722-f060-716d-9448-3741c3c377ea', '9100200300', 'Meera', NULL, 1795416060000000, NULL, 1795416060000000, NULL);

INSERT INTO dialzio.consent VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', 1, '01a20718-de40-716d-9448-3731e6e8b7ad', '01a20718-de40-716d-9448-3728023b16d0', 'whatsapp', 'marketing', 'given', 'web_form', 'Newsletter form on the website, 2 March 2026', NULL, 'key:01a20718-de40-716d-9448-371c622a61b3', 1772445600000000, 1795415400000000, 1835517600000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', 2, '01a20722-f060-716d-9448-373dde6104e7', '01a20722-f060-716d-9448-3739e91e063b', 'any', 'marketing', 'withdrawn', 'message', 'The person wrote an opt-out word.', '01a20722-f060-716d-9448-373cb6bb3962', 'system', 1795416060000000, 1795416060000000, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', 3, '01a20722-f060-716d-9448-373ef74f4aac', '01a20722-f060-716d-9448-3739e91e063b', 'whatsapp', 'any', 'withdrawn', 'message', 'The person wrote an opt-out word.', '01a20722-f060-716d-9448-373cb6bb3962', 'system', 1795416060000000, 1795416060000000, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', 4, '01a20722-f060-716d-9448-3745cf22a254', '01a20722-f060-716d-9448-3741c3c377ea', 'any', 'any', 'withdrawn', 'in_person', 'Asked at the counter, 23 November 2026', NULL, 'service:test', 1795416060000000, 1795416060000000, NULL);

INSERT INTO dialzio.consent_subject VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', 'phone:919876500001', 1, 0),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'phone:919876500002', 2, 0),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'phone:919876500002', 3, 0),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'phone:919876500003', 4, 0),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'scoped:9100200300:IN.02072005922716150444', 2, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'scoped:9100200300:IN.02072005922716150444', 3, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'scoped:9100200300:IN.02072007022227778655', 4, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'scoped:9100200300:IN.02072009221251035077', 1, 1);

INSERT INTO dialzio.contact VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372079d1eeea', 'Person0 Family0', 'person0 family0', 'new', NULL, false, 1, 1795415400000000, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372130745bea', 'Person1 Family1', 'person1 family1', 'new', NULL, false, 1, 1795415400000000, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3722dfac7ff1', 'Person2 Family2', 'person2 family2', 'new', NULL, false, 1, 1795415400000000, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37238b3b5f23', 'Person3 Family3', 'person3 family3', 'new', NULL, false, 1, 1795415400000000, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372468987ce4', 'Person4 Family4', 'person4 family4', 'new', NULL, false, 1, 1795415400000000, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3728023b16d0', 'Asha', 'asha', 'new', NULL, false, 1, 1795415400000000, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3739e91e063b', 'Ravi', 'ravi', 'new', NULL, false, 1, 1795416060000000, 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3741c3c377ea', 'Meera', 'meera', 'new', NULL, false, 1, 1795416060000000, 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', 'Devi Nair', 'devi nair', 'new', NULL, false, 2, 1795416060000000, 1795416060000000);

INSERT INTO dialzio.contact_detail VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', 0, 'phone', '+919876500004', '+919876500004', NULL, 'phone:919876500004');

INSERT INTO dialzio.contact_tag VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', 'wholesale');

INSERT INTO dialzio.contact_word VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372079d1eeea', 'family0'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372079d1eeea', 'person0'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372130745bea', 'family1'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372130745bea', 'person1'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3722dfac7ff1', 'family2'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3722dfac7ff1', 'person2'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37238b3b5f23', 'family3'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37238b3b5f23', 'person3'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372468987ce4', 'family4'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372468987ce4', 'person4'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3728023b16d0', '919876500001'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3728023b16d0', '9876500001'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3728023b16d0', 'asha'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3739e91e063b', '919876500002'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3739e91e063b', '9876500002'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3739e91e063b', 'ravi'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3741c3c377ea', '919876500003'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3741c3c377ea', '9876500003'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3741c3c377ea', 'meera'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', '919876500004'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', '9876500004'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', 'devi'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', 'nair'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3746c0821f6c', 'wholesale');

INSERT INTO dialzio.conversation VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372a1a5113ea', '01a20718-de40-716d-9448-37268f68aaf1', '01a20718-de40-716d-9448-3729c480d343', '01a20718-de40-716d-9448-3728023b16d0', 'closed', NULL, '00000000-0000-0000-0000-000000000000', NULL, 2, '01a20722-f060-716d-9448-3736954c28a7', 1795416060000000, 1795415400000000, '01a20718-de40-716d-9448-372c079c03f4', NULL, 2, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-373bd4803d30', '01a20718-de40-716d-9448-37268f68aaf1', '01a20722-f060-716d-9448-373ad27c0cae', '01a20722-f060-716d-9448-3739e91e063b', 'open', NULL, '00000000-0000-0000-0000-000000000000', NULL, 1, '01a20722-f060-716d-9448-373cb6bb3962', 1795416060000000, 1795416060000000, '01a20722-f060-716d-9448-373cb6bb3962', NULL, 1, 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-37438cbf4e2f', '01a20718-de40-716d-9448-37268f68aaf1', '01a20722-f060-716d-9448-3742f375b05c', '01a20722-f060-716d-9448-3741c3c377ea', 'open', NULL, '00000000-0000-0000-0000-000000000000', NULL, 1, '01a20722-f060-716d-9448-37487060a3f5', 1795416060000000, 1795416060000000, '01a20722-f060-716d-9448-37445c12489d', NULL, 1, 1795416060000000);

INSERT INTO dialzio.conversation_activity VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372a1a5113ea', '01a20722-f060-716d-9448-3738a1754015', 'key:01a20718-de40-716d-9448-371c622a61b3', 'closed', NULL, NULL, 1795416060000000);

INSERT INTO dialzio.effect VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3727103a90c9', '01a20718-de40-716d-9448-37268f68aaf1', NULL, 'sync_templates', NULL, 'signal', 'done', 1795415400000000, 1795501800000000, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372ee5b8a759', '01a20718-de40-716d-9448-37268f68aaf1', NULL, 'fetch_media', '01a20718-de40-716d-9448-372db873afa9', 'media', 'done', 1795415400000000, 1796020200000000, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3733831d6c3f', '01a20718-de40-716d-9448-37268f68aaf1', '01a20718-de40-716d-9448-372a1a5113ea', 'send', '01a20718-de40-716d-9448-373297ed9526', 'send', 'done', 1795415400000000, 1795674600000000, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3737a7b2f712', '01a20718-de40-716d-9448-37268f68aaf1', '01a20718-de40-716d-9448-372a1a5113ea', 'send', '01a20722-f060-716d-9448-3736954c28a7', 'send', 'done', 1795416060000000, 1795675260000000, 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3749172edecd', '01a20718-de40-716d-9448-37268f68aaf1', '01a20722-f060-716d-9448-37438cbf4e2f', 'send', '01a20722-f060-716d-9448-37487060a3f5', 'send', 'pending', 1795416060000000, 1795675260000000, 0);

INSERT INTO dialzio.event_2026_11 VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', 1, 1795415400000000, '{"type":"organisation.changed"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 2, 1795415400000000, '{"type":"organisation.changed"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 3, 1795415400000000, '{"type":"organisation.changed"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 4, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-372079d1eeea"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 5, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-372130745bea"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 6, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-3722dfac7ff1"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 7, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-37238b3b5f23"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 8, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-372468987ce4"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 9, 1795415400000000, '{"type":"account.changed","account":"01a20718-de40-716d-9448-37268f68aaf1"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 10, 1795415400000000, '{"type":"account.changed","account":"01a20718-de40-716d-9448-37268f68aaf1"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 11, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-3728023b16d0"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 12, 1795415400000000, '{"type":"message.received","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-372b71dc25ea"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 13, 1795415400000000, '{"type":"account.changed","account":"01a20718-de40-716d-9448-37268f68aaf1"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 14, 1795415400000000, '{"type":"message.received","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-372c079c03f4"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 15, 1795415400000000, '{"type":"media.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-372c079c03f4","media":"01a20718-de40-716d-9448-372db873afa9"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 16, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-3728023b16d0"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 17, 1795415400000000, '{"type":"contact.changed","contact":"01a20718-de40-716d-9448-3728023b16d0"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 18, 1795415400000000, '{"type":"consent.changed","contact":"01a20718-de40-716d-9448-3728023b16d0"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 19, 1795415400000000, '{"type":"message.queued","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-373297ed9526"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 20, 1795415400000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-373297ed9526"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 21, 1795415400000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-373297ed9526"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 22, 1795415400000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-373297ed9526"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 23, 1795415400000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20718-de40-716d-9448-373297ed9526"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 24, 1795416060000000, '{"type":"quarantine.changed"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 25, 1795416060000000, '{"type":"message.queued","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20722-f060-716d-9448-3736954c28a7"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 26, 1795416060000000, '{"type":"conversation.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 27, 1795416060000000, '{"type":"contact.changed","contact":"01a20722-f060-716d-9448-3739e91e063b"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 28, 1795416060000000, '{"type":"consent.changed","contact":"01a20722-f060-716d-9448-3739e91e063b"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 29, 1795416060000000, '{"type":"message.received","conversation":"01a20722-f060-716d-9448-373bd4803d30","message":"01a20722-f060-716d-9448-373cb6bb3962"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 30, 1795416060000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20722-f060-716d-9448-3736954c28a7"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 31, 1795416060000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20722-f060-716d-9448-3736954c28a7"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 32, 1795416060000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20722-f060-716d-9448-3736954c28a7"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 33, 1795416060000000, '{"type":"message.changed","conversation":"01a20718-de40-716d-9448-372a1a5113ea","message":"01a20722-f060-716d-9448-3736954c28a7"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 34, 1795416060000000, '{"type":"contact.changed","contact":"01a20722-f060-716d-9448-3741c3c377ea"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 35, 1795416060000000, '{"type":"message.received","conversation":"01a20722-f060-716d-9448-37438cbf4e2f","message":"01a20722-f060-716d-9448-37445c12489d"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 36, 1795416060000000, '{"type":"consent.changed","contact":"01a20722-f060-716d-9448-3741c3c377ea"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 37, 1795416060000000, '{"type":"consent.changed","contact":"01a20722-f060-716d-9448-3741c3c377ea"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 38, 1795416060000000, '{"type":"contact.changed","contact":"01a20722-f060-716d-9448-3746c0821f6c"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 39, 1795416060000000, '{"type":"contact.changed","contact":"01a20722-f060-716d-9448-3746c0821f6c"}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', 40, 1795416060000000, '{"type":"message.queued","conversation":"01a20722-f060-716d-9448-37438cbf4e2f","message":"01a20722-f060-716d-9448-37487060a3f5"}'),
	('01a20718-de40-716d-9448-371f3fe50ddb', 1, 1795415400000000, '{"type":"organisation.changed"}');

INSERT INTO dialzio.external_reference VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', -8161164626252127089, '01a20722-f060-716d-9448-3736954c28a7', NULL, 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', -4008008320995312564, '01a20722-f060-716d-9448-373cb6bb3962', -3539254773067968252, 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', -850154446976401188, '01a20722-f060-716d-9448-37445c12489d', 427326224871810711, 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 3629024902416846340, '01a20718-de40-716d-9448-372b71dc25ea', -3118265419209067694, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 9163210245048486048, '01a20718-de40-716d-9448-372c079c03f4', -8926001988749834571, 1795415400000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 9164311870324273745, '01a20718-de40-716d-9448-373297ed9526', NULL, 1795415400000000);

INSERT INTO dialzio.heartbeat VALUES
	(1, 1795416060000000);

INSERT INTO dialzio.idempotency VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '\x2d10ea2f3ccc648f40fd62462c456ad7d693764a0fa591723f09c8524b86bb50', '\x6f054b31cd11db5eb5ab6bcbf76a9bb2d6560d6310022587c74a4d9f9d426d9c', 'message', '01a20722-f060-716d-9448-3736954c28a7', 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '\x46601f1e2c8a6838f5a6eb529fca6404f798ac40c7f1a13ecee2582dcc6e7acd', '\xd04dba4e47eec6bc504d9c907fbb7fcf0f8f7d4e5310f891b8f3268e768bf8d4', 'message', '01a20722-f060-716d-9448-37487060a3f5', 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '\xc7879e6b6f2a3ef21e561610e8ed7382d727c3b50dde9e0b3f1bf597176cf623', '\x0f3146e72be40275653272c0b0a8d575451c13dc8023f1c1d891a4046dfcc006', 'message', '01a20718-de40-716d-9448-373297ed9526', 1795415400000000);

INSERT INTO dialzio.inbox_item VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3735b4675f28', '01a20718-de40-716d-9448-37268f68aaf1', 'statuses', 'whatsapp', '01a20718-de40-716d-9448-3725fad8de06', '\x0101310d631822c8e5a66992f8da5bec95ced8b1ee6ef5d1084127e6220b9df055cf02c2b6712e9317462d8dc94456e1f28a4837e818e04cc095d3b947162ca6a5523c4696af222fc594648df8aebd7186d8b481d4481f65c599663d2e7241f02af1678cb74f8a773be554ab840f7c93d28d68f3c3e8cc4e76c61eb6e1986795ae7a5f8ec9923241f7033f4ce2602f7801afd7ca831999f038e95321124d4c0f6efd0e41fede8752c7c732b49e5f158c8f285168fe5aa53895057b0c22de3374012906fb1ffc0306c37a74e53585c891e4d4964b41ef474abc5131fd1e5bb074967554af1350f24cc384ec236814c427cf4fe262ee5af48b1da2a604373c0fe2133108d5c88bc98b306eda630ac2610542e80a2c077e66dca59b0f33e696880f48658386770ae234e639a2d37bcdf4653837e39410470c6f9cc1d75b7a3b2aef64850efc6aa5535eced670903ffb73faae7b15d641d87a90cd67287fc7a4d0044da19f032646cc10ec80cffb183862cb1fd88b2ed2b8b97bfbf543753791047607d3e53235250d763494ee550374f6b130ad06dd86736d5500c2de0c538bae7698bb66b05502762301b8fd', 1795416060000000, 1795416062000000, 0),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3747cea4e053', '01a20718-de40-716d-9448-37268f68aaf1', 'statuses', 'whatsapp', '01a20718-de40-716d-9448-3725fad8de06', '\x010131ed79e2003edd33b9c4a28f84bffb9b75bcec9721c199869cb8ba9d140e8bf59c83b9ff7341b6f83effd633130f08a455e649782c61e71f163ea2792c90d23b7cefa850d683670332c0ce793af6bab3d0df3dfc5123ac066060fc32f209d811dda26be653d6bfb0d3bbfa482076ac4348727dd71e0b230894f06b2be2cd87caeae039eac3aa29fb1dc1e405178d4a80e956d5d6442fa9dbf25c63a26fe348addd1749930e09ec1d5ca355fefa5d0f9457db2ec26e4e85b457622717b02e5825abaf7a6e6bfdc616415b05248b759ce9f46098bba6158f5782a8ca3f1dad419c4140351b4d5c9e565494934f07569d30880085811f7c0b3db1205dc046b2b362a398613f741897b2741c3b9b81726b754117227811e0b416ccd59ccea6f00909e03f093e90bdc2c0e5d5fe2db618eb971b581ec4e0aa51b9750e14703a993c3c4025a381843ffc41328ba255f2e454c9115042ca1d10aac7f910398eee24387a863f0920836dc1624ceb5ffba2773445657c8eb34438ed7157751f607a19f2267860fd6d1dd272e53726f3626376c7a507d6aa3eb5dd1cc14fa5ff62218d917f527f8d89b5affe9173', 1795416060000000, 1795416060000000, 0);

INSERT INTO dialzio.invitation VALUES
	('\x4bca47320b77f67c5936f73bb4dee58f22952e34b66a17af49538fc6f3184ab1', '01a20718-de40-716d-9448-371b43bd1fb3', 'agent@example.com', 'agent', 1795675260000000);

INSERT INTO dialzio.lane VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'send', 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'statuses', 1795416060000000);

INSERT INTO dialzio.media VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372db873afa9', '01a20718-de40-716d-9448-372c079c03f4', '01a20718-de40-716d-9448-37268f68aaf1', 'image', 'stored', 'image/jpeg', NULL, 11, '\xb7dfb29d6613ce047df928a76e7967632fb2155775c641f0b5af9964b066baf2', '1795415400000011', '\x01a20718de40716d9448371b43bd1fb301a20718de40716d9448372db873afa9', '\x0131549c2dbae51f1ace832f48e56cd887e40379636872d8aee4c8334d7443132bf03824f25d2aa04efb77759d024e2e2b0da870f291e2133fb93a8d2751', 1795415400000000, NULL);

INSERT INTO dialzio.member VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-371e5c11fa04', '01a20718-de40-716d-9448-371d9b69f70c', 'Mira', 'owner', 'active', 1795415400000000);

INSERT INTO dialzio.membership VALUES
	('01a20718-de40-716d-9448-371d9b69f70c', '01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-371e5c11fa04');

INSERT INTO dialzio.message_2026_11 VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372a1a5113ea', '01a20718-de40-716d-9448-372b71dc25ea', 'inbound', NULL, 'text', 'Is my order ready?', NULL, 1, NULL, 1795415400000000, 1795415400000000, NULL, 'wamid.HBgMOTE5ODc2NTAwMDAxFQIAERgSMDAwMDA2NjBFQkI5MjQyQTA5AA==', NULL, 'received', 1795415400000000, NULL, NULL, NULL, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372a1a5113ea', '01a20718-de40-716d-9448-372c079c03f4', 'inbound', NULL, 'image', 'like this', '{"kind":"media","what":"image","media":"01a20718-de40-716d-9448-372db873afa9","caption":"like this"}', 1, NULL, 1795415400000000, 1795415400000000, NULL, 'wamid.HBgMOTE5ODc2NTAwMDAxFQIAERgSMDAwMDA2NjBFQkI5MjQyQTBDAA==', NULL, 'received', 1795415400000000, NULL, NULL, NULL, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372a1a5113ea', '01a20718-de40-716d-9448-373297ed9526', 'outbound', 'key:01a20718-de40-716d-9448-371c622a61b3', 'text', 'Yes, come by!', NULL, 1, 'service', 1795415400000000, 1795415400000000, NULL, 'wamid.HBgMOTE5ODc2NTAwMDAxFQIAERgSMDAwMDA2NjBFQkI5MjQyQTEwAA==', NULL, 'delivered', 1795415400000000, NULL, NULL, NULL, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-372a1a5113ea', '01a20722-f060-716d-9448-3736954c28a7', 'outbound', 'key:01a20718-de40-716d-9448-371c622a61b3', 'text', 'It waits for you', NULL, 1, 'service', 1795416060000000, 1795416060000000, NULL, 'wamid.HBgMOTE5ODc2NTAwMDAxFQIAERgSMDAwMDA2NjBFQkI5MjQyQTEzAA==', NULL, 'delivered', 1795416060000000, NULL, NULL, NULL, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-373bd4803d30', '01a20722-f060-716d-9448-373cb6bb3962', 'inbound', NULL, 'text', 'STOP', NULL, 1, NULL, 1795416060000000, 1795416060000000, NULL, 'wamid.HBgMOTE5ODc2NTAwMDAyFQIAERgSMDAwMDA2NjBFQkI5MjQyQTExAA==', NULL, 'received', 1795416060000000, NULL, NULL, NULL, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-37438cbf4e2f', '01a20722-f060-716d-9448-37445c12489d', 'inbound', NULL, 'text', 'Hello', NULL, 1, NULL, 1795416060000000, 1795416060000000, NULL, 'wamid.HBgMOTE5ODc2NTAwMDAzFQIAERgSMDAwMDA2NjBFQkI5MjQyQTE0AA==', NULL, 'received', 1795416060000000, NULL, NULL, NULL, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-37438cbf4e2f', '01a20722-f060-716d-9448-37487060a3f5', 'outbound', 'key:01a20718-de40-716d-9448-371c622a61b3', 'text', 'We wait for your answer', NULL, 1, 'service', 1795416060000000, 1795416060000000, NULL, NULL, NULL, 'queued', 1795416060000000, NULL, NULL, NULL, NULL, NULL);

INSERT INTO dialzio.message_evidence_2026_11 VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-373297ed9526', 'accepted', 1795415400000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-373297ed9526', 'delivered', 1795415400000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-373297ed9526', 'dispatched', 1795415400000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-373297ed9526', 'queued', 1795415400000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-373297ed9526', 'sent', 1795415400000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3736954c28a7', 'accepted', 1795416060000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3736954c28a7', 'delivered', 1795416060000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3736954c28a7', 'dispatched', 1795416060000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3736954c28a7', 'queued', 1795416060000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-3736954c28a7', 'sent', 1795416060000000, NULL, NULL),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20722-f060-716d-9448-37487060a3f5', 'queued', 1795416060000000, NULL, NULL);

INSERT INTO dialzio.note VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3728023b16d0', '01a20718-de40-716d-9448-372f7d11ac95', 'key:01a20718-de40-716d-9448-371c622a61b3', 'Prefers clay pots', 1795415400000000);

INSERT INTO dialzio.org VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', 'Green Leaf', 'UTC', 600, 1140, 3, 365, 1795415400000000),
	('01a20718-de40-716d-9448-371f3fe50ddb', 'Another tenant', 'UTC', 600, 1140, 3, 365, 1795415400000000);

INSERT INTO dialzio.org_head VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', 40, 81, '\x815ee9bf1e3780002c63ca2893097cdf36c82f18c2bdc633cbfe2879e75818cd', 4),
	('01a20718-de40-716d-9448-371f3fe50ddb', 1, 34, '\xfc95755357859f64391edc1360543c9bedfa67c661754c4b736af801abefda10', 0);

INSERT INTO dialzio.quarantine VALUES
	('01a20718-de40-7449-be27-6e54d19d6169', '01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-3725fad8de06', 'whatsapp', 'orphan', 'delivery', '\x010131003c30cff99bc772eb459f01ed6173509a8b2c34164c5c3d4b576ae4fafde5388a9809aaf3c11368ec8dd34929f18002ad3c1785f4d5ccb8a92de58eb0d8a6f5a2507dd269789ef8cfc6f029884792158e95e68e460bdab88d263c491501c997c5346fb431348818825e4a7f4ad031c0224a207044ff36b3ad1a605b22480245b9e3c5883b395302cc2fe2678d612b8f51aaae9293927b56dce085a121da8f595b7e02cef37230d2175e60ef44217c00d4bfffc784e498a327f2b81bdf2f0bfb87a6837b3d22d51d4859627472a40a0c212dab1bc70a2f74a939c04fe24e15f6c080601f68faf28e68f785c474c2931d422113bed85c8148aa0e311c31082a1d50c79d6c16effce00b3b0b3680e1274e80e4c28d6a4ad99b619f6d8d2146a605da4e659b963034ff6319e930340801867896ece8b697cb4e9e286edab400f89439a95108237e842e001de7f3768853d2149c961a8b15f7115f01d68f38a11b290c15b6dc4b52af14ecd900bde4b7a7b4dc32891c61ed97f24140c1ff8949bcaa0f767785b988e7b478309d8f0dffbdf2dc6c7b51b0f99a210d7eb6f4ed6a92d8e9667e186b6b8ad5', 1795416060000000, 1798008060000000),
	('01a20718-de40-750e-9370-c0f011148e2e', '00000000-0000-0000-0000-000000000000', '01a20718-de40-716d-9448-3725fad8de06', 'whatsapp', 'unrouted', 'delivery', '\x01013139a84fa96ccc700ffe7cfbf66fe78e9fd4b995d9982618e9ac308152596129d349a825921aa4ced6027a4d3f1560490e37540d5b06ec99eb97a60d935532559544ba342297681b076bbef87bcd9bef4fb29a9bfaadf67e86a319bb67dfd5f8922d05f8b59dc8cc297c990ccd72446d624351453d21cdc91f20058b3414d1bced88f682e6f1d88134bf6e068b17536c8f3a01d6a1fb736ee894751d07e56729ba408422b3310f8f6fd6db669785d8b522535b12a2091be3c7c711da099480fccae6784572a19830939111de6d594e2e9f8c59277236592ba6aad2a84d089b56f18e230fdad5c8e80ae9e874b0dff56b896973616dad88fd3650718bd8844726d56b27702cb85461db0e64d8e57dc52f42aa576b444142b18415d5ba44d112c783e18778933bf7ce6bae772339c7e260358483b5f094d1bee52899067ea0e1392bb8e8467df350fda2f9ce4a19459b3ebc3b44b0a8035d66b6cdfd912a0dbacacdb2628307c4b4af8194545b31e23ab7cdbcbcfae4cbe02934acf5190027101a23b2c137a3d9a4f8e6a06fdd4052bc03b9d5f8c3bf66465e65f66a9ef1dc0a0aaa3b16', 1795415400000000, 1798007400000000);

INSERT INTO dialzio.queue_count VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', 'closed', '00000000-0000-0000-0000-000000000000', 1),
	('01a20718-de40-716d-9448-371b43bd1fb3', 'open', '00000000-0000-0000-0000-000000000000', 2);

INSERT INTO dialzio.route VALUES
	('whatsapp', '100200300', '01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', '01a20718-de40-716d-9448-3725fad8de06', '9100200300', '9100200300');

INSERT INTO dialzio.schema_version VALUES
	(1, 'tables', '2026-11-28 09:40:29.640997+00', true, '\xa8e91b30994887590c1f5f6d6d19b700c5a368cfc244669a45a506e19125b57effd0bd996136a7ada7f7fd7c6399debc', 106208522),
	(2, 'months', '2026-11-28 09:40:29.748738+00', true, '\x43283da6662c1322676677541e4fecd21d1360ce9bc9992c2d16b9724de00b4b135330504e0d6db3fe6cd3c9581da7b4', 2872309),
	(3, 'rights', '2026-11-28 09:40:29.751838+00', true, '\xa7ad61399327a7b2d2f693d22e5f012b99c9b05ceb2ff8c51f3bbe71c90a5e4a69bc083e5c5612b8833dc8f707a1ad9c', 10181141);

INSERT INTO dialzio.session VALUES
	('\x1a153ecb47ac57dd934e317c541454e1b1bec58ce6689de2905bc34157d3c74f', '01a20718-de40-716d-9448-371d9b69f70c', '01a20718-de40-716d-9448-371b43bd1fb3', 1795415400000000, 1795501800000000, 1795415400000000),
	('\x8cf1fd445c1b8d75ac1a690d080fb3ba2cd04292758fc2a63a23721d596d59f2', '01a20718-de40-716d-9448-371d9b69f70c', '01a20718-de40-716d-9448-371b43bd1fb3', 1795415400000000, 1795501800000000, 1795415400000000);

INSERT INTO dialzio.suppression VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '\x9b29cbfef7c7a140fcc828a2864e90e8', 'all_outbound', 1, 1795416060000000),
	('01a20718-de40-716d-9448-371b43bd1fb3', '\xe2cd132e1bb5b7575a7c676630cfa469', 'all_outbound', 1, 1795416060000000);

INSERT INTO dialzio.task VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-373051c57b96', '01a20718-de40-716d-9448-3728023b16d0', 'Call back', 1795588200000000, NULL, NULL, 1795415400000000);

INSERT INTO dialzio.template VALUES
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'appointment', 'en', '{"account":"01a20718-de40-716d-9448-37268f68aaf1","name":"appointment","language":"en","category":"utility","status":"approved","quality":"GREEN","format":"named","header":null,"header_text":null,"body":"Hi {{first_name}}, see you on {{day}} at our shop.","footer":null,"buttons":[{"kind":"quick_reply","text":"I will come","url":null},{"kind":"quick_reply","text":"Change it","url":null}]}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'come_back', 'en', '{"account":"01a20718-de40-716d-9448-37268f68aaf1","name":"come_back","language":"en","category":"marketing","status":"paused","quality":"RED","format":"positional","header":null,"header_text":null,"body":"We have not seen you for a while. Come back to us!","footer":null,"buttons":[]}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'login_code', 'en', '{"account":"01a20718-de40-716d-9448-37268f68aaf1","name":"login_code","language":"en","category":"authentication","status":"approved","quality":"GREEN","format":"positional","header":null,"header_text":null,"body":"*{{1}}* is your verification code. For your security, do not share it.","footer":"This code expires in 10 minutes.","buttons":[{"kind":"otp","text":"Copy code","url":null}]}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'new_season', 'en', '{"account":"01a20718-de40-716d-9448-37268f68aaf1","name":"new_season","language":"en","category":"marketing","status":"approved","quality":"GREEN","format":"positional","header":"image","header_text":null,"body":"Dear {{1}}, the new season''s plants have arrived. Come and have a look!","footer":"Tap below to stop these messages","buttons":[{"kind":"quick_reply","text":"Tell me more","url":null},{"kind":"quick_reply","text":"Stop","url":null}]}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'order_ready', 'en', '{"account":"01a20718-de40-716d-9448-37268f68aaf1","name":"order_ready","language":"en","category":"utility","status":"approved","quality":"GREEN","format":"positional","header":"text","header_text":"Order {{1}}","body":"Hello {{1}}, your order is ready. Please collect it before {{2}} today.","footer":"Green Leaf Nursery","buttons":[{"kind":"url","text":"Track","url":"https://shop.example/o/{{1}}"}]}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'order_ready', 'ta', '{"account":"01a20718-de40-716d-9448-37268f68aaf1","name":"order_ready","language":"ta","category":"utility","status":"approved","quality":"GREEN","format":"positional","header":"text","header_text":"ஆர்டர் {{1}}","body":"வணக்கம் {{1}}, உங்கள் ஆர்டர் தயார். இன்று {{2}} மணிக்கு முன் பெற்றுக்கொள்ளவும்.","footer":"Green Leaf Nursery","buttons":[{"kind":"url","text":"Track","url":"https://shop.example/o/{{1}}"}]}'),
	('01a20718-de40-716d-9448-371b43bd1fb3', '01a20718-de40-716d-9448-37268f68aaf1', 'weekend_offer', 'en', '{"account":"01a20718-de40-716d-9448-37268f68aaf1","name":"weekend_offer","language":"en","category":"marketing","status":"approved","quality":"GREEN","format":"positional","header":null,"header_text":null,"body":"This weekend all succulents are half price. We are open till eight.","footer":null,"buttons":[{"kind":"phone_number","text":"Call us","url":null}]}');

INSERT INTO dialzio."user" VALUES
	('01a20718-de40-716d-9448-371d9b69f70c', 'owner@example.com', 'owner@example.com', '$argon2id$v=19$m=65536,t=3,p=1$4EcfX2QN0UZvfLgHJpZRgA$+4ruE4Q9DDBkfVSU8NvptS4D/0ZgQNF/vJIK8vbLzC0', 1795415400000000);

SELECT pg_catalog.setval('dialzio.channel_alias_place_seq', 6, true);

ALTER TABLE ONLY dialzio.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.api_key_owner
    ADD CONSTRAINT api_key_owner_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY dialzio.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.app
    ADD CONSTRAINT app_hook_key UNIQUE (hook);

ALTER TABLE ONLY dialzio.app
    ADD CONSTRAINT app_pkey PRIMARY KEY (id);

ALTER TABLE ONLY dialzio.app_secret
    ADD CONSTRAINT app_secret_pkey PRIMARY KEY (app_id, place);

ALTER TABLE ONLY dialzio.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (org_id, seq, at);

ALTER TABLE ONLY dialzio.audit_2026_11
    ADD CONSTRAINT audit_2026_11_pkey PRIMARY KEY (org_id, seq, at);

ALTER TABLE ONLY dialzio.channel_alias
    ADD CONSTRAINT channel_alias_pkey PRIMARY KEY (org_id, portfolio, kind, match_key);

ALTER TABLE ONLY dialzio.channel_identity
    ADD CONSTRAINT channel_identity_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (org_id, seq);

ALTER TABLE ONLY dialzio.consent_subject
    ADD CONSTRAINT consent_subject_pkey PRIMARY KEY (org_id, subject_key, seq);

ALTER TABLE ONLY dialzio.contact_detail
    ADD CONSTRAINT contact_detail_pkey PRIMARY KEY (org_id, contact_id, place);

ALTER TABLE ONLY dialzio.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.contact_tag
    ADD CONSTRAINT contact_tag_pkey PRIMARY KEY (org_id, contact_id, tag);

ALTER TABLE ONLY dialzio.contact_word
    ADD CONSTRAINT contact_word_pkey PRIMARY KEY (org_id, contact_id, word);

ALTER TABLE ONLY dialzio.conversation_activity
    ADD CONSTRAINT conversation_activity_pkey PRIMARY KEY (org_id, conversation_id, id);

ALTER TABLE ONLY dialzio.conversation
    ADD CONSTRAINT conversation_org_id_account_id_identity_id_key UNIQUE (org_id, account_id, identity_id);

ALTER TABLE ONLY dialzio.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.effect
    ADD CONSTRAINT effect_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (org_id, seq, at);

ALTER TABLE ONLY dialzio.event_2026_11
    ADD CONSTRAINT event_2026_11_pkey PRIMARY KEY (org_id, seq, at);

ALTER TABLE ONLY dialzio.external_reference
    ADD CONSTRAINT external_reference_pkey PRIMARY KEY (org_id, account_id, hash8, message_id);

ALTER TABLE ONLY dialzio.heartbeat
    ADD CONSTRAINT heartbeat_pkey PRIMARY KEY (one);

ALTER TABLE ONLY dialzio.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (org_id, key);

ALTER TABLE ONLY dialzio.inbox_item
    ADD CONSTRAINT inbox_item_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY dialzio.lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (org_id, account_id, kind);

ALTER TABLE ONLY dialzio.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (org_id, account_id, kind);

ALTER TABLE ONLY dialzio.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (user_id, org_id, member_id);

ALTER TABLE ONLY dialzio.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.message_2026_11
    ADD CONSTRAINT message_2026_11_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.message_evidence
    ADD CONSTRAINT message_evidence_pkey PRIMARY KEY (org_id, message_id, status);

ALTER TABLE ONLY dialzio.message_evidence_2026_11
    ADD CONSTRAINT message_evidence_2026_11_pkey PRIMARY KEY (org_id, message_id, status);

ALTER TABLE ONLY dialzio.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (org_id, contact_id, id);

ALTER TABLE ONLY dialzio.org_head
    ADD CONSTRAINT org_head_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY dialzio.org
    ADD CONSTRAINT org_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY dialzio.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY dialzio.queue_count
    ADD CONSTRAINT queue_count_pkey PRIMARY KEY (org_id, state, assignee);

ALTER TABLE ONLY dialzio.route
    ADD CONSTRAINT route_pkey PRIMARY KEY (provider, external_id, org_id, account_id);

ALTER TABLE ONLY dialzio.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY dialzio.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY dialzio.suppression
    ADD CONSTRAINT suppression_pkey PRIMARY KEY (org_id, hash, scope);

ALTER TABLE ONLY dialzio.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY dialzio.template
    ADD CONSTRAINT template_pkey PRIMARY KEY (org_id, account_id, name, language);

ALTER TABLE ONLY dialzio."user"
    ADD CONSTRAINT user_email_key_key UNIQUE (email_key);

ALTER TABLE ONLY dialzio."user"
    ADD CONSTRAINT user_pkey PRIMARY KEY (id);

CREATE INDEX api_key_owner_of ON dialzio.api_key_owner USING btree (org_id, key_id);

CREATE INDEX app_of_org ON dialzio.app USING btree (org_id, id);

CREATE INDEX channel_alias_by_subject ON dialzio.channel_alias USING btree (org_id, subject_key);

CREATE INDEX channel_alias_of_identity ON dialzio.channel_alias USING btree (org_id, identity_id, kind, seen_at, place);

CREATE INDEX channel_identity_joined ON dialzio.channel_identity USING btree (org_id, joined_into) WHERE (joined_into IS NOT NULL);

CREATE INDEX channel_identity_of_contact ON dialzio.channel_identity USING btree (org_id, contact_id, id);

CREATE INDEX consent_of_contact ON dialzio.consent USING btree (org_id, contact_id, seq);

CREATE INDEX consent_subject_of ON dialzio.consent_subject USING btree (org_id, seq, place);

CREATE INDEX contact_by_name ON dialzio.contact USING btree (org_id, sort_key, id);

CREATE INDEX contact_by_stage ON dialzio.contact USING btree (org_id, stage, sort_key, id);

CREATE INDEX contact_detail_by_subject ON dialzio.contact_detail USING btree (org_id, subject_key, contact_id);

CREATE INDEX contact_word_by_word ON dialzio.contact_word USING btree (org_id, word, contact_id);

CREATE INDEX conversation_activity_by_time ON dialzio.conversation_activity USING btree (org_id, at);

CREATE INDEX conversation_of_contact ON dialzio.conversation USING btree (org_id, contact_id);

CREATE INDEX conversation_of_identity ON dialzio.conversation USING btree (org_id, identity_id);

CREATE INDEX conversation_queue ON dialzio.conversation USING btree (org_id, state, last_at, id);

CREATE INDEX conversation_queue_of ON dialzio.conversation USING btree (org_id, state, assignee, last_at, id);

CREATE INDEX conversation_snoozed ON dialzio.conversation USING btree (org_id, snoozed_until) WHERE (snoozed_until IS NOT NULL);

CREATE INDEX effect_dispatched ON dialzio.effect USING btree (org_id, id) WHERE (state = 'dispatched'::text);

CREATE INDEX effect_line ON dialzio.effect USING btree (org_id, lane, account_id, id, not_before) WHERE (state = 'pending'::text);

CREATE INDEX effect_next ON dialzio.effect USING btree (org_id, lane, account_id, not_before) WHERE (state = 'pending'::text);

CREATE INDEX effect_send ON dialzio.effect USING btree (org_id, subject) WHERE ((work = 'send'::text) AND (state = ANY (ARRAY['pending'::text, 'dispatched'::text, 'unknown'::text])));

CREATE INDEX effect_settled ON dialzio.effect USING btree (org_id, deadline) WHERE (state = ANY (ARRAY['done'::text, 'suppressed'::text, 'cancelled'::text, 'expired'::text, 'dead'::text]));

CREATE INDEX external_reference_seen ON dialzio.external_reference USING btree (org_id, seen_at);

CREATE INDEX idempotency_at ON dialzio.idempotency USING btree (org_id, at);

CREATE INDEX inbox_item_line ON dialzio.inbox_item USING btree (org_id, lane, account_id, id, due_at);

CREATE INDEX inbox_item_next ON dialzio.inbox_item USING btree (org_id, lane, account_id, due_at);

CREATE INDEX invitation_ending ON dialzio.invitation USING btree (expires_at);

CREATE INDEX lane_due ON dialzio.lane USING btree (due_at);

CREATE INDEX lease_held ON dialzio.lease USING btree (held_until) WHERE (holder IS NOT NULL);

CREATE INDEX media_by_event ON dialzio.media USING btree (org_id, event_at);

CREATE INDEX media_ending ON dialzio.media USING btree (org_id, expires_at) WHERE (expires_at IS NOT NULL);

CREATE INDEX media_of_message ON dialzio.media USING btree (org_id, message_id);

CREATE INDEX member_of_user ON dialzio.member USING btree (org_id, user_id, id);

CREATE INDEX message_thread ON ONLY dialzio.message USING btree (org_id, conversation_id, id);

CREATE INDEX message_2026_11_org_id_conversation_id_id_idx ON dialzio.message_2026_11 USING btree (org_id, conversation_id, id);

CREATE INDEX message_promotion ON ONLY dialzio.message USING btree (org_id, conversation_id, id) WHERE (purpose = ANY (ARRAY['marketing'::text, 'utility'::text]));

CREATE INDEX message_2026_11_org_id_conversation_id_id_idx1 ON dialzio.message_2026_11 USING btree (org_id, conversation_id, id) WHERE (purpose = ANY (ARRAY['marketing'::text, 'utility'::text]));

CREATE INDEX message_ending ON ONLY dialzio.message USING btree (org_id, expires_at) WHERE (expires_at IS NOT NULL);

CREATE INDEX message_2026_11_org_id_expires_at_idx ON dialzio.message_2026_11 USING btree (org_id, expires_at) WHERE (expires_at IS NOT NULL);

CREATE INDEX quarantine_ending ON dialzio.quarantine USING btree (org_id, expires_at);

CREATE INDEX quarantine_of_org ON dialzio.quarantine USING btree (org_id, id);

CREATE INDEX route_of_account ON dialzio.route USING btree (org_id, account_id);

CREATE INDEX route_of_business ON dialzio.route USING btree (app_id, business_id, account_id);

CREATE INDEX route_of_number ON dialzio.route USING btree (app_id, external_id, account_id);

CREATE INDEX session_ending ON dialzio.session USING btree (expires_at);

CREATE INDEX session_of_user ON dialzio.session USING btree (user_id);

CREATE INDEX task_of_assignee ON dialzio.task USING btree (org_id, assignee, id);

CREATE INDEX task_of_contact ON dialzio.task USING btree (org_id, contact_id, id);

CREATE INDEX task_open ON dialzio.task USING btree (org_id, id) WHERE (done_at IS NULL);

CREATE INDEX task_open_of_assignee ON dialzio.task USING btree (org_id, assignee, id) WHERE (done_at IS NULL);

ALTER INDEX dialzio.audit_pkey ATTACH PARTITION dialzio.audit_2026_11_pkey;

ALTER INDEX dialzio.event_pkey ATTACH PARTITION dialzio.event_2026_11_pkey;

ALTER INDEX dialzio.message_thread ATTACH PARTITION dialzio.message_2026_11_org_id_conversation_id_id_idx;

ALTER INDEX dialzio.message_promotion ATTACH PARTITION dialzio.message_2026_11_org_id_conversation_id_id_idx1;

ALTER INDEX dialzio.message_ending ATTACH PARTITION dialzio.message_2026_11_org_id_expires_at_idx;

ALTER INDEX dialzio.message_pkey ATTACH PARTITION dialzio.message_2026_11_pkey;

ALTER INDEX dialzio.message_evidence_pkey ATTACH PARTITION dialzio.message_evidence_2026_11_pkey;

ALTER TABLE ONLY dialzio.app_secret
    ADD CONSTRAINT app_secret_app_id_fkey FOREIGN KEY (app_id) REFERENCES dialzio.app(id);

ALTER TABLE ONLY dialzio.channel_alias
    ADD CONSTRAINT channel_alias_org_id_identity_id_fkey FOREIGN KEY (org_id, identity_id) REFERENCES dialzio.channel_identity(org_id, id);

ALTER TABLE ONLY dialzio.channel_identity
    ADD CONSTRAINT channel_identity_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES dialzio.contact(org_id, id);

ALTER TABLE ONLY dialzio.channel_identity
    ADD CONSTRAINT channel_identity_org_id_joined_into_fkey FOREIGN KEY (org_id, joined_into) REFERENCES dialzio.channel_identity(org_id, id);

ALTER TABLE ONLY dialzio.consent_subject
    ADD CONSTRAINT consent_subject_org_id_seq_fkey FOREIGN KEY (org_id, seq) REFERENCES dialzio.consent(org_id, seq);

ALTER TABLE ONLY dialzio.contact_detail
    ADD CONSTRAINT contact_detail_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES dialzio.contact(org_id, id);

ALTER TABLE ONLY dialzio.contact_tag
    ADD CONSTRAINT contact_tag_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES dialzio.contact(org_id, id);

ALTER TABLE ONLY dialzio.contact_word
    ADD CONSTRAINT contact_word_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES dialzio.contact(org_id, id);

ALTER TABLE ONLY dialzio.conversation_activity
    ADD CONSTRAINT conversation_activity_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES dialzio.conversation(org_id, id);

ALTER TABLE ONLY dialzio.conversation
    ADD CONSTRAINT conversation_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES dialzio.contact(org_id, id);

ALTER TABLE ONLY dialzio.conversation
    ADD CONSTRAINT conversation_org_id_identity_id_fkey FOREIGN KEY (org_id, identity_id) REFERENCES dialzio.channel_identity(org_id, id);

ALTER TABLE dialzio.message
    ADD CONSTRAINT message_org_id_conversation_id_fkey FOREIGN KEY (org_id, conversation_id) REFERENCES dialzio.conversation(org_id, id);

ALTER TABLE ONLY dialzio.note
    ADD CONSTRAINT note_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES dialzio.contact(org_id, id);

ALTER TABLE ONLY dialzio.task
    ADD CONSTRAINT task_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES dialzio.contact(org_id, id);

ALTER TABLE dialzio.account ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.api_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.api_key_owner ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.app ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.app_secret ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.audit ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.audit_2026_11 ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.channel_alias ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.channel_identity ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.consent ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.consent_subject ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.contact ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.contact_detail ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.contact_tag ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.contact_word ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.conversation ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.conversation_activity ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.effect ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.event ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.event_2026_11 ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.external_reference ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.heartbeat ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.idempotency ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.inbox_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.invitation ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.lane ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.lease ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.media ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.member ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.membership ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.message ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.message_2026_11 ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.message_evidence ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.message_evidence_2026_11 ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.note ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.org ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.org_head ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON dialzio.account TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.api_key TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.api_key_owner TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.audit TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.channel_alias TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.channel_identity TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.consent TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.consent_subject TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.contact TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.contact_detail TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.contact_tag TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.contact_word TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.conversation TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.conversation_activity TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.effect TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.event TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.external_reference TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.idempotency TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.inbox_item TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.lane TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.lease TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.media TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.member TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.membership TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.message TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.message_evidence TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.note TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.org TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.org_head TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.quarantine TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.queue_count TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.route TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.suppression TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.task TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

CREATE POLICY own ON dialzio.template TO dialzio_app USING ((org_id = (current_setting('dialzio.org'::text))::uuid)) WITH CHECK ((org_id = (current_setting('dialzio.org'::text))::uuid));

ALTER TABLE dialzio.quarantine ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.queue_count ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.route ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.session ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.suppression ENABLE ROW LEVEL SECURITY;

CREATE POLICY system ON dialzio.api_key_owner TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.app TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.app_secret TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.heartbeat TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.invitation TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.lane TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.lease TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.membership TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.org TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.org_head TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.quarantine TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.route TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio.session TO dialzio_system USING (true) WITH CHECK (true);

CREATE POLICY system ON dialzio."user" TO dialzio_system USING (true) WITH CHECK (true);

ALTER TABLE dialzio.task ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio.template ENABLE ROW LEVEL SECURITY;

ALTER TABLE dialzio."user" ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA dialzio TO dialzio_app;
GRANT USAGE ON SCHEMA dialzio TO dialzio_system;

REVOKE ALL ON FUNCTION dialzio.month_close(parent text, month date) FROM PUBLIC;
GRANT ALL ON FUNCTION dialzio.month_close(parent text, month date) TO dialzio_system;

REVOKE ALL ON FUNCTION dialzio.month_open(month date) FROM PUBLIC;
GRANT ALL ON FUNCTION dialzio.month_open(month date) TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.account TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.api_key TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.api_key_owner TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.api_key_owner TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.app TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.app_secret TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.audit TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.channel_alias TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.channel_identity TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.consent TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.consent_subject TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.contact TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.contact_detail TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.contact_tag TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.contact_word TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.conversation TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.conversation_activity TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.effect TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.event TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.external_reference TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.heartbeat TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.idempotency TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.inbox_item TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.invitation TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.lane TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.lane TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.lease TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.lease TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.media TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.member TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.membership TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.membership TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.message TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.message_evidence TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.note TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.org TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.org TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.org_head TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.org_head TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.quarantine TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.quarantine TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.queue_count TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.route TO dialzio_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.route TO dialzio_system;

GRANT SELECT ON TABLE dialzio.schema_version TO dialzio_app;
GRANT SELECT ON TABLE dialzio.schema_version TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.session TO dialzio_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.suppression TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.task TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio.template TO dialzio_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dialzio."user" TO dialzio_system;

