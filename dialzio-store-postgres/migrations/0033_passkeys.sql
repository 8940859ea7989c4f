-- Passkeys of users. Their private halves are in the devices.
CREATE TABLE @passkey (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    credential BYTEA NOT NULL,
    handle BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    transports BIGINT NOT NULL,
    counters BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX passkey_credential ON @passkey (credential);
CREATE INDEX passkey_of_user ON @passkey (user_id);

DO $$
BEGIN
    EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', '@@schema', 'passkey');
    EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', 'passkey');
    EXECUTE format('CREATE POLICY system ON %I.%I TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', 'passkey', '@@system');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', '@@schema', 'passkey', '@@system');
END
$$;
