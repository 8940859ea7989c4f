-- From which addresses a key may be used, and when it was used last. The use is kept apart from the key, whose revision it does not
-- change.
ALTER TABLE @api_key ADD COLUMN allowed_from TEXT NOT NULL DEFAULT '[]';
CREATE TABLE @api_key_use (
    org_id UUID NOT NULL,
    key_id UUID NOT NULL,
    used_at BIGINT NOT NULL,
    network TEXT,
    PRIMARY KEY (org_id, key_id)
);
ALTER TABLE @api_key_use ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format('CREATE POLICY system ON %I.api_key_use TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', '@@system');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.api_key_use TO %I', '@@schema', '@@system');
END
$$;
ALTER TABLE @api_key_use FORCE ROW LEVEL SECURITY;
