-- Agents may see numbers and addresses masked. Keys that read contacts saw them whole, and go on doing so; their rows are changed
-- by the owner of the tables, for whom no row is visible while row security is forced.
ALTER TABLE @org ADD COLUMN agents_see_masked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE @api_key NO FORCE ROW LEVEL SECURITY;
UPDATE @api_key SET permissions = left(permissions, -1) || ',"contacts.reveal"]'
 WHERE permissions LIKE '%"contacts.read"%';
ALTER TABLE @api_key FORCE ROW LEVEL SECURITY;
