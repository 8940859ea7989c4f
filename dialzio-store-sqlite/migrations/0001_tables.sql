-- The tables of everything but search.
--
-- Ids are 16 bytes, times are microseconds since 1970 in UTC, sealed values are bytes, closed sets of words are text.
-- Tables of an organisation start their key with org_id and refer to each other within the organisation only.

-- System tables: what has no organisation yet, or is asked for before one is known.

CREATE TABLE org (
    org_id        BLOB    NOT NULL PRIMARY KEY CHECK (length(org_id) = 16),
    name          TEXT    NOT NULL,
    zone          TEXT    NOT NULL,
    open_from     INTEGER NOT NULL,
    open_until    INTEGER NOT NULL,
    marketing_cap INTEGER NOT NULL,
    message_days  INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The ends of an organisation's gapless sequences.
CREATE TABLE org_head (
    org_id     BLOB    NOT NULL PRIMARY KEY,
    event_seq  INTEGER NOT NULL,
    audit_seq  INTEGER NOT NULL,
    audit_hash BLOB    NOT NULL,
    ledger_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
    id         BLOB    NOT NULL PRIMARY KEY,
    email      TEXT    NOT NULL,
    email_key  TEXT    NOT NULL UNIQUE,
    password   TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which organisations a user is an active member of.
CREATE TABLE membership (
    user_id   BLOB NOT NULL,
    org_id    BLOB NOT NULL,
    member_id BLOB NOT NULL,
    PRIMARY KEY (user_id, org_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    hash       BLOB    NOT NULL PRIMARY KEY,
    user_id    BLOB    NOT NULL,
    org_id     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_ending ON session (expires_at);

CREATE TABLE invitation (
    hash       BLOB    NOT NULL PRIMARY KEY,
    org_id     BLOB    NOT NULL,
    email      TEXT,
    role       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_ending ON invitation (expires_at);

CREATE TABLE app (
    id           BLOB    NOT NULL PRIMARY KEY,
    org_id       BLOB,
    provider     TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    hook         BLOB    NOT NULL UNIQUE,
    verify_token BLOB    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX app_of_org ON app (org_id, id);

CREATE TABLE app_secret (
    app_id BLOB    NOT NULL REFERENCES app (id),
    place  INTEGER NOT NULL,
    sealed BLOB    NOT NULL,
    PRIMARY KEY (app_id, place)
) STRICT, WITHOUT ROWID;

-- Whose a key for programs is, by the hash of its secret.
CREATE TABLE api_key_owner (
    hash   BLOB NOT NULL PRIMARY KEY,
    org_id BLOB NOT NULL,
    key_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_owner_of ON api_key_owner (org_id, key_id);

-- Where a provider's id of a number leads, for accounts in use.
CREATE TABLE route (
    provider    TEXT NOT NULL,
    external_id TEXT NOT NULL,
    org_id      BLOB NOT NULL,
    account_id  BLOB NOT NULL,
    app_id      BLOB NOT NULL,
    business_id TEXT NOT NULL,
    portfolio   TEXT NOT NULL,
    PRIMARY KEY (provider, external_id, org_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX route_of_number ON route (app_id, external_id, account_id);
CREATE INDEX route_of_business ON route (app_id, business_id, account_id);
CREATE INDEX route_of_account ON route (org_id, account_id);

-- When the first work of each lane is due. account_id is sixteen zero bytes for work that belongs to no account.
CREATE TABLE lane (
    org_id     BLOB    NOT NULL,
    account_id BLOB    NOT NULL,
    kind       TEXT    NOT NULL,
    due_at     INTEGER NOT NULL,
    PRIMARY KEY (org_id, account_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_due ON lane (due_at);

-- Bytes that could not be used. org_id is null if they belong to nobody we know.
CREATE TABLE quarantine (
    id          BLOB    NOT NULL PRIMARY KEY,
    org_id      BLOB,
    app_id      BLOB    NOT NULL,
    provider    TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    what        TEXT    NOT NULL,
    sealed      BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_of_org ON quarantine (org_id, id);
CREATE INDEX quarantine_ending ON quarantine (org_id, expires_at);

-- Written by the probe that shows that the store can write.
CREATE TABLE heartbeat (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who works in an organisation.

CREATE TABLE member (
    org_id     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    user_id    BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_of_user ON member (org_id, user_id, id);

CREATE TABLE api_key (
    org_id      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    permissions TEXT    NOT NULL,
    hash        BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked_at  INTEGER,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- Provider accounts.

CREATE TABLE account (
    org_id         BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    provider       TEXT    NOT NULL,
    app_id         BLOB    NOT NULL,
    name           TEXT    NOT NULL,
    external_id    TEXT    NOT NULL,
    business_id    TEXT    NOT NULL,
    portfolio      TEXT    NOT NULL,
    display_number TEXT,
    base_url       TEXT,
    token          BLOB    NOT NULL,
    state          TEXT    NOT NULL,
    checked_at     INTEGER,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE template (
    org_id     BLOB NOT NULL,
    account_id BLOB NOT NULL,
    name       TEXT NOT NULL,
    language   TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (org_id, account_id, name, language)
) STRICT, WITHOUT ROWID;

-- People.

CREATE TABLE contact (
    org_id     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    name       TEXT,
    sort_key   TEXT    NOT NULL,
    stage      TEXT    NOT NULL,
    owner      BLOB,
    restricted INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_by_name ON contact (org_id, sort_key, id);
CREATE INDEX contact_by_stage ON contact (org_id, stage, sort_key, id);

CREATE TABLE contact_detail (
    org_id      BLOB    NOT NULL,
    contact_id  BLOB    NOT NULL,
    place       INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    as_written  TEXT,
    label       TEXT,
    subject_key TEXT    NOT NULL,
    PRIMARY KEY (org_id, contact_id, place),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_detail_by_subject ON contact_detail (org_id, subject_key, contact_id);

CREATE TABLE contact_tag (
    org_id     BLOB NOT NULL,
    contact_id BLOB NOT NULL,
    tag        TEXT NOT NULL,
    PRIMARY KEY (org_id, contact_id, tag),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
    org_id     BLOB    NOT NULL,
    contact_id BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    author     TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, contact_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    org_id     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    contact_id BLOB    NOT NULL,
    title      TEXT    NOT NULL,
    due_at     INTEGER,
    assignee   BLOB,
    done_at    INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_of_contact ON task (org_id, contact_id, id);
CREATE INDEX task_of_assignee ON task (org_id, assignee, id);
CREATE INDEX task_open ON task (org_id, id) WHERE done_at IS NULL;
CREATE INDEX task_open_of_assignee ON task (org_id, assignee, id) WHERE done_at IS NULL;

-- joined_into names the survivor itself, never a chain.
CREATE TABLE channel_identity (
    org_id            BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    contact_id        BLOB    NOT NULL,
    portfolio         TEXT    NOT NULL,
    profile_name      TEXT,
    username          TEXT,
    profile_at        INTEGER NOT NULL,
    unreachable_since INTEGER,
    created_at        INTEGER NOT NULL,
    joined_into       BLOB,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id),
    FOREIGN KEY (org_id, joined_into) REFERENCES channel_identity (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_identity_of_contact ON channel_identity (org_id, contact_id, id);
CREATE INDEX channel_identity_joined ON channel_identity (org_id, joined_into) WHERE joined_into IS NOT NULL;

-- Has a row number, which breaks ties of seen_at by order of arrival.
CREATE TABLE channel_alias (
    org_id      BLOB    NOT NULL,
    portfolio   TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    match_key   TEXT    NOT NULL,
    identity_id BLOB    NOT NULL,
    value       TEXT    NOT NULL,
    subject_key TEXT    NOT NULL,
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (org_id, portfolio, kind, match_key),
    FOREIGN KEY (org_id, identity_id) REFERENCES channel_identity (org_id, id)
) STRICT;
CREATE INDEX channel_alias_of_identity ON channel_alias (org_id, identity_id, kind, seen_at);
CREATE INDEX channel_alias_by_subject ON channel_alias (org_id, subject_key);

-- Conversations. The head columns are what lists read; last_at moves with each message.

CREATE TABLE conversation (
    org_id          BLOB    NOT NULL,
    id              BLOB    NOT NULL,
    account_id      BLOB    NOT NULL,
    identity_id     BLOB    NOT NULL,
    contact_id      BLOB    NOT NULL,
    state           TEXT    NOT NULL,
    snoozed_until   INTEGER,
    assignee        BLOB,
    team            BLOB,
    unread          INTEGER NOT NULL,
    last_message    BLOB,
    last_at         INTEGER NOT NULL,
    last_inbound_at INTEGER,
    last_inbound    BLOB,
    seen_up_to      BLOB,
    revision        INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, account_id, identity_id),
    CHECK ((state = 'snoozed') = (snoozed_until IS NOT NULL)),
    FOREIGN KEY (org_id, identity_id) REFERENCES channel_identity (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_queue ON conversation (org_id, state, last_at, id);
CREATE INDEX conversation_queue_of ON conversation (org_id, state, assignee, last_at, id);
CREATE INDEX conversation_of_contact ON conversation (org_id, contact_id);
CREATE INDEX conversation_of_identity ON conversation (org_id, identity_id);
CREATE INDEX conversation_snoozed ON conversation (org_id, snoozed_until) WHERE snoozed_until IS NOT NULL;

-- How many conversations are in each queue. assignee is empty for nobody.
CREATE TABLE queue_count (
    org_id   BLOB    NOT NULL,
    state    TEXT    NOT NULL,
    assignee BLOB    NOT NULL,
    count    INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (org_id, state, assignee)
) STRICT, WITHOUT ROWID;

-- A conversation's messages lie side by side, so a page of them is a few pages of the file however old the conversation
-- is, and an insert touches two trees instead of three: this one, and the narrow one that finds a message by id, which
-- grows at its end. content is null for plain text. Reactions are in the row: at most two, read with every page.
CREATE TABLE message (
    org_id          BLOB    NOT NULL,
    conversation_id BLOB    NOT NULL,
    id              BLOB    NOT NULL,
    direction       TEXT    NOT NULL,
    author          TEXT,
    kind            TEXT    NOT NULL,
    text            TEXT,
    content         TEXT,
    content_version INTEGER NOT NULL,
    purpose         TEXT,
    event_at        INTEGER NOT NULL,
    received_at     INTEGER NOT NULL,
    expires_at      INTEGER,
    external_id     TEXT,
    reply_to        BLOB,
    status          TEXT    NOT NULL,
    status_at       INTEGER NOT NULL,
    failure_code    TEXT,
    failure_detail  TEXT,
    edited_at       INTEGER,
    revoked_at      INTEGER,
    reactions       TEXT,
    PRIMARY KEY (org_id, conversation_id, id),
    CHECK (expires_at IS NULL OR expires_at <= event_at + 31536000000000),
    FOREIGN KEY (org_id, conversation_id) REFERENCES conversation (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_by_id ON message (org_id, id);
CREATE INDEX message_ending ON message (org_id, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX message_promotion ON message (org_id, conversation_id, id) WHERE purpose IN ('marketing', 'utility');

-- One row for each status of an outbound message. Lives and goes with the message, by whose key alone it is read.
CREATE TABLE message_evidence (
    org_id         BLOB    NOT NULL,
    message_id     BLOB    NOT NULL,
    status         TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    failure_code   TEXT,
    failure_detail TEXT,
    PRIMARY KEY (org_id, message_id, status),
    FOREIGN KEY (org_id, message_id) REFERENCES message (org_id, id)
) STRICT, WITHOUT ROWID;

-- Recognises a provider's id for sixty days. The hash narrows; the id itself is compared in the message's row.
CREATE TABLE external_reference (
    org_id     BLOB    NOT NULL,
    account_id BLOB    NOT NULL,
    hash8      INTEGER NOT NULL,
    message_id BLOB    NOT NULL,
    digest     INTEGER,
    seen_at    INTEGER NOT NULL,
    PRIMARY KEY (org_id, account_id, hash8, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX external_reference_seen ON external_reference (org_id, seen_at);

CREATE TABLE media (
    org_id      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    message_id  BLOB    NOT NULL,
    account_id  BLOB    NOT NULL,
    what        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    mime        TEXT,
    filename    TEXT,
    size        INTEGER,
    sha256      BLOB,
    provider_id TEXT,
    blob        BLOB,
    wrapped_key BLOB,
    event_at    INTEGER NOT NULL,
    expires_at  INTEGER,
    PRIMARY KEY (org_id, id),
    CHECK (expires_at IS NULL OR expires_at <= event_at + 31536000000000),
    FOREIGN KEY (org_id, message_id) REFERENCES message (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_of_message ON media (org_id, message_id);
CREATE INDEX media_by_event ON media (org_id, event_at);
CREATE INDEX media_ending ON media (org_id, expires_at) WHERE expires_at IS NOT NULL;

-- Consent: an append-only ledger.

CREATE TABLE consent (
    org_id           BLOB    NOT NULL,
    seq              INTEGER NOT NULL,
    id               BLOB    NOT NULL,
    contact_id       BLOB    NOT NULL,
    channel          TEXT    NOT NULL,
    scope            TEXT    NOT NULL,
    event            TEXT    NOT NULL,
    evidence_kind    TEXT    NOT NULL,
    evidence_note    TEXT    NOT NULL,
    evidence_message BLOB,
    recorded_by      TEXT    NOT NULL,
    occurred_at      INTEGER NOT NULL,
    recorded_at      INTEGER NOT NULL,
    expires_at       INTEGER,
    PRIMARY KEY (org_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_of_contact ON consent (org_id, contact_id, seq);

CREATE TABLE consent_subject (
    org_id      BLOB    NOT NULL,
    subject_key TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    PRIMARY KEY (org_id, subject_key, seq),
    FOREIGN KEY (org_id, seq) REFERENCES consent (org_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_subject_of ON consent_subject (org_id, seq, place);

CREATE TABLE suppression (
    org_id      BLOB    NOT NULL,
    hash        BLOB    NOT NULL,
    scope       TEXT    NOT NULL,
    key_version INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (org_id, hash, scope)
) STRICT, WITHOUT ROWID;

-- Work, and what waits.

CREATE TABLE effect (
    org_id          BLOB    NOT NULL,
    id              BLOB    NOT NULL,
    account_id      BLOB,
    conversation_id BLOB,
    work            TEXT    NOT NULL,
    subject         BLOB,
    lane            TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    not_before      INTEGER NOT NULL,
    deadline        INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX effect_line ON effect (org_id, lane, account_id, id, not_before) WHERE state = 'pending';
CREATE INDEX effect_next ON effect (org_id, lane, account_id, not_before) WHERE state = 'pending';
CREATE INDEX effect_send ON effect (org_id, subject)
    WHERE work = 'send' AND state IN ('pending', 'dispatched', 'unknown');
CREATE INDEX effect_dispatched ON effect (org_id, id) WHERE state = 'dispatched';
CREATE INDEX effect_settled ON effect (org_id, deadline)
    WHERE state IN ('done', 'suppressed', 'cancelled', 'expired', 'dead');

CREATE TABLE inbox_item (
    org_id      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    account_id  BLOB    NOT NULL,
    lane        TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    app_id      BLOB    NOT NULL,
    sealed      BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_item_line ON inbox_item (org_id, lane, account_id, id, due_at);
CREATE INDEX inbox_item_next ON inbox_item (org_id, lane, account_id, due_at);

-- Makes a request of a client happen once. Holds hashes only.
CREATE TABLE idempotency (
    org_id BLOB    NOT NULL,
    key    BLOB    NOT NULL,
    print  BLOB    NOT NULL,
    kind   TEXT    NOT NULL,
    answer BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (org_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (org_id, at);

-- The two logs.

CREATE TABLE event (
    org_id BLOB    NOT NULL,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    body   TEXT    NOT NULL,
    PRIMARY KEY (org_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    org_id    BLOB    NOT NULL,
    seq       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    principal TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    subject   BLOB,
    cause     BLOB,
    hash      BLOB    NOT NULL,
    PRIMARY KEY (org_id, seq)
) STRICT, WITHOUT ROWID;
