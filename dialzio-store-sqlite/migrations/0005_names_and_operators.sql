-- A pending send that waits for its account to be mended, and for nothing else: it is due once that is done.
ALTER TABLE effect ADD COLUMN resting INTEGER NOT NULL DEFAULT 0 CHECK (resting IN (0, 1));
CREATE INDEX effect_resting ON effect (org_id, account_id) WHERE resting = 1 AND state = 'pending';
-- Whether the organisation has an account of a number already. An earlier release may have made two, so that the rule is
-- kept where accounts are written and not by this index.
CREATE INDEX account_number ON account (org_id, provider, external_id);
-- What the operator of the installation did, in one chain: each entry's digest covers the one before.
CREATE TABLE operator_log (
    seq     INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    at      INTEGER NOT NULL,
    reason  TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    org_id  BLOB,
    subject BLOB,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;
-- Follow-ups count their changes, so that a change can be refused that was decided on an older state.
ALTER TABLE task ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
