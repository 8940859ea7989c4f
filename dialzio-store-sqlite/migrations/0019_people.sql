-- The family of the browser that a session was begun with.
ALTER TABLE session ADD COLUMN browser TEXT;

-- When an invitation was made. Those of before ran for 72 hours.
ALTER TABLE invitation ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
UPDATE invitation SET created_at = expires_at - 259200000000;
CREATE INDEX invitation_into ON invitation (org_id, created_at);

-- Memberships stay when a member is deactivated, and say when the member was last here.
ALTER TABLE membership ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE membership ADD COLUMN seen_at INTEGER;
INSERT INTO membership (user_id, org_id, member_id, state)
SELECT m.user_id, m.org_id, m.id, m.state FROM member m WHERE m.state <> 'active' ON CONFLICT DO NOTHING;
CREATE INDEX membership_of_org ON membership (org_id, member_id);

-- The member who made a key, whose deactivation ends it.
ALTER TABLE api_key ADD COLUMN made_by BLOB;
