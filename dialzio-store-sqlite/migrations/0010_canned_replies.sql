-- Texts that members send often. A shortcut is unique in its organisation, and kept in the form that is compared.
CREATE TABLE canned_reply (
    org_id   BLOB    NOT NULL,
    id       BLOB    NOT NULL,
    title    TEXT    NOT NULL,
    shortcut TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX canned_reply_by_shortcut ON canned_reply (org_id, shortcut);
