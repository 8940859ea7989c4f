-- Calls: one row for each, whatever legs and reports there are of it. What lists and reports read comes first, the texts
-- last. began_hour is the hour of the time in the id, in hours since 1970; duration_class is made from talk_seconds, and
-- customer_key from the number.
CREATE TABLE @call (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    direction TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    confirmed BOOLEAN NOT NULL,
    member_id UUID,
    disposition_id UUID,
    contact_id UUID,
    began_hour BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    answered_at BIGINT,
    ended_at BIGINT,
    talk_seconds BIGINT CHECK (talk_seconds >= 0),
    wait_seconds BIGINT CHECK (wait_seconds >= 0),
    duration_class TEXT COLLATE "C" NOT NULL,
    customer TEXT COLLATE "C",
    customer_key TEXT COLLATE "C",
    withheld BOOLEAN NOT NULL,
    our_number TEXT,
    agent TEXT COLLATE "C",
    placed_by TEXT COLLATE "C",
    placed TEXT COLLATE "C",
    purpose TEXT COLLATE "C",
    cause TEXT COLLATE "C",
    word TEXT,
    recording_consent TEXT COLLATE "C" NOT NULL,
    handled_at BIGINT,
    task_id UUID,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    failure_code TEXT COLLATE "C",
    failure_detail TEXT,
    note TEXT,
    evidence TEXT NOT NULL,
    PRIMARY KEY (org_id, id),
    CHECK ((customer IS NULL) = (customer_key IS NULL)),
    CHECK (failure_code IS NOT NULL OR failure_detail IS NULL),
    FOREIGN KEY (org_id, account_id) REFERENCES @account (org_id, id),
    FOREIGN KEY (org_id, contact_id) REFERENCES @contact (org_id, id)
);
-- Each choice that narrows the log has an index that keeps its order.
CREATE INDEX call_of_account ON @call (org_id, account_id, id);
CREATE INDEX call_by_direction ON @call (org_id, direction, id);
CREATE INDEX call_by_state ON @call (org_id, state, id);
CREATE INDEX call_by_duration ON @call (org_id, duration_class, id);
CREATE INDEX call_of_member ON @call (org_id, member_id, id) WHERE member_id IS NOT NULL;
CREATE INDEX call_of_contact ON @call (org_id, contact_id, id) WHERE contact_id IS NOT NULL;
CREATE INDEX call_of_customer ON @call (org_id, customer_key, id) WHERE customer_key IS NOT NULL;
CREATE INDEX call_by_disposition ON @call (org_id, disposition_id, id) WHERE disposition_id IS NOT NULL;
CREATE INDEX call_missed ON @call (org_id, id) WHERE state IN ('missed', 'voicemail');
-- Missed calls that wait to be called back.
CREATE INDEX call_waiting ON @call (org_id, id) WHERE state IN ('missed', 'voicemail') AND handled_at IS NULL;
CREATE INDEX call_waiting_of_customer ON @call (org_id, customer_key, id)
    WHERE state IN ('missed', 'voicemail') AND handled_at IS NULL AND customer_key IS NOT NULL;

-- The ids by which a provider names a call, one of its legs, or our request for it. One call of an account holds an id.
CREATE TABLE @call_alias (
    org_id UUID NOT NULL,
    account_id UUID NOT NULL,
    alias TEXT COLLATE "C" NOT NULL,
    call_id UUID NOT NULL,
    PRIMARY KEY (org_id, account_id, alias),
    FOREIGN KEY (org_id, call_id) REFERENCES @call (org_id, id)
);
CREATE INDEX call_alias_of_call ON @call_alias (org_id, call_id, alias);

-- The users of a provider's telephone system, and which member each of them is.
CREATE TABLE @call_agent (
    org_id UUID NOT NULL,
    account_id UUID NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    name TEXT,
    phone TEXT COLLATE "C",
    phone_key TEXT COLLATE "C",
    member_id UUID,
    PRIMARY KEY (org_id, account_id, id),
    CHECK ((phone IS NULL) = (phone_key IS NULL)),
    FOREIGN KEY (org_id, account_id) REFERENCES @account (org_id, id)
);
CREATE INDEX call_agent_by_phone ON @call_agent (org_id, account_id, phone_key) WHERE phone_key IS NOT NULL;

DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['call', 'call_alias', 'call_agent'] LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', '@@schema', name);
        EXECUTE format(
            'CREATE POLICY own ON %I.%I TO %I USING (org_id = current_setting(''dialzio.org'')::UUID)
                WITH CHECK (org_id = current_setting(''dialzio.org'')::UUID)', '@@schema', name, '@@app');
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', '@@schema', name, '@@app');
    END LOOP;
END
$$;
