-- What is done with calls that come in. A flow is for one number of its account, or for all of them: then the number is empty.
-- Of those for the same number one at most is enabled.
CREATE TABLE call_flow (
    org_id     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    account_id BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    definition TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX call_flow_enabled ON call_flow (org_id, account_id, number) WHERE enabled = 1;
