-- A file belongs to a record of any kind: the kind is the name of the owner's table. All files that are there belong to
-- messages. No foreign key can lead to one of several tables, so the rule is kept where files are written and where their
-- owners go.
CREATE TABLE media_with_owner (
    org_id      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    owner_kind  TEXT    NOT NULL,
    owner_id    BLOB    NOT NULL,
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
    CHECK (expires_at IS NULL OR expires_at <= event_at + 31536000000000)
) STRICT, WITHOUT ROWID;
INSERT INTO media_with_owner (org_id, id, owner_kind, owner_id, account_id, what, state, mime, filename, size, sha256,
        provider_id, blob, wrapped_key, event_at, expires_at)
    SELECT org_id, id, 'message', message_id, account_id, what, state, mime, filename, size, sha256,
        provider_id, blob, wrapped_key, event_at, expires_at
    FROM media;
DROP TABLE media;
ALTER TABLE media_with_owner RENAME TO media;
CREATE INDEX media_of_owner ON media (org_id, owner_kind, owner_id);
CREATE INDEX media_by_event ON media (org_id, event_at);
CREATE INDEX media_ending ON media (org_id, expires_at) WHERE expires_at IS NOT NULL;
