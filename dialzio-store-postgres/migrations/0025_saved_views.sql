-- The filters, order and columns of a list under a name, for one member or shared with all.
CREATE TABLE @saved_view (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    name TEXT NOT NULL,
    shared BOOLEAN NOT NULL,
    query TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX saved_view_by_member ON @saved_view (org_id, member_id, id);
CREATE INDEX saved_view_shared ON @saved_view (org_id, id) WHERE shared;
ALTER TABLE @saved_view ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.saved_view TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.saved_view TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @saved_view FORCE ROW LEVEL SECURITY;
