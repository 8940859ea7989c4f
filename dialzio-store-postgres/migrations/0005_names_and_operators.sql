-- A pending send that waits for its account to be mended, and for nothing else: it is due once that is done.
ALTER TABLE @effect ADD COLUMN resting BIGINT NOT NULL DEFAULT 0 CHECK (resting IN (0, 1));
CREATE INDEX effect_resting ON @effect (org_id, account_id) WHERE resting = 1 AND state = 'pending';
-- Whether the organisation has an account of a number already. An earlier release may have made two, so that the rule is
-- kept where accounts are written and not by this index.
CREATE INDEX account_number ON @account (org_id, provider, external_id);
-- What the operator of the installation did, in one chain: each entry's digest covers the one before. Entries are added
-- and read, and never changed.
CREATE TABLE @operator_log (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    org_id UUID,
    subject UUID,
    hash BYTEA NOT NULL CHECK (length(hash) = 32)
);
ALTER TABLE @operator_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE @operator_log FORCE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format('CREATE POLICY system ON %I.operator_log TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', '@@system');
    EXECUTE format('GRANT SELECT, INSERT ON %I.operator_log TO %I', '@@schema', '@@system');
END
$$;
-- Follow-ups count their changes, so that a change can be refused that was decided on an older state.
ALTER TABLE @task ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
-- Where the name on a card comes from. The careful side: what is there counts as typed, unless it is the name in a profile of
-- the same person; a card without a name waits for one. The owner of the tables sees no rows while row-level security is
-- forced on it.
ALTER TABLE @contact ADD COLUMN name_source TEXT COLLATE "C" NOT NULL DEFAULT 'typed' CHECK (name_source IN ('typed', 'profile'));
ALTER TABLE @contact NO FORCE ROW LEVEL SECURITY;
ALTER TABLE @channel_identity NO FORCE ROW LEVEL SECURITY;
UPDATE @contact c SET name_source = 'profile' WHERE c.name IS NULL OR EXISTS (
    SELECT 1 FROM @channel_identity i WHERE i.org_id = c.org_id AND i.contact_id = c.id AND i.profile_name = c.name);
ALTER TABLE @contact FORCE ROW LEVEL SECURITY;
ALTER TABLE @channel_identity FORCE ROW LEVEL SECURITY;
-- Since when an id is one that the person has given up, and who may be writing from it now.
ALTER TABLE @channel_alias ADD COLUMN former_at BIGINT;
ALTER TABLE @channel_identity ADD COLUMN doubt_number TEXT;
ALTER TABLE @channel_identity ADD COLUMN doubt_name TEXT;
ALTER TABLE @channel_identity ADD COLUMN doubt_at BIGINT;
