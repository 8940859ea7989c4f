-- Agents may see numbers and addresses masked. Keys that read contacts saw them whole, and go on doing so.
ALTER TABLE org ADD COLUMN agents_see_masked INTEGER NOT NULL DEFAULT 0 CHECK (agents_see_masked IN (0, 1));
UPDATE api_key SET permissions = json_insert(permissions, '$[#]', 'contacts.reveal')
 WHERE permissions LIKE '%"contacts.read"%';
