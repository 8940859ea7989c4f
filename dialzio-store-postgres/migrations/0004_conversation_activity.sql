-- What was done with conversations: given to somebody, closed, opened again, put off. Goes when messages of its time go.

CREATE TABLE @conversation_activity (
    org_id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    id UUID NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    member UUID,
    until BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (org_id, conversation_id, id),
    FOREIGN KEY (org_id, conversation_id) REFERENCES @conversation (org_id, id)
);
CREATE INDEX conversation_activity_by_time ON @conversation_activity (org_id, at);

ALTER TABLE @conversation_activity ENABLE ROW LEVEL SECURITY;
ALTER TABLE @conversation_activity FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON @conversation_activity TO @@app USING (org_id = current_setting('dialzio.org')::UUID)
    WITH CHECK (org_id = current_setting('dialzio.org')::UUID);
GRANT SELECT, INSERT, UPDATE, DELETE ON @conversation_activity TO @@app;
