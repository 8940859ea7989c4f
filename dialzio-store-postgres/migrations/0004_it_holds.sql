-- What keeps data and its surroundings together.

-- One row for each key that anything was sealed or hashed with: a value that only the holder of the key can make. Keys
-- that do not make it are not the keys of this database.
CREATE TABLE @key_check (
    place BIGINT NOT NULL PRIMARY KEY CHECK (place > 0),
    key_id TEXT COLLATE "C" NOT NULL UNIQUE,
    mac BYTEA NOT NULL CHECK (length(mac) = 32),
    made_at BIGINT NOT NULL
);

-- The newest instant that the clock is known to have reached, and one ahead of it that is not believed yet.
CREATE TABLE @time_mark (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    trusted_at BIGINT NOT NULL,
    ahead_at BIGINT,
    held BIGINT NOT NULL CHECK (held >= 0)
);

-- A database of an earlier release was written by a clock that was right when it was last used. The owner of the tables
-- sees no rows while row-level security is forced on it.
DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['heartbeat', 'event', 'audit'] LOOP
        EXECUTE format('ALTER TABLE %I.%I NO FORCE ROW LEVEL SECURITY', '@@schema', name);
    END LOOP;
    INSERT INTO @time_mark (one, trusted_at, ahead_at, held)
    SELECT 1, max(m.at), NULL, 0 FROM (
        SELECT max(h.at) AS at FROM @heartbeat h
        UNION ALL SELECT max(e.at) FROM @event e UNION ALL SELECT max(a.at) FROM @audit a
    ) m HAVING max(m.at) IS NOT NULL;
    FOREACH name IN ARRAY ARRAY['heartbeat', 'event', 'audit'] LOOP
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['key_check', 'time_mark'] LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('CREATE POLICY system ON %I.%I TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', name, '@@system');
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', '@@schema', name, '@@system');
    END LOOP;
END
$$;
-- Records count their changes, so that a change can be refused that was decided on an older state.
ALTER TABLE @org ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE @user ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE @app ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE @member ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE @api_key ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE @account ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- How far a received element can be believed. All that is there came with a valid signature.
ALTER TABLE @inbox_item ADD COLUMN trust TEXT COLLATE "C" NOT NULL DEFAULT 'signed';
ALTER TABLE @quarantine ADD COLUMN trust TEXT COLLATE "C" NOT NULL DEFAULT 'signed';
-- What stands around a received message (what it answers, where the person came from), and, sealed, what the provider
-- sent with it and nothing else shows.
ALTER TABLE @message ADD COLUMN context TEXT;
ALTER TABLE @message ADD COLUMN beside BYTEA;

-- Why an account cannot be used, and when its templates were last asked for: of two answers the later question's stays.
ALTER TABLE @account ADD COLUMN problem TEXT;
ALTER TABLE @account ADD COLUMN templates_asked_at BIGINT;
-- Where the organisation is: numbers in national form are read as they are dialled there. Proposed from its time zone.
ALTER TABLE @org ADD COLUMN country TEXT COLLATE "C";
