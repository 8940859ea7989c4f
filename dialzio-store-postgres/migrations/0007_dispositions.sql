-- The outcomes of calls that people choose from. A name is unique in its organisation by its key.
CREATE TABLE @disposition (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    counts_as_reached BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    archived_at BIGINT,
    revision BIGINT NOT NULL,
    match_key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX disposition_in_order ON @disposition (org_id, position, id);
CREATE UNIQUE INDEX disposition_by_name ON @disposition (org_id, match_key);
ALTER TABLE @disposition ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.disposition TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.disposition TO %I', '@@schema', '@@app');
END
$$;
-- What a new organisation starts with, for those that there are. Ids are of version 7 with the time of the organisation's
-- own id, and in the order of the list. The owner of the tables sees no rows while row-level security is forced on it.
ALTER TABLE @org NO FORCE ROW LEVEL SECURITY;
INSERT INTO @disposition (org_id, id, name, counts_as_reached, position, archived_at, revision, match_key)
SELECT o.org_id,
       (left(o.org_id::TEXT, 14) || '700' || d.position || '-8' || substr(gen_random_uuid()::TEXT, 21))::UUID,
       d.name, d.reached, d.position, NULL, 1, lower(d.name)
FROM @org o, (VALUES
    (1, 'Interested', TRUE),
    (2, 'Call back later', TRUE),
    (3, 'Not interested', TRUE),
    (4, 'No answer', FALSE),
    (5, 'Wrong number', FALSE)
) d (position, name, reached);
ALTER TABLE @org FORCE ROW LEVEL SECURITY;
ALTER TABLE @disposition FORCE ROW LEVEL SECURITY;
