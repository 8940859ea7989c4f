-- Messages that are sent at a later time. One whose time has come is a message, or stays with the reason why it is none.
CREATE TABLE scheduled_message (
    org_id          BLOB    NOT NULL,
    id              BLOB    NOT NULL,
    conversation_id BLOB    NOT NULL,
    author          TEXT    NOT NULL,
    text            TEXT    NOT NULL,
    reply_to        BLOB,
    send_at         INTEGER NOT NULL,
    revision        INTEGER NOT NULL,
    refused_at      INTEGER,
    refused_code    TEXT,
    refused_detail  TEXT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, conversation_id) REFERENCES conversation (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX scheduled_message_of_conversation ON scheduled_message (org_id, conversation_id, send_at, id);
CREATE INDEX scheduled_message_by_time ON scheduled_message (org_id, send_at);
