-- Texts that members send often. A shortcut is unique in its organisation, and kept in the form that is compared.
CREATE TABLE @canned_reply (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    shortcut TEXT COLLATE "C" NOT NULL,
    text TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX canned_reply_by_shortcut ON @canned_reply (org_id, shortcut);
ALTER TABLE @canned_reply ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.canned_reply TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.canned_reply TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @canned_reply FORCE ROW LEVEL SECURITY;
