-- A file belongs to a record of any kind: the kind is the name of the owner's table. All files that are there belong to
-- messages. No foreign key can lead to one of several tables, so the rule is kept where files are written and where their
-- owners go.
ALTER TABLE @media RENAME COLUMN message_id TO owner_id;
ALTER TABLE @media ADD COLUMN owner_kind TEXT COLLATE "C" NOT NULL DEFAULT 'message';
ALTER TABLE @media ALTER COLUMN owner_kind DROP DEFAULT;
DROP INDEX @media_of_message;
CREATE INDEX media_of_owner ON @media (org_id, owner_kind, owner_id);
