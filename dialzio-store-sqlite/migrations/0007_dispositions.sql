-- The outcomes of calls that people choose from. A name is unique in its organisation by its key.
CREATE TABLE disposition (
    org_id            BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    name              TEXT    NOT NULL,
    counts_as_reached INTEGER NOT NULL CHECK (counts_as_reached IN (0, 1)),
    position          INTEGER NOT NULL,
    archived_at       INTEGER,
    revision          INTEGER NOT NULL,
    match_key         TEXT    NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX disposition_in_order ON disposition (org_id, position, id);
CREATE UNIQUE INDEX disposition_by_name ON disposition (org_id, match_key);
-- What a new organisation starts with, for those that there are. Ids are of version 7 with the time of the organisation's
-- own id, and in the order of the list.
INSERT INTO disposition (org_id, id, name, counts_as_reached, position, archived_at, revision, match_key)
SELECT o.org_id,
       unhex(substr(hex(o.org_id), 1, 12) || '700' || d.position || '8' || substr(hex(randomblob(8)), 1, 15)),
       d.name, d.reached, d.position, NULL, 1, lower(d.name)
FROM org o, (
    SELECT 1 AS position, 'Interested' AS name, 1 AS reached
    UNION ALL SELECT 2, 'Call back later', 1
    UNION ALL SELECT 3, 'Not interested', 1
    UNION ALL SELECT 4, 'No answer', 0
    UNION ALL SELECT 5, 'Wrong number', 0
) d;
