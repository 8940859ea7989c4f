-- Which members work together, and how much of the organisation's work a member sees. Ids of members are a JSON array.
CREATE TABLE team (
    org_id   BLOB    NOT NULL,
    id       BLOB    NOT NULL,
    name     TEXT    NOT NULL,
    members  TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
ALTER TABLE member ADD COLUMN visibility TEXT NOT NULL DEFAULT 'all' CHECK (visibility IN ('own', 'team', 'all'));
