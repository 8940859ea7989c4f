-- The channel identity whose call it is, where the provider carries messages too. It follows the identity when that is joined
-- into another one.
ALTER TABLE call ADD COLUMN identity_id BLOB;
CREATE INDEX call_of_identity ON call (org_id, identity_id) WHERE identity_id IS NOT NULL;

-- What the person answered last when they were asked whether they may be called, until when it holds, and when they answered.
ALTER TABLE conversation ADD COLUMN call_permission TEXT;
ALTER TABLE conversation ADD COLUMN call_permission_until INTEGER;
ALTER TABLE conversation ADD COLUMN call_permission_at INTEGER;
