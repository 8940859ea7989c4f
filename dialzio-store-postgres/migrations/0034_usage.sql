-- Which pages members use: kept for ninety days, the whole address for thirty.
CREATE TABLE @usage_event (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    page TEXT NOT NULL,
    action TEXT NOT NULL,
    browser TEXT NOT NULL,
    ip TEXT,
    network TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX usage_event_of_member ON @usage_event (org_id, member_id, id);
CREATE INDEX usage_event_whole ON @usage_event (org_id, id) WHERE ip IS NOT NULL;
ALTER TABLE @usage_event ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.usage_event TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.usage_event TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @usage_event FORCE ROW LEVEL SECURITY;
