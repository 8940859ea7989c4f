-- Messages that are sent at a later time. One whose time has come is a message, or stays with the reason why it is none.
CREATE TABLE @scheduled_message (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    reply_to UUID,
    send_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    refused_at BIGINT,
    refused_code TEXT COLLATE "C",
    refused_detail TEXT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, conversation_id) REFERENCES @conversation (org_id, id) ON DELETE CASCADE
);
CREATE INDEX scheduled_message_of_conversation ON @scheduled_message (org_id, conversation_id, send_at, id);
CREATE INDEX scheduled_message_by_time ON @scheduled_message (org_id, send_at);
ALTER TABLE @scheduled_message ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.scheduled_message TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.scheduled_message TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @scheduled_message FORCE ROW LEVEL SECURITY;
