-- Months of messages, their evidence, events and audit entries: opened ahead of time, and closed when all of it has expired.
--
-- These two functions run with the rights of whoever owns the tables, since the roles that serve own nothing. They take a
-- month and nothing else, say nothing about its rows, and see no schema but the system's own.

-- Opens a month. One that is open already stays as it is.
CREATE FUNCTION @month_open (month DATE) RETURNS VOID
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
    FOREACH parent IN ARRAY ARRAY['message', 'message_evidence', 'event', 'audit'] LOOP
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

-- Closes a month of messages, or of events, or of audit entries, with all rows of it. Refused while anything in it may be
-- alive: 365 days and the eight days by which a message may be younger than it says; 60 days; 36 months.
CREATE FUNCTION @month_close (parent TEXT, month DATE) RETURNS BOOLEAN
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
    END IF;
    EXECUTE format('DROP TABLE %I.%I', '@@schema', parent || '_' || suffix);
    RETURN TRUE;
END
$$;
