-- Requests of members to the operator of the installation. A message without a member is the operator's.
CREATE TABLE @support_request (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    subject TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    closed_at BIGINT,
    revision BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX support_request_of_member ON @support_request (org_id, member_id, id);
CREATE INDEX support_request_closed ON @support_request (org_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE TABLE @support_message (
    org_id UUID NOT NULL,
    request_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID,
    text TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (org_id, request_id, id),
    FOREIGN KEY (org_id, request_id) REFERENCES @support_request (org_id, id) ON DELETE CASCADE
);
ALTER TABLE @support_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE @support_message ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.support_request TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.support_request TO %I', '@@schema', '@@app');
    EXECUTE format(
        'CREATE POLICY own ON %I.support_message TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.support_message TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @support_request FORCE ROW LEVEL SECURITY;
ALTER TABLE @support_message FORCE ROW LEVEL SECURITY;
