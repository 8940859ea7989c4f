-- Failed attempts to sign in, by account, device and peer, under keyed hashes. A key has its place in one bucket of eight
-- rows, so the table never grows beyond its room.
CREATE TABLE failed_attempt (
    bucket INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    key BLOB NOT NULL,
    failures INTEGER NOT NULL,
    since INTEGER NOT NULL,
    shut_until INTEGER,
    last_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (bucket, slot)
) WITHOUT ROWID;
CREATE INDEX failed_attempt_last ON failed_attempt (last_at);
