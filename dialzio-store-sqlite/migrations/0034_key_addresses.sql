-- From which addresses a key may be used, and when it was used last. The use is kept apart from the key, whose revision it does not
-- change.
ALTER TABLE api_key ADD COLUMN allowed_from TEXT NOT NULL DEFAULT '[]';
CREATE TABLE api_key_use (
    org_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    used_at INTEGER NOT NULL,
    network TEXT,
    PRIMARY KEY (org_id, key_id)
) WITHOUT ROWID;
