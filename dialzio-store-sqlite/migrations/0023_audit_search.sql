-- From where somebody acted, more about what they did, and a digest of the consent rows that were written with it.
ALTER TABLE audit ADD COLUMN origin TEXT;
ALTER TABLE audit ADD COLUMN detail TEXT;
ALTER TABLE audit ADD COLUMN consents BLOB;

-- What people and programs did is looked for; what the system did is by far the most, and is only read through.
CREATE INDEX audit_of_people ON audit (org_id, seq) WHERE principal <> 'system';
CREATE INDEX audit_by_principal ON audit (org_id, principal, seq) WHERE principal <> 'system';
CREATE INDEX audit_by_action ON audit (org_id, action, seq) WHERE principal <> 'system';
CREATE INDEX audit_about ON audit (org_id, subject, seq) WHERE principal <> 'system';
