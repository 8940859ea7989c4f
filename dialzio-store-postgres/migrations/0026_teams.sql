-- Which members work together, and how much of the organisation's work a member sees. Ids of members are a JSON array.
CREATE TABLE @team (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    members TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
ALTER TABLE @team ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.team TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.team TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @team FORCE ROW LEVEL SECURITY;
ALTER TABLE @member ADD COLUMN visibility TEXT NOT NULL DEFAULT 'all' CHECK (visibility IN ('own', 'team', 'all'));
