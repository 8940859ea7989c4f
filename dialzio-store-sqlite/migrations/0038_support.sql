-- Requests of members to the operator of the installation. A message without a member is the operator's.
CREATE TABLE support_request (
    org_id     BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    member_id  BLOB    NOT NULL,
    subject    TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    closed_at  INTEGER,
    revision   INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX support_request_of_member ON support_request (org_id, member_id, id);
CREATE INDEX support_request_closed ON support_request (org_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE TABLE support_message (
    org_id     BLOB    NOT NULL,
    request_id BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    member_id  BLOB,
    text       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (org_id, request_id, id),
    FOREIGN KEY (org_id, request_id) REFERENCES support_request (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
