-- A pending send that waits for its account to be mended, and for nothing else: it is due once that is done.
ALTER TABLE @effect ADD COLUMN resting BIGINT NOT NULL DEFAULT 0 CHECK (resting IN (0, 1));
CREATE INDEX effect_resting ON @effect (org_id, account_id) WHERE resting = 1 AND state = 'pending';
-- Whether the organisation has an account of a number already. An earlier release may have made two, so that the rule is
-- kept where accounts are written and not by this index.
CREATE INDEX account_number ON @account (org_id, provider, external_id);
