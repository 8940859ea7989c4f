-- Calls: one row for each, whatever legs and reports there are of it. What lists and reports read comes first, the texts
-- last. began_hour is the hour of the time in the id, in hours since 1970; duration_class is made from talk_seconds, and
-- customer_key from the number.
CREATE TABLE call (
    org_id            BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    account_id        BLOB    NOT NULL,
    direction         TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    confirmed         INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    member_id         BLOB,
    disposition_id    BLOB,
    contact_id        BLOB,
    began_hour        INTEGER NOT NULL,
    started_at        INTEGER NOT NULL,
    answered_at       INTEGER,
    ended_at          INTEGER,
    talk_seconds      INTEGER CHECK (talk_seconds >= 0),
    wait_seconds      INTEGER CHECK (wait_seconds >= 0),
    duration_class    TEXT    NOT NULL,
    customer          TEXT,
    customer_key      TEXT,
    withheld          INTEGER NOT NULL CHECK (withheld IN (0, 1)),
    our_number        TEXT,
    agent             TEXT,
    placed_by         TEXT,
    placed            TEXT,
    purpose           TEXT,
    cause             TEXT,
    word              TEXT,
    recording_consent TEXT    NOT NULL,
    handled_at        INTEGER,
    task_id           BLOB,
    revision          INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    failure_code      TEXT,
    failure_detail    TEXT,
    note              TEXT,
    evidence          TEXT    NOT NULL,
    PRIMARY KEY (org_id, id),
    CHECK ((customer IS NULL) = (customer_key IS NULL)),
    CHECK (failure_code IS NOT NULL OR failure_detail IS NULL),
    FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id)
) STRICT, WITHOUT ROWID;
-- Each choice that narrows the log has an index that keeps its order.
CREATE INDEX call_of_account ON call (org_id, account_id, id);
CREATE INDEX call_by_direction ON call (org_id, direction, id);
CREATE INDEX call_by_state ON call (org_id, state, id);
CREATE INDEX call_by_duration ON call (org_id, duration_class, id);
CREATE INDEX call_of_member ON call (org_id, member_id, id) WHERE member_id IS NOT NULL;
CREATE INDEX call_of_contact ON call (org_id, contact_id, id) WHERE contact_id IS NOT NULL;
CREATE INDEX call_of_customer ON call (org_id, customer_key, id) WHERE customer_key IS NOT NULL;
CREATE INDEX call_by_disposition ON call (org_id, disposition_id, id) WHERE disposition_id IS NOT NULL;
CREATE INDEX call_missed ON call (org_id, id) WHERE state IN ('missed', 'voicemail');
-- Missed calls that wait to be called back.
CREATE INDEX call_waiting ON call (org_id, id) WHERE state IN ('missed', 'voicemail') AND handled_at IS NULL;
CREATE INDEX call_waiting_of_customer ON call (org_id, customer_key, id)
    WHERE state IN ('missed', 'voicemail') AND handled_at IS NULL AND customer_key IS NOT NULL;

-- The ids by which a provider names a call, one of its legs, or our request for it. One call of an account holds an id.
CREATE TABLE call_alias (
    org_id     BLOB NOT NULL,
    account_id BLOB NOT NULL,
    alias      TEXT NOT NULL,
    call_id    BLOB NOT NULL,
    PRIMARY KEY (org_id, account_id, alias),
    FOREIGN KEY (org_id, call_id) REFERENCES call (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_alias_of_call ON call_alias (org_id, call_id, alias);

-- The users of a provider's telephone system, and which member each of them is.
CREATE TABLE call_agent (
    org_id     BLOB NOT NULL,
    account_id BLOB NOT NULL,
    id         TEXT NOT NULL,
    name       TEXT,
    phone      TEXT,
    phone_key  TEXT,
    member_id  BLOB,
    PRIMARY KEY (org_id, account_id, id),
    CHECK ((phone IS NULL) = (phone_key IS NULL)),
    FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_agent_by_phone ON call_agent (org_id, account_id, phone_key) WHERE phone_key IS NOT NULL;
