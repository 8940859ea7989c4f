-- Which pages members use: kept for ninety days, the whole address for thirty.
CREATE TABLE usage_event (
    org_id    BLOB    NOT NULL,
    id        BLOB    NOT NULL,
    member_id BLOB    NOT NULL,
    page      TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    browser   TEXT    NOT NULL,
    ip        TEXT,
    network   TEXT,
    at        INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_event_of_member ON usage_event (org_id, member_id, id);
CREATE INDEX usage_event_whole ON usage_event (org_id, id) WHERE ip IS NOT NULL;
