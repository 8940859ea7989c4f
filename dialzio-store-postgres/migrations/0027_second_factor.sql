-- Codes of an app as a second factor of a user; the hashes of the recovery codes stand behind each other.
CREATE TABLE @second_factor (
    user_id UUID NOT NULL PRIMARY KEY,
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL,
    recovery BYTEA NOT NULL,
    revision BIGINT NOT NULL
);

-- Tokens of users that are good for one purpose and are no session.
CREATE TABLE @user_token (
    hash BYTEA NOT NULL PRIMARY KEY,
    purpose TEXT COLLATE "C" NOT NULL,
    user_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX user_token_of_user ON @user_token (user_id);
CREATE INDEX user_token_ending ON @user_token (expires_at);

-- Whether the members of an organisation have to have a second factor.
ALTER TABLE @org ADD COLUMN requires_second_factor BOOLEAN NOT NULL DEFAULT FALSE;

DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['second_factor', 'user_token'] LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('CREATE POLICY system ON %I.%I TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', name, '@@system');
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', '@@schema', name, '@@system');
    END LOOP;
END
$$;
