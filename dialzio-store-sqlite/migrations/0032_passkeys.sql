-- Passkeys of users. Their private halves are in the devices.
CREATE TABLE passkey (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    name TEXT NOT NULL,
    credential BLOB NOT NULL,
    handle BLOB NOT NULL,
    public_key BLOB NOT NULL,
    transports INTEGER NOT NULL,
    counters BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    revision INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX passkey_credential ON passkey (credential);
CREATE INDEX passkey_of_user ON passkey (user_id);
