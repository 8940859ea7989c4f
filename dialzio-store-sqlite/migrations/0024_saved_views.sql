-- The filters, order and columns of a list under a name, for one member or shared with all.
CREATE TABLE saved_view (
    org_id    BLOB    NOT NULL,
    id        BLOB    NOT NULL,
    member_id BLOB    NOT NULL,
    name      TEXT    NOT NULL,
    shared    INTEGER NOT NULL CHECK (shared IN (0, 1)),
    query     TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_view_by_member ON saved_view (org_id, member_id, id);
CREATE INDEX saved_view_shared ON saved_view (org_id, id) WHERE shared = 1;
