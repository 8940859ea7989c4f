-- The family of the browser that a session was begun with.
ALTER TABLE @session ADD COLUMN browser TEXT COLLATE "C";

-- When an invitation was made. Those of before ran for 72 hours. The owner of the tables sees no rows while row-level
-- security is forced.
ALTER TABLE @invitation ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE @invitation NO FORCE ROW LEVEL SECURITY;
UPDATE @invitation SET created_at = expires_at - 259200000000;
ALTER TABLE @invitation FORCE ROW LEVEL SECURITY;
CREATE INDEX invitation_into ON @invitation (org_id, created_at, hash);

-- Memberships stay when a member is deactivated, and say when the member was last here.
ALTER TABLE @membership ADD COLUMN state TEXT COLLATE "C" NOT NULL DEFAULT 'active';
ALTER TABLE @membership ADD COLUMN seen_at BIGINT;
ALTER TABLE @membership NO FORCE ROW LEVEL SECURITY;
ALTER TABLE @member NO FORCE ROW LEVEL SECURITY;
INSERT INTO @membership (user_id, org_id, member_id, state)
SELECT m.user_id, m.org_id, m.id, m.state FROM @member m WHERE m.state <> 'active' ON CONFLICT DO NOTHING;
ALTER TABLE @member FORCE ROW LEVEL SECURITY;
ALTER TABLE @membership FORCE ROW LEVEL SECURITY;
CREATE INDEX membership_of_org ON @membership (org_id, member_id);

-- The member who made a key, whose deactivation ends it.
ALTER TABLE @api_key ADD COLUMN made_by UUID;
