-- What keeps data and its surroundings together.

-- One row for each key that anything was sealed or hashed with: a value that only the holder of the key can make. Keys
-- that do not make it are not the keys of this database.
CREATE TABLE key_check (
    place   INTEGER NOT NULL PRIMARY KEY CHECK (place > 0),
    key_id  TEXT    NOT NULL UNIQUE,
    mac     BLOB    NOT NULL CHECK (length(mac) = 32),
    made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest instant that the clock is known to have reached, and one ahead of it that is not believed yet.
CREATE TABLE time_mark (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    trusted_at INTEGER NOT NULL,
    ahead_at   INTEGER,
    held       INTEGER NOT NULL CHECK (held >= 0)
) STRICT, WITHOUT ROWID;

-- A database of an earlier release was written by a clock that was right when it was last used.
INSERT INTO time_mark (one, trusted_at, ahead_at, held)
SELECT 1, max(at), NULL, 0 FROM (
    SELECT max(at) AS at FROM heartbeat UNION ALL SELECT max(at) FROM event UNION ALL SELECT max(at) FROM audit
) HAVING max(at) IS NOT NULL;
-- Records count their changes, so that a change can be refused that was decided on an older state.
ALTER TABLE org ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE user ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE app ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE member ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE api_key ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- How far a received element can be believed. All that is there came with a valid signature.
ALTER TABLE inbox_item ADD COLUMN trust TEXT NOT NULL DEFAULT 'signed';
ALTER TABLE quarantine ADD COLUMN trust TEXT NOT NULL DEFAULT 'signed';
-- What stands around a received message (what it answers, where the person came from), and, sealed, what the provider
-- sent with it and nothing else shows.
ALTER TABLE message ADD COLUMN context TEXT;
ALTER TABLE message ADD COLUMN beside BLOB;

-- Why an account cannot be used, and when its templates were last asked for: of two answers the later question's stays.
ALTER TABLE account ADD COLUMN problem TEXT;
ALTER TABLE account ADD COLUMN templates_asked_at INTEGER;
-- Where the organisation is: numbers in national form are read as they are dialled there. Proposed from its time zone.
ALTER TABLE org ADD COLUMN country TEXT;
