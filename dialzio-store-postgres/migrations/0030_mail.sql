-- Mail that waits to be sent: whom it goes to and what it says are sealed.
CREATE TABLE @mail (
    id UUID NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX mail_due ON @mail (due_at);
CREATE INDEX mail_ending ON @mail (expires_at);
ALTER TABLE @mail ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format('CREATE POLICY system ON %I.mail TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', '@@system');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.mail TO %I', '@@schema', '@@system');
END
$$;
ALTER TABLE @mail FORCE ROW LEVEL SECURITY;
