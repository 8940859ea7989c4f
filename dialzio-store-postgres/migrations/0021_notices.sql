-- What members are told about: who mentioned them, or assigned something to them.
CREATE TABLE @notice (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    record_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    author TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id) ON DELETE CASCADE
);
CREATE INDEX notice_by_member ON @notice (org_id, member_id, id);
CREATE INDEX notice_unread ON @notice (org_id, member_id, id) WHERE read_at IS NULL;
CREATE INDEX notice_by_contact ON @notice (org_id, contact_id);
CREATE INDEX notice_by_time ON @notice (org_id, created_at);
ALTER TABLE @notice ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.notice TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.notice TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @notice FORCE ROW LEVEL SECURITY;
