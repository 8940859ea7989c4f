-- What members have begun to write and not sent: one for each conversation, member and kind.
CREATE TABLE @draft (
    org_id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    member_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    text TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, conversation_id, member_id, kind),
    FOREIGN KEY (org_id, conversation_id) REFERENCES @conversation (org_id, id) ON DELETE CASCADE
);
CREATE INDEX draft_by_time ON @draft (org_id, saved_at);
ALTER TABLE @draft ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.draft TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.draft TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @draft FORCE ROW LEVEL SECURITY;
