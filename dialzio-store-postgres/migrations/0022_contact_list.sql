-- Each choice that narrows the list of contacts has an index in either order of the list: by name, and the newest first.
-- Contacts without an owner stand under the empty id, so that one condition finds them as it finds a member's. To the server
-- CASE does not leak what it is given, so row-level security lets the index be used.
CREATE INDEX contact_by_owner ON @contact
    (org_id, (CASE WHEN owner IS NULL THEN '00000000-0000-0000-0000-000000000000' ELSE owner END), sort_key, id);
CREATE INDEX contact_by_owner_and_stage ON @contact
    (org_id, (CASE WHEN owner IS NULL THEN '00000000-0000-0000-0000-000000000000' ELSE owner END), stage, sort_key, id);
CREATE INDEX contact_newest_of_stage ON @contact (org_id, stage, id);
CREATE INDEX contact_newest_of_owner ON @contact
    (org_id, (CASE WHEN owner IS NULL THEN '00000000-0000-0000-0000-000000000000' ELSE owner END), id);
CREATE INDEX contact_newest_of_owner_and_stage ON @contact
    (org_id, (CASE WHEN owner IS NULL THEN '00000000-0000-0000-0000-000000000000' ELSE owner END), stage, id);
