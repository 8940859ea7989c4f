-- What members have begun to write and not sent: one for each conversation, member and kind.
CREATE TABLE draft (
    org_id          BLOB    NOT NULL,
    conversation_id BLOB    NOT NULL,
    member_id       BLOB    NOT NULL,
    kind            TEXT    NOT NULL,
    text            TEXT    NOT NULL,
    saved_at        INTEGER NOT NULL,
    PRIMARY KEY (org_id, conversation_id, member_id, kind),
    FOREIGN KEY (org_id, conversation_id) REFERENCES conversation (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_by_time ON draft (org_id, saved_at);
