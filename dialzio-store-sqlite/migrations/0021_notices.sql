-- What members are told about: who mentioned them, or assigned something to them.
CREATE TABLE notice (
    org_id     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    member_id  BLOB    NOT NULL,
    reason     TEXT    NOT NULL,
    record_id  BLOB    NOT NULL,
    contact_id BLOB    NOT NULL,
    author     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    read_at    INTEGER,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_by_member ON notice (org_id, member_id, id);
CREATE INDEX notice_unread ON notice (org_id, member_id, id) WHERE read_at IS NULL;
CREATE INDEX notice_by_contact ON notice (org_id, contact_id);
CREATE INDEX notice_by_time ON notice (org_id, created_at);
