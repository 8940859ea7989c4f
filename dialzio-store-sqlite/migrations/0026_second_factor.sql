-- Codes of an app as a second factor of a user; the hashes of the recovery codes stand behind each other.
CREATE TABLE second_factor (
    user_id BLOB NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL,
    recovery BLOB NOT NULL,
    revision INTEGER NOT NULL
) WITHOUT ROWID;

-- Tokens of users that are good for one purpose and are no session.
CREATE TABLE user_token (
    hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX user_token_of_user ON user_token (user_id);
CREATE INDEX user_token_ending ON user_token (expires_at);

-- Whether the members of an organisation have to have a second factor.
ALTER TABLE org ADD COLUMN requires_second_factor INTEGER NOT NULL DEFAULT 0;
