-- The words of messages, folded by the core: what a search in messages narrows by. They go with their message, and with its
-- month. The program fills the table from the messages there are, and then takes the comment away.
CREATE TABLE @message_word (
    org_id UUID NOT NULL,
    message_id UUID NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, message_id, word)
) PARTITION BY RANGE (message_id);
CREATE INDEX message_word_found ON @message_word (org_id, word, message_id);
COMMENT ON TABLE @message_word IS 'to be filled';
ALTER TABLE @message_word ENABLE ROW LEVEL SECURITY;
DO $$
BEGIN
    EXECUTE format(
        'CREATE POLICY own ON %I.message_word TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
            WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', '@@app');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.message_word TO %I', '@@schema', '@@app');
END
$$;
ALTER TABLE @message_word FORCE ROW LEVEL SECURITY;

-- Months have the words of their messages besides.
CREATE OR REPLACE FUNCTION @month_open (month DATE) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    start TIMESTAMPTZ := date_trunc('month', month::TIMESTAMP) AT TIME ZONE 'UTC';
    until TIMESTAMPTZ := (date_trunc('month', month::TIMESTAMP) + INTERVAL '1 month') AT TIME ZONE 'UTC';
    suffix TEXT := to_char(month, 'YYYY_MM');
    bounds TEXT[];
    by_id TEXT[];
    by_time TEXT[];
    parent TEXT;
    made TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('@@schema months', 0));
    by_id := ARRAY[
        lpad(to_hex((extract(epoch FROM start) * 1000)::BIGINT), 12, '0') || repeat('0', 20),
        lpad(to_hex((extract(epoch FROM until) * 1000)::BIGINT), 12, '0') || repeat('0', 20)];
    by_time := ARRAY[
        ((extract(epoch FROM start) * 1000000)::BIGINT)::TEXT,
        ((extract(epoch FROM until) * 1000000)::BIGINT)::TEXT];
    FOREACH parent IN ARRAY ARRAY['message', 'message_evidence', 'message_word', 'event', 'audit'] LOOP
        made := parent || '_' || suffix;
        CONTINUE WHEN to_regclass(format('%I.%I', '@@schema', made)) IS NOT NULL;
        bounds := CASE WHEN parent IN ('event', 'audit') THEN by_time ELSE by_id END;
        -- Made apart and attached, which lets others go on writing to the months that there are.
        EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL)', '@@schema', made, '@@schema', parent);
        -- Nobody reaches a month but by the table it belongs to.
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', '@@schema', made);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', made);
        EXECUTE format('ALTER TABLE %I.%I ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)',
            '@@schema', parent, '@@schema', made, bounds[1], bounds[2]);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION @month_close (parent TEXT, month DATE) RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until TIMESTAMPTZ := (date_trunc('month', month::TIMESTAMP) + INTERVAL '1 month') AT TIME ZONE 'UTC';
    life INTERVAL := CASE parent
        WHEN 'message' THEN INTERVAL '373 days'
        WHEN 'event' THEN INTERVAL '60 days'
        WHEN 'audit' THEN INTERVAL '36 months'
    END;
    suffix TEXT := to_char(month, 'YYYY_MM');
BEGIN
    IF life IS NULL OR until + life > now() THEN
        RETURN FALSE;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('@@schema months', 0));
    IF to_regclass(format('%I.%I', '@@schema', parent || '_' || suffix)) IS NULL THEN
        RETURN FALSE;
    END IF;
    IF parent = 'message' THEN
        EXECUTE format('DROP TABLE IF EXISTS %I.%I', '@@schema', 'message_evidence_' || suffix);
        EXECUTE format('DROP TABLE IF EXISTS %I.%I', '@@schema', 'message_word_' || suffix);
    END IF;
    EXECUTE format('DROP TABLE %I.%I', '@@schema', parent || '_' || suffix);
    RETURN TRUE;
END
$$;

-- The months that are open already.
DO $$
DECLARE
    open TEXT;
BEGIN
    FOR open IN
        SELECT c.relname FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
        WHERE n.nspname = '@@schema' AND p.relname = 'message'
    LOOP
        PERFORM @month_open (to_date(substr(open, length('message_') + 1), 'YYYY_MM'));
    END LOOP;
END
$$;
