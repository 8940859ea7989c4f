-- What was done with conversations: given to somebody, closed, opened again, put off. Goes when messages of its time go.

CREATE TABLE conversation_activity (
    org_id          BLOB    NOT NULL,
    conversation_id BLOB    NOT NULL,
    id              BLOB    NOT NULL,
    by              TEXT    NOT NULL,
    what            TEXT    NOT NULL,
    member          BLOB,
    until           INTEGER,
    at              INTEGER NOT NULL,
    PRIMARY KEY (org_id, conversation_id, id),
    FOREIGN KEY (org_id, conversation_id) REFERENCES conversation (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_activity_by_time ON conversation_activity (org_id, at);
