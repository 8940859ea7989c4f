-- Failed attempts to sign in, by account, device and peer, under keyed hashes. A key has its place in one bucket of eight
-- rows, so the table never grows beyond its room.
CREATE TABLE @failed_attempt (
    bucket BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    key BYTEA NOT NULL,
    failures BIGINT NOT NULL,
    since BIGINT NOT NULL,
    shut_until BIGINT,
    last_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (bucket, slot)
);
CREATE INDEX failed_attempt_last ON @failed_attempt (last_at);
ALTER TABLE @failed_attempt ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format('CREATE POLICY system ON %I.failed_attempt TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', '@@system');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.failed_attempt TO %I', '@@schema', '@@system');
END
$$;
ALTER TABLE @failed_attempt FORCE ROW LEVEL SECURITY;
