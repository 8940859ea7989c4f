-- The tables.
--
-- The same names and the same order of meaning as in the embedded store. Ids are UUIDs, times are microseconds since 1970
-- in UTC, sealed values are bytes, closed sets of words are text. Text is compared by its bytes, so that lists are in the
-- same order on every machine. The sixteen zero bytes stand for "none" where a value is part of a key or is looked up.
--
-- Tables of an organisation start their key with org_id and refer to each other within the organisation only.
-- A name behind @ is one of ours, in whatever schema we live.

-- System tables: what has no organisation yet, or is asked for before one is known.

CREATE TABLE @org (
    org_id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    open_from BIGINT NOT NULL,
    open_until BIGINT NOT NULL,
    marketing_cap BIGINT NOT NULL,
    message_days BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The ends of an organisation's gapless sequences.
CREATE TABLE @org_head (
    org_id UUID NOT NULL PRIMARY KEY,
    event_seq BIGINT NOT NULL,
    audit_seq BIGINT NOT NULL,
    audit_hash BYTEA NOT NULL,
    ledger_seq BIGINT NOT NULL
);

CREATE TABLE @user (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL UNIQUE,
    password TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

-- Which organisations a user is an active member of.
CREATE TABLE @membership (
    user_id UUID NOT NULL,
    org_id UUID NOT NULL,
    member_id UUID NOT NULL,
    PRIMARY KEY (user_id, org_id, member_id)
);

CREATE TABLE @session (
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    org_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX session_of_user ON @session (user_id);
CREATE INDEX session_ending ON @session (expires_at);

CREATE TABLE @invitation (
    hash BYTEA NOT NULL PRIMARY KEY,
    org_id UUID NOT NULL,
    email TEXT COLLATE "C",
    role TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX invitation_ending ON @invitation (expires_at);

CREATE TABLE @app (
    id UUID NOT NULL PRIMARY KEY,
    org_id UUID NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    hook UUID NOT NULL UNIQUE,
    verify_token BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX app_of_org ON @app (org_id, id);

CREATE TABLE @app_secret (
    app_id UUID NOT NULL REFERENCES @app (id),
    place BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (app_id, place)
);

-- Whose a key for programs is, by the hash of its secret.
CREATE TABLE @api_key_owner (
    hash BYTEA NOT NULL PRIMARY KEY,
    org_id UUID NOT NULL,
    key_id UUID NOT NULL
);
CREATE INDEX api_key_owner_of ON @api_key_owner (org_id, key_id);

-- Where a provider's id of a number leads, for accounts in use.
CREATE TABLE @route (
    provider TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    org_id UUID NOT NULL,
    account_id UUID NOT NULL,
    app_id UUID NOT NULL,
    business_id TEXT COLLATE "C" NOT NULL,
    portfolio TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (provider, external_id, org_id, account_id)
);
CREATE INDEX route_of_number ON @route (app_id, external_id, account_id);
CREATE INDEX route_of_business ON @route (app_id, business_id, account_id);
CREATE INDEX route_of_account ON @route (org_id, account_id);

-- When the first work of each lane is due.
CREATE TABLE @lane (
    org_id UUID NOT NULL,
    account_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, account_id, kind)
);
CREATE INDEX lane_due ON @lane (due_at);

-- Who works on which lane. A row stays when the lease is given back, since its fence only grows; holder is null then.
CREATE TABLE @lease (
    org_id UUID NOT NULL,
    account_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    fence BIGINT NOT NULL,
    holder UUID,
    held_until BIGINT NOT NULL,
    PRIMARY KEY (org_id, account_id, kind)
);
CREATE INDEX lease_held ON @lease (held_until) WHERE holder IS NOT NULL;

-- Bytes that could not be used. org_id is zero if they belong to nobody we know.
CREATE TABLE @quarantine (
    id UUID NOT NULL PRIMARY KEY,
    org_id UUID NOT NULL,
    app_id UUID NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX quarantine_of_org ON @quarantine (org_id, id);
CREATE INDEX quarantine_ending ON @quarantine (org_id, expires_at);

-- Written by the probe that shows that the store can write.
CREATE TABLE @heartbeat (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    at BIGINT NOT NULL
);

-- Who works in an organisation.

CREATE TABLE @member (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX member_of_user ON @member (org_id, user_id, id);

CREATE TABLE @api_key (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    permissions TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (org_id, id)
);

-- Provider accounts.

CREATE TABLE @account (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    app_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    business_id TEXT COLLATE "C" NOT NULL,
    portfolio TEXT COLLATE "C" NOT NULL,
    display_number TEXT COLLATE "C",
    base_url TEXT COLLATE "C",
    token BYTEA NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    checked_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE @template (
    org_id UUID NOT NULL,
    account_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    definition TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, account_id, name, language)
);

-- People.

CREATE TABLE @contact (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT COLLATE "C",
    sort_key TEXT COLLATE "C" NOT NULL,
    stage TEXT COLLATE "C" NOT NULL,
    owner UUID,
    restricted BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX contact_by_name ON @contact (org_id, sort_key, id);
CREATE INDEX contact_by_stage ON @contact (org_id, stage, sort_key, id);

CREATE TABLE @contact_detail (
    org_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    place BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    as_written TEXT COLLATE "C",
    label TEXT COLLATE "C",
    subject_key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, contact_id, place),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id)
);
CREATE INDEX contact_detail_by_subject ON @contact_detail (org_id, subject_key, contact_id);

CREATE TABLE @contact_tag (
    org_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    tag TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, contact_id, tag),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id)
);

CREATE TABLE @note (
    org_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    id UUID NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id)
);

CREATE TABLE @task (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    contact_id UUID NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    due_at BIGINT,
    assignee UUID,
    done_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id)
);
CREATE INDEX task_of_contact ON @task (org_id, contact_id, id);
CREATE INDEX task_of_assignee ON @task (org_id, assignee, id);
CREATE INDEX task_open ON @task (org_id, id) WHERE done_at IS NULL;
CREATE INDEX task_open_of_assignee ON @task (org_id, assignee, id) WHERE done_at IS NULL;

-- joined_into names the survivor itself, never a chain.
CREATE TABLE @channel_identity (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    contact_id UUID NOT NULL,
    portfolio TEXT COLLATE "C" NOT NULL,
    profile_name TEXT COLLATE "C",
    username TEXT COLLATE "C",
    profile_at BIGINT NOT NULL,
    unreachable_since BIGINT,
    created_at BIGINT NOT NULL,
    joined_into UUID,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id),
    FOREIGN KEY (org_id, joined_into) REFERENCES @channel_identity (org_id, id)
);
CREATE INDEX channel_identity_of_contact ON @channel_identity (org_id, contact_id, id);
CREATE INDEX channel_identity_joined ON @channel_identity (org_id, joined_into) WHERE joined_into IS NOT NULL;

-- place breaks ties of seen_at by order of arrival.
CREATE TABLE @channel_alias (
    org_id UUID NOT NULL,
    portfolio TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    match_key TEXT COLLATE "C" NOT NULL,
    identity_id UUID NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    subject_key TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT NOT NULL,
    place BIGINT GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (org_id, portfolio, kind, match_key),
    FOREIGN KEY (org_id, identity_id) REFERENCES @channel_identity (org_id, id)
);
CREATE INDEX channel_alias_of_identity ON @channel_alias (org_id, identity_id, kind, seen_at, place);
CREATE INDEX channel_alias_by_subject ON @channel_alias (org_id, subject_key);

-- Conversations. The head columns are what lists read; last_at moves with each message.

CREATE TABLE @conversation (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    identity_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    snoozed_until BIGINT,
    assignee UUID NOT NULL,
    team UUID,
    unread BIGINT NOT NULL,
    last_message UUID,
    last_at BIGINT NOT NULL,
    last_inbound_at BIGINT,
    last_inbound UUID,
    seen_up_to UUID,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, account_id, identity_id),
    CHECK ((state = 'snoozed') = (snoozed_until IS NOT NULL)),
    FOREIGN KEY (org_id, identity_id) REFERENCES @channel_identity (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id)
);
CREATE INDEX conversation_queue ON @conversation (org_id, state, last_at, id);
CREATE INDEX conversation_queue_of ON @conversation (org_id, state, assignee, last_at, id);
CREATE INDEX conversation_of_contact ON @conversation (org_id, contact_id);
CREATE INDEX conversation_of_identity ON @conversation (org_id, identity_id);
CREATE INDEX conversation_snoozed ON @conversation (org_id, snoozed_until) WHERE snoozed_until IS NOT NULL;

-- What was done with conversations: given to somebody, closed, opened again, put off. Goes when messages of its time go.
CREATE TABLE @conversation_activity (
    org_id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    id UUID NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    member UUID,
    until BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (org_id, conversation_id, id),
    FOREIGN KEY (org_id, conversation_id) REFERENCES @conversation (org_id, id)
);
CREATE INDEX conversation_activity_by_time ON @conversation_activity (org_id, at);

-- How many conversations are in each queue.
CREATE TABLE @queue_count (
    org_id UUID NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    assignee UUID NOT NULL,
    count BIGINT NOT NULL CHECK (count >= 0),
    PRIMARY KEY (org_id, state, assignee)
);

-- By month of the time in their ids: a month that has expired is dropped instead of deleted. content is null for plain
-- text. Reactions are in the row: at most two, read with every page.
CREATE TABLE @message (
    org_id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    id UUID NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C",
    content TEXT COLLATE "C",
    content_version BIGINT NOT NULL,
    purpose TEXT COLLATE "C",
    event_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    expires_at BIGINT,
    external_id TEXT COLLATE "C",
    reply_to UUID,
    status TEXT COLLATE "C" NOT NULL,
    status_at BIGINT NOT NULL,
    failure_code TEXT COLLATE "C",
    failure_detail TEXT COLLATE "C",
    edited_at BIGINT,
    revoked_at BIGINT,
    reactions TEXT COLLATE "C",
    PRIMARY KEY (org_id, id),
    CHECK (expires_at IS NULL OR expires_at <= event_at + 31536000000000),
    FOREIGN KEY (org_id, conversation_id) REFERENCES @conversation (org_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX message_thread ON @message (org_id, conversation_id, id);
CREATE INDEX message_ending ON @message (org_id, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX message_promotion ON @message (org_id, conversation_id, id) WHERE purpose IN ('marketing', 'utility');

-- One row for each status of an outbound message. Lives and goes with the message, by whose key alone it is read. No
-- reference to it, nor from media: dropping a month would have to look for each of its messages in them.
CREATE TABLE @message_evidence (
    org_id UUID NOT NULL,
    message_id UUID NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    failure_code TEXT COLLATE "C",
    failure_detail TEXT COLLATE "C",
    PRIMARY KEY (org_id, message_id, status)
) PARTITION BY RANGE (message_id);

-- Recognises a provider's id for sixty days. The hash narrows; the id itself is compared in the message's row.
CREATE TABLE @external_reference (
    org_id UUID NOT NULL,
    account_id UUID NOT NULL,
    hash8 BIGINT NOT NULL,
    message_id UUID NOT NULL,
    digest BIGINT,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, account_id, hash8, message_id)
);
CREATE INDEX external_reference_seen ON @external_reference (org_id, seen_at);

CREATE TABLE @media (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    account_id UUID NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    mime TEXT COLLATE "C",
    filename TEXT COLLATE "C",
    size BIGINT,
    sha256 BYTEA,
    provider_id TEXT COLLATE "C",
    blob BYTEA,
    wrapped_key BYTEA,
    event_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (org_id, id),
    CHECK (expires_at IS NULL OR expires_at <= event_at + 31536000000000)
);
CREATE INDEX media_of_message ON @media (org_id, message_id);
CREATE INDEX media_by_event ON @media (org_id, event_at);
CREATE INDEX media_ending ON @media (org_id, expires_at) WHERE expires_at IS NOT NULL;

-- Consent: an append-only ledger.

CREATE TABLE @consent (
    org_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    contact_id UUID NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    evidence_kind TEXT COLLATE "C" NOT NULL,
    evidence_note TEXT COLLATE "C" NOT NULL,
    evidence_message UUID,
    recorded_by TEXT COLLATE "C" NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (org_id, seq)
);
CREATE INDEX consent_of_contact ON @consent (org_id, contact_id, seq);

CREATE TABLE @consent_subject (
    org_id UUID NOT NULL,
    subject_key TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (org_id, subject_key, seq),
    FOREIGN KEY (org_id, seq) REFERENCES @consent (org_id, seq)
);
CREATE INDEX consent_subject_of ON @consent_subject (org_id, seq, place);

CREATE TABLE @suppression (
    org_id UUID NOT NULL,
    hash BYTEA NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    key_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, hash, scope)
);

-- Work, and what waits.

CREATE TABLE @effect (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    conversation_id UUID,
    work TEXT COLLATE "C" NOT NULL,
    subject UUID,
    lane TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    not_before BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX effect_line ON @effect (org_id, lane, account_id, id, not_before) WHERE state = 'pending';
CREATE INDEX effect_next ON @effect (org_id, lane, account_id, not_before) WHERE state = 'pending';
CREATE INDEX effect_send ON @effect (org_id, subject)
    WHERE work = 'send' AND state IN ('pending', 'dispatched', 'unknown');
CREATE INDEX effect_dispatched ON @effect (org_id, id) WHERE state = 'dispatched';
CREATE INDEX effect_settled ON @effect (org_id, deadline)
    WHERE state IN ('done', 'suppressed', 'cancelled', 'expired', 'dead');

CREATE TABLE @inbox_item (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    lane TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    app_id UUID NOT NULL,
    sealed BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX inbox_item_line ON @inbox_item (org_id, lane, account_id, id, due_at);
CREATE INDEX inbox_item_next ON @inbox_item (org_id, lane, account_id, due_at);

-- Makes a request of a client happen once. Holds hashes only.
CREATE TABLE @idempotency (
    org_id UUID NOT NULL,
    key BYTEA NOT NULL,
    print BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    answer UUID NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (org_id, key)
);
CREATE INDEX idempotency_at ON @idempotency (org_id, at);

-- The two logs, by month of their time. Places are given under the lock of org_head, so they are unique in all months.

CREATE TABLE @event (
    org_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, seq, at)
) PARTITION BY RANGE (at);

CREATE TABLE @audit (
    org_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    principal TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject UUID,
    cause UUID,
    hash BYTEA NOT NULL,
    PRIMARY KEY (org_id, seq, at)
) PARTITION BY RANGE (at);

-- What contacts are found by: words that the core has folded.

CREATE TABLE @contact_word (
    org_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, contact_id, word),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id)
);
CREATE INDEX contact_word_by_word ON @contact_word (org_id, word, contact_id);
