-- Each choice that narrows the list of contacts has an index in either order of the list: by name, and the newest first.
CREATE INDEX contact_by_owner ON contact (org_id, owner, sort_key, id);
CREATE INDEX contact_by_owner_and_stage ON contact (org_id, owner, stage, sort_key, id);
CREATE INDEX contact_newest_of_stage ON contact (org_id, stage, id);
CREATE INDEX contact_newest_of_owner ON contact (org_id, owner, id);
CREATE INDEX contact_newest_of_owner_and_stage ON contact (org_id, owner, stage, id);
-- A search that walks the names walks those of the contacts.
DROP INDEX contact_search_by_name;
