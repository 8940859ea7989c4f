-- Contacts are listed by the owner as it is. Those without one are found by the same indexes, so no expression is needed.
DROP INDEX @contact_by_owner;
DROP INDEX @contact_by_owner_and_stage;
DROP INDEX @contact_newest_of_owner;
DROP INDEX @contact_newest_of_owner_and_stage;
CREATE INDEX contact_by_owner ON @contact (org_id, owner, sort_key, id);
CREATE INDEX contact_by_owner_and_stage ON @contact (org_id, owner, stage, sort_key, id);
CREATE INDEX contact_newest_of_owner ON @contact (org_id, owner, id);
CREATE INDEX contact_newest_of_owner_and_stage ON @contact (org_id, owner, stage, id);
