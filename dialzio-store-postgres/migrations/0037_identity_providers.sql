-- Where members sign in with their account at work, what they are called there, and which sessions were begun so.
CREATE TABLE @identity_provider (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE TABLE @member_identity (
    org_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    subject TEXT NOT NULL,
    member_id UUID NOT NULL,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, provider_id, subject)
);
ALTER TABLE @identity_provider ENABLE ROW LEVEL SECURITY;
ALTER TABLE @member_identity ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.identity_provider TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.identity_provider TO %I', '@@schema', '@@app');
    EXECUTE format(
        'CREATE POLICY own ON %I.member_identity TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.member_identity TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @identity_provider FORCE ROW LEVEL SECURITY;
ALTER TABLE @member_identity FORCE ROW LEVEL SECURITY;
ALTER TABLE @session ADD COLUMN kept_in_org BOOLEAN NOT NULL DEFAULT FALSE;
