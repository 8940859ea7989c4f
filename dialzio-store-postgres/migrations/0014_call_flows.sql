-- What is done with calls that come in. A flow is for one number of its account, or for all of them: then the number is empty.
-- Of those for the same number one at most is enabled.
CREATE TABLE @call_flow (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    name TEXT NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    enabled BOOLEAN NOT NULL,
    definition TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, account_id) REFERENCES @account (org_id, id)
);
CREATE UNIQUE INDEX call_flow_enabled ON @call_flow (org_id, account_id, number) WHERE enabled;
ALTER TABLE @call_flow ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.call_flow TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.call_flow TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @call_flow FORCE ROW LEVEL SECURITY;
