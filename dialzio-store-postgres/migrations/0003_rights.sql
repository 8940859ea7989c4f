-- Who may do what. Neither role owns a table, signs in, or gets past row-level security.
--
-- The first one works inside one organisation, which it names in each transaction; without a name every statement fails,
-- since an empty text is no id. The second one works on the system tables and sees no content. Whoever signs in is a
-- member of both and takes one of them on for the length of a transaction.

DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['@@app', '@@system'] LOOP
        -- Roles belong to the whole server, so another database may have made them, also this very moment.
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', name);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA @@schema TO @@app, @@system;

-- Tables of an organisation, and the rows of the system tables that belong to one.
DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'member', 'api_key', 'account', 'template', 'contact', 'contact_detail', 'contact_tag', 'note', 'task',
        'channel_identity', 'channel_alias', 'conversation', 'conversation_activity', 'queue_count', 'message',
        'message_evidence',
        'external_reference', 'media', 'consent', 'consent_subject', 'suppression', 'effect', 'inbox_item',
        'idempotency', 'event', 'audit', 'contact_word',
        'org', 'org_head', 'membership', 'api_key_owner', 'route', 'lane', 'lease', 'quarantine'] LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format(
            'CREATE POLICY own ON %I.%I TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
                WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', name, '@@app');
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', '@@schema', name, '@@app');
    END LOOP;
    FOREACH name IN ARRAY ARRAY[
        'org', 'org_head', 'user', 'membership', 'session', 'invitation', 'app', 'app_secret', 'api_key_owner', 'route',
        'lane', 'lease', 'quarantine', 'heartbeat'] LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('CREATE POLICY system ON %I.%I TO %I USING (TRUE) WITH CHECK (TRUE)', '@@schema', name, '@@system');
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', '@@schema', name, '@@system');
    END LOOP;
END
$$;

-- What the schema's steps are, anybody who serves may know.
GRANT SELECT ON @schema_version TO @@app, @@system;

REVOKE ALL ON FUNCTION @month_open (DATE), @month_close (TEXT, DATE) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @month_open (DATE), @month_close (TEXT, DATE) TO @@system;
