-- What the operator tells all who sign in: how far it was mailed, what each has read, and who takes no product news.
CREATE TABLE @service_update (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('security', 'incident', 'maintenance', 'policy', 'product')),
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    mailed_to UUID,
    mailed_at BIGINT,
    revision BIGINT NOT NULL
);
CREATE INDEX service_update_to_mail ON @service_update (published_at, id) WHERE mailed_at IS NULL;
CREATE INDEX service_update_by_time ON @service_update (published_at);
CREATE TABLE @news_reader (
    user_id UUID NOT NULL PRIMARY KEY,
    read_up_to UUID,
    takes_product BOOLEAN NOT NULL DEFAULT TRUE
);
ALTER TABLE @service_update ENABLE ROW LEVEL SECURITY;
ALTER TABLE @news_reader ENABLE ROW LEVEL SECURITY;
DO $$
DECLARE
    one TEXT;
BEGIN
    FOREACH one IN ARRAY ARRAY['service_update', 'news_reader'] LOOP
        EXECUTE format('CREATE POLICY system ON %I.%I TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', one, '@@system');
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', '@@schema', one, '@@system');
    END LOOP;
END
$$;
ALTER TABLE @service_update FORCE ROW LEVEL SECURITY;
ALTER TABLE @news_reader FORCE ROW LEVEL SECURITY;
